"""A track: an OpenDRIVE map sampled along its roads, so that physics and rendering need no map parser.

`carla.Map` (CARLA's own parser) provides the lanes' positions, widths and markings; the XML itself is read only for
what that parser does not expose: which roads, lane sections and lanes exist, and how long dashes are. Every piece of
road with constant lanes and markings becomes one `Stretch` in lane coordinates: s along the road, offsets across it,
positive to the right of s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import carla
import numpy as np
import numpy.typing as npt

from sim.dynamics.single_track import Ground
from sim.geometry.boxes import Box, SolidsNear
from sim.geometry.poses import Pose
from sim.roads import appearance, terrain
from sim.roads.sample_index import STEP, SampleIndex
from sim.roads.terrain import Terrain
from sim.roads.xml_document import Document

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Floats = npt.NDArray[np.float64]

END = 2e-3  # CARLA stores s in single precision and has no waypoint at a road's very end; stay this far from it [m]
SPAWN_EVERY = 25.0  # distance between spawn points [m]
DASH, GAP = 3.0, 6.0  # default dash and gap of broken lines [m]
SPREAD = 25e3  # the largest extent of a map [m]
BANK = 8.0  # distance over which the road's surface blends into the land [m]
KMH = {"m/s": 3.6, "mph": 1.609344, "km/h": 1.0}  # of OpenDRIVE's units of speed
ROAD = Ground(friction=1.0, rolling_resistance=0.015)
GRASS = Ground(friction=0.5, rolling_resistance=0.08)


@dataclass(frozen=True, slots=True)
class LaneMarking:
    """The line on a lane's edge: CARLA's type and colour names, width, and a broken line's dash and gap [m].

    `wear` is the fraction of its colour that has worn off.
    """

    style: str = "NONE"
    colour: str = "White"
    width: float = 0.0
    dash: float = DASH
    gap: float = GAP
    wear: float = 0.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of road with constant lanes and markings: n samples of k lanes, listed from left to right.

    Attributes:
        s: (n,) distance along the road [m].
        centre: (n, 3) points of the reference line [m], CARLA's axes.
        right: (n, 3) horizontal unit vectors to the right of s.
        offsets: (n, k + 1) signed distance of the lanes' edges from the reference line [m], positive to the right.
        kinds: CARLA's names for the types of the k lanes.
        markings: the lines on the k + 1 edges.
        speed_limits: (n,) as the map says, or CARLA's default [km/h].
        junction: whether it belongs to a junction, where roads overlap.
    """

    s: Floats
    centre: Floats
    right: Floats
    offsets: Floats
    kinds: tuple[str, ...]
    markings: tuple[LaneMarking, ...]
    speed_limits: Floats
    junction: bool = False

    @property
    def grade(self) -> Floats:
        """(n,) slope of the road along s [m/m], rising positive."""
        rise: Floats = np.gradient(self.centre[:, 2], self.s)
        return rise

    @property
    def samples(self) -> Floats:
        """(n, 9) the samples as `SampleIndex` takes them."""
        edges = self.offsets[:, 0], self.offsets[:, -1]
        return np.column_stack((self.centre, self.right[:, :2], *edges, self.grade, self.speed_limits))


def leave_bare(_track: Track) -> SolidsNear:
    """Place no scenery."""
    return lambda _x, _y: ()


class Track:
    """A map to drive on: stretches of road to draw, places to start from, and the ground under a car.

    Args:
        name: the map's name, as clients see it.
        opendrive: OpenDRIVE text in which CARLA's parser finds lanes (`opendrive_import.validate` checks that).
        furnish: places scenery beside the finished track and returns the function that looks it up.

    Raises:
        ValueError: no road has finite positions and widths, or the roads are too far apart or cover too much ground.
    """

    def __init__(self, name: str, opendrive: str, furnish: Callable[[Track], SolidsNear] = leave_bare) -> None:
        self.name = name
        self.opendrive = opendrive
        parsed = carla.Map(name, opendrive)
        root = Document(opendrive).root
        self.appearance = appearance.choose_appearance(name)
        roads = [road for road in root.iterfind("road") if _is_known(road.get("id", ""))]
        self.stretches = tuple(
            replace(stretch, markings=tuple(replace(mark, wear=self.appearance.wear) for mark in stretch.markings))
            for road in roads
            for stretch in _stretches(parsed, road)
        )
        self.spawn_points = tuple(pose for road in roads for pose in _spawn_points(parsed, road))
        if not self.stretches:
            raise ValueError("none of its roads has finite positions and widths")
        self.terrain = _fit_terrain(self.stretches)
        self._samples = SampleIndex(
            (stretch.samples for stretch in self.stretches), STEP if self.terrain.is_level else BANK
        )
        self._solids_near = furnish(self)

    def ground(self, x: float, y: float, z: float, yaw: float = 0.0) -> Ground:
        """The ground under a car at x, y, z [m] with heading `yaw` [rad]."""
        height, east, south = self.terrain.at(x, y)
        found = self._samples.nearest(x, y, z)
        if found is None:
            return _tilt(GRASS, height, (east, south), yaw)
        sx, sy, sz, rx, ry, left, right, grade, limit = found
        across, along = (x - sx) * rx + (y - sy) * ry, (x - sx) * ry - (y - sy) * rx
        # On the outside of bends samples are farther apart than STEP; beyond twice that, the road has ended.
        beside = math.hypot(max(left - across, across - right, 0.0), max(abs(along) - 2 * STEP, 0.0))
        land = min(1.0, beside / BANK)  # weight of the land against the road
        road = sz + grade * along
        slope = land * east + (1 - land) * grade * ry, land * south - (1 - land) * grade * rx
        surface = replace(GRASS if beside > 0.0 else ROAD, speed_limit=limit)
        return _tilt(surface, land * height + (1 - land) * road, slope, yaw)

    def solids_near(self, x: float, y: float) -> Iterable[Box]:
        """The boxes of scenery that a car whose centre is at x, y [m] may touch."""
        return self._solids_near(x, y)


