"""Maps from elsewhere: each is let in whole or refused with the line that is wrong, whatever became of it."""

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


def test_a_map_with_a_fork_a_rise_and_a_curve_is_let_in() -> None:
    assert len(maps.read("fork", FORK).spawn_points) == 6 + 2


def test_a_root_in_a_namespace_is_let_in_as_carla_s_parser_does() -> None:
    named = FORK.replace("<OpenDRIVE>", '<OpenDRIVE xmlns="http://code.asam.net/simulation/standard/opendrive_schema">')
    assert maps.read("fork", named).spawn_points == maps.read("fork", FORK).spawn_points


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('s="40" x="40" y="0" hdg="0" ', 's="40" x="40" y="0" ', "<geometry> has no hdg"),
        ('x="40"', 'x="forty"', '<geometry> has x="forty", expected a number'),
        ('curvEnd="0.01"', 'curvEnd="nan"', '<spiral> has curvEnd="nan", expected a number'),
        ('x="86.7"', 'x="1e6"', "<geometry> lies more than 10 km from the middle"),
        ('aV="0"', 'aV="1e6"', "<paramPoly3> ends more than 10 km from where it begins"),
        ('length="60"', 'length="-60"', '<road id="1"> is -60 m long'),
        ('<arc curvature="0.02"/>', "<bend/>", "<geometry> has no shape, expected one of <line>, <arc>"),
        ('<geometry s="0" x="86.7"', '<geometry s="7" x="86.7"', '<geometry> is the first and has s="7", expected 0'),
        ('<laneOffset s="0"', '<laneOffset s="25"', '<laneOffset> is the first and has s="25", expected 0'),
        ('<laneSection s="30"', '<laneSection s="90"', "<laneSection> begins at 90 m, expected from 0 to 60 m"),
        ('a="3.5" b="0.01"', 'a="3.5" b="1000"', "<width> makes a lane wider than 100 m"),
        ('<elevation s="0" a="0"', '<elevation s="0" a="1e7"', "<elevation> goes beyond 10000 m"),
        ('<lane id="1" type="driving"', '<lane id="left" type="driving"', '<lane id="left"> has no id that counts'),
        ('<lane id="0" type="none"', '<lane id="1" type="none"', '<lane id="1"> is in its lane section twice'),
        ('<lane id="0" type="none"', '<lane id="7" type="none"', '<laneSection> has no <lane id="0">'),
        (
            '<successor id="-1"/>',
            '<successor id="-3"/>',
            "of lane -1 leads to a lane that is not there: .* crashes on it",
        ),
        ('connectingRoad="2"', 'connectingRoad="8"', '<connection id="0"> has no connectingRoad that is there'),
        (
            '<arc curvature="0.02"/>',
            '<arc curvature="0"></arc>',
            "<arc> has curvature 0, by which CARLA's parser divides",
        ),
        ('<lane id="1" type="driving"', '<lane id="2" type="driving"', '<lane id="2"> has no neighbour towards the'),
        ("<objects>", '<signals><signalReference s="1" id="4"/></signals><objects>', "refers to a signal that is not"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(before: str, after: str, complaint: str) -> None:
    broken = FORK.replace(before, after, 1)
    assert broken != FORK
    with pytest.raises(MapError, match=rf"^line \d+, column \d+: .*{complaint}") as found:
        opendrive_import.checked(broken)
    told = int(str(found.value).split(",", maxsplit=1)[0].removeprefix("line "))
    where = line_of(FORK, before)
    assert told == (line_of(FORK, "<laneSection") if complaint.startswith("<laneSection> has") else where)


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
def test_a_curve_that_carla_s_parser_makes_no_numbers_of_is_let_in_as_the_simpler_one_that_it_is(
    before: str, after: str, meant: str
) -> None:
    assert opendrive_import.checked(FORK.replace(before, after)) == FORK.replace(before, meant)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<svg/>", "line 1, column 1: <svg> is the root, where OpenDRIVE has <OpenDRIVE>"),
        ("<OpenDRIVE>\n</OpenDRIVE>", "line 1, column 1: <OpenDRIVE> has no <road>"),
        ('<OpenDRIVE>\n <road id="4" length="9"/>\n</OpenDRIVE>', 'line 2, column 2: <road id="4"> has no <planView>'),
        (FORK.replace("driving", "grass"), "line 2, column 1: <OpenDRIVE> has no lane to drive on"),
        (FORK[:2003], r"not XML: unclosed token: line \d+, column \d+"),
        (FORK.replace("</right>", "</left>", 1), r"not XML: mismatched tag: line 30, column \d+"),
        ("", "not XML: no element found: line 1, column 0"),
    ],
)
def test_what_is_no_map_at_all_is_told_with_its_line(text: str, complaint: str) -> None:
    with pytest.raises(MapError, match=complaint):
        opendrive_import.checked(text)


def spoiled(seed: int) -> str:
    """The map with a few elements gone, doubled or in another order, and attributes gone or garbage."""
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


def let_in_or_refused_with_a_line(text: str) -> None:
    try:
        track = maps.read("spoiled", text)
    except WorldError as error:
        told = str(error)
    else:
        told = "line 0, column 0" if track.spawn_points else "an empty map"
    assert re.search(r"line \d+, column \d+", told), told


@settings(max_examples=12)
@given(st.integers(0, 1_000_000))
def test_a_spoiled_map_is_a_map_or_a_sentence_with_a_line(seed: int) -> None:
    let_in_or_refused_with_a_line(spoiled(seed))


@pytest.mark.long
@settings(max_examples=400)
@given(st.integers(0, 1_000_000))
def test_hundreds_of_spoiled_maps_are_maps_or_sentences_with_a_line(seed: int) -> None:
    let_in_or_refused_with_a_line(spoiled(seed))
