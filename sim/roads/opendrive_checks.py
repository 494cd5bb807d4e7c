"""Checks an OpenDRIVE document, element by element, before CARLA's parser reads it.

CARLA's parser takes much for granted, and crashes or returns a map without roads where it is missing: numbers where
numbers are required, a first element at the start of what it describes, lanes numbered from the centre. The map must
also be small enough to render.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.roads.xml_document import Document, MapError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 1e8  # limit of any number; coordinates measured from the equator are below it
LONGEST = 2e4  # longest road [m]; roads are sampled every metre
FARTHEST = 1e4  # largest distance from the centre of the map [m]; the land in between is rendered too
WIDEST = 100.0  # widest lane, and largest lane offset [m]
WIDEST_ROAD = 150.0  # largest sum of the widths of all lanes side by side [m]
MOST_LANES = 5e5  # largest sum of the lengths of all lanes [m]; Town07 has 3e4
SHORTEST_DASH = 0.1  # of a broken line [m]; every dash is drawn
HIGHEST = 1e4  # highest elevation [m]
SECTION = "lanes/laneSection"
LANE = f"{SECTION}/*/lane"
PARAMETRIC = (("aU", "bU", "cU", "dU"), ("aV", "bV", "cV", "dV"))
NUMBERS = {
    "planView/geometry": "s x y hdg length",
    "planView/geometry/arc": "curvature",
    "planView/geometry/spiral": "curvStart curvEnd",
    "planView/geometry/poly3": "a b c d",
    "planView/geometry/paramPoly3": " ".join(PARAMETRIC[0] + PARAMETRIC[1]),
    "elevationProfile/elevation": "s a b c d",
    "lanes/laneOffset": "s a b c d",
    SECTION: "s",
    f"{LANE}/width": "sOffset a b c d",
}
"""Numeric attributes that a road's elements must have."""
OPTIONAL_NUMBERS = {
    "type": "s",
    f"{LANE}/roadMark": "sOffset width",
    f"{LANE}/roadMark/type/line": "length space",
}
"""Numeric attributes that a road's elements may have."""
FROM_THE_START = ("planView/geometry", "elevationProfile/elevation", "lanes/laneOffset", SECTION)
SHAPES = ("line", "arc", "spiral", "poly3", "paramPoly3")


def find_faults(document: Document) -> Iterator[MapError]:
    """Yield the errors in the order in which to fix them: later checks rely on earlier ones having passed."""
    root = document.root
    roads = root.findall("road")
    if root.tag != "OpenDRIVE":
        yield document.error_at(root, "is the root element, expected <OpenDRIVE>")
    if not roads:
        yield document.error_at(root, "has no <road>")
    for road in roads:
        for ask in (_numbers, _speeds, _beginnings, _shapes, _curves, _lanes, _course, _widths, _heights, _dashes):
            yield from ask(document, road)
    yield from _places(document)
    yield from _sum_of_lanes(document, roads)
    if all(lane.get("id") == "0" for lane in root.iterfind(f"road/{LANE}[@type='driving']")):
        yield document.error_at(root, 'has no driving lane (no <lane type="driving"> other than lane 0)')


def _numbers(document: Document, road: Element) -> Iterator[MapError]:
    yield from _numbers_of(document, road, "length", needed=True)
    for table, needed in ((NUMBERS, True), (OPTIONAL_NUMBERS, False)):
        for path, names in table.items():
            for element in road.iterfind(path):
                yield from _numbers_of(document, element, names, needed=needed)


def _numbers_of(document: Document, element: Element, names: str, *, needed: bool) -> Iterator[MapError]:
    for name in names.split():
        written = element.get(name)
        if written is None and needed:
            yield document.error_at(element, f"has no {name}")
        elif written is not None and not abs(_number(written)) <= LARGEST:
            yield document.error_at(element, f'has {name}="{written[:40]}", expected a number within +-{LARGEST:g}')


