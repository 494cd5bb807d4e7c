"""Circuits: closed curves of continuous curvature, and their cross-sections.

A circuit is a chain of straights and bends; a bend is a clothoid, an arc and a clothoid, so a steering wheel can follow
it without a jerk. `round_corners` turns a polygon into a circuit, which closes by construction; every `Circuit` checks
on construction that it closes. pyclothoids evaluates the clothoids (E. Bertolazzi, M. Frego, G1 fitting with clothoids,
2015).

Axes are CARLA's (y to the right), so headings [rad] and curvatures [1/m] are right-positive.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Literal, NamedTuple

from pyclothoids import Clothoid

from sim.geometry.poses import wrap_angle
from sim.roads.profiles import KNOTS_APART, Profile, Wave, drape

CLOSED_WITHIN = 1e-3  # [m]
CLOSED_HEADING = 1e-4  # [rad]
Style = Literal["solid", "broken", "double", "none"]
Colour = Literal["white", "yellow"]
ROAD_LENGTH = 400.0  # approximate length of one OpenDRIVE road of a circuit [m]
FEWEST_ROADS = 4  # CARLA's parser does not connect the ends of a loop of fewer than three roads


@dataclass(frozen=True, slots=True)
class Segment:
    """A line, arc or clothoid: start x, y [m], heading [rad], curvature [1/m], its rate [1/m2] and length [m]."""

    x: float
    y: float
    heading: float
    curvature: float
    rate: float
    length: float

    def at(self, s: float) -> tuple[float, float, float]:
        """Position x, y [m] and heading [rad, not wrapped] at `s` [m] from the segment's start."""
        curve = _make_clothoid(self)
        return curve.X(s), curve.Y(s), curve.Theta(s)

    def mirror(self) -> Segment:
        """The mirror image: right bends become left bends."""
        return Segment(self.x, -self.y, -self.heading, -self.curvature, -self.rate, self.length)

    def part(self, start: float, end: float) -> Segment:
        """The part of the segment between two distances from its start [m]."""
        x, y, heading = self.at(start)
        return Segment(x, y, heading, self.curvature + self.rate * start, self.rate, end - start)


@lru_cache(256)  # making one takes far longer than a point on it
def _make_clothoid(segment: Segment) -> Clothoid:
    return Clothoid.StandardParams(
        segment.x, segment.y, segment.heading, segment.curvature, segment.rate, segment.length
    )


class Place(NamedTuple):
    """A point on a lap: distance along it [m], x, y [m], heading [rad, not wrapped], curvature [1/m]."""

    s: float
    x: float
    y: float
    heading: float
    curvature: float


@dataclass(frozen=True, slots=True)
class Straight:
    """A piece without curvature, `length` metres long."""

    length: float


@dataclass(frozen=True, slots=True)
class Bend:
    """A bend through `angle` [rad], right-positive: an arc of `radius` [m] between clothoids of `transition` [m]."""

    angle: float
    radius: float
    transition: float

    def __post_init__(self) -> None:
        """Raise ValueError if the bend is too short for its transitions."""
        if not 0.0 < self.transition < abs(self.angle) * self.radius:
            raise ValueError(
                f"a bend of {self.angle:.3f} rad and radius {self.radius:.1f} m needs a transition above 0 and below "
                f"{abs(self.angle) * self.radius:.1f} m, not {self.transition:.1f} m"
            )

    def parts(self) -> tuple[tuple[float, float, float], ...]:
        """Start curvature [1/m], rate of curvature [1/m2] and length [m] of the three parts."""
        k = math.copysign(1.0 / self.radius, self.angle)
        arc = abs(self.angle) * self.radius - self.transition
        rate = k / self.transition
        return (0.0, rate, self.transition), (k, 0.0, arc), (k, -rate, self.transition)

    def tangent(self) -> float:
        """Distance [m] from the corner of the two straights to either end of the bend."""
        x, y, heading = _end(chain((0.0, 0.0, 0.0), [self]))
        return x - y / math.tan(heading)


@dataclass(frozen=True, slots=True)
class RoadMark:
    """A painted line `width` metres wide; a broken one alternates about `dash` [m] of paint and `gap` [m] without."""

    style: Style = "solid"
    colour: Colour = "white"
    width: float = 0.15
    dash: float = 3.0
    gap: float = 5.0


