from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import RecordingError
from alvinn.formats.lerobot_info import Info, path_inside, read_info

TEMPLATE = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
PLACED = {"videos/front/chunk_index": 1, "videos/front/file_index": 12, "videos/front/from_timestamp": 0.5}


def info(**changed: Any) -> dict[str, Any]:
    features = {"action": {"dtype": "float32", "shape": [2], "names": ["steer", "gas"]}, "front": {"dtype": "video"}}
    return {"codebase_version": "v3.0", "fps": 20, "features": features, "video_path": TEMPLATE} | changed


def written(folder: Path, content: dict[str, Any]) -> Path:
    (folder / "meta").mkdir()
    (folder / "meta" / "info.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_every_number_of_a_row_is_named_and_films_are_none(tmp_path: Path) -> None:
    found = read_info(written(tmp_path, info()))
    assert found.fps == 20.0
    assert not found.ours
    assert [(one.feature, one.element, one.name) for one in found.numbers()] == [
        ("action", 0, "steer"),
        ("action", 1, "gas"),
    ]
    assert [one.of({"action": [0.25]}) for one in found.numbers()] == [0.25, None]


def test_an_export_of_ours_is_known_by_its_robot(tmp_path: Path) -> None:
    assert read_info(written(tmp_path, info(robot_type="alvinn"))).ours


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        ({"motors": {"left": ["a"], "right": ["b"]}}, ["a", "b"]),
        ({"b": 1, "a": 0}, ["a", "b"]),
        (["only one"], ["action[0]", "action[1]"]),
        (None, ["action[0]", "action[1]"]),
    ],
)
def test_names_are_read_in_every_form_and_replaced_by_numbers_where_they_do_not_fit(
    tmp_path: Path, names: Any, expected: list[str]
) -> None:
    features = {"action": {"dtype": "float32", "shape": [2], "names": names}}
    found = read_info(written(tmp_path, info(features=features)))
    assert [one.name for one in found.numbers()] == expected


def test_a_film_is_found_by_the_episodes_numbers(tmp_path: Path) -> None:
    found = read_info(written(tmp_path, info())).film(tmp_path, "front", PLACED)
    assert found == tmp_path.resolve() / "videos/front/chunk-001/file-012.mp4"


def test_an_episode_that_names_no_film_has_none(tmp_path: Path) -> None:
    read = read_info(written(tmp_path, info()))
    for lost in PLACED:
        assert read.film(tmp_path, "front", {**PLACED, lost: None}) is None


@pytest.mark.parametrize("template", ["{video_key.__class__}", "{other}", "{", "videos/{chunk_index:99999d}"])
def test_a_template_that_is_none_of_lerobots_is_refused(tmp_path: Path, template: str) -> None:
    read = Info(20.0, {}, template, ours=False)
    with pytest.raises(RecordingError, match="is not one of LeRobot's"):
        read.film(tmp_path, "front", PLACED)


@pytest.mark.parametrize("name", ["../other.mp4", "/etc/passwd", "a/../../b"])
def test_no_path_leads_out_of_the_dataset(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="outside the dataset"):
        path_inside(tmp_path, name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (info(codebase_version="v2.1"), "LeRobot brings a script"),
        (info(fps=0), "is damaged.*; fetch or export the dataset again"),
        (info(features=[]), "is damaged"),
        ({}, "is damaged"),
    ],
)
def test_another_version_and_a_damaged_file_are_errors(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        read_info(written(tmp_path, content))
