"""What stands beside the roads of a track: where it is, to be drawn and to be run into. The same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

from sim.geometry.boxes import Box
from sim.roads.track import Track
from sim.scene.buildings import placed
from sim.scene.guard_rails import railed
from sim.scene.vegetation import KINDS, planted

CELL = 16.0  # size of the cells that solids are looked up in [m]
REACH = 4.0  # a solid is listed wherever a car's middle may be that touches it [m]
TRUNK, TALL = 0.22, 4.0  # half the thickness of a trunk, and the height from which on a plant has one [m]


class Scenery:
    """The plants, houses and rails of a track.

    Args:
        track: whose.
        seed: chooses them.
    """

    def __init__(self, track: Track, seed: int) -> None:
        name = crc32(track.name.encode())
        growing, building, railing = (np.random.default_rng([seed, name, 10 + part]) for part in range(3))
        self.plants = planted(track, growing)
        self.houses = placed(track, building)
        self.rails = railed(track, railing)
        self._cells: dict[tuple[int, int], list[Box]] = {}
        for box in self.solids():
            reach = math.hypot(box.half_x, box.half_y) + REACH
            for i in range(math.floor((box.x - reach) / CELL), math.floor((box.x + reach) / CELL) + 1):
                for j in range(math.floor((box.y - reach) / CELL), math.floor((box.y + reach) / CELL) + 1):
                    self._cells.setdefault((i, j), []).append(box)

    def near(self, x: float, y: float) -> Sequence[Box]:
        """What a car whose middle is at x, y [m] may touch."""
        return self._cells.get((math.floor(x / CELL), math.floor(y / CELL)), ())

    def solids(self) -> Iterable[Box]:
        """Everything that stops a car."""
        for house in self.houses:
            x, y, z = house.place.tolist()
            length, width, eaves, _ = house.size
            yield Box(x, y, house.turn, length / 2, width / 2, z, z + eaves, "static.building")
        found = self.plants
        for (x, y, z), height, kind in zip(
            found.places.tolist(), found.heights.tolist(), found.kinds.tolist(), strict=True
        ):
            if KINDS[kind].low >= TALL:
                yield Box(x, y, 0.0, TRUNK, TRUNK, z, z + height, "static.vegetation")
        for rail in self.rails:
            yield from rail.boxes()


@lru_cache(maxsize=2)
def beside(track: Track, seed: int) -> Scenery:
    """The scenery of a track, found once for the picture and for what runs into it."""
    return Scenery(track, seed)