def _is_known(identity: str) -> bool:
    """Whether CARLA's parser, which stores road ids in 32 bits, can represent this id."""
    return identity.isdecimal() and int(identity) < 2**32


def _tilt(ground: Ground, z: float, slope: tuple[float, float], yaw: float) -> Ground:
    """The ground at height `z` [m], with pitch and roll for a heading `yaw` from its slopes along x and y [m/m]."""
    if slope == (0.0, 0.0):
        return replace(ground, z=z)
    c, s = math.cos(yaw), math.sin(yaw)
    pitch = math.atan(slope[0] * c + slope[1] * s)
    # The cosine is there because pitch is applied before roll.
    roll = math.atan((slope[0] * s - slope[1] * c) * math.cos(pitch))
    return replace(ground, z=z, pitch=pitch, roll=roll)


def _fit_terrain(stretches: tuple[Stretch, ...]) -> Terrain:
    """The land around the roads."""
    centre = np.concatenate([g.centre for g in stretches])
    right = np.concatenate([g.right for g in stretches])
    borders = [g.centre + g.offsets[:, [edge]] * g.right for g in stretches for edge in (0, -1)]
    spread = float(np.ptp(np.concatenate(borders)[:, :2], axis=0).max())
    if spread > SPREAD:
        raise ValueError(f"its roads extend over {spread / 1000:.0f} km, expected at most {SPREAD / 1000:g} km")
    return terrain.fit_terrain(
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
                stretch = _sample_stretch(parsed, road, section, ids, (first, last))
                if stretch is not None and np.isfinite(stretch.centre).all() and np.isfinite(stretch.offsets).all():
                    yield stretch


def _sample_stretch(
    parsed: carla.Map, road: Element, section: Element, ids: list[int], span: tuple[float, float]
) -> Stretch | None:
    """The stretch between two s of a road [m]; None where CARLA's parser finds no waypoint for a lane."""
    s = np.linspace(*span, max(2, math.ceil((span[1] - span[0]) / STEP) + 1), dtype=np.float64)
    number = int(road.get("id", "0"))
    at = np.clip(s, span[0] + END, span[1] - END)
    rows = [[parsed.get_waypoint_xodr(number, lane, float(d)) for lane in ids] for d in at]
    if any(w is None for row in rows for w in row):
        return None
    widths = np.array([[w.lane_width for w in row] for row in rows])
    lefts = sum(lane > 0 for lane in ids)
    # The reference line is where lanes of opposite sign meet; it is found from the lane beside it.
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
        speed_limits=_speed_limits(road, s),
        junction=road.get("junction", "-1") != "-1",
    )


def _speed_limits(road: Element, s: Floats) -> Floats:
    """The speed limits [km/h] at distances along a road [m]: each that of the last type that begins before it."""
    limits = np.full(len(s), ROAD.speed_limit)
    for kind in road.iterfind("type"):
        speed = kind.find("speed")
        if speed is not None:
            number = re.fullmatch(r"\d+(\.\d+)?", speed.get("max", ""))  # it may be "no limit" or "undefined" too
            limit = float(number[0]) * KMH.get(speed.get("unit", "m/s"), 3.6) if number else ROAD.speed_limit
            limits[s + END >= float(kind.get("s", "0"))] = limit
    return limits


def _markings(
    row: list[carla.Waypoint], ids: list[int], dashes: dict[int, tuple[float, float]]
) -> Iterator[LaneMarking]:
    """The markings of the lanes' edges from left to right: each lane owns its outer edge, lane 0 the innermost one."""
    edges = [(w.right_lane_marking, lane) for w, lane in zip(row, ids, strict=True) if lane > 0]
    inner = row[len(edges) - 1] if edges else row[0]
    edges.append((inner.left_lane_marking, 0))
    edges += [(w.right_lane_marking, lane) for w, lane in zip(row, ids, strict=True) if lane < 0]
    for mark, lane in edges:
        if mark is None:  # the map does not describe this edge
            yield LaneMarking()
            continue
        dash, gap = dashes.get(lane, (DASH, GAP))
        yield LaneMarking(str(mark.type).upper(), str(mark.color), float(mark.width), dash, gap)


def _dashes(section: Element, s: float) -> dict[int, tuple[float, float]]:
    """Dash and gap of the broken lines described in the XML [m], by lane."""
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
            pose = _to_pose(waypoint.transform)
            if all(map(math.isfinite, astuple(pose))):
                yield pose


def _to_pose(transform: carla.Transform) -> Pose:
    place, turn = transform.location, transform.rotation
    angles = math.radians(turn.pitch), math.radians(turn.yaw), math.radians(turn.roll)
    return Pose(place.x, place.y, place.z, *angles)
