from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from sim.episode.world import WorldError
from sim.roads import opendrive
from sim.server import maps


def test_every_built_in_map_can_be_opened() -> None:
    for name in maps.list_names():
        assert maps.open_map(name, 0).spawn_points


def test_a_map_s_text_makes_the_same_places_to_start_from() -> None:
    _, text = opendrive.load("oval")
    assert maps.read_map("sent", text, 0).spawn_points == maps.open_map("oval", 0).spawn_points


@pytest.mark.parametrize("text", ["", "no xml", "<html/>", "<OpenDRIVE/>", "<OpenDRIVE><road/></OpenDRIVE>"])
def test_a_text_that_is_no_map_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(WorldError, match="the OpenDRIVE text "):
        maps.read_map("sent", text, 0)


@pytest.mark.parametrize("link", ["successor", "predecessor"])
def test_a_text_that_crashes_carla_s_parser_is_refused_and_not_the_end_of_the_server(link: str) -> None:
    _, text = opendrive.load("oval")
    broken = re.sub(rf'<{link} id="-?\d+"', f'<{link} id="-9"', text)
    assert broken != text
    with pytest.raises(WorldError, match="crashes on it"):
        maps.read_map("sent", broken, 0)


def test_a_name_that_is_no_map_is_refused_in_a_sentence() -> None:
    with pytest.raises(WorldError, match="Town99"):
        maps.open_map("Town99", 0)


def test_a_client_cannot_open_a_file_of_the_folder_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = opendrive.load("oval")[1]
    for name in ("secret", "ring.xodr", "oval.bak"):
        Path(name).write_text(text, encoding="utf-8")
        assert maps.open_map(name, 0).spawn_points
        with pytest.raises(WorldError, match="there is no map called"):
            maps.open_listed(name, 0, {})
    with pytest.raises(WorldError, match="there is no map called"):
        maps.open_listed("x" * 5000, 0, {})


def test_the_maps_of_a_folder_are_opened_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "Ring.xodr").write_text(opendrive.load("oval")[1], encoding="utf-8")
    (tmp_path / "notes.txt").write_text("none", encoding="utf-8")
    files = maps.find_files(tmp_path)
    assert files == {"Ring": tmp_path / "Ring.xodr"}
    assert maps.open_listed("Ring", 0, files).name == "Ring"
    assert maps.open_listed("oval", 0, files).name == "oval"
    assert maps.find_files(None) == {}


@pytest.mark.parametrize(
    ("file", "complaint"),
    [("oval.xodr", "has the name of a built-in map"), ("notes.txt", "holds no OpenDRIVE files"), (None, "expected a")],
)
def test_a_folder_without_maps_of_its_own_is_refused(tmp_path: Path, file: str | None, complaint: str) -> None:
    if file is not None:
        (tmp_path / file).write_text("", encoding="utf-8")
    with pytest.raises(WorldError, match=complaint):
        maps.find_files(tmp_path if file else tmp_path / "missing")


@pytest.mark.parametrize("fault", ["over-long", "unreadable"])
def test_a_folder_of_maps_that_cannot_be_looked_into_is_refused_in_a_sentence(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("x" * 5000 if fault == "over-long" else "maps")
    if fault == "unreadable":  # the administrator, who may run the tests, can read every folder

        def refuse(path: Path) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

        folder.mkdir()
        monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(WorldError, match=r"^--maps is .*, which cannot be read: [\w ]+$") as caught:
        maps.find_files(folder)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("file", ["oval.xodr", "oval"])
def test_a_file_that_would_hide_a_built_in_map_is_refused_as_the_first_map(tmp_path: Path, file: str) -> None:
    path = tmp_path / file
    path.write_text(opendrive.load("oval")[1], encoding="utf-8")
    with pytest.raises(WorldError, match=rf"{file} has the name of a built-in map: rename the file$"):
        maps.open_first(str(path), 0, {})
    with pytest.raises(WorldError, match="cannot be read"):
        maps.open_first(str(tmp_path / "missing" / "oval.xodr"), 0, {})
    assert maps.open_first("oval", 0, {}).name == "oval"


def test_the_first_map_may_be_any_file_and_one_of_the_folder_by_name_or_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("maps", "others"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Ring.xodr").write_text(opendrive.load("oval")[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    files = maps.find_files(tmp_path / "maps")
    for given in ("Ring", "maps/Ring.xodr", str(tmp_path / "others" / ".." / "maps" / "Ring.xodr")):
        assert maps.open_first(given, 0, files).name == "Ring"
    assert maps.open_first("others/Ring.xodr", 0, {}).name == "Ring"
    with pytest.raises(WorldError, match=r"others/Ring\.xodr has the name of .*maps/Ring\.xodr: rename one of them$"):
        maps.open_first("others/Ring.xodr", 0, files)
