"""Circuits generated from a seed: `random:SEED`, whose distribution is a contract, and `wild:SEED`, which varies more.

A polygon grows corner by corner: a random side is pushed out or in; a push that breaks a rule (too close to another
part, no room for a bend) is dropped and another is tried, until the lap has the length that was drawn. The corners are
then rounded by `curves.round_corners` and the finished curve is checked against the contract; one that fails is
discarded and the next grows from the same stream of random numbers. Only the map's name seeds that stream, so a name
gives the same circuit on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

import numpy as np
import numpy.typing as npt

from sim.geometry.poses import wrap_angle
from sim.roads.curves import Circuit, Colour, CrossSection, RoadMark, Style, round_corners
from sim.roads.profiles import Wave

Floats = npt.NDArray[np.float64]
Corner = tuple[float, float, float]  # x, y [m], radius [m]

SHORTEST, LONGEST = 600.0, 2000.0  # range of lap lengths [m]
TIGHTEST, WIDEST = 15.0, 30.0  # range of the minimum radius [m]
BENDY, BENDS = 60.0, 0.25  # at least this fraction of a lap has less than this radius [m]
COUNTER = math.pi / 2  # least total turning against the lap's direction [rad]
STEEPEST, STEEPEST_WILD = 0.03, 0.08  # steepest grades [m/m]
BESIDE = 11.0  # least distance between the borders of two parts of the road [m]
LEAST_TURN, MOST_TURN = math.radians(18), math.radians(150)  # range of a corner's angle
LEAST_STRAIGHT = 2.0  # least distance between two bends [m]
SHORTEST_BEND = 14.0  # least radius times angle [m]: shorter bends would be jerks
SLACK = 45.0  # tolerance on the lap length that was drawn [m]
PUSH = 15.0, 120.0  # how far a side is pushed [m]
WIDEST_BEND = 120.0  # largest radius of a bend [m]
WAVES = 150.0, 500.0  # range of the landscape's wavelengths [m]
PUSHES, ATTEMPTS = 400, 200
SAMPLE = 6.0  # spacing of the points at which sides are compared [m]


@dataclass(frozen=True, slots=True)
class CircuitSpec:
    """What is drawn before the shape: lap length and minimum radius [m], steepest grade [m/m], bend sharpness."""

    length: float
    radius: float
    grade: float
    clockwise: bool
    sharpness: float
    section: CrossSection

    @property
    def apart(self) -> float:
        """Least allowed distance between the reference lines of two parts of the road [m]."""
        lanes = self.section.along + self.section.against
        return lanes * self.section.lane_width + 2 * self.section.shoulder + BESIDE


def random_circuit(seed: int) -> Circuit:
    """The circuit `random:SEED`: two marked lanes on gently rolling land."""
    random = Random(f"random:{seed}")
    return _grow_circuit(_draw_spec(random, _draw_two_lanes(random), STEEPEST), random)


def wild_circuit(seed: int) -> Circuit:
    """The circuit `wild:SEED`: one to three lanes each way, any markings, steeper grades."""
    random = Random(f"wild:{seed}")
    return _grow_circuit(_draw_spec(random, _draw_any_lanes(random), STEEPEST_WILD), random)


def _draw_spec(random: Random, section: CrossSection, steepest: float) -> CircuitSpec:
    inner = max(section.along, section.against) * section.lane_width + section.shoulder
    return CircuitSpec(
        length=random.uniform(SHORTEST + SLACK, LONGEST - SLACK),
        radius=max(random.uniform(TIGHTEST, WIDEST), inner + 5.0),
        grade=steepest * random.random() if random.random() < 0.8 else 0.0,
        clockwise=random.random() < 0.5,
        sharpness=random.uniform(0.3, 0.6),
        section=section,
    )


def _draw_two_lanes(random: Random) -> CrossSection:
    style: Style = "broken" if random.random() < 0.7 else "solid"
    return CrossSection(
        lane_width=round(random.uniform(3.0, 4.0), 2),
        shoulder=round(random.uniform(0.2, 1.2), 2),
        centre=_draw_mark(random, style, _draw_colour(random)),
        edge=_draw_mark(random, "solid", "white"),
    )


def _draw_any_lanes(random: Random) -> CrossSection:
    return CrossSection(
        along=1 + int(3 * random.random()),
        against=1 + int(3 * random.random()),
        lane_width=round(random.uniform(3.0, 4.0), 2),
        shoulder=round(random.uniform(0.0, 1.5), 2),
        centre=_draw_mark(random, _choose(random, "solid", "broken", "double", "none"), _draw_colour(random)),
        divider=_draw_mark(random, _choose(random, "broken", "broken", "solid", "none"), "white"),
        edge=_draw_mark(random, _choose(random, "solid", "solid", "broken", "none"), _draw_colour(random)),
    )


def _draw_colour(random: Random) -> Colour:
    return "yellow" if random.random() < 0.5 else "white"


def _choose(random: Random, *styles: Style) -> Style:
    return styles[int(len(styles) * random.random())]


def _draw_mark(random: Random, style: Style, colour: Colour) -> RoadMark:
    width, dash, gap = random.uniform(0.10, 0.20), random.uniform(2.0, 5.0), random.uniform(3.0, 8.0)
    return RoadMark(style, colour, round(width, 2), round(dash, 1), round(gap, 1))


def _grow_circuit(spec: CircuitSpec, random: Random) -> Circuit:
    waves = [Wave.draw(random, *WAVES) for _ in range(3)]
    for _ in range(ATTEMPTS):
        try:
            level = Circuit(round_corners(_grow(spec, random), spec.sharpness), spec.section)
        except ValueError:
            continue  # a bend needs slightly more room than `_tangent` estimated
        if _is_within_contract(level, spec):
            return level.drape_over(waves, spec.grade)
    raise RuntimeError(f"found no circuit of {spec.length:.0f} m and radius {spec.radius:.1f} m in {ATTEMPTS} attempts")


def _is_within_contract(circuit: Circuit, spec: CircuitSpec) -> bool:
    """Whether length, bends and distances meet the contract; the minimum radius does by construction."""
    if abs(circuit.length - spec.length) > SLACK:
        return False
    s, x, y, _, curvature = np.array(circuit.places(SAMPLE / 2)).T
    bendy = float((np.abs(curvature) > 1 / BENDY).mean())
    counter = min(abs(float(curvature.clip(*side).sum() * s[1])) for side in ((0, None), (None, 0)))
    if bendy < BENDS + 0.01 or counter < COUNTER:
        return False
    along = np.abs(s[:, None] - s)
    along = np.minimum(along, s[-1] - along)
    near = np.hypot(x[:, None] - x, y[:, None] - y) < spec.apart
    # Where curvature never exceeds a circle's, two places closer along the road than half that circle cannot meet.
    return not (near & (along > math.pi * spec.radius)).any()


def _grow(spec: CircuitSpec, random: Random) -> list[Corner]:
    """A polygon whose rounded lap has about the specified length, unless it stopped growing before."""
    side = spec.length * random.uniform(0.12, 0.2) + 60.0
    apex = random.uniform(0.3, 0.7), random.uniform(0.7, 1.0) * (1.0 if spec.clockwise else -1.0)
    corners = [(side * x, side * y, spec.radius) for x, y in ((0.0, 0.0), (1.0, 0.0), apex)]
    lap = _lap_length(corners, spec)
    for _ in range(PUSHES):
        if abs(lap - spec.length) < SLACK / 2:
            break
        grown, i = _push(corners, spec, random)
        longer = _lap_length(grown, spec)
        if longer < spec.length + SLACK / 2 and _is_apart(grown, i, spec.apart):
            corners, lap = grown, longer
    return corners


def _push(corners: list[Corner], spec: CircuitSpec, random: Random) -> tuple[list[Corner], int]:
    """The polygon with a new corner pushed out of or into one of its sides, and the new corner's index."""
    count = len(corners)
    lengths = [math.dist(corners[i][:2], corners[(i + 1) % count][:2]) for i in range(count)]
    at = random.random() * sum(lengths)
    i = next((i for i, end in enumerate(accumulate(lengths)) if at < end), count - 1)
    (ax, ay, _), (bx, by, _) = corners[i], corners[(i + 1) % count]
    share, out = random.uniform(0.25, 0.75), random.uniform(*PUSH) * (1.0 if random.random() < 0.5 else -1.0)
    radius = spec.radius * (WIDEST_BEND / spec.radius) ** (random.random() ** 2)
    dx, dy = bx - ax, by - ay
    place = ax + share * dx - out * dy / lengths[i], ay + share * dy + out * dx / lengths[i]
    return [*corners[: i + 1], (*place, radius), *corners[i + 1 :]], i + 1


