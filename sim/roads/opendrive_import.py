"""Maps from elsewhere: OpenDRIVE text that is let in, or refused with the line that is wrong.

The text is read twice. First here, by eyes that know lines (`faults`). Then CARLA's own parser, which every client
uses, reads it in a process of its own: it rarely complains, but makes a map without roads of what it cannot use, and of
a link to what is not there it makes a crash. Which link that was is looked for afterwards, as there are many maps with
dead links that harm nobody.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.roads.opendrive_checks import SECTION, faults
from sim.roads.xml_document import Document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CURVES = re.compile(r"<(arc|spiral)\s([^<>]*)/>")
CURVATURE = re.compile(r"""\bcurv(?:ature|Start|End)\s*=\s*["']([^"']*)["']""")
WAYPOINTS_APART = 10.0  # [m]
TRIAL_SECONDS = 60.0
NO_ROADS = 3  # the trial's exit status
TRIAL = f"""
import sys, carla
try:
    map = carla.Map("trial", sys.stdin.buffer.read().decode())
    found = map.generate_waypoints({WAYPOINTS_APART})
    map.get_topology(), map.get_spawn_points(), map.get_crosswalks(), map.get_all_landmarks()
    for here in found:
        here.next(1.0), here.previous(1.0), here.get_left_lane(), here.get_right_lane(), here.right_lane_marking
except (RuntimeError, LookupError):
    found = []
sys.exit(0 if found else {NO_ROADS})
"""


def checked(text: str) -> str:
    """The text of a map to drive on, mended where CARLA's parser would lose what is right.

    Raises:
        MapError: it is not XML, not OpenDRIVE, has no lane to drive on, lacks what makes a road, or CARLA's parser
            makes no roads of it, crashes, or does not come to an end. The sentence names the line.
    """
    text = CURVES.sub(_simplest, text)
    document = Document(text)
    for fault in faults(document):
        raise fault
    _try_out(document, text)
    return text


def _simplest(curve: re.Match[str]) -> str:
    """A spiral of one curvature as an arc, an arc of none as a line: CARLA's parser divides by what is not there."""
    try:
        values = [float(value) for value in CURVATURE.findall(curve[2])]
    except ValueError:
        return curve[0]
    is_simplest = len(set(values)) > 1 or (curve[1] == "arc" and values != [0.0])
    if is_simplest or len(values) != (2 if curve[1] == "spiral" else 1):
        return curve[0]
    return f'<arc curvature="{values[0]}"/>' if values[0] else "<line/>"


def _try_out(document: Document, text: str) -> None:
    root, command = document.root, [sys.executable, "-c", TRIAL]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise document.fault(root, f"keeps CARLA's own parser busy for more than {TRIAL_SECONDS:g} s") from None
    if done.returncode != 0:
        what = "makes no roads of it" if done.returncode == NO_ROADS else "crashes on it"
        outcome = f"CARLA's own parser, which every client uses, {what}"
        for link, sentence in _dead_links(root):
            raise document.fault(link, f"{sentence}: {outcome}")
        raise document.fault(root, f"has something in it that is not known better: {outcome}")


@dataclass(frozen=True, slots=True)
class _Road:
    """A road's lane sections in their order, and the ids of the roads before and after it by the link's name."""

    sections: tuple[Element, ...]
    neighbours: dict[str, str]


def _road(road: Element) -> _Road:
    links = {name: road.find(f"link/{name}[@elementType='road']") for name in ("successor", "predecessor")}
    return _Road(
        tuple(road.iterfind(SECTION)),
        {name: link.get("elementId", "") for name, link in links.items() if link is not None},
    )


def _dead_links(root: Element) -> Iterator[tuple[Element, str]]:
    """Links to what is not there, as CARLA's parser follows them."""
    roads = {road.get("id", ""): _road(road) for road in root.iterfind("road")}
    yield from _dead_links_of_lanes(roads)
    yield from _dead_links_of_junctions(root, roads)
    signals = {signal.get("id") for signal in root.iterfind("road/signals/signal")}
    for reference in root.iterfind("road/signals/signalReference"):
        if reference.get("id") not in signals:
            yield reference, "refers to a signal that is not there"


def _dead_links_of_lanes(roads: dict[str, _Road]) -> Iterator[tuple[Element, str]]:
    for road in roads.values():
        for name, step in (("successor", 1), ("predecessor", -1)):
            after = roads.get(road.neighbours.get(name, ""), _Road((), {}))
            for i, section in enumerate(road.sections):
                inside = 0 <= i + step < len(road.sections)
                there = _lanes((road.sections[i + step],) if inside else after.sections)
                for lane in section.iterfind("*/lane"):
                    link = lane.find(f"link/{name}")
                    if link is not None and there and link.get("id") not in there:
                        yield link, f"of lane {lane.get('id')} leads to a lane that is not there"


def _dead_links_of_junctions(root: Element, roads: dict[str, _Road]) -> Iterator[tuple[Element, str]]:
    for connection in root.iterfind("junction/connection"):
        road = connection.get("connectingRoad", "")
        if road not in roads:
            yield connection, "has no connectingRoad that is there"
            continue
        lanes = _lanes(roads[road].sections)
        for link in connection.iterfind("laneLink"):
            if link.get("to") not in lanes:
                yield link, f"leads to lane {link.get('to')} of road {road}, which is not there"


def _lanes(sections: Iterable[Element]) -> set[str]:
    return {lane.get("id", "") for section in sections for lane in section.iterfind("*/lane")}
