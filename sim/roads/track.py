"""The track: an OpenDRIVE map sampled into strips, so that the ground and the picture need no map parser.

`carla.Map` (CARLA's own parser) says where lanes run, how wide they are and how they are marked; the XML itself is
asked only for what that parser does not hand out: which roads, lane sections and lanes there are, and how long dashes
are. Every stretch of road with the same lanes and markings becomes one `Stretch` in lane coordinates: s along the
road, offsets across it, positive to the right of s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import carla
import numpy as np
import numpy.typing as npt

from sim.dynamics.single_track import Ground
from sim.geometry.boxes import Box
from sim.geometry.poses import Pose
from sim.roads import appearance, terrain
from sim.roads.terrain import Terrain
from sim.roads.xml_document import Document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Floats = npt.NDArray[np.float64]

STEP = 1.0  # longest distance between two samples along a road [m]
END = 2e-3  # CARLA keeps s in single precision and has no waypoint at a road's very end; stay this far off it [m]
SPAWN_EVERY = 25.0  # [m]
CELL = 8.0  # size of the cells that `ground` looks samples up in [m]
DASH, GAP = 3.0, 6.0  # of broken lines whose map does not say [m]
SPREAD = 25e3  # the largest map whose land is drawn [m]
BANK = 8.0  # how far beside a road the land has taken over [m]
ROAD = Ground(friction=1.0, rolling_resistance=0.015)
GRASS = Ground(friction=0.5, rolling_resistance=0.08)


@dataclass(frozen=True, slots=True)
class Marking:
    """What is painted on a lane's edge: CARLA's type and colour names, width, and a broken line's dash and gap [m].

    `wear` is the share of its colour that is gone.
    """

    style: str = "NONE"
    colour: str = "White"
    width: float = 0.0
    dash: float = DASH
    gap: float = GAP
    wear: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of road whose lanes and markings stay the same, in n samples of k lanes, listed from left to right.

    Attributes:
        s: (n,) distance along the road [m].
        centre: (n, 3) points of the reference line [m], CARLA's axes.
        right: (n, 3) horizontal unit vectors to the right of s.
        offsets: (n, k + 1) distance of the lanes' edges from the reference line [m], positive to the right.
        kinds: CARLA's names of the k lanes' types.
        markings: what is painted on the k + 1 edges.
        junction: whether it leads through a junction, where roads overlap.
    """

    s: Floats
    centre: Floats
    right: Floats
    offsets: Floats
    kinds: tuple[str, ...]
    markings: tuple[Marking, ...]
    junction: bool = False

    @property
    def grade(self) -> Floats:
        """(n,) how steeply the road rises along s [m/m]."""
        rise: Floats = np.gradient(self.centre[:, 2], self.s)
        return rise


class Track:
    """A map to drive on: stretches of road to draw, places to start from, and the ground under a car.

    Args:
        name: the map's name, as clients see it.
        opendrive: OpenDRIVE text that CARLA's parser finds lanes in (`foreign.checked` makes sure).

    Raises:
        ValueError: no road of the map has places and widths that are numbers, or they are too far apart.
    """

    def __init__(self, name: str, opendrive: str) -> None:
        self.name = name
        self.opendrive = opendrive
        parsed = carla.Map(name, opendrive)
        root = Document(opendrive).root
        self.appearance = appearance.of(name)
        roads = [road for road in root.iterfind("road") if _is_known(road.get("id", ""))]
        self.stretches = tuple(
            replace(stretch, markings=tuple(replace(mark, wear=self.appearance.wear) for mark in stretch.markings))
            for road in roads
            for stretch in _stretches(parsed, road)
        )
        self.spawn_points = tuple(pose for road in roads for pose in _spawn_points(parsed, road))
        if not self.stretches:
            raise ValueError("none of its roads has places and widths that are numbers")
        self.terrain = _terrain(self.stretches)
        self.solids_near: Callable[[float, float], Sequence[Box]] = _nothing  # whoever furnishes the track says what
        self._cells = _cells(self.stretches, STEP if self.terrain.is_level else BANK)

    def ground(self, x: float, y: float, z: float, yaw: float = 0.0) -> Ground:
        """What a car at x, y, z [m] that heads for `yaw` [rad] stands on."""
        height, east, south = self.terrain.at(x, y)
        found = self._nearest(x, y, z)
        if found is None:
            return _attitude(GRASS, height, (east, south), yaw)
        sx, sy, sz, rx, ry, left, right, grade = found
        across, along = (x - sx) * rx + (y - sy) * ry, (x - sx) * ry - (y - sy) * rx
        # Outside of bends samples are farther apart than on the line; what is farther still is past a road's end.
        beside = math.hypot(max(left - across, across - right, 0.0), max(abs(along) - 2 * STEP, 0.0))
        land = min(1.0, beside / BANK)  # the share of the land in what is under the car
        road = sz + grade * along
        slope = land * east + (1 - land) * grade * ry, land * south - (1 - land) * grade * rx
        return _attitude(GRASS if beside > 0.0 else ROAD, land * height + (1 - land) * road, slope, yaw)

    def _nearest(self, x: float, y: float, z: float) -> tuple[float, ...] | None:
        """The sample whose line across the road is nearest to a point, if there are roads about."""
        best, found = math.inf, None
        for sample in self._cells.get((math.floor(x / CELL), math.floor(y / CELL)), ()):
            sx, sy, sz, rx, ry, left, right, _ = sample
            dx, dy = x - sx, y - sy
            across, along = dx * rx + dy * ry, dx * ry - dy * rx
            beside = left - across if across < left else across - right if across > right else 0.0
            distance = beside * beside + along * along + (z - sz) ** 2
            if distance < best:
                best, found = distance, sample
        return found


