from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.lerobot_export import write
from alvinn.formats.parquet import read_rows, write_rows
from alvinn.util.images import encode_jpeg
from alvinn.util.video import DATASET, FilmWriter
from tests.alvinn.fakes import picture
from tests.alvinn.formats.drives import LEAST_PSNR, drive, exported, imported, psnr, steer_of
from tests.alvinn.formats.lerobot import DATA, EPISODES, FILM, RIGHT, feature, info_of, rewrite


@pytest.mark.parametrize("camera", [Camera(width=72, height=36), Camera(width=320, height=160)])
def test_pictures_of_any_size_keep_their_quality(tmp_path: Path, camera: Camera) -> None:
    ours = drive(tmp_path / "ours", 3, camera=camera)
    write(ours, tmp_path / "l", ConversionLog(), lambda: None)
    back, _ = imported("lerobot", tmp_path / "l")
    assert psnr(ours, back) >= LEAST_PSNR


def test_pictures_of_odd_size_are_filmed_too_but_not_of_two_sizes(tmp_path: Path) -> None:
    with FilmWriter(tmp_path / "film.mp4", 20, DATASET) as film:
        film.add(picture(1)[:31, :63].copy())
        assert (film.size, film.pixel_format) == ((31, 63), "yuv444p")
        with pytest.raises(AlvinnError, match=r"shape \(32, 64, 3\) in a film of .*\(31, 63\)"):
            film.add(picture(2))


