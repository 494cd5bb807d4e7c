"""How a map looks apart from its roads' course: worn or fresh paint, old or new asphalt, what grows, and how much.

Maps drawn from a seed vary in it, so that a network cannot lean on one kind of surroundings; all others look the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

DRAWN = ("random:", "wild:")  # how the names of maps begin that are drawn from a seed


@dataclass(frozen=True, slots=True)
class Appearance:
    """What varies from map to map.

    Attributes:
        wear: the share of the paint's colour that is gone [0, 1).
        asphalt: brightness of the asphalt over the usual one.
        fields: red, green and blue of the grass over the usual ones.
        plants: trees and bushes over the usual number.
        rails: the share of tight bends that have a guard rail.
    """

    wear: float = 0.0
    asphalt: float = 1.0
    fields: tuple[float, float, float] = (1.0, 1.0, 1.0)
    plants: float = 1.0
    rails: float = 0.6


def of(name: str) -> Appearance:
    """The appearance of the map of that name, always the same."""
    name = name.removeprefix("mirror:")
    if not name.startswith(DRAWN):
        return Appearance()
    random = Random(f"appearance of {name}")
    dryness = random.random() ** 2  # most fields are green
    return Appearance(
        wear=random.uniform(0.0, 0.45),
        asphalt=random.uniform(0.8, 1.2),
        fields=(1.0 + 0.5 * dryness, 1.0 + 0.1 * dryness, 1.0 + 0.2 * dryness),
        plants=random.uniform(0.2, 1.6),
        rails=random.uniform(0.0, 0.9),
    )