def _nothing(_x: float, _y: float) -> Sequence[Box]:
    """What stands beside a bare road."""
    return ()


def _is_known(identity: str) -> bool:
    """Whether CARLA's parser can tell a road of this id, which it keeps as a number of 32 bits, from others."""
    return identity.isdecimal() and int(identity) < 2**32


def _attitude(ground: Ground, z: float, slope: tuple[float, float], yaw: float) -> Ground:
    """The ground at a height [m], tilted by its slopes along x and y [m/m] as a car sees it that heads for `yaw`."""
    if slope == (0.0, 0.0):
        return replace(ground, z=z)
    c, s = math.cos(yaw), math.sin(yaw)
    pitch = math.atan(slope[0] * c + slope[1] * s)
    # The car's right side lies in the ground too; the cosine is its pitch's, which comes before roll.
    roll = math.atan((slope[0] * s - slope[1] * c) * math.cos(pitch))
    return replace(ground, z=z, pitch=pitch, roll=roll)


def _terrain(stretches: tuple[Stretch, ...]) -> Terrain:
    """The land around the roads."""
    centre = np.concatenate([g.centre for g in stretches])
    right = np.concatenate([g.right for g in stretches])
    borders = [g.centre + g.offsets[:, [edge]] * g.right for g in stretches for edge in (0, -1)]
    spread = float(np.ptp(np.concatenate(borders)[:, :2], axis=0).max())
    if spread > SPREAD:
        raise ValueError(f"its roads are spread over {spread / 1000:.0f} km, and land is drawn for {SPREAD / 1000:g}")
    return terrain.around(
        centre,
        np.stack((right[:, 1], -right[:, 0]), axis=1),
        np.concatenate([g.grade for g in stretches]),
        np.concatenate((centre, *borders)),
    )


def _stretches(parsed: carla.Map, road: Element) -> Iterator[Stretch]:
    length = float(road.get("length", "0"))
    sections = road.findall("lanes/laneSection")
    starts = [float(section.get("s", "0")) for section in sections]
    for section, start, end in zip(sections, starts, [*starts[1:], length], strict=True):
        ids = sorted((int(lane.get("id", "0")) for lane in section.iterfind("*/lane")), reverse=True)
        ids.remove(0)
        cuts = {start, end} | {start + float(mark.get("sOffset", "0")) for mark in section.iter("roadMark")}
        inside = sorted(cut for cut in cuts if start <= cut <= end)
        for first, last in pairwise(inside):
            if ids and last - first > 4 * END:
                stretch = _stretch(parsed, road, section, ids, (first, last))
                if stretch is not None and np.isfinite(stretch.centre).all() and np.isfinite(stretch.offsets).all():
                    yield stretch


