"""Circuits drawn from a seed: `random:SEED`, whose distribution is a contract, and `wild:SEED`, which varies more.

A polygon grows corner by corner: a side is taken at random and pushed out or in, and what breaks a rule (too near to
another part, no room for a bend) is pushed elsewhere, until the lap has the length that was drawn. Its corners are then
rounded by `road.around`, and the finished curve is measured against the contract; one that fails is thrown away and
another one grows from the same stream of numbers. That stream is seeded by the map's name alone, so the same name is
the same circuit on every machine.
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
from sim.roads.curves import Circuit, Colour, CrossSection, Paint, Style, around
from sim.roads.profiles import Wave

Floats = npt.NDArray[np.float64]
Corner = tuple[float, float, float]  # x, y [m], radius [m]

SHORTEST, LONGEST = 600.0, 2000.0  # of a lap [m]
TIGHTEST, WIDEST = 15.0, 30.0  # what the least radius is drawn from [m]
BENDY, BENDS = 60.0, 0.25  # at least this share of a lap is under this radius [m]
COUNTER = math.pi / 2  # at least so much turning [rad] is against the way that the lap goes round
STEEPEST, STEEPEST_WILD = 0.03, 0.08  # grades [m/m]
BESIDE = 11.0  # between the borders of two parts of the road that pass each other, at least [m]
LEAST_TURN, MOST_TURN = math.radians(18), math.radians(150)  # of a corner
LEAST_STRAIGHT = 2.0  # between two bends [m]
SHORTEST_BEND = 14.0  # radius times angle [m]: shorter ones would be jerks
SLACK = 45.0  # how far a lap may miss the length that was drawn [m]
PUSH = 15.0, 120.0  # how far a side is pushed [m]
WIDEST_BEND = 120.0  # radius [m]
WAVES = 150.0, 500.0  # lengths of the landscape's waves [m]
PUSHES, ATTEMPTS = 400, 200
SAMPLE = 6.0  # distance between the points that sides are compared by [m]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is drawn before the shape: lengths [m], the steepest grade [m/m], the transitions' share of a bend."""

    length: float
    radius: float
    grade: float
    clockwise: bool
    sharpness: float
    section: CrossSection

    @property
    def apart(self) -> float:
        """Least distance between the reference lines of two parts of the road [m]."""
        lanes = self.section.along + self.section.against
        return lanes * self.section.lane_width + 2 * self.section.shoulder + BESIDE


def random_circuit(seed: int) -> Circuit:
    """The circuit of `random:SEED`: two lanes, marked, gently rolling."""
    random = Random(f"random:{seed}")
    return _circuit(_plan(random, _two_lanes(random), STEEPEST), random)


def wild_circuit(seed: int) -> Circuit:
    """The circuit of `wild:SEED`: any number of lanes, any markings, steeper."""
    random = Random(f"wild:{seed}")
    return _circuit(_plan(random, _any_lanes(random), STEEPEST_WILD), random)


def _plan(random: Random, section: CrossSection, steepest: float) -> Plan:
    inner = max(section.along, section.against) * section.lane_width + section.shoulder
    return Plan(
        length=random.uniform(SHORTEST + SLACK, LONGEST - SLACK),
        radius=max(random.uniform(TIGHTEST, WIDEST), inner + 5.0),
        grade=steepest * random.random() if random.random() < 0.8 else 0.0,
        clockwise=random.random() < 0.5,
        sharpness=random.uniform(0.3, 0.6),
        section=section,
    )


def _two_lanes(random: Random) -> CrossSection:
    style: Style = "broken" if random.random() < 0.7 else "solid"
    return CrossSection(
        lane_width=round(random.uniform(3.0, 4.0), 2),
        shoulder=round(random.uniform(0.2, 1.2), 2),
        centre=_paint(random, style, _colour(random)),
        edge=_paint(random, "solid", "white"),
    )


def _any_lanes(random: Random) -> CrossSection:
    return CrossSection(
        along=1 + int(3 * random.random()),
        against=1 + int(3 * random.random()),
        lane_width=round(random.uniform(3.0, 4.0), 2),
        shoulder=round(random.uniform(0.0, 1.5), 2),
        centre=_paint(random, _one_of(random, "solid", "broken", "double", "none"), _colour(random)),
        divider=_paint(random, _one_of(random, "broken", "broken", "solid", "none"), "white"),
        edge=_paint(random, _one_of(random, "solid", "solid", "broken", "none"), _colour(random)),
    )


def _colour(random: Random) -> Colour:
    return "yellow" if random.random() < 0.5 else "white"


def _one_of(random: Random, *styles: Style) -> Style:
    return styles[int(len(styles) * random.random())]


def _paint(random: Random, style: Style, colour: Colour) -> Paint:
    width, dash, gap = random.uniform(0.10, 0.20), random.uniform(2.0, 5.0), random.uniform(3.0, 8.0)
    return Paint(style, colour, round(width, 2), round(dash, 1), round(gap, 1))


def _circuit(plan: Plan, random: Random) -> Circuit:
    waves = [Wave.drawn(random, *WAVES) for _ in range(3)]
    for _ in range(ATTEMPTS):
        try:
            level = Circuit(around(_grown(plan, random), plan.sharpness), plan.section)
        except ValueError:
            continue  # a bend wants a little more room than `_tangent` reckoned
        if _keeps_the_contract(level, plan):
            return level.over(waves, plan.grade)
    raise RuntimeError(f"no circuit of {plan.length:.0f} m and least radius {plan.radius:.1f} m in {ATTEMPTS} attempts")


