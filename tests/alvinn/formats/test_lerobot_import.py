from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import Account
from alvinn.formats.lerobot_export import write
from alvinn.formats.lerobot_names import L2D, LEROBOT
from alvinn.formats.parquet import read_rows, write_rows
from alvinn.util.video import FilmWriter
from tests.alvinn.fakes import picture
from tests.alvinn.formats.drives import LEAST_PSNR, drive, exported, imported, psnr, steer_of

DATA = "data/chunk-000/file-000.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
FILM = "videos/observation.images.center/chunk-000/file-000.mp4"


def info_of(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "meta" / "info.json").read_text(encoding="utf-8"))
    return told


def rewrite(folder: Path, **other: Any) -> None:
    (folder / "meta" / "info.json").write_text(json.dumps(info_of(folder) | other), encoding="utf-8")


def test_a_dataset_says_what_it_holds_as_lerobot_expects(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l")
    info = info_of(tmp_path / "l")
    assert (info["codebase_version"], info["fps"], info["total_episodes"], info["total_frames"]) == ("v3.0", 20, 2, 12)
    assert info["features"]["observation.images.center"]["shape"] == [32, 64, 3]
    rows = read_rows(tmp_path / "l" / DATA, list(info["features"]))
    assert [row["frame_index"] for row in rows] == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4]
    assert [row["episode_index"] for row in rows] == [0] * 7 + [1] * 5
    assert rows[8]["timestamp"] == pytest.approx(0.05)
    assert set(rows[0]) == set(info["features"]) - {"observation.images.center"}
    films = [f"videos/observation.images.center/{word}_timestamp" for word in ("from", "to")]
    episodes = read_rows(tmp_path / "l" / EPISODES, ["length", "dataset_from_index", "dataset_to_index", *films])
    assert [list(episode.values()) for episode in episodes] == [
        [7, 0, 7, 0.0, pytest.approx(0.35)],
        [5, 7, 12, pytest.approx(0.35), pytest.approx(0.6)],
    ]
    stats = json.loads((tmp_path / "l" / "meta" / "stats.json").read_text(encoding="utf-8"))
    assert stats["action"]["max"][0] == pytest.approx(max(steer_of(n) for n in range(12)))
    assert 0.2 < stats["observation.images.center"]["mean"][0][0][0] < 0.8


