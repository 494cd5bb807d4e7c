"""The built-in circuits by name: five designed by hand, and the families generated from a seed.

The prefix `mirror:` gives a circuit's mirror image: the way back on a road that has no oncoming lane.

Corners are x, y [m] and the radius [m] of the bend that rounds them, as `curves.round_corners` takes them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random

from sim.roads.curves import Bend, Circuit, CrossSection, RoadMark, Straight, chain, round_corners
from sim.roads.profiles import Wave, varying_profile
from sim.roads.random_circuits import random_circuit, wild_circuit

MIRROR = "mirror:"
FAMILY = re.compile(r"([a-z]+):([0-9]{1,9})")

COUNTRY = (
    (0, 0, 16), (62, 0, 15), (84, 47, 18), (138, 33, 16), (147, -21, 24), (205, -26, 15), (220, 28, 17), (270, 42, 30),
    (303, -15, 15), (362, -5, 20), (372, 54, 36), (560, 150, 32), (480, 215, 24), (540, 300, 30), (450, 370, 55),
    (350, 300, 28), (270, 345, 35), (215, 260, 24), (19, 323, 40), (-42, 312, 15), (-58, 252, 28), (-8, 223, 17),
    (-17, 170, 15), (-73, 165, 24), (-84, 106, 20), (-37, 79, 15), (-50, 29, 16),
)  # fmt: skip # tight bends to both sides within the first minute, in either direction: a short drive teaches them all
HIGHWAY = (
    (0, 0, 260), (620, -90, 300), (1120, 100, 220), (1060, 620, 200), (620, 600, 240), (330, 900, 200),
    (-190, 780, 200), (-220, 260, 240),
)  # fmt: skip
PATH = (
    (0, 0, 18), (70, -15, 25), (110, 40, 20), (175, 30, 22), (205, 95, 16), (150, 140, 24), (165, 205, 18),
    (95, 225, 26), (60, 165, 20), (5, 175, 18), (-35, 110, 22), (10, 60, 16),
)  # fmt: skip
HILLS = (
    (0, 0, 50), (150, -40, 60), (290, 30, 45), (420, -20, 40), (500, 90, 35), (440, 190, 50), (520, 300, 30),
    (400, 370, 40), (290, 280, 55), (170, 340, 35), (40, 290, 45), (70, 160, 30), (-50, 110, 35),
)  # fmt: skip

UNPAINTED = RoadMark("none")


def list_names() -> tuple[str, ...]:
    """The names of the built-in maps; each family is represented by its first seed."""
    return (*BUILT_IN, *(f"{family}:1" for family in FAMILIES), f"{MIRROR}path")


def find_circuit(name: str) -> Circuit | None:
    """The circuit with a name such as `country`, `random:7` or `mirror:path`; None if the name is unknown."""
    if name.startswith(MIRROR):
        original = name.removeprefix(MIRROR)
        found_there = None if original.startswith(MIRROR) else find_circuit(original)
        return found_there.mirror() if found_there is not None else None
    if name in BUILT_IN:
        return BUILT_IN[name]()
    found = FAMILY.fullmatch(name)
    if found is None or found[1] not in FAMILIES:
        return None
    return FAMILIES[found[1]](int(found[2]))


def _oval() -> Circuit:
    bend = Bend(math.pi, 45.0, 35.0)
    return Circuit(chain((-90.0, -59.0, 0.0), [Straight(180.0), bend, Straight(180.0), bend]))


def _country() -> Circuit:
    # Lane and shoulder widths vary independently, so that a network cannot infer the lane's centre from one line alone.
    level = Circuit(round_corners(COUNTRY))
    return replace(
        level,
        lane_width=varying_profile(level.length, 40.0, 2.9, 4.1, (math.sqrt(5) - 1) / 2),
        shoulder=varying_profile(level.length, 55.0, 0.1, 1.3, math.sqrt(2) - 1),
    )


def _highway() -> Circuit:
    lanes = CrossSection(
        along=3,
        against=3,
        lane_width=3.6,
        shoulder=2.5,
        centre=RoadMark("double", "yellow"),
        divider=RoadMark("broken", dash=3.0, gap=9.0),
        edge=RoadMark(width=0.2),
    )
    return Circuit(round_corners(HIGHWAY, 0.4), lanes)


def _path() -> Circuit:
    lane = CrossSection(1, 0, lane_width=3.0, shoulder=0.3, centre=UNPAINTED, divider=UNPAINTED, edge=UNPAINTED)
    return Circuit(round_corners(PATH, 0.5), lane)


def _hills() -> Circuit:
    random = Random("hills")
    return Circuit(round_corners(HILLS)).drape_over([Wave.draw(random, 120.0, 220.0) for _ in range(3)], 0.09)


BUILT_IN: dict[str, Callable[[], Circuit]] = {
    "oval": _oval,
    "country": _country,
    "highway": _highway,
    "path": _path,
    "hills": _hills,
}
FAMILIES: dict[str, Callable[[int], Circuit]] = {"random": random_circuit, "wild": wild_circuit}