def _keeps_the_contract(circuit: Circuit, plan: Plan) -> bool:
    """Whether length, bends and distances are as promised; the least radius is, by the corners that growth began at."""
    if abs(circuit.length - plan.length) > SLACK:
        return False
    s, x, y, _, curvature = np.array(circuit.places(SAMPLE / 2)).T
    bendy = float((np.abs(curvature) > 1 / BENDY).mean())
    counter = min(abs(float(curvature.clip(*side).sum() * s[1])) for side in ((0, None), (None, 0)))
    if bendy < BENDS + 0.01 or counter < COUNTER:
        return False
    along = np.abs(s[:, None] - s)
    along = np.minimum(along, s[-1] - along)
    near = np.hypot(x[:, None] - x, y[:, None] - y) < plan.apart
    # On a way no tighter than a circle, two places less than half that circle apart never come nearer than along it.
    return not (near & (along > math.pi * plan.radius)).any()


def _grown(plan: Plan, random: Random) -> list[Corner]:
    """A polygon whose lap, once rounded, is about as long as the plan says; or not, if it would not grow."""
    side = plan.length * random.uniform(0.12, 0.2) + 60.0
    apex = random.uniform(0.3, 0.7), random.uniform(0.7, 1.0) * (1.0 if plan.clockwise else -1.0)
    corners = [(side * x, side * y, plan.radius) for x, y in ((0.0, 0.0), (1.0, 0.0), apex)]
    lap = _lap(corners, plan)
    for _ in range(PUSHES):
        if abs(lap - plan.length) < SLACK / 2:
            break
        pushed, i = _pushed(corners, plan, random)
        longer = _lap(pushed, plan)
        if longer < plan.length + SLACK / 2 and _is_apart(pushed, i, plan.apart):
            corners, lap = pushed, longer
    return corners


def _pushed(corners: list[Corner], plan: Plan, random: Random) -> tuple[list[Corner], int]:
    """The polygon with another corner pushed out of, or into, one of its sides, and that corner's number."""
    count = len(corners)
    lengths = [math.dist(corners[i][:2], corners[(i + 1) % count][:2]) for i in range(count)]
    at = random.random() * sum(lengths)
    i = next((i for i, end in enumerate(accumulate(lengths)) if at < end), count - 1)
    (ax, ay, _), (bx, by, _) = corners[i], corners[(i + 1) % count]
    share, out = random.uniform(0.25, 0.75), random.uniform(*PUSH) * (1.0 if random.random() < 0.5 else -1.0)
    radius = plan.radius * (WIDEST_BEND / plan.radius) ** (random.random() ** 2)
    dx, dy = bx - ax, by - ay
    place = ax + share * dx - out * dy / lengths[i], ay + share * dy + out * dx / lengths[i]
    return [*corners[: i + 1], (*place, radius), *corners[i + 1 :]], i + 1


def _turns(corners: Sequence[Corner]) -> list[tuple[float, float]]:
    """For each corner, the length of the side before it [m] and the angle that it turns through [rad]."""
    ways = [(b[0] - a[0], b[1] - a[1]) for a, b in zip((corners[-1], *corners), corners, strict=False)]
    headings = [math.atan2(y, x) for x, y in ways]
    after = (*headings[1:], headings[0])
    return [(math.hypot(*way), wrap_angle(b - a)) for way, a, b in zip(ways, headings, after, strict=True)]


def _tangent(angle: float, radius: float, sharpness: float) -> float:
    """How far a bend begins before its corner [m]: the surveyors' series for clothoids, cut after its first term."""
    transition = sharpness * abs(angle)  # over the radius
    return radius * ((1 + transition**2 / 24) * math.tan(abs(angle) / 2) + transition / 2)


def _lap(corners: Sequence[Corner], plan: Plan) -> float:
    """About how long the lap around rounded corners is [m]; infinite if one of them cannot be rounded.

    A corner may be too blunt, too sharp, a bend so short that it would be a jerk, or without room.
    """
    tangents, total = [], 0.0
    for (side, angle), (_, _, radius) in zip(turns := _turns(corners), corners, strict=True):
        if not (LEAST_TURN < abs(angle) < MOST_TURN and abs(angle) * radius > SHORTEST_BEND):
            return math.inf
        tangents.append(_tangent(angle, radius, plan.sharpness))
        total += side - 2 * tangents[-1] + abs(angle) * radius * (1 + plan.sharpness)
    room = min(side - tangents[i - 1] - tangents[i] for i, (side, _) in enumerate(turns))
    return total if room > LEAST_STRAIGHT else math.inf


def _is_apart(corners: Sequence[Corner], new: int, apart: float) -> bool:
    """Whether the two sides at a new corner are far enough from all sides that they do not touch."""
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
    """The least distance [m] of points (n, 2) from line segments between starts and ends (m, 2)."""
    way = ends - starts
    to = points[:, None, :] - starts
    share = np.clip((to * way).sum(-1) / (way**2).sum(-1), 0, 1)
    return float(np.sqrt(((to - share[..., None] * way) ** 2).sum(-1).min()))
