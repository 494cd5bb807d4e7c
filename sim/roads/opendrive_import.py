"""OpenDRIVE text from elsewhere is accepted, or refused with the offending line.

The text is read twice: first by `find_faults`, which knows line numbers, then by CARLA's own parser, which every client
uses, in a process of its own. That parser rarely complains: it returns a map without roads when it cannot use the text,
and crashes on some dead links. Dead links are only searched for after such a crash, because in many maps they do no
harm.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.roads.opendrive_checks import SECTION, find_faults
from sim.roads.xml_document import Document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

CURVES = re.compile(r"<(arc|spiral)\s([^<>]*?)(?:/>|>\s*</\1\s*>)")
CURVATURE = re.compile(r"""\bcurv(?:ature|Start|End)\s*=\s*["']([^"']*)["']""")
WAYPOINTS_APART = 10.0  # [m]
TRIAL_SECONDS = 60.0
NO_ROADS = 3  # exit status of the trial process
TRIAL = f"""
import sys
sys.path[:] = filter(None, sys.path)  # no carla.py of the current folder
import carla
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


def validate(text: str) -> str:
    """Check an OpenDRIVE text and return it, rewritten where CARLA's parser would mishandle valid input.

    Raises:
        MapError: it is not XML, not OpenDRIVE, has no driving lane, lacks required elements, or CARLA's parser finds
            no roads in it, crashes, or does not finish. The message names the line.
    """
    text = CURVES.sub(_simplify, text)
    document = Document(text)
    for fault in find_faults(document):
        raise fault
    _parse_with_carla(document, text)
    return text


def _simplify(curve: re.Match[str]) -> str:
    """Turn a spiral of constant curvature into an arc, and an arc of zero curvature into a line.

    CARLA's parser divides by the change of curvature and by the curvature. Line breaks stay, so that later errors name
    their lines.
    """
    try:
        values = [float(value) for value in CURVATURE.findall(curve[2])]
    except ValueError:
        return curve[0]
    is_simplest = len(set(values)) > 1 or (curve[1] == "arc" and values != [0.0])
    if is_simplest or len(values) != (2 if curve[1] == "spiral" else 1):
        return curve[0]
    return (f'<arc curvature="{values[0]}"/>' if values[0] else "<line/>") + "\n" * curve[0].count("\n")


def _parse_with_carla(document: Document, text: str) -> None:
    root, command = document.root, [sys.executable, "-c", TRIAL]
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TRIAL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise document.error_at(root, f"takes CARLA's own parser more than {TRIAL_SECONDS:g} s to read") from None
    if done.returncode != 0:
        what = "finds no roads in it" if done.returncode == NO_ROADS else "crashes on it"
        outcome = f"CARLA's own parser, which every client uses, {what}"
        for link, sentence in _dead_links(root):
            raise document.error_at(link, f"{sentence}: {outcome}")
        raise document.error_at(root, f"cannot be used, for an unknown reason: {outcome}")


@dataclass(frozen=True, slots=True)
class _Road:
    """A road's lane sections in order, and the ids of its successor and predecessor by the name of the link."""

    sections: tuple[Element, ...]
    neighbours: dict[str, str]


def _road(road: Element) -> _Road:
    links = {name: road.find(f"link/{name}[@elementType='road']") for name in ("successor", "predecessor")}
    return _Road(
        tuple(road.iterfind(SECTION)),
        {name: link.get("elementId", "") for name, link in links.items() if link is not None},
    )


def _dead_links(root: Element) -> Iterator[tuple[Element, str]]:
    """Links to missing elements, in the order in which CARLA's parser follows them."""
    roads = {road.get("id", ""): _road(road) for road in root.iterfind("road")}
    yield from _dead_links_of_lanes(roads)
    yield from _dead_links_of_junctions(root, roads)
    signals = {signal.get("id") for signal in root.iterfind("road/signals/signal")}
    for reference in root.iterfind("road/signals/signalReference"):
        if reference.get("id") not in signals:
            yield reference, "refers to a missing signal"


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
                        yield link, f"of lane {lane.get('id')} leads to a missing lane"


def _dead_links_of_junctions(root: Element, roads: dict[str, _Road]) -> Iterator[tuple[Element, str]]:
    for connection in root.iterfind("junction/connection"):
        road = connection.get("connectingRoad", "")
        if road not in roads:
            yield connection, "has a missing connectingRoad"
            continue
        lanes = _lanes(roads[road].sections)
        for link in connection.iterfind("laneLink"):
            if link.get("to") not in lanes:
                yield link, f"leads to lane {link.get('to')} of road {road}, which is missing"


def _lanes(sections: Iterable[Element]) -> set[str]:
    return {lane.get("id", "") for section in sections for lane in section.iterfind("*/lane")}
