"""Each check of an OpenDRIVE document names the element, its line and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.roads.opendrive_checks import find_faults
from sim.roads.xml_document import Document

FORK = Path(__file__).with_name("fork.xodr").read_text(encoding="utf-8")


def first_fault(text: str) -> str:
    return str(next(find_faults(Document(text))))


def test_a_sound_map_has_no_faults() -> None:
    assert list(find_faults(Document(FORK))) == []


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('s="40" x="40" y="0" hdg="0" ', 's="40" x="40" y="0" ', "<geometry> has no hdg"),
        ('x="40"', 'x="forty"', '<geometry> has x="forty", expected a number'),
        ('curvEnd="0.01"', 'curvEnd="nan"', '<spiral> has curvEnd="nan", expected a number'),
        ('x="86.7"', 'x="1e6"', "<geometry> is more than 10 km from the centre"),
        ('aV="0"', 'aV="1e6"', "<paramPoly3> ends more than 10 km from where it starts"),
        ('length="60"', 'length="-60"', '<road id="1"> is -60 m long'),
        ('<arc curvature="0.02"/>', "<bend/>", "<geometry> has no shape, expected one of <line>, <arc>"),
        (
            '<geometry s="0" x="86.7"',
            '<geometry s="7" x="86.7"',
            '<geometry> is the first of its kind and has s="7", expected 0',
        ),
        ('<laneOffset s="0"', '<laneOffset s="25"', '<laneOffset> is the first of its kind and has s="25", expected 0'),
        ('<laneSection s="30"', '<laneSection s="90"', "<laneSection> starts at 90 m, expected 0 to 60 m"),
        ('a="3.5" b="0.01"', 'a="3.5" b="1000"', "<width> makes a lane wider than 100 m"),
        ('<line length="3"', '<line length="0"', '<line> of a broken line has length="0", expected 0.1 m or more'),
        ('<line length="3"', '<line length="1e-7"', '<line> of a broken line has length="1e-7", expected 0.1'),
        ('space="6"', 'space="-3"', '<line> of a broken line has space="-3", expected 0 m or more'),
        ('<elevation s="0" a="0"', '<elevation s="0" a="1e7"', "<elevation> exceeds 10000 m"),
        *(
            (
                "<planView>",
                f'<type s="0" type="town"><speed max="{limit}" unit="mph"/></type><planView>',
                f'<speed> has max="{limit[:40]}", expected at most 1e+08',
            )
            for limit in (45 * "9", "1e300", "inf")
        ),
        ("<planView>", '<type s="afar" type="town"/><planView>', '<type> has s="afar", expected a number'),
        ('<lane id="1" type="driving"', '<lane id="left" type="driving"', '<lane id="left"> has no valid id'),
        ('<lane id="0" type="none"', '<lane id="1" type="none"', '<lane id="1"> repeats an id'),
        ('<lane id="0" type="none"', '<lane id="7" type="none"', '<laneSection> has no centre <lane id="0">'),
        (
            '<arc curvature="0.02"/>',
            '<arc curvature="0"></arc>',
            "<arc> has curvature 0, by which CARLA's parser divides",
        ),
        ('<lane id="1" type="driving"', '<lane id="2" type="driving"', '<lane id="2"> leaves a gap in the numbering'),
    ],
)
def test_a_fault_is_reported_with_its_line(before: str, after: str, complaint: str) -> None:
    broken = FORK.replace(before, after, 1)
    assert broken != FORK
    element = "<laneSection" if complaint.startswith("<laneSection> has") else before
    line = FORK[: FORK.index(element)].count("\n") + 1
    message = first_fault(broken)
    assert message.startswith(f"line {line}, column ")
    assert complaint in message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<svg/>", "line 1, column 1: <svg> is the root element, expected <OpenDRIVE>"),
        ("<OpenDRIVE>\n</OpenDRIVE>", "line 1, column 1: <OpenDRIVE> has no <road>"),
        ('<OpenDRIVE>\n <road id="4" length="9"/>\n</OpenDRIVE>', 'line 2, column 2: <road id="4"> has no <planView>'),
        (FORK.replace("driving", "grass"), "line 2, column 1: <OpenDRIVE> has no driving lane"),
    ],
)
def test_a_document_without_a_drivable_road_is_reported(text: str, complaint: str) -> None:
    assert first_fault(text).startswith(complaint)


def test_lanes_are_limited_in_the_sum_of_their_widths_and_of_their_lengths() -> None:
    lane = '<lane id="-1" type="driving" level="false">'
    many = "".join(
        f'<lane id="-{i}" type="driving"><width sOffset="0" a="90" b="0" c="0" d="0"/></lane>' for i in range(2, 60)
    )
    text = FORK.replace(lane, f"{many}{lane}", 1)
    assert "<laneSection> has lanes of 5227 m side by side, expected up to 150 m" in first_fault(text)
    narrow = FORK.replace(lane, f"{many.replace('90', '0.1')}{lane}", 1)
    assert list(find_faults(Document(narrow))) == []
    road = narrow[narrow.index("<road ") : narrow.index("</road>") + len("</road>")]
    assert "<OpenDRIVE> has 1" in first_fault(narrow.replace(road, road * 600))
    assert "km of lanes, expected up to 500 km" in first_fault(narrow.replace(road, road * 600))


def test_a_solid_line_needs_no_dashes() -> None:
    solid = FORK.replace('type="broken" color="yellow"', 'type="solid" color="yellow"').replace(
        '<line length="3"', '<line length="0"'
    )
    assert list(find_faults(Document(solid))) == []


@pytest.mark.parametrize("limit", ["no limit", "undefined", "130", "99999999.9", ""])
def test_a_speed_limit_may_be_a_word(limit: str) -> None:
    kind = f'<type s="0" type="town"><speed max="{limit}"/></type>'
    assert list(find_faults(Document(FORK.replace("<planView>", f"{kind}<planView>")))) == []


def test_faults_come_in_the_order_in_which_to_fix_them() -> None:
    broken = FORK.replace('x="40"', 'x="forty"', 1).replace('a="3.5" b="0.01"', 'a="3.5" b="1000"', 1)
    first, second = [str(fault) for fault in find_faults(Document(broken))][:2]
    assert "expected a number" in first
    assert "wider than 100 m" in second