def test_a_film_that_ends_early_costs_the_rows_it_lacks(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l")
    with FilmWriter(tmp_path / "l" / FILM, 20, DATASET) as film:
        for number in range(9):
            film.add(picture(number))
    recording, log = imported("lerobot", tmp_path / "l")
    assert [row.frame for row in recording.rows] == list(range(9))
    assert log.left_out == {"its picture is missing or damaged": ["row 9", "row 10", "row 11"]}


def test_a_film_torn_before_it_says_how_it_is_coded_costs_its_rows_and_no_crash(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    film = tmp_path / "l" / FILM
    whole = film.read_bytes()
    film.write_bytes(whole[: whole.index(b"vmhd") + 6])
    with pytest.raises(AlvinnError, match="3 x its picture is missing or damaged"):
        imported("lerobot", tmp_path / "l")


@pytest.mark.parametrize("beside", [False, True], ids=["in the table", "files beside it"])
def test_pictures_in_tables_come_in_without_a_film(tmp_path: Path, beside: bool) -> None:
    exported("lerobot", tmp_path / "l", 4)
    folder, key = tmp_path / "l", "observation.images.center"
    rows = read_rows(folder / DATA, ["action", "observation.state", "timestamp", "index", "episode_index"])
    jpegs = [encode_jpeg(picture(number)) for number in range(4)]
    (folder / "images").mkdir()
    for number, jpeg in enumerate(jpegs):
        (folder / "images" / f"{number}.jpg").write_bytes(jpeg)
    cells: list[dict[str, Any]] = [
        {"bytes": None if beside else jpeg, "path": f"images/{number}.jpg"} for number, jpeg in enumerate(jpegs)
    ]
    pq.write_table(
        pa.Table.from_pylist([row | {key: cell} for row, cell in zip(rows, cells, strict=True)]), folder / DATA
    )
    features = info_of(folder)["features"]
    features[key]["dtype"] = "image"
    rewrite(folder, features=features, video_path=None)
    shutil.rmtree(folder / "videos")
    recording, log = imported("lerobot", folder)
    assert log.left_out == {}
    assert [(recording.folder / row.center).read_bytes() for row in recording.rows] == jpegs
    assert [row.steer for row in recording.rows] == pytest.approx([steer_of(n) for n in range(4)])


def test_a_picture_beside_the_tables_is_not_read_from_outside_the_dataset(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 2)
    folder, key = tmp_path / "l", "observation.images.center"
    (tmp_path / "secret.jpg").write_bytes(encode_jpeg(picture(0)))
    rows = read_rows(folder / DATA, ["action", "observation.state", "timestamp", "index", "episode_index"])
    cell = {"bytes": None, "path": str(tmp_path / "secret.jpg")}
    pq.write_table(pa.Table.from_pylist([row | {key: cell} for row in rows]), folder / DATA)
    features = info_of(folder)["features"]
    features[key]["dtype"] = "image"
    rewrite(folder, features=features)
    with pytest.raises(AlvinnError, match="2 x its picture is missing or damaged"):
        imported("lerobot", folder)


def with_camera(folder: Path, key: str, film: bytes, **details: Any) -> None:
    """Add a camera to a dataset."""
    features = info_of(folder)["features"]
    center = features["observation.images.center"]
    features = {key: center | {"info": center["info"] | details}} | features
    rewrite(folder, features=features)
    path = folder / f"videos/{key}/chunk-000/file-000.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(film)


@pytest.mark.parametrize(
    ("key", "details"),
    [
        ("observation.images.depth", {}),
        ("observation.images.front", {"video.is_depth_map": True}),
        ("observation.images.front", {"is_depth_map": True}),
    ],
)
def test_a_film_of_depth_is_never_taken_for_the_camera(tmp_path: Path, key: str, details: dict[str, Any]) -> None:
    ours = exported("lerobot", tmp_path / "l", 3)
    with_camera(tmp_path / "l", key, b"no film", **details)
    recording, log = imported("lerobot", tmp_path / "l")
    assert psnr(ours, recording) >= LEAST_PSNR
    assert "of 2 cameras only observation.images.center is imported" in log.notes


def test_a_dataset_with_nothing_but_depth_is_an_error(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    feature(tmp_path / "l", "observation.images.center", info={"video.is_depth_map": True})
    with pytest.raises(AlvinnError, match=r"no camera among the features .*; observation\.images\.center hold depth"):
        imported("lerobot", tmp_path / "l", RIGHT)


def test_a_film_that_is_a_git_lfs_pointer_is_named_with_the_way_out(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    (tmp_path / "l" / FILM).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    with pytest.raises(AlvinnError, match=r"file-000\.mp4 is a Git LFS pointer, not a film\. .*git lfs pull"):
        imported("lerobot", tmp_path / "l")


@pytest.mark.parametrize("state", ["absent", "pointer"])
def test_one_film_of_several_that_is_not_there_costs_its_episodes_and_is_named(tmp_path: Path, state: str) -> None:
    exported("lerobot", tmp_path / "l")
    folder = tmp_path / "l"
    key = "videos/observation.images.center"
    write_rows(
        folder / EPISODES,
        {
            "episode_index": ("int64", [0, 1]),
            f"{key}/chunk_index": ("int64", [0, 0]),
            f"{key}/file_index": ("int64", [0, 1]),
            f"{key}/from_timestamp": ("float64", [0.0, 0.0]),
        },
    )
    other = folder / FILM.replace("file-000", "file-001")
    if state == "pointer":
        other.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    recording, log = imported("lerobot", folder)
    assert [row.frame for row in recording.rows] == list(range(7))
    assert len(log.left_out["its picture is missing or damaged"]) == 5
    word = "is missing" if state == "absent" else "is a Git LFS pointer"
    assert any(f"file-001.mp4 {word}" in note for note in log.notes)


@pytest.mark.parametrize("lost", ["file_index", "chunk_index", "from_timestamp"])
def test_an_episode_that_does_not_say_its_film_is_left_out_and_no_other_film_taken(tmp_path: Path, lost: str) -> None:
    exported("lerobot", tmp_path / "l")
    key = "videos/observation.images.center"
    places: dict[str, tuple[str, list[Any]]] = {
        "episode_index": ("int64", [0, 1]),
        f"{key}/chunk_index": ("int64", [0, 0]),
        f"{key}/file_index": ("int64", [0, 0]),
        f"{key}/from_timestamp": ("float64", [0.0, 7 / 20]),
    }
    kind, values = places[f"{key}/{lost}"]
    write_rows(tmp_path / "l" / EPISODES, places | {f"{key}/{lost}": (kind, [values[0], None])})
    recording, log = imported("lerobot", tmp_path / "l")
    assert [row.frame for row in recording.rows] == list(range(7))
    assert (
        "1 episodes do not say in which film of observation.images.center they are: their rows are left out"
        in log.notes
    )
    write_rows(tmp_path / "l" / EPISODES, places | {f"{key}/{lost}": (kind, [None, None])})
    with pytest.raises(AlvinnError, match="does not say in which films"):
        imported("lerobot", tmp_path / "l")


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("../{video_key}.mp4", "outside the dataset"),
        ("/{video_key}.mp4", "outside the dataset"),
        ("videos/{chunk_index:9999999d}.mp4", "not one of LeRobot's"),
        ("videos/{file_index!r}.mp4", "not one of LeRobot's"),
        ("videos/{video_key.__class__}.mp4", "not one of LeRobot's"),
    ],
)
def test_no_template_leads_out_of_the_dataset_or_makes_a_path_without_end(
    tmp_path: Path, template: str, sentence: str
) -> None:
    exported("lerobot", tmp_path / "l", 3)
    rewrite(tmp_path / "l", video_path=template)
    with pytest.raises(AlvinnError, match=sentence):
        imported("lerobot", tmp_path / "l")


def test_a_chunk_number_of_any_size_makes_no_path_of_any_length(tmp_path: Path) -> None:
    exported("lerobot", tmp_path / "l", 3)
    key = "videos/observation.images.center"
    numbers = {f"{key}/chunk_index": ("float64", [1e300]), f"{key}/file_index": ("float64", [-1e300])}
    write_rows(tmp_path / "l" / EPISODES, {"episode_index": ("int64", [0]), **numbers})
    with pytest.raises(AlvinnError, match="does not say in which films"):
        imported("lerobot", tmp_path / "l")