def _speeds(document: Document, road: Element) -> Iterator[MapError]:
    """Speed limits, which may be words too, that single precision cannot hold: clients are told them in it."""
    for speed in road.iterfind("type/speed"):
        if _at(speed, "max") > LARGEST:
            yield document.error_at(speed, f'has max="{speed.get("max", "")[:40]}", expected at most {LARGEST:g}')


def _beginnings(document: Document, road: Element) -> Iterator[MapError]:
    """A road without geometry or lanes, or whose geometry, lanes or widths do not start at 0."""
    if not road.get("id"):
        yield document.error_at(road, "has no id")
    for path in ("planView/geometry", SECTION):
        if road.find(path) is None:
            yield document.error_at(road, f"has no <{path.replace('/', '> with a <')}>")
    firsts = [(road.find(path), "s") for path in FROM_THE_START]
    firsts += [(lane.find("width"), "sOffset") for lane in road.iterfind(LANE)]
    for first, name in firsts:
        if first is not None and _at(first, name) > 0.0:
            yield document.error_at(first, f'is the first of its kind and has {name}="{first.get(name)}", expected 0')


def _shapes(document: Document, road: Element) -> Iterator[MapError]:
    for geometry in road.iterfind("planView/geometry"):
        if not any(geometry.find(shape) is not None for shape in SHAPES):
            yield document.error_at(geometry, f"has no shape, expected one of <{'>, <'.join(SHAPES)}>")
    for arc in road.iterfind("planView/geometry/arc"):
        if _at(arc, "curvature") == 0.0:
            yield document.error_at(arc, "has curvature 0, by which CARLA's parser divides: use a <line>")
    for spiral in road.iterfind("planView/geometry/spiral"):
        if _at(spiral, "curvStart") == _at(spiral, "curvEnd"):
            yield document.error_at(
                spiral, "has curvStart equal to curvEnd, and CARLA's parser divides by the difference: use an <arc>"
            )


def _curves(document: Document, road: Element) -> Iterator[MapError]:
    """Polynomials that end too far from where they start."""
    for geometry in road.iterfind("planView/geometry"):
        length = _at(geometry, "length")
        for curve, end, uv in (
            *((curve, length, ("abcd",)) for curve in geometry.iterfind("poly3")),
            *((curve, _range(curve, length), PARAMETRIC) for curve in geometry.iterfind("paramPoly3")),
        ):
            if any(abs(_cubic([_at(curve, name) for name in names], end)) > FARTHEST for names in uv):
                yield document.error_at(curve, f"ends more than {FARTHEST / 1000:g} km from where it starts")


def _range(curve: Element, length: float) -> float:
    return length if curve.get("pRange") == "arcLength" else 1.0


def _lanes(document: Document, road: Element) -> Iterator[MapError]:
    """Lanes that are not numbered from the centre outwards."""
    for section in road.iterfind(SECTION):
        seen: set[str] = set()
        for lane in section.iterfind("*/lane"):
            identity = lane.get("id", "")
            if not identity.removeprefix("-").isdecimal() or abs(int(identity[:9])) > 1000:
                yield document.error_at(
                    lane, "has no valid id, expected 1, 2, ... to the left and -1, -2, ... to the right"
                )
            if identity in seen:
                yield document.error_at(lane, "repeats an id of its lane section")
            seen.add(identity)
        if "0" not in seen:
            yield document.error_at(section, 'has no centre <lane id="0">, from which the others are numbered')
        for lane in section.iterfind("*/lane"):
            number = int(lane.get("id", "0"))
            if number and str(number - int(math.copysign(1, number))) not in seen:
                yield document.error_at(lane, "leaves a gap in the numbering: its neighbour towards lane 0 is missing")