@dataclass(frozen=True, slots=True)
class CrossSection:
    """The cross-section of a road: driving lanes along and against it, lane and shoulder widths [m], road marks."""

    along: int = 1
    against: int = 1
    lane_width: float = 3.5
    shoulder: float = 0.5
    centre: RoadMark = field(default_factory=lambda: RoadMark("broken", "yellow"))
    divider: RoadMark = field(default_factory=lambda: RoadMark("broken"))
    edge: RoadMark = field(default_factory=RoadMark)
    left: float = 0.0
    """how far left of the reference line the lanes along the road meet those against it [m]"""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A closed curve with its cross-section, elevation (None: level), and lane and shoulder widths (None: constant).

    Raises:
        ValueError: the curve does not close in position, heading and curvature.
    """

    segments: tuple[Segment, ...]
    cross_section: CrossSection = field(default_factory=CrossSection)
    elevation: Profile | None = None
    lane_width: Profile | None = None
    shoulder: Profile | None = None

    def __post_init__(self) -> None:
        """Check every joint, including the one from the last segment to the first."""
        for before, after in pairwise((*self.segments, self.segments[0])):
            x, y, heading = before.at(before.length)
            gap = math.hypot(after.x - x, after.y - y)
            turn = abs(wrap_angle(after.heading - heading))
            jump = abs(after.curvature - before.curvature - before.rate * before.length)
            if gap > CLOSED_WITHIN or turn > CLOSED_HEADING or jump > 1e-9:
                raise ValueError(f"the curve has a gap of {gap:.2g} m, {turn:.2g} rad and {jump:.2g} 1/m at a joint")

    @property
    def length(self) -> float:
        """Length of the lap along the reference line [m]."""
        return sum(segment.length for segment in self.segments)

    @property
    def min_radius(self) -> float:
        """Radius of the reference line's tightest bend [m]."""
        ends = ((g.curvature, g.curvature + g.rate * g.length) for g in self.segments)
        return 1.0 / max(abs(k) for pair in ends for k in pair)

    def curvature(self, s: float) -> float:
        """Curvature of the reference line [1/m] at `s` [m] from the start, taken modulo the lap."""
        rest = s % self.length
        for segment in self.segments:
            if rest < segment.length:
                return segment.curvature + segment.rate * rest
            rest -= segment.length
        return self.segments[0].curvature

    def widths(self, s: float) -> tuple[float, float]:
        """Width of each lane and of each shoulder [m] at `s` [m] from the start, taken modulo the lap."""
        section = self.cross_section
        return (
            self.lane_width.at(s)[0] if self.lane_width else section.lane_width,
            self.shoulder.at(s)[0] if self.shoulder else section.shoulder,
        )

    def cuts(self) -> list[float]:
        """Where the circuit is cut into roads of equal length, at least four: distances from 0 to its length [m]."""
        count = max(FEWEST_ROADS, round(self.length / ROAD_LENGTH))
        return [self.length * i / count for i in range(count + 1)]

    def roads(self) -> tuple[tuple[Segment, ...], ...]:
        """The segments of each OpenDRIVE road of the circuit."""
        return tuple(tuple(_between(self.segments, start, end)) for start, end in pairwise(self.cuts()))

    def places(self, apart: float) -> list[Place]:
        """Places at most `apart` [m] from each other, evenly spaced from the start to the end of a lap."""
        lap = self.length
        count = math.ceil(lap / apart)
        starts = list(accumulate((g.length for g in self.segments), initial=0.0))
        places, i = [], 0
        for s in (lap * k / count for k in range(count + 1)):
            while i + 1 < len(self.segments) and starts[i + 1] <= s:
                i += 1
            g, u = self.segments[i], s - starts[i]
            places.append(Place(s, *g.at(u), g.curvature + g.rate * u))
        return places

    def mirror(self) -> Circuit:
        """The mirror image, with traffic still on the right: every bend turns the other way."""
        lanes = self.cross_section
        shifted = (lanes.along - lanes.against) * lanes.lane_width - lanes.left
        segments = tuple(segment.mirror() for segment in self.segments)
        return replace(self, segments=segments, cross_section=replace(lanes, left=shifted))

    def drape_over(self, waves: Sequence[Wave], steepest: float) -> Circuit:
        """The same circuit draped over a landscape of waves, its steepest grade `steepest` [m/m]."""
        return replace(self, elevation=drape([place[:4] for place in self.places(KNOTS_APART)], waves, steepest))


def chain(start: tuple[float, float, float], pieces: Iterable[Straight | Bend]) -> tuple[Segment, ...]:
    """The segments of pieces laid end to end from `start` (x, y [m], heading [rad])."""
    segments: list[Segment] = []
    here = start
    for piece in pieces:
        parts = piece.parts() if isinstance(piece, Bend) else ((0.0, 0.0, piece.length),)
        for curvature, rate, length in parts:
            segments.append(Segment(*here, curvature, rate, length))
            here = _end(segments)
    return tuple(segments)


def round_corners(corners: Sequence[tuple[float, float, float]], sharpness: float = 0.45) -> tuple[Segment, ...]:
    """Round the corners of a polygon into the segments of a closed lap.

    Args:
        corners: x, y [m] of each corner and the radius [m] of its bend.
        sharpness: length of each transition as a fraction of angle times radius, between 0 and 1.

    Raises:
        ValueError: two neighbouring bends overlap.
    """
    count = len(corners)
    sides = [_side(corners[i], corners[(i + 1) % count]) for i in range(count)]
    bends = []
    for i, (_, _, radius) in enumerate(corners):
        angle = wrap_angle(sides[i][1] - sides[i - 1][1])
        bends.append(Bend(angle, radius, sharpness * abs(angle) * radius))
    tangents = [bend.tangent() for bend in bends]
    pieces: list[Straight | Bend] = []
    for i, (length, _) in enumerate(sides):
        after = (i + 1) % count
        room = length - tangents[i] - tangents[after]
        if room <= 0.0:
            raise ValueError(
                f"corners {i} and {after} are {length:.1f} m apart, but their bends need {length - room:.1f} m"
            )
        pieces += [Straight(room), bends[after]]
    x, y, _ = corners[0]
    heading = sides[0][1]
    return chain((x + tangents[0] * math.cos(heading), y + tangents[0] * math.sin(heading), heading), pieces)


def _end(segments: Sequence[Segment]) -> tuple[float, float, float]:
    return segments[-1].at(segments[-1].length)


def _side(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float]:
    dx, dy = b[0] - a[0], b[1] - a[1]
    return math.hypot(dx, dy), math.atan2(dy, dx)


def _between(segments: Sequence[Segment], start: float, end: float) -> Iterable[Segment]:
    starts = accumulate((g.length for g in segments), initial=0.0)
    for segment, s in zip(segments, starts, strict=False):
        first, last = max(0.0, start - s), min(segment.length, end - s)
        if last - first > 1e-6:
            yield segment.part(first, last)
