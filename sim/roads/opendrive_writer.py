"""Circuits written as OpenDRIVE 1.4.

OpenDRIVE has y to the left, we have y to the right, so positions, headings and curvatures are mirrored on output.
Lane -1 runs along a road's s, lane 1 against it: traffic keeps to the right.

The document is small and its elements are few, so they are written here: a library that writes all of OpenDRIVE takes
longer to import than the rest of the server takes to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate
from xml.etree import ElementTree as ET

from sim.roads.curves import Circuit, RoadMark, Segment
from sim.roads.profiles import Cubic, Profile

GEO_REFERENCE = "+proj=tmerc +lat_0=49 +lon_0=8 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m"
DATE = "1989-01-01T00:00:00"  # always the same, so that equal circuits give equal texts
MARKS = {"solid": "solid", "broken": "broken", "double": "solid solid", "none": "none"}


def to_opendrive(name: str, circuit: Circuit) -> str:
    """A circuit as OpenDRIVE text; equal circuits give equal texts."""
    roads, cuts = circuit.roads(), circuit.cuts()
    document = _element("OpenDRIVE", [_header(name)])
    for i, segments in enumerate(roads):
        start, end = cuts[i], cuts[i + 1]
        around = [("predecessor", (i - 1) % len(roads), "end"), ("successor", (i + 1) % len(roads), "start")]
        ends = [_element(to, elementType="road", elementId=road, contactPoint=at) for to, road, at in around]
        stretches = [_round(s) for s in accumulate((_round(g.length) for g in segments), initial=0.0)]
        parts = [
            _element("link", ends),
            _element("planView", [_geometry(g, s) for g, s in zip(segments, stretches, strict=False)]),
            *_elevation_profile(circuit.elevation, start, end),
            _element("lateralProfile"),
            _lanes(circuit, start, end),
        ]
        document.append(_element("road", parts, id=i, junction=-1, length=stretches[-1]))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(document, encoding="unicode")


def _element(tag: str, children: Iterable[ET.Element] = (), /, **attributes: str | float) -> ET.Element:
    element = ET.Element(tag, {name: str(value) for name, value in attributes.items()})
    element.extend(children)
    return element


def _header(name: str) -> ET.Element:
    reference = _element("geoReference")
    reference.text = GEO_REFERENCE
    extent = dict.fromkeys(("north", "south", "east", "west"), 0.0)
    return _element("header", [reference], name=name, revMajor=1, revMinor=4, date=DATE, **extent)


def _geometry(g: Segment, s: float) -> ET.Element:
    place = {"x": _round(g.x), "y": _round(-g.y), "hdg": _round(-g.heading, 9)}
    return _element("geometry", [_curve(g)], s=s, **place, length=_round(g.length))


def _curve(g: Segment) -> ET.Element:
    start = _round(-g.curvature, 12)
    if g.rate != 0.0:
        return _element("spiral", curvStart=start, curvEnd=_round(-(g.curvature + g.rate * g.length), 12))
    return _element("arc", curvature=start) if start != 0.0 else _element("line")


def _elevation_profile(profile: Profile | None, start: float, end: float) -> Iterator[ET.Element]:
    """The stretches of a road's elevation; level ground is written once, not at every knot, and none without any."""
    stretches, before = [], None
    for cubic in profile.part(start, end) if profile else ():
        factors = {"a": _round(cubic.a)} | {name: _round(getattr(cubic, name), 12) for name in "bcd"}
        if factors != before or any(factors[name] for name in "bcd"):
            stretches.append(_element("elevation", s=_round(cubic.s), **factors))
        before = factors
    if stretches:
        yield _element("elevationProfile", stretches)


def _lanes(circuit: Circuit, start: float, end: float) -> ET.Element:
    section, length = circuit.cross_section, _round(end - start)
    widths = _widths(circuit.lane_width, section.lane_width, start, end)
    shoulders = _widths(circuit.shoulder, section.shoulder, start, end)

    def lanes_of_a_side(count: int, sign: int) -> list[ET.Element]:
        marks = [_mark(section.divider, length, may_cross=section.divider.style in {"broken", "none"})] * (count - 1)
        marks.append(_mark(section.edge, length, may_cross=False))
        driving = [_lane(sign * i, "driving", widths, mark) for i, mark in enumerate(marks[:count], start=1)]
        shoulder = _lane(sign * (count + 1), "shoulder", shoulders, _mark(RoadMark("none"), length, may_cross=False))
        return [*driving, shoulder]

    # Never into oncoming traffic, even where a broken line allows to overtake: as in CARLA's towns.
    centre = _element("lane", [_mark(section.centre, length, may_cross=False)], id=0, type="none", level="false")
    left, right = lanes_of_a_side(section.against, 1), lanes_of_a_side(section.along, -1)
    sides = [_element("left", reversed(left)), _element("center", [centre]), _element("right", right)]
    offset = [_element("laneOffset", s=0.0, a=section.left, b=0.0, c=0.0, d=0.0)] if section.left else []
    return _element("lanes", [*offset, _element("laneSection", sides, s=0)])


def _lane(number: int, kind: str, widths: list[Cubic], mark: ET.Element) -> ET.Element:
    """A lane that continues with the same number in the roads before and after."""
    link = _element("link", [_element("predecessor", id=number), _element("successor", id=number)])
    written = [_element("width", **_coefficients(cubic), sOffset=_round(cubic.s) or 0) for cubic in widths]
    return _element("lane", [link, *written, mark], id=number, type=kind, level="false")


def _widths(profile: Profile | None, everywhere: float, start: float, end: float) -> list[Cubic]:
    return list(profile.part(start, end)) if profile else [Cubic(0.0, everywhere, 0.0, 0.0, 0.0)]


def _coefficients(cubic: Cubic) -> dict[str, float]:
    return {name: _round(getattr(cubic, name), 12) or 0 for name in "abcd"}


def _mark(mark: RoadMark, length: float, *, may_cross: bool) -> ET.Element:
    """A line, and whether traffic that changes lanes may cross it."""
    change = "both" if may_cross else "none"
    dashes = [_dashes(mark, length)] if mark.style == "broken" else []
    style = MARKS[mark.style]
    look = {"weight": "standard", "color": mark.colour, "width": mark.width}
    return _element("roadMark", dashes, sOffset=0, type=style, **look, laneChange=change)


def _dashes(mark: RoadMark, length: float) -> ET.Element:
    period = length / max(1, round(length / (mark.dash + mark.gap)))  # a whole number of dashes: joints must match
    dash = period * mark.dash / (mark.dash + mark.gap)
    paint, gap = _round(dash), _round(period - dash)
    line = _element("line", length=paint, space=gap, tOffset=0, width=mark.width, sOffset=0, rule="none")
    return _element("type", [line], name=mark.style, width=mark.width)


def _round(number: float, digits: int = 6) -> float:
    """Round to the digits that all machines agree on: the last bits of their sines differ."""
    return round(number, digits) + 0.0  # never -0.0
