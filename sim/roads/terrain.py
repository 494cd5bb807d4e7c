"""The land around roads: a grid of heights that meets the roads and never hides them.

Roads on a plain lie in a coarse level grid. Where they rise and fall, each road sample says how high the land is where
it lies and, along the road, how it goes on; grid points take the mean of what samples say, the near ones counting most.
Where the grid would then reach above a road it is pressed down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CELL, LEVEL_CELL = 20.0, 40.0  # of land that rises and falls, and of a plain [m]
BLOCK = 4  # the grid is a whole number of so many cells, for whoever draws it in blocks
FLAT = 0.3  # roads whose heights differ by less lie on a plain [m]
MARGIN = 400.0  # how far the land goes on beyond the roads [m]
REACH = 25.0  # how far along a road its grade is taken to go on [m]
SOFTNESS = 8.0  # distance below which samples count alike [m]
BELOW = 0.25  # how far below a road's surface the grid stays [m]
PRESSES = 30
FEW = 700  # samples that are enough to say how the land lies


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights (n, m) [m] at x = west + cell i, y = north + cell j (CARLA's axes: y to the south)."""

    west: float
    north: float
    cell: float
    heights: Floats

    @property
    def is_level(self) -> bool:
        """Whether the land is a plain, and the roads on it."""
        return self.cell == LEVEL_CELL

    def points(self) -> Floats:
        """The grid's points (n, m, 3) [m]."""
        n, m = self.heights.shape
        x, y = self.west + self.cell * np.arange(n)[:, None], self.north + self.cell * np.arange(m)
        return np.stack(np.broadcast_arrays(x, y, self.heights), axis=-1)

    def at(self, x: float, y: float) -> tuple[float, float, float]:
        """Height [m] and its slopes along x and y [m/m]; beyond the grid, the height of its border."""
        n, m = self.heights.shape
        i, u = _within((x - self.west) / self.cell, n)
        j, v = _within((y - self.north) / self.cell, m)
        (a, b), (c, d) = self.heights[i : i + 2, j : j + 2].tolist()
        z = (1 - u) * ((1 - v) * a + v * b) + u * ((1 - v) * c + v * d)
        return z, ((1 - v) * (c - a) + v * (d - b)) / self.cell, ((1 - u) * (b - a) + u * (d - c)) / self.cell


def around(centre: Floats, ahead: Floats, grade: Floats, borders: Floats) -> Terrain:
    """The land around roads.

    Args:
        centre: (n, 3) samples of the roads [m].
        ahead: (n, 2) horizontal unit vectors along them.
        grade: (n,) how steeply they rise that way [m/m].
        borders: (k, 3) points of the roads' surfaces that the land must stay below [m].
    """
    level = float(np.ptp(borders[:, 2])) < FLAT
    cell = LEVEL_CELL if level else CELL
    low, high = borders[:, :2].min(0) - MARGIN, borders[:, :2].max(0) + MARGIN
    n, m = (np.ceil((high - low) / (BLOCK * cell)).astype(int) * BLOCK + 1).tolist()
    if level:
        return Terrain(float(low[0]), float(low[1]), cell, np.full((n, m), np.median(borders[:, 2])))
    thin = slice(None, None, math.ceil(len(centre) / FEW))
    grid = low + CELL * np.stack(np.meshgrid(np.arange(n), np.arange(m), indexing="ij"), axis=-1).reshape(-1, 2)
    heights = np.concatenate(
        [_told(part, centre[thin], ahead[thin], grade[thin]) for part in np.array_split(grid, math.ceil(n * m / 500))]
    ).reshape(n, m)
    _press(heights, (borders[:, :2] - low) / CELL, borders[:, 2] - BELOW)
    return Terrain(float(low[0]), float(low[1]), cell, heights)


def _told(places: Floats, centre: Floats, ahead: Floats, grade: Floats) -> Floats:
    """The heights that the samples tell for places (k, 2)."""
    to = places[:, None, :] - centre[:, :2]
    along = np.clip((to * ahead).sum(-1), -REACH, REACH)
    weight = 1.0 / ((to**2).sum(-1) + SOFTNESS**2) ** 2
    told: Floats = (weight * (centre[:, 2] + grade * along)).sum(1) / weight.sum(1)
    return told


def _press(heights: Floats, places: Floats, highest: Floats) -> None:
    """Lower the four grid points around each place (in cells) until none of the places is under the land."""
    corner = places.astype(int)
    u, v = (places - corner).T
    weights = ((1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v)
    points = [(corner[:, 0] + i, corner[:, 1] + j) for i in (0, 1) for j in (0, 1)]
    for _ in range(PRESSES):
        over = sum(w * heights[p] for w, p in zip(weights, points, strict=True)) - highest
        if not (over > 0.0).any():
            break
        for weight, point in zip(weights, points, strict=True):
            # A grid point gives way by as much as it holds up; the most that any place asks of it.
            np.minimum.at(heights, point, heights[point] - np.maximum(over, 0.0) * np.sqrt(weight))


def _within(cells: float, count: int) -> tuple[int, float]:
    whole = min(max(math.floor(cells), 0), count - 2)
    return whole, min(max(cells - whole, 0.0), 1.0)