def _stretch(
    parsed: carla.Map, road: Element, section: Element, ids: list[int], span: tuple[float, float]
) -> Stretch | None:
    """A stretch between two s [m] of a road; None where CARLA's parser lost one of its lanes."""
    s = np.linspace(*span, max(2, math.ceil((span[1] - span[0]) / STEP) + 1), dtype=np.float64)
    number = int(road.get("id", "0"))
    at = np.clip(s, span[0] + END, span[1] - END)
    rows = [[parsed.get_waypoint_xodr(number, lane, float(d)) for lane in ids] for d in at]
    if any(w is None for row in rows for w in row):
        return None
    widths = np.array([[w.lane_width for w in row] for row in rows])
    lefts = sum(lane > 0 for lane in ids)
    # The reference line is where lanes of opposite sign meet; the lane beside it says where that is.
    beside = max(0, lefts - 1)
    outward = 0.5 if ids[beside] > 0 else -0.5
    heading = np.array([math.radians(row[beside].transform.rotation.yaw) for row in rows])
    if ids[beside] > 0:
        heading += math.pi
    right = np.stack((-np.sin(heading), np.cos(heading), np.zeros(len(s))), axis=1)
    places = [row[beside].transform.location for row in rows]
    centre = np.array([(p.x, p.y, p.z) for p in places]) + outward * widths[:, [beside]] * right
    offsets = np.cumsum(np.pad(widths, ((0, 0), (1, 0))), axis=1)
    offsets -= offsets[:, [lefts]]
    middle = rows[len(rows) // 2]
    return Stretch(
        s=s,
        centre=centre,
        right=right,
        offsets=offsets,
        kinds=tuple(str(w.lane_type) for w in middle),
        markings=tuple(_markings(middle, ids, _dashes(section, span[0]))),
        junction=road.get("junction", "-1") != "-1",
    )


def _markings(row: list[carla.Waypoint], ids: list[int], dashes: dict[int, tuple[float, float]]) -> Iterator[Marking]:
    """The markings of the lanes' edges, from the left: a lane's outer edge is its own, the innermost is lane 0's."""
    edges = [(w.right_lane_marking, lane) for w, lane in zip(row, ids, strict=True) if lane > 0]
    inner = row[len(edges) - 1] if edges else row[0]
    edges.append((inner.left_lane_marking, 0))
    edges += [(w.right_lane_marking, lane) for w, lane in zip(row, ids, strict=True) if lane < 0]
    for mark, lane in edges:
        if mark is None:  # the map says nothing of this edge
            yield Marking()
            continue
        dash, gap = dashes.get(lane, (DASH, GAP))
        yield Marking(str(mark.type).upper(), str(mark.color), float(mark.width), dash, gap)


def _dashes(section: Element, s: float) -> dict[int, tuple[float, float]]:
    """Dash and gap [m] of the broken lines that the XML describes, by lane."""
    found = {}
    for lane in section.iterfind("*/lane"):
        for mark in lane.iterfind("roadMark"):
            line = mark.find("type/line")
            if line is not None and float(mark.get("sOffset", "0")) + float(section.get("s", "0")) <= s + END:
                found[int(lane.get("id", "0"))] = (float(line.get("length", DASH)), float(line.get("space", GAP)))
    return found


def _spawn_points(parsed: carla.Map, road: Element) -> Iterator[Pose]:
    if road.get("junction", "-1") != "-1":
        return
    length = float(road.get("length", "0"))
    first = road.find("lanes/laneSection")
    lanes = [] if first is None else [int(lane.get("id", "0")) for lane in first.iterfind("*/lane[@type='driving']")]
    for lane in sorted(lanes):
        count = math.ceil(length / SPAWN_EVERY)
        for i in range(count):
            waypoint = parsed.get_waypoint_xodr(int(road.get("id", "0")), lane, length * (i + 0.5) / count)
            if waypoint is None or waypoint.lane_type != carla.LaneType.Driving:
                continue
            pose = _pose(waypoint.transform)
            if all(map(math.isfinite, astuple(pose))):
                yield pose


def _pose(transform: carla.Transform) -> Pose:
    place, turn = transform.location, transform.rotation
    angles = math.radians(turn.pitch), math.radians(turn.yaw), math.radians(turn.roll)
    return Pose(place.x, place.y, place.z, *angles)


def _cells(stretches: tuple[Stretch, ...], beside: float) -> dict[tuple[int, int], list[tuple[float, ...]]]:
    """Every sample, listed in each cell that its cross-section, and what is so far [m] beside it, may reach."""
    cells: dict[tuple[int, int], list[tuple[float, ...]]] = {}
    for g in stretches:
        table = np.column_stack((g.centre, g.right[:, :2], g.offsets[:, 0], g.offsets[:, -1], g.grade))
        for row in table.tolist():
            reach = max(abs(row[5]), abs(row[6])) + beside
            xs = range(math.floor((row[0] - reach) / CELL), math.floor((row[0] + reach) / CELL) + 1)
            ys = range(math.floor((row[1] - reach) / CELL), math.floor((row[1] + reach) / CELL) + 1)
            for cell in ((i, j) for i in xs for j in ys):
                cells.setdefault(cell, []).append(tuple(row))
    return cells