def test_corrections_are_interventions_there_and_back(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours")
    recording.rows = tuple(replace(row, correction=int(row.frame in {3, 4})) for row in recording.rows)
    write(recording, tmp_path / "l", Account(), lambda: None)
    back, _ = imported("lerobot", tmp_path / "l")
    assert [row.frame for row in back.rows if row.correction] == [3, 4]


@pytest.mark.parametrize("camera", [Camera(width=72, height=36), Camera(width=320, height=160)])
def test_pictures_of_any_size_keep_their_quality(tmp_path: Path, camera: Camera) -> None:
    ours = drive(tmp_path / "ours", 3, camera=camera)
    write(ours, tmp_path / "l", Account(), lambda: None)
    back, _ = imported("lerobot", tmp_path / "l")
    assert psnr(ours, back) >= LEAST_PSNR


def test_pictures_of_odd_size_are_filmed_too_but_not_of_two_sizes(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "film.mp4", 20) as film:
        film.add(picture(1)[:31, :63].copy())
        assert (film.size, film.pixel_format) == ((31, 63), "yuv444p")
        with pytest.raises(AlvinnError, match=r"shape \(32, 64, 3\) in a film of .*\(31, 63\)"):
            film.add(picture(2))


def test_speeds_with_the_names_of_l2d_are_km_per_hour_where_no_unit_stands_beside_them(tmp_path: Path) -> None:
    write(drive(tmp_path / "ours", 3), tmp_path / "l", Account(), lambda: None, l2d_names=True)
    features = info_of(tmp_path / "l")["features"]
    del features[L2D.state_key]["units"]
    rewrite(tmp_path / "l", robot_type="KIA Niro EV 2023", features=features)
    recording, account = imported("lerobot", tmp_path / "l")
    assert recording.rows[0].speed == pytest.approx(8.0)
    assert any(note.startswith("speeds are taken as km/h, as L2D has them") for note in account.notes)


@pytest.mark.parametrize(
    ("unit", "name", "speed", "said"),
    [
        ("m/s", "speed", 8.0, "speeds are m/s"),
        ("mph", "speed", 8.0 * 0.44704, "speeds are miles an hour"),
        ("", "speed_kmh", 8.0 / 3.6, "speeds are km/h"),
        ("", "speed_mps", 8.0, "speeds are m/s"),
    ],
)
def test_speeds_have_the_unit_that_their_name_or_feature_says(
    tmp_path: Path, unit: str, name: str, speed: float, said: str
) -> None:
    exported("lerobot", tmp_path / "l", 3)
    features = json.loads((tmp_path / "l" / "meta" / "info.json").read_text(encoding="utf-8"))["features"]
    features[LEROBOT.state_key] |= {"units": [unit, ""], "names": {"axes": [name, "yaw_rate"]}}
    rewrite(tmp_path / "l", robot_type="KIA Niro EV 2023", features=features)
    recording, account = imported("lerobot", tmp_path / "l")
    assert recording.rows[0].speed == pytest.approx(speed)
    assert any(note.startswith(said) for note in account.notes)


def test_a_film_that_ends_early_costs_the_rows_it_lacks(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l")
    with FilmWriter(tmp_path / "l" / FILM, 20) as film:
        for number in range(9):
            film.add(picture(number))
    recording, account = imported("lerobot", tmp_path / "l")
    assert [row.frame for row in recording.rows] == list(range(9))
    assert account.left_out == {"its picture is missing or damaged": ["row 9", "row 10", "row 11"]}


def test_a_film_torn_before_it_says_how_it_is_coded_costs_its_rows_and_no_crash(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    film = tmp_path / "l" / FILM
    whole = film.read_bytes()
    film.write_bytes(whole[: whole.index(b"vmhd") + 6])
    with pytest.raises(AlvinnError, match="3 x its picture is missing or damaged"):
        imported("lerobot", tmp_path / "l")


@pytest.mark.parametrize("lost", [FILM, DATA, "meta/info.json"])
def test_a_file_that_is_lost_is_an_error(tmp_path: Path, lost: str) -> None:
    exported("lerobot", tmp_path / "l", 3)
    (tmp_path / "l" / lost).unlink()
    with pytest.raises(AlvinnError, match=r"no film of .* is there: .* is missing|has no rows|has no meta/info\.json"):
        imported("lerobot", tmp_path / "l")


def test_an_older_version_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    rewrite(tmp_path / "l", codebase_version="v2.1")
    with pytest.raises(AlvinnError, match=r"LeRobotDataset v2\.1, this program reads v3\.0.*script that converts"):
        imported("lerobot", tmp_path / "l")


def test_a_table_without_the_steering_is_an_error_that_lists_its_columns(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    write_rows(tmp_path / "l" / DATA, {"index": ("int64", [0]), "steering": ("float32", [0.0])})
    with pytest.raises(AlvinnError, match=r"has no action\. The columns found are: index, steering"):
        imported("lerobot", tmp_path / "l")


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([DATA, EPISODES, FILM, "meta/info.json"]), st.floats(0.0, 1.0), st.binary(max_size=40))
def test_no_damage_to_a_file_ends_in_a_traceback_or_another_steering(where: str, share: float, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        exported("lerobot", Path(scratch) / "l", 6)
        path = Path(scratch) / "l" / where
        whole = path.read_bytes()
        path.write_bytes(whole[: int(share * len(whole))] + data)
        try:
            recording, _ = imported("lerobot", Path(scratch) / "l")
        except AlvinnError:
            return
        assert [row.steer for row in recording.rows] == pytest.approx([steer_of(row.frame) for row in recording.rows])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(["fps", "features", "data_path", "video_path", "codebase_version", "robot_type"]),
    JSON | st.just({"action": {}, "observation.images.x": {"dtype": "video"}}) | st.just("{nothing}/{0}"),
)
def test_no_info_whatever_ends_in_a_traceback(key: str, value: Any) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        exported("lerobot", Path(scratch) / "l", 3)
        rewrite(Path(scratch) / "l", **{key: value})
        try:
            recording, _ = imported("lerobot", Path(scratch) / "l")
        except AlvinnError:
            return
        assert len({row.steer for row in recording.rows}) == 3
