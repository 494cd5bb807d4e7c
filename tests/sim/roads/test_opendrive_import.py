"""OpenDRIVE text from elsewhere is accepted whole or refused with the offending line, however it was damaged."""

from __future__ import annotations

import random
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.episode.world import WorldError
from sim.roads import opendrive_import
from sim.roads.xml_document import Document, MapError
from sim.server import maps

FORK = Path(__file__).with_name("fork.xodr").read_text(encoding="utf-8")
GARBAGE = ("", "abc", "nan", "inf", "1e300", "1e6", "5e3", "-1", "0", "1", "99", "road", "junction", "\u00fc")


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_map_with_a_fork_a_rise_and_a_curve_is_accepted() -> None:
    assert len(maps.read_map("fork", FORK, 0).spawn_points) == 6 + 2


def test_a_root_element_in_a_namespace_is_accepted_as_by_carla_s_parser() -> None:
    named = FORK.replace("<OpenDRIVE>", '<OpenDRIVE xmlns="http://code.asam.net/simulation/standard/opendrive_schema">')
    assert maps.read_map("fork", named, 0).spawn_points == maps.read_map("fork", FORK, 0).spawn_points


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        (
            '<successor id="-1"/>',
            '<successor id="-3"/>',
            "of lane -1 leads to a missing lane: .* crashes on it",
        ),
        ('connectingRoad="2"', 'connectingRoad="8"', '<connection id="0"> has a missing connectingRoad'),
        ("<objects>", '<signals><signalReference s="1" id="4"/></signals><objects>', "refers to a missing signal"),
    ],
)
def test_a_dead_link_that_crashes_carla_s_parser_is_refused_with_its_line(
    before: str, after: str, complaint: str
) -> None:
    broken = FORK.replace(before, after, 1)
    assert broken != FORK
    with pytest.raises(MapError, match=rf"^line {line_of(FORK, before)}, column \d+: .*{complaint}"):
        opendrive_import.validate(broken)


@pytest.mark.parametrize(
    ("before", "after", "meant"),
    [
        (
            '<spiral curvStart="0" curvEnd="0.01"/>',
            '<spiral curvStart="-0.02" curvEnd="-2e-2" />',
            '<arc curvature="-0.02"/>',
        ),
        ('<spiral curvStart="0" curvEnd="0.01"/>', "<spiral curvStart='0' curvEnd='0.0'/>", "<line/>"),
        ('<arc curvature="0.02"/>', '<arc curvature="0.0"/>', "<line/>"),
    ],
)
def test_a_curve_by_whose_curvature_carla_s_parser_would_divide_by_zero_is_simplified(
    before: str, after: str, meant: str
) -> None:
    assert opendrive_import.validate(FORK.replace(before, after)) == FORK.replace(before, meant)


@pytest.mark.parametrize("end", ["/>", " />", "></arc>", "> </arc>", ">\n</arc >", "\n/>"])
def test_an_arc_of_curvature_zero_is_a_line_whether_or_not_its_tag_closes_itself(end: str) -> None:
    newlines = end.count("\n") * "\n"  # they stay, so that errors further down name their lines
    text = FORK.replace('<arc curvature="0.02"/>', f'<arc curvature="0"{end}')
    assert opendrive_import.validate(text) == FORK.replace('<arc curvature="0.02"/>', f"<line/>{newlines}")


@pytest.mark.parametrize(("curvature", "meant"), [("0", "<line/>"), ("-2e-2", '<arc curvature="-0.02"/>')])
def test_a_spiral_of_constant_curvature_is_simpler_whether_or_not_its_tag_closes_itself(
    curvature: str, meant: str
) -> None:
    spiral = f'<spiral curvStart="{curvature}" curvEnd="{curvature}"></spiral>'
    text = FORK.replace('<spiral curvStart="0" curvEnd="0.01"/>', spiral)
    assert opendrive_import.validate(text) == FORK.replace('<spiral curvStart="0" curvEnd="0.01"/>', meant)


def test_other_curves_with_an_end_tag_are_left_as_they_are() -> None:
    text = FORK.replace('0.01"/>', '0.01"></spiral>').replace('<arc curvature="0.02"/>', '<arc curvature="0.02"></arc>')
    assert opendrive_import.validate(text) == text


def test_text_that_is_not_xml_or_not_opendrive_is_refused() -> None:
    for text, complaint in (("", "it is not XML"), ("<svg/>", "line 1, column 1: <svg> is the root element")):
        with pytest.raises(MapError, match=complaint):
            opendrive_import.validate(text)


def test_no_carla_of_the_current_folder_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("carla.py").write_text("raise SystemExit('the current folder was run')")
    assert opendrive_import.validate(FORK) == FORK


def damage(seed: int) -> str:
    """The map with a few elements removed, duplicated or reordered, and attributes removed or garbage."""
    dice = random.Random(seed)
    root = Document(FORK).root
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        parent = dice.choice([element for element in root.iter() if len(element)])
        child = dice.choice(list(parent))
        match dice.randrange(6):
            case 0:
                parent.remove(child)
            case 1 if child.attrib:
                del child.attrib[dice.choice(list(child.attrib))]
            case 2 | 3 if child.attrib:
                child.set(dice.choice(list(child.attrib)), dice.choice(GARBAGE))
            case 4:
                children = list(parent)
                dice.shuffle(children)
                parent[:] = children
            case _:
                parent.append(child)
    text = ET.tostring(root, encoding="unicode")
    return text if dice.random() < 0.8 else text[: dice.randrange(len(text))]


def assert_accepted_or_refused_with_a_line(text: str) -> None:
    try:
        track = maps.read_map("damaged", text, 0)
    except WorldError as error:
        message = str(error)
    else:
        message = "line 0, column 0" if track.spawn_points else "an empty map"
    assert re.search(r"line \d+, column \d+", message), message


@settings(max_examples=12)
@given(st.integers(0, 1_000_000))
def test_a_damaged_map_is_accepted_or_refused_with_a_line(seed: int) -> None:
    assert_accepted_or_refused_with_a_line(damage(seed))


@pytest.mark.long
@settings(max_examples=400)
@given(st.integers(0, 1_000_000))
def test_hundreds_of_damaged_maps_are_accepted_or_refused_with_a_line(seed: int) -> None:
    assert_accepted_or_refused_with_a_line(damage(seed))
