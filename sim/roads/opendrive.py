"""Maps as OpenDRIVE 1.4 text: the built-in circuits, written with scenariogeneration, and files from elsewhere.

OpenDRIVE has y to the left, we have y to the right, so positions, headings and curvatures are mirrored on output.
Lane -1 runs along a road's s, lane 1 against it: traffic keeps to the right.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from scenariogeneration import xodr

from sim.roads import opendrive_import
from sim.roads.circuits import FAMILIES, find_circuit, list_names
from sim.roads.curves import Circuit, RoadMark, Segment
from sim.roads.profiles import Cubic, Profile
from sim.roads.xml_document import MapError

GEO_REFERENCE = "+proj=tmerc +lat_0=49 +lon_0=8 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
MARKS = {
    "solid": xodr.RoadMarkType.solid,
    "broken": xodr.RoadMarkType.broken,
    "double": xodr.RoadMarkType.solid_solid,
    "none": xodr.RoadMarkType.none,
}


def load(name_or_path: str) -> tuple[str, str]:
    """The name and OpenDRIVE text of a built-in map or of a file (*.xodr).

    Raises:
        MapError: there is no such map or file, or it is not OpenDRIVE with a driving lane; the message names the line.
    """
    built_in = find_circuit(name_or_path)
    if built_in is not None:
        return name_or_path, to_opendrive(name_or_path, built_in)
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() != ".xodr":
        raise MapError(
            f"there is no map called '{name_or_path}'; built-in maps: {', '.join(list_names())} "
            f"({' and '.join(FAMILIES)} take any number); the path of an OpenDRIVE file (*.xodr) also works"
        )
    return path.stem, _read_file(path)


def to_opendrive(name: str, circuit: Circuit) -> str:
    """A circuit as OpenDRIVE text; equal circuits give equal texts."""
    document = xodr.OpenDrive(name, revMinor="4", geo_reference=GEO_REFERENCE)
    roads, cuts = circuit.roads(), circuit.cuts()
    for i, segments in enumerate(roads):
        road = xodr.Road(i, _plan_view(segments), _lanes(circuit, cuts[i], cuts[i + 1]))
        for elevation in _elevations(circuit.elevation, cuts[i], cuts[i + 1]):
            road.add_elevation(*elevation)
        road.add_predecessor(xodr.ElementType.road, (i - 1) % len(roads), xodr.ContactPoint.end)
        road.add_successor(xodr.ElementType.road, (i + 1) % len(roads), xodr.ContactPoint.start)
        document.add_road(road)
    for i in range(len(roads)):
        xodr.create_lane_links(document.roads[str(i)], document.roads[str((i + 1) % len(roads))])
    element = document.get_element()
    _keep_to_1_4(element)
    header = element.find("header")
    header.set("date", "1989-01-01T00:00:00")  # the library writes the current time, which would differ each time
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(element, encoding="unicode")


def _keep_to_1_4(element: ET.Element) -> None:
    """Remove what the library writes and the schema of OpenDRIVE 1.4 forbids.

    `rule` came with a later version, which takes traffic on the right where it is missing.
    """
    for road in element.iter("road"):
        road.attrib.pop("rule", None)
        profile = road.find("elevationProfile")
        if profile is not None and not len(profile):
            road.remove(profile)


def _elevations(profile: Profile | None, start: float, end: float) -> Iterator[tuple[float, ...]]:
    """s, a, b, c, d of each stretch, rounded; level ground is written once, not at every knot."""
    before: tuple[float, ...] | None = None
    for cubic in profile.part(start, end) if profile else ():
        factors = _round(cubic.a), *(_round(x, 12) for x in (cubic.b, cubic.c, cubic.d))
        if factors != before or any(factors[1:]):
            yield _round(cubic.s), *factors
        before = factors


def _plan_view(segments: tuple[Segment, ...]) -> xodr.PlanView:
    plan = xodr.PlanView()
    for g in segments:
        plan.add_fixed_geometry(_geometry(g), _round(g.x), _round(-g.y), _round(-g.heading, 9))
    return plan


def _geometry(g: Segment) -> xodr.Line | xodr.Arc | xodr.Spiral:
    length, start = _round(g.length), _round(-g.curvature, 12)
    if g.rate != 0.0:
        return xodr.Spiral(start, _round(-(g.curvature + g.rate * g.length), 12), length)
    return xodr.Arc(start, length=length) if start != 0.0 else xodr.Line(length)


def _round(number: float, digits: int = 6) -> float:
    """Round to the digits that all machines agree on: the last bits of their sines differ."""
    return round(number, digits) + 0.0  # never -0.0


def _lanes(circuit: Circuit, start: float, end: float) -> xodr.Lanes:
    section, length = circuit.cross_section, _round(end - start)
    lane_widths = _widths(circuit.lane_width, section.lane_width, start, end)
    shoulders = _widths(circuit.shoulder, section.shoulder, start, end)
    centre = xodr.Lane(lane_type=xodr.LaneType.none)
    centre.add_roadmark(_mark(section.centre, length))
    lanes = xodr.LaneSection(0, centre)
    for count, add in ((section.along, lanes.add_right_lane), (section.against, lanes.add_left_lane)):
        for i in range(1, count + 1):
            paint = section.edge if i == count else section.divider
            add(_lane(xodr.LaneType.driving, lane_widths, paint, length))
        add(_lane(xodr.LaneType.shoulder, shoulders, RoadMark("none"), length))
    all_lanes = xodr.Lanes()
    if section.left:
        all_lanes.add_laneoffset(xodr.LaneOffset(0.0, section.left, 0.0, 0.0, 0.0))
    all_lanes.add_lanesection(lanes)
    return all_lanes


def _widths(profile: Profile | None, everywhere: float, start: float, end: float) -> list[Cubic]:
    return list(profile.part(start, end)) if profile else [Cubic(0.0, everywhere, 0.0, 0.0, 0.0)]


def _lane(kind: xodr.LaneType, widths: list[Cubic], paint: RoadMark, length: float) -> xodr.Lane:
    lane = xodr.Lane(lane_type=kind, **_coefficients(widths[0]))
    for cubic in widths[1:]:
        lane.add_lane_width(**_coefficients(cubic))
    lane.add_roadmark(_mark(paint, length))
    return lane


def _coefficients(cubic: Cubic) -> dict[str, float]:
    values = {name: _round(getattr(cubic, name), 12) for name in "abcd"} | {"soffset": _round(cubic.s)}
    return {name: value for name, value in values.items() if value}  # the library writes 0 for those left out


def _mark(paint: RoadMark, length: float) -> xodr.RoadMark:
    style, colour = MARKS[paint.style], xodr.RoadMarkColor[paint.colour]
    if paint.style != "broken":
        return xodr.RoadMark(style, paint.width, color=colour)
    period = length / max(1, round(length / (paint.dash + paint.gap)))  # a whole number of dashes: joints must match
    dash = period * paint.dash / (paint.dash + paint.gap)
    return xodr.RoadMark(style, paint.width, length=_round(dash), space=_round(period - dash), color=colour)


def _read_file(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MapError(f"the map file {path} cannot be read: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise MapError(f"the map file {path} is not UTF-8 text (line {line})") from error
    try:
        return opendrive_import.validate(text)
    except MapError as error:
        raise MapError(f"the map file {path} cannot be used: {error}") from error
