"""What is wrong with an OpenDRIVE document, element by element, before any parser makes something of it.

Asked for is what CARLA's parser reads without looking, and so crashes on or turns into a map without roads: numbers
where they have to be, a first element at the beginning of what it describes, lanes that can be counted. And a map must
be of a size that can be drawn.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sim.roads.xml_document import Document, MapError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 1e8  # of any number; coordinates that count from the equator are below
LONGEST = 2e4  # of a road [m]; it is sampled every metre
FARTHEST = 1e4  # from the middle of the map [m]; the land in between is drawn too
WIDEST = 100.0  # of a lane, and the farthest that lanes are shifted [m]
HIGHEST = 1e4  # of a road [m]
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
"""Where in a road numbers have to be."""
PERHAPS = {f"{LANE}/roadMark": "sOffset width", f"{LANE}/roadMark/type/line": "length space"}
"""Where in a road numbers may be."""
FROM_THE_START = ("planView/geometry", "elevationProfile/elevation", "lanes/laneOffset", SECTION)
SHAPES = ("line", "arc", "spiral", "poly3", "paramPoly3")


def faults(document: Document) -> Iterator[MapError]:
    """What is wrong, in the order in which it should be mended: later questions rely on the answers to earlier ones."""
    root = document.root
    roads = root.findall("road")
    if root.tag != "OpenDRIVE":
        yield document.fault(root, "is the root, where OpenDRIVE has <OpenDRIVE>")
    if not roads:
        yield document.fault(root, "has no <road>")
    for road in roads:
        for ask in (_numbers, _beginnings, _shapes, _curves, _lanes, _course, _widths, _heights):
            yield from ask(document, road)
    yield from _places(document)
    if all(lane.get("id") == "0" for lane in root.iterfind(f"road/{LANE}[@type='driving']")):
        yield document.fault(root, 'has no lane to drive on (no <lane type="driving"> beside the middle)')


def _numbers(document: Document, road: Element) -> Iterator[MapError]:
    yield from _numbers_of(document, road, "length", needed=True)
    for table, needed in ((NUMBERS, True), (PERHAPS, False)):
        for path, names in table.items():
            for element in road.iterfind(path):
                yield from _numbers_of(document, element, names, needed=needed)


def _numbers_of(document: Document, element: Element, names: str, *, needed: bool) -> Iterator[MapError]:
    for name in names.split():
        written = element.get(name)
        if written is None and needed:
            yield document.fault(element, f"has no {name}")
        elif written is not None and not abs(_number(written)) <= LARGEST:
            yield document.fault(element, f'has {name}="{written[:40]}", expected a number within +-{LARGEST:g}')


def _beginnings(document: Document, road: Element) -> Iterator[MapError]:
    """A road without a course or lanes, or whose course, lanes or widths begin later than itself."""
    if not road.get("id"):
        yield document.fault(road, "has no id")
    for path in ("planView/geometry", SECTION):
        if road.find(path) is None:
            yield document.fault(road, f"has no <{path.replace('/', '> with a <')}>")
    firsts = [(road.find(path), "s") for path in FROM_THE_START]
    firsts += [(lane.find("width"), "sOffset") for lane in road.iterfind(LANE)]
    for first, name in firsts:
        if first is not None and _at(first, name) > 0.0:
            yield document.fault(first, f'is the first and has {name}="{first.get(name)}", expected 0')


def _shapes(document: Document, road: Element) -> Iterator[MapError]:
    for geometry in road.iterfind("planView/geometry"):
        if not any(geometry.find(shape) is not None for shape in SHAPES):
            yield document.fault(geometry, f"has no shape, expected one of <{'>, <'.join(SHAPES)}>")
    for arc in road.iterfind("planView/geometry/arc"):
        if _at(arc, "curvature") == 0.0:
            yield document.fault(arc, "has curvature 0, by which CARLA's parser divides: write a <line>")
    for spiral in road.iterfind("planView/geometry/spiral"):
        if _at(spiral, "curvStart") == _at(spiral, "curvEnd"):
            yield document.fault(spiral, "has one curvature, and CARLA's parser divides by the change: write an <arc>")


def _curves(document: Document, road: Element) -> Iterator[MapError]:
    """Polynomials that end far from where they begin."""
    for geometry in road.iterfind("planView/geometry"):
        length = _at(geometry, "length")
        for curve, end, uv in (
            *((curve, length, ("abcd",)) for curve in geometry.iterfind("poly3")),
            *((curve, _range(curve, length), PARAMETRIC) for curve in geometry.iterfind("paramPoly3")),
        ):
            if any(abs(_cubic([_at(curve, name) for name in names], end)) > FARTHEST for names in uv):
                yield document.fault(curve, f"ends more than {FARTHEST / 1000:g} km from where it begins")


def _range(curve: Element, length: float) -> float:
    return length if curve.get("pRange") == "arcLength" else 1.0


def _lanes(document: Document, road: Element) -> Iterator[MapError]:
    """Lanes that cannot be counted from the middle."""
    for section in road.iterfind(SECTION):
        seen: set[str] = set()
        for lane in section.iterfind("*/lane"):
            identity = lane.get("id", "")
            if not identity.removeprefix("-").isdecimal() or abs(int(identity[:9])) > 1000:
                yield document.fault(lane, "has no id that counts from the middle, as 1, 2 to the left and -1 do")
            if identity in seen:
                yield document.fault(lane, "is in its lane section twice")
            seen.add(identity)
        if "0" not in seen:
            yield document.fault(section, 'has no <lane id="0">, the middle that the others are counted from')
        for lane in section.iterfind("*/lane"):
            number = int(lane.get("id", "0"))
            if number and str(number - int(math.copysign(1, number))) not in seen:
                yield document.fault(lane, "has no neighbour towards the middle, from where lanes are counted")


def _course(document: Document, road: Element) -> Iterator[MapError]:
    for element in (road, *road.iterfind("planView/geometry")):
        if not 0.0 < _at(element, "length") <= LONGEST:
            yield document.fault(element, f"is {element.get('length')} m long, expected up to {LONGEST:g} m")
    for section, end in _sections(road):
        if not 0.0 <= _at(section, "s") < end:
            yield document.fault(section, f"begins at {section.get('s')} m, expected from 0 to {end:g} m")


def _sections(road: Element) -> Iterator[tuple[Element, float]]:
    """The lane sections, and where [m] each has to end."""
    sections = road.findall(SECTION)
    ends = [*(_at(section, "s") for section in sections[1:]), _at(road, "length")]
    return zip(sections, ends, strict=True)


def _widths(document: Document, road: Element) -> Iterator[MapError]:
    for section, end in _sections(road):
        for lane in section.iterfind("*/lane"):
            for width in _beyond(lane.findall("width"), "sOffset", end - _at(section, "s"), WIDEST):
                yield document.fault(width, f"makes a lane wider than {WIDEST:g} m")


def _heights(document: Document, road: Element) -> Iterator[MapError]:
    for path, largest in (("elevationProfile/elevation", HIGHEST), ("lanes/laneOffset", WIDEST)):
        for element in _beyond(road.findall(path), "s", _at(road, "length"), largest):
            yield document.fault(element, f"goes beyond {largest:g} m")


def _beyond(elements: Sequence[Element], start: str, end: float, largest: float) -> Iterator[Element]:
    """Those of a row of cubic polynomials whose value leaves +-`largest` [m] before the next one begins."""
    starts = [_at(element, start) for element in elements]
    for element, low, high in zip(elements, starts, [*starts[1:], end], strict=False):
        factors = [_at(element, name) for name in "abcd"]
        if any(abs(_cubic(factors, (high - low) * i / 8)) > largest for i in range(9)):
            yield element


def _cubic(factors: Sequence[float], x: float) -> float:
    a, b, c, d = factors
    return a + x * (b + x * (c + x * d))


def _places(document: Document) -> Iterator[MapError]:
    """What is too far away to be drawn together with the rest."""
    every = document.root.findall("road/planView/geometry")
    for axis in ("x", "y") if every else ():
        middle = statistics.median(_at(geometry, axis) for geometry in every)
        for geometry in every:
            if abs(_at(geometry, axis) - middle) > FARTHEST:
                yield document.fault(geometry, f"lies more than {FARTHEST / 1000:g} km from the middle of the map")


def _at(element: Element, name: str) -> float:
    return _number(element.get(name, "0"))


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return math.nan
