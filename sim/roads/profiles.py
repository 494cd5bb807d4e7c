"""Smooth profiles along a lap, as OpenDRIVE's cubics: elevation over a rolling landscape, lane and shoulder widths.

The landscape is a sum of plane waves, so two stretches that pass close to each other have similar heights, and a lap
ends at the height it began at. Heights and grades are sampled at knots; cubic Hermite pieces between them (E. Catmull,
R. Rom, A class of local interpolating splines, 1974, here with exact derivatives) keep both continuous.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

KNOTS_APART = 15.0  # largest distance between knots [m]
STEEPEST_SHARE = 0.98  # fraction of the requested grade used at knots; a cubic may be slightly steeper between them


@dataclass(frozen=True, slots=True)
class Knot:
    """Distance along the lap [m], height (or width) [m], and grade [m/m], rising positive."""

    s: float
    z: float
    grade: float


@dataclass(frozen=True, slots=True)
class Cubic:
    """A piece of a profile that starts at `s` [m]: z = a + b u + c u2 + d u3, where u is the distance from s [m]."""

    s: float
    a: float
    b: float
    c: float
    d: float

    def at(self, s: float) -> tuple[float, float]:
        """Height [m] and grade [m/m]."""
        u = s - self.s
        return self.a + u * (self.b + u * (self.c + u * self.d)), self.b + u * (2 * self.c + u * 3 * self.d)

    def shift(self, start: float, to: float) -> Cubic:
        """The same curve from `start` on, re-parametrised so that `start` becomes `to` [m]."""
        u = start - self.s
        z, grade = self.at(start)
        return Cubic(to, z, grade, self.c + 3 * self.d * u, self.d)


@dataclass(frozen=True, slots=True)
class Profile:
    """Heights or widths along a lap: knots from s = 0 to its length.

    Raises:
        ValueError: the last knot's value or grade differs from the first's.
    """

    knots: tuple[Knot, ...]

    def __post_init__(self) -> None:
        """Check that the last knot matches the first."""
        first, last = self.knots[0], self.knots[-1]
        if abs(last.z - first.z) > 1e-6 or abs(last.grade - first.grade) > 1e-9:
            raise ValueError(
                f"the lap begins at {first.z:.3f} m with grade {first.grade:.4f} but ends at {last.z:.3f} m with "
                f"grade {last.grade:.4f}"
            )

    def at(self, s: float) -> tuple[float, float]:
        """Height [m] and grade [m/m] at `s` [m], taken modulo the lap."""
        s %= self.knots[-1].s
        i = min(bisect_right(self.knots, s, key=lambda knot: knot.s), len(self.knots) - 1)
        return _cubic(self.knots[i - 1], self.knots[i]).at(s)

    def part(self, start: float, end: float) -> Iterator[Cubic]:
        """The pieces between two distances along the lap [m], with s counted from `start`."""
        for before, after in pairwise(self.knots):
            first, last = max(start, before.s), min(end, after.s)
            if last - first > 1e-6:
                yield _cubic(before, after).shift(first, round(first - start, 9))


@dataclass(frozen=True, slots=True)
class Wave:
    """A plane wave of the landscape: wave numbers along x and y [rad/m], phase [rad], amplitude `height` [m]."""

    kx: float
    ky: float
    phase: float
    height: float

    @staticmethod
    def draw(random: Random, shortest: float, longest: float) -> Wave:
        """A wave of random direction and of a wavelength between two limits [m]; amplitude grows with wavelength."""
        k = 2 * math.pi / random.uniform(shortest, longest)
        towards, phase = 2 * math.pi * random.random(), 2 * math.pi * random.random()
        return Wave(k * math.cos(towards), k * math.sin(towards), phase, 1.0 / k)

    def at(self, x: float, y: float) -> tuple[float, float, float]:
        """Height [m] and its slopes along x and y [m/m]."""
        angle = self.kx * x + self.ky * y + self.phase
        slope = self.height * math.cos(angle)
        return self.height * math.sin(angle), self.kx * slope, self.ky * slope


def drape(places: Sequence[tuple[float, float, float, float]], waves: Sequence[Wave], steepest: float) -> Profile:
    """The elevation of a lap over waves scaled such that the steepest grade is `steepest` [m/m].

    Args:
        places: s, x, y [m] and heading [rad] of the knots along the lap, at most `KNOTS_APART` apart; the last repeats
            the first, one lap further.
        waves: the landscape before scaling.
        steepest: 0 gives a level lap.
    """
    knots = [_knot_on(place, waves) for place in places]
    knots[-1] = Knot(places[-1][0], knots[0].z, knots[0].grade)
    scale = STEEPEST_SHARE * steepest / max(1e-9, *(abs(knot.grade) for knot in knots))
    low = min(knot.z for knot in knots)
    return Profile(tuple(Knot(knot.s, scale * (knot.z - low), scale * knot.grade) for knot in knots))


def varying_profile(length: float, apart: float, low: float, high: float, step: float) -> Profile:
    """A value that varies along a lap, so that no long stretch has only low or only high values.

    Args:
        length: length of the lap [m].
        apart: approximate distance between knots [m].
        low: smallest value [m].
        high: largest value [m].
        step: change from knot to knot as a fraction of the range, wrapping around at its end; an irrational step, such
            as the golden section, covers the range evenly (H. Weyl, 1916), and two such steps do so independently.
    """
    count = round(length / apart)
    values = [low + (high - low) * (i * step % 1.0) for i in range(count)]
    return Profile(tuple(Knot(length * i / count, values[i % count], 0.0) for i in range(count + 1)))


def _knot_on(place: tuple[float, float, float, float], waves: Sequence[Wave]) -> Knot:
    s, x, y, heading = place
    heights, east, south = zip(*(wave.at(x, y) for wave in waves), strict=True)
    return Knot(s, sum(heights), sum(east) * math.cos(heading) + sum(south) * math.sin(heading))


def _cubic(before: Knot, after: Knot) -> Cubic:
    h = after.s - before.s
    chord = (after.z - before.z) / h
    c = (3 * chord - 2 * before.grade - after.grade) / h
    return Cubic(before.s, before.z, before.grade, c, (before.grade + after.grade - 2 * chord) / h**2)