def _course(document: Document, road: Element) -> Iterator[MapError]:
    for element in (road, *road.iterfind("planView/geometry")):
        if not 0.0 < _at(element, "length") <= LONGEST:
            yield document.error_at(
                element, f"is {element.get('length')} m long, expected above 0 and up to {LONGEST:g} m"
            )
    for section, end in _sections(road):
        if not 0.0 <= _at(section, "s") < end:
            yield document.error_at(section, f"starts at {section.get('s')} m, expected 0 to {end:g} m")


def _sections(road: Element) -> Iterator[tuple[Element, float]]:
    """The lane sections, each with the s at which it ends [m]."""
    sections = road.findall(SECTION)
    ends = [*(_at(section, "s") for section in sections[1:]), _at(road, "length")]
    return zip(sections, ends, strict=True)


def _widths(document: Document, road: Element) -> Iterator[MapError]:
    for section, end in _sections(road):
        in_all = 0.0
        for lane in section.iterfind("*/lane"):
            widest = 0.0
            for width, peak in _peaks(lane.findall("width"), "sOffset", end - _at(section, "s")):
                if peak > WIDEST:
                    yield document.error_at(width, f"makes a lane wider than {WIDEST:g} m")
                widest = max(widest, peak)
            in_all += widest
        if in_all > WIDEST_ROAD:
            yield document.error_at(
                section, f"has lanes of {in_all:.0f} m side by side, expected up to {WIDEST_ROAD:g} m"
            )


def _heights(document: Document, road: Element) -> Iterator[MapError]:
    for path, largest in (("elevationProfile/elevation", HIGHEST), ("lanes/laneOffset", WIDEST)):
        for element, peak in _peaks(road.findall(path), "s", _at(road, "length")):
            if peak > largest:
                yield document.error_at(element, f"exceeds {largest:g} m")


def _peaks(elements: Sequence[Element], start: str, end: float) -> Iterator[tuple[Element, float]]:
    """The cubic polynomials of a sequence, each with the largest absolute value [m] before the next one starts."""
    starts = [_at(element, start) for element in elements]
    for element, low, high in zip(elements, starts, [*starts[1:], end], strict=False):
        factors = [_at(element, name) for name in "abcd"]
        yield element, max(abs(_cubic(factors, (high - low) * i / 8)) for i in range(9))


def _dashes(document: Document, road: Element) -> Iterator[MapError]:
    """Broken lines whose dashes are too short to be drawn, or whose gaps are negative."""
    for mark in road.iterfind(f"{LANE}/roadMark"):
        line = mark.find("type/line")
        if "broken" not in mark.get("type", "") or line is None:
            continue
        for name, least in (("length", SHORTEST_DASH), ("space", 0.0)):
            written = line.get(name)
            if written is not None and not _number(written) >= least:
                yield document.error_at(line, f'of a broken line has {name}="{written}", expected {least:g} m or more')


def _sum_of_lanes(document: Document, roads: Sequence[Element]) -> Iterator[MapError]:
    """More lanes than can be sampled and drawn."""
    in_all = sum(
        (end - _at(section, "s")) * len(section.findall("*/lane")) for road in roads for section, end in _sections(road)
    )
    if in_all > MOST_LANES:
        yield document.error_at(
            document.root, f"has {in_all / 1000:.0f} km of lanes, expected up to {MOST_LANES / 1000:g} km"
        )


def _cubic(factors: Sequence[float], x: float) -> float:
    a, b, c, d = factors
    return a + x * (b + x * (c + x * d))


def _places(document: Document) -> Iterator[MapError]:
    """Geometry too far from the rest to be rendered with it."""
    every = document.root.findall("road/planView/geometry")
    for axis in ("x", "y") if every else ():
        middle = statistics.median(_at(geometry, axis) for geometry in every)
        for geometry in every:
            if abs(_at(geometry, axis) - middle) > FARTHEST:
                yield document.error_at(geometry, f"is more than {FARTHEST / 1000:g} km from the centre of the map")


def _at(element: Element, name: str) -> float:
    return _number(element.get(name, "0"))


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return math.nan
