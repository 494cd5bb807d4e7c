"""A map's appearance, independent of its road geometry: paint wear, asphalt brightness, vegetation, guard rails.

Maps generated from a seed differ in appearance, so that a network cannot rely on one kind of scenery; all other maps
share the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SEEDED_FAMILIES = ("random:", "wild:")  # prefixes of the maps that are generated from a seed


@dataclass(frozen=True, slots=True)
class Appearance:
    """What varies from map to map.

    Attributes:
        wear: fraction of the paint's colour that has worn off [0, 1).
        asphalt: factor on the brightness of the asphalt.
        fields: factors on the red, green and blue of the grass.
        plants: factor on the number of trees and bushes.
        rails: fraction of tight bends that have a guard rail.
    """

    wear: float = 0.0
    asphalt: float = 1.0
    fields: tuple[float, float, float] = (1.0, 1.0, 1.0)
    plants: float = 1.0
    rails: float = 0.6


def choose_appearance(name: str) -> Appearance:
    """The appearance of a map, determined by its name alone."""
    name = name.removeprefix("mirror:")
    if not name.startswith(SEEDED_FAMILIES):
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
