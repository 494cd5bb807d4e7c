"""Maps as OpenDRIVE 1.4 text: the built-in circuits, written by scenariogeneration, and files from anywhere.

OpenDRIVE's axes have y to the left, ours y to the right, so places, headings and curvatures are mirrored on the way
out. Lane -1 runs along a road's s, lane 1 against it: traffic keeps to the right.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from scenariogeneration import xodr

from sim.roads import opendrive_import
from sim.roads.circuits import FAMILIES, available, circuit
from sim.roads.curves import Circuit, Paint, Segment
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
    """The name and the OpenDRIVE text of a built-in map or of a file (*.xodr).

    Raises:
        MapError: no such map or file, or no OpenDRIVE with a lane to drive on; the sentence names the line.
    """
    built_in = circuit(name_or_path)
    if built_in is not None:
        return name_or_path, written(name_or_path, built_in)
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() != ".xodr":
        raise MapError(
            f"there is no map called '{name_or_path}': the built-in ones are {', '.join(available())} "
            f"({', '.join(FAMILIES)} with any number), and any OpenDRIVE file (*.xodr) can be given instead"
        )
    return path.stem, _checked(path)


def written(name: str, circuit: Circuit) -> str:
    """A circuit as OpenDRIVE text; the same circuit always gives the same text."""
    document = xodr.OpenDrive(name, revMinor="4", geo_reference=GEO_REFERENCE)
    roads, cuts = circuit.roads(), circuit.cuts()
    for i, segments in enumerate(roads):
        road = xodr.Road(i, _plan(segments), _lanes(circuit, cuts[i], cuts[i + 1]))
        for c in circuit.elevation.part(cuts[i], cuts[i + 1]) if circuit.elevation else ():
            road.add_elevation(_rounded(c.s), _rounded(c.a), *(_rounded(x, 12) for x in (c.b, c.c, c.d)))
        road.add_predecessor(xodr.ElementType.road, (i - 1) % len(roads), xodr.ContactPoint.end)
        road.add_successor(xodr.ElementType.road, (i + 1) % len(roads), xodr.ContactPoint.start)
        document.add_road(road)
    for i in range(len(roads)):
        xodr.create_lane_links(document.roads[str(i)], document.roads[str((i + 1) % len(roads))])
    element = document.get_element()
    header = element.find("header")
    header.set("date", "1989-01-01T00:00:00")  # the library writes the time of day, which would differ each time
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(element, encoding="unicode")


def _plan(segments: tuple[Segment, ...]) -> xodr.PlanView:
    plan = xodr.PlanView()
    for g in segments:
        plan.add_fixed_geometry(_geometry(g), _rounded(g.x), _rounded(-g.y), _rounded(-g.heading, 9))
    return plan


def _geometry(g: Segment) -> xodr.Line | xodr.Arc | xodr.Spiral:
    length, start = _rounded(g.length), _rounded(-g.curvature, 12)
    if g.rate != 0.0:
        return xodr.Spiral(start, _rounded(-(g.curvature + g.rate * g.length), 12), length)
    return xodr.Arc(start, length=length) if start != 0.0 else xodr.Line(length)


def _rounded(number: float, digits: int = 6) -> float:
    """As many digits as every machine agrees on: their last bits differ, as their sines do."""
    return round(number, digits) + 0.0  # never -0.0


def _lanes(circuit: Circuit, start: float, end: float) -> xodr.Lanes:
    section, length = circuit.cross_section, _rounded(end - start)
    lane_widths = _widths(circuit.lane_width, section.lane_width, start, end)
    shoulders = _widths(circuit.shoulder, section.shoulder, start, end)
    centre = xodr.Lane(lane_type=xodr.LaneType.none)
    centre.add_roadmark(_mark(section.centre, length))
    lanes = xodr.LaneSection(0, centre)
    for count, add in ((section.along, lanes.add_right_lane), (section.against, lanes.add_left_lane)):
        for i in range(1, count + 1):
            paint = section.edge if i == count else section.divider
            add(_lane(xodr.LaneType.driving, lane_widths, paint, length))
        add(_lane(xodr.LaneType.shoulder, shoulders, Paint("none"), length))
    all_lanes = xodr.Lanes()
    if section.left:
        all_lanes.add_laneoffset(xodr.LaneOffset(0.0, section.left, 0.0, 0.0, 0.0))
    all_lanes.add_lanesection(lanes)
    return all_lanes


def _widths(profile: Profile | None, everywhere: float, start: float, end: float) -> list[Cubic]:
    return list(profile.part(start, end)) if profile else [Cubic(0.0, everywhere, 0.0, 0.0, 0.0)]


def _lane(kind: xodr.LaneType, widths: list[Cubic], paint: Paint, length: float) -> xodr.Lane:
    lane = xodr.Lane(lane_type=kind, **_coefficients(widths[0]))
    for cubic in widths[1:]:
        lane.add_lane_width(**_coefficients(cubic))
    lane.add_roadmark(_mark(paint, length))
    return lane


def _coefficients(cubic: Cubic) -> dict[str, float]:
    values = {name: _rounded(getattr(cubic, name), 12) for name in "abcd"} | {"soffset": _rounded(cubic.s)}
    return {name: value for name, value in values.items() if value}  # the library writes 0 for the rest


def _mark(paint: Paint, length: float) -> xodr.RoadMark:
    style, colour = MARKS[paint.style], xodr.RoadMarkColor[paint.colour]
    if paint.style != "broken":
        return xodr.RoadMark(style, paint.width, color=colour)
    period = length / max(1, round(length / (paint.dash + paint.gap)))  # whole dashes, so that they match at the joints
    dash = period * paint.dash / (paint.dash + paint.gap)
    return xodr.RoadMark(style, paint.width, length=_rounded(dash), space=_rounded(period - dash), color=colour)


def _checked(path: Path) -> str:
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
        return opendrive_import.checked(text)
    except MapError as error:
        raise MapError(f"the map file {path} cannot be used: {error}") from error
