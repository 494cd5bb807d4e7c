"""Maps by their name or from a file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.roads import opendrive
from sim.roads.circuits import list_names
from sim.roads.xml_document import MapError
from tests.towns import town_file


def test_built_in_maps_are_listed_and_load_by_name() -> None:
    assert set(list_names()) == {"oval", "country", "highway", "path", "hills", "random:1", "wild:1", "mirror:path"}
    assert all(opendrive.load(name)[0] == name for name in list_names())


def test_a_file_loads_under_its_stem(tmp_path: Path) -> None:
    text = opendrive.load("oval")[1]
    (tmp_path / "ring.xodr").write_text(text, encoding="utf-8")
    assert opendrive.load(str(tmp_path / "ring.xodr")) == ("ring", text)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"<OpenDRIVE>\n<road>\n</OpenDRIVE>", r"not XML: mismatched tag: line 3"),
        (b"", r"not XML"),
        (b"<svg/>", r"line 1, column 1: <svg> is the root"),
        (b"<OpenDRIVE></OpenDRIVE>", r"line 1, column 1: <OpenDRIVE> has no <road>"),
        (b"<OpenDRIVE>\n\xff\xfe\x00", r"not UTF-8 text \(line 2\)"),
    ],
)
def test_a_file_that_is_no_map_is_refused_and_told_why(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "bad.xodr"
    file.write_bytes(content)
    with pytest.raises(MapError, match=complaint):
        opendrive.load(str(file))


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(MapError, match=r"no map called 'atlantis'.*oval, country"):
        opendrive.load("atlantis")


@pytest.mark.parametrize("name", ["x" * 5000, "x\0", "x" * 5000 + ".xodr", "x\0.xodr"])
def test_a_name_that_no_file_can_have_is_refused_in_a_short_sentence(name: str) -> None:
    with pytest.raises(MapError, match=r"there is no map called|cannot be read") as refusal:
        opendrive.load(name)
    assert len(str(refusal.value)) < 400


def test_a_built_in_map_is_found_by_its_name_alone_and_no_file_is(tmp_path: Path) -> None:
    assert opendrive.load_built_in("oval") == opendrive.load("oval")
    file = tmp_path / "ring.xodr"
    file.write_text(opendrive.load("oval")[1], encoding="utf-8")
    for name in (str(file), str(tmp_path)):
        with pytest.raises(MapError, match="there is no map called"):
            opendrive.load_built_in(name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MapError, match=r"gone\.xodr cannot be read"):
        opendrive.load(str(tmp_path / "gone.xodr"))


def test_a_folder_is_no_map(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="cannot be read"):
        opendrive.load(str(tmp_path))


def test_carlas_own_towns_load() -> None:
    assert opendrive.load(str(town_file("Town02")))[0] == "Town02"
