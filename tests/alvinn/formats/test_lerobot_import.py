from __future__ import annotations

import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.lerobot_export import write
from alvinn.formats.lerobot_names import L2D, LEROBOT
from alvinn.formats.parquet import read_rows, write_rows
from alvinn.formats.reading import Reading, SpeedUnit
from tests.alvinn.formats.drives import drive, exported, imported, steer_of
from tests.alvinn.formats.lerobot import DATA, EPISODES, FILM, RIGHT, feature, info_of, rewrite


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
    write(recording, tmp_path / "l", ConversionLog(), lambda: None)
    back, _ = imported("lerobot", tmp_path / "l")
    assert [row.frame for row in back.rows if row.correction] == [3, 4]


def test_speeds_with_the_names_of_l2d_are_km_per_hour_where_no_unit_stands_beside_them(tmp_path: Path) -> None:
    write(drive(tmp_path / "ours", 3), tmp_path / "l", ConversionLog(), lambda: None, l2d_names=True)
    features = info_of(tmp_path / "l")["features"]
    del features[L2D.state_key]["units"]
    rewrite(tmp_path / "l", robot_type="KIA Niro EV 2023", features=features)
    recording, log = imported("lerobot", tmp_path / "l")
    assert recording.rows[0].speed == pytest.approx(8.0)
    assert any(note.startswith("speeds are taken as km/h, as L2D has them") for note in log.notes)


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
    recording, log = imported("lerobot", tmp_path / "l")
    assert recording.rows[0].speed == pytest.approx(speed)
    assert any(note.startswith(said) for note in log.notes)


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


@pytest.mark.parametrize(
    "names",
    [
        ["a", "steering", "b"],
        {"motors": ["a", "steering", "b"]},
        {"axes": {"inner": ["a", "steering", "b"]}},
        {"b": 2, "steering": 1, "a": 0},
        {"first": ["a"], "then": ["steering", "b"]},
    ],
)
def test_names_are_found_however_they_are_nested(tmp_path: Path, names: Any) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "action", names=names)
    recording, _ = imported("lerobot", tmp_path / "l", RIGHT)
    assert [row.steer for row in recording.rows] == pytest.approx([0.5] * 3), "the second of the action is the throttle"


def test_names_of_another_length_than_the_shape_are_not_trusted(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "action", names=["steering", "throttle"])
    with pytest.raises(AlvinnError, match=r"there is no steering.*action\[0\], action\[1\], action\[2\]"):
        imported("lerobot", tmp_path / "l", RIGHT)
    recording, _ = imported("lerobot", tmp_path / "l", replace(RIGHT, steering="action[0]"))
    assert [row.steer for row in recording.rows] == pytest.approx([steer_of(n) for n in range(3)])


def test_the_sign_of_somebodys_steering_is_asked_for(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    features = info_of(tmp_path / "l")["features"]
    del features["action"]["sign"]
    rewrite(tmp_path / "l", robot_type="somebody's car", features=features)
    with pytest.raises(AlvinnError, match=r"which way a positive steering turns: say --right-positive or --flip-steer"):
        imported("lerobot", tmp_path / "l")
    for right_positive, sign in ((True, 1.0), (False, -1.0)):
        (tmp_path / "l").rename(source := tmp_path / f"l{sign}")
        recording, _ = imported("lerobot", source, Reading(right_positive=right_positive))
        assert [row.steer for row in recording.rows] == pytest.approx([sign * steer_of(n) for n in range(3)])
        source.rename(tmp_path / "l")


def test_the_unit_of_a_speed_is_asked_for_where_nothing_says_it(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "observation.state", units=None)
    with pytest.raises(AlvinnError, match=r"unit of speed: say --speed-unit m/s, km/h or mph, or --speed-unit none"):
        imported("lerobot", tmp_path / "l", RIGHT)
    units: dict[SpeedUnit, float] = {"m/s": 8.0, "km/h": 8.0 / 3.6, "mph": 8.0 * 0.44704, "none": math.nan}
    for at, (unit, speed) in enumerate(units.items()):
        (tmp_path / "l").rename(source := tmp_path / f"l{at}")
        recording, _ = imported("lerobot", source, replace(RIGHT, speed_unit=unit))
        assert recording.rows[0].speed == pytest.approx(speed, nan_ok=True)
        source.rename(tmp_path / "l")


def test_a_dataset_without_a_speed_says_so(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "observation.state", names=["x", "y"])
    recording, log = imported("lerobot", tmp_path / "l", RIGHT)
    assert "there is no speed in observation.state: the speed is unknown" in log.notes
    assert math.isnan(recording.rows[0].speed)


def test_a_steering_in_radians_by_its_unit_is_a_share_of_full_lock(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "action", units=["rad", "", ""])
    recording, log = imported("lerobot", tmp_path / "l", replace(RIGHT, full_lock=0.5))
    assert [row.steer for row in recording.rows] == pytest.approx([steer_of(n) / 0.5 for n in range(3)])
    assert any("angle in radians" in note for note in log.notes)


def test_time_that_begins_anew_in_each_episode_is_not_called_backwards(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l")
    recording, log = imported("lerobot", tmp_path / "l")
    assert {row.segment for row in recording.rows} == {0, 1}
    assert not any("backwards" in note for note in log.notes)


@pytest.mark.parametrize("column", ["intervention", "complementary_info.is_intervention", "is_intervention"])
@pytest.mark.parametrize("kind", ["bool", "int64", "float32"])
def test_columns_of_interventions_are_read_by_any_name_and_kind(tmp_path: Path, column: str, kind: str) -> None:
    exported("lerobot", tmp_path / "l", 4)
    folder, features = tmp_path / "l", info_of(tmp_path / "l")["features"]
    del features["intervention"]
    features[column] = {"dtype": kind, "shape": [1], "names": None}
    rewrite(folder, features=features)
    rows = read_rows(folder / DATA, list(features))
    values = [False, True, True, False]
    kinds: dict[str, list[Any]] = {"bool": values, "int64": [*map(int, values)], "float32": [*map(float, values)]}
    cells = kinds[kind]
    write_rows(
        folder / DATA,
        {
            "action": ("float32s", [row["action"] for row in rows]),
            "observation.state": ("float32s", [row["observation.state"] for row in rows]),
            "timestamp": ("float32", [row["timestamp"] for row in rows]),
            **{key: ("int64", [row[key] for row in rows]) for key in ("index", "episode_index", "frame_index")},
            column: (kind, cells),
        },
    )
    recording, _ = imported("lerobot", folder)
    assert [bool(row.correction) for row in recording.rows] == values