def _measure_turns(corners: Sequence[Corner]) -> list[tuple[float, float]]:
    """For each corner, the length of the side before it [m] and the angle it turns through [rad]."""
    ways = [(b[0] - a[0], b[1] - a[1]) for a, b in zip((corners[-1], *corners), corners, strict=False)]
    headings = [math.atan2(y, x) for x, y in ways]
    after = (*headings[1:], headings[0])
    return [(math.hypot(*way), wrap_angle(b - a)) for way, a, b in zip(ways, headings, after, strict=True)]


def _tangent(angle: float, radius: float, sharpness: float) -> float:
    """Distance from a bend's start to its corner [m]: the surveyors' clothoid series, truncated to its first term."""
    transition = sharpness * abs(angle)  # over the radius
    return radius * ((1 + transition**2 / 24) * math.tan(abs(angle) / 2) + transition / 2)


def _lap_length(corners: Sequence[Corner], spec: CircuitSpec) -> float:
    """The approximate length of a lap around rounded corners [m]; infinite if a corner cannot be rounded.

    A corner may be too blunt or too sharp, its bend too short, or without room between its neighbours.
    """
    tangents, total = [], 0.0
    for (side, angle), (_, _, radius) in zip(turns := _measure_turns(corners), corners, strict=True):
        if not (LEAST_TURN < abs(angle) < MOST_TURN and abs(angle) * radius > SHORTEST_BEND):
            return math.inf
        tangents.append(_tangent(angle, radius, spec.sharpness))
        total += side - 2 * tangents[-1] + abs(angle) * radius * (1 + spec.sharpness)
    room = min(side - tangents[i - 1] - tangents[i] for i, (side, _) in enumerate(turns))
    return total if room > LEAST_STRAIGHT else math.inf


def _is_apart(corners: Sequence[Corner], new: int, apart: float) -> bool:
    """Whether the two sides at a new corner keep their distance from every side they do not touch."""
    count = len(corners)
    table = np.array(corners)[:, :2]
    for i in (new - 1, new):
        a, b = table[i], table[(i + 1) % count]
        others = [j % count for j in range(i + 2, i + count - 1)]
        starts, ends = table[others], table[[(j + 1) % count for j in others]]
        points = a + np.linspace(0, 1, 2 + int(np.hypot(*(b - a)) / SAMPLE))[:, None] * (b - a)
        if _distance(points, starts, ends) < apart:
            return False
    return True


def _distance(points: Floats, starts: Floats, ends: Floats) -> float:
    """The least distance [m] between points (n, 2) and line segments from starts to ends (m, 2)."""
    way = ends - starts
    to = points[:, None, :] - starts
    share = np.clip((to * way).sum(-1) / (way**2).sum(-1), 0, 1)
    return float(np.sqrt(((to - share[..., None] * way) ** 2).sum(-1).min()))
