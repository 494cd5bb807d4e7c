"""Plants, houses and guard rails beside the roads: their positions for the renderer, their boxes for collisions.

The same seed gives the same scenery.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from sim.geometry.boxes import Box
from sim.roads.track import Track
from sim.scene.buildings import place_houses
from sim.scene.guard_rails import place_rails
from sim.scene.vegetation import KINDS, place_plants

CELL = 16.0  # size of the cells in which boxes are looked up [m]
REACH = 4.0  # largest distance from a car's centre to its surface, with a margin [m]
TRUNK, TREE_HEIGHT = 0.22, 4.0  # half the thickness of a trunk; least height of a plant that has one [m]


class Scenery:
    """The plants, houses and rails of a track.

    Args:
        track: the track that they stand beside.
        seed: chooses them.
    """

    def __init__(self, track: Track, seed: int) -> None:
        name = crc32(track.name.encode())
        plants_random, houses_random, rails_random = (
            np.random.default_rng([seed, name, 10 + part]) for part in range(3)
        )
        self.plants = place_plants(track, plants_random)
        self.houses = place_houses(track, houses_random)
        self.rails = place_rails(track, rails_random)
        self._cells: dict[tuple[int, int], list[Box]] = {}
        for box in self.solids():
            reach = math.hypot(box.half_x, box.half_y) + REACH
            for i in range(math.floor((box.x - reach) / CELL), math.floor((box.x + reach) / CELL) + 1):
                for j in range(math.floor((box.y - reach) / CELL), math.floor((box.y + reach) / CELL) + 1):
                    self._cells.setdefault((i, j), []).append(box)

    def solids_near(self, x: float, y: float) -> Sequence[Box]:
        """Return the boxes that a car whose centre is at x, y [m] may touch."""
        return self._cells.get((math.floor(x / CELL), math.floor(y / CELL)), ())

    def solids(self) -> Iterable[Box]:
        """Yield the boxes of everything that stops a car."""
        for house in self.houses:
            x, y, z = house.position.tolist()
            length, width, eaves, _ = house.size
            yield Box(x, y, house.yaw, length / 2, width / 2, z, z + eaves, "static.building")
        for (x, y, z), height, kind in zip(
            self.plants.positions.tolist(), self.plants.heights.tolist(), self.plants.kinds.tolist(), strict=True
        ):
            if KINDS[kind].lowest >= TREE_HEIGHT:
                yield Box(x, y, 0.0, TRUNK, TRUNK, z, z + height, "static.vegetation")
        for rail in self.rails:
            yield from rail.boxes()


@lru_cache(maxsize=2)
def get_scenery(track: Track, seed: int) -> Scenery:
    """Return the scenery of a track, computed once for both rendering and collisions."""
    return Scenery(track, seed)
