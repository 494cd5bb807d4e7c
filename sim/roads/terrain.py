"""The land around roads: a grid of heights that joins the roads and never covers them.

Level roads get a coarse level grid. Otherwise each road sample predicts the height of the land around it, extrapolated
along the road by its grade; grid points take the mean of these predictions, weighted by proximity. Where the grid would
then cover a road, it is lowered.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

CELL, LEVEL_CELL = 20.0, 40.0  # cell size of hilly and of level land [m]
BLOCK = 4  # the grid's size is a multiple of this many cells, for rendering in blocks
FLAT = 0.3  # roads whose heights differ by less count as level [m]
MARGIN = 400.0  # how far the land extends beyond the roads [m]
REACH = 25.0  # how far a road's grade is extrapolated along it [m]
SOFTNESS = 8.0  # distance below which samples have about the same weight [m]
BELOW = 0.25  # how far the grid stays below a road's surface [m]
LOWERINGS = 30
FEW = 700  # number of samples that suffices to describe the land


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights (n, m) [m] at x = west + cell i, y = north + cell j (CARLA's axes: y points south)."""

    west: float
    north: float
    cell: float
    heights: Floats

    @property
    def is_level(self) -> bool:
        """Whether land and roads are level."""
        return self.cell == LEVEL_CELL

    def points(self) -> Floats:
        """The grid's points (n, m, 3) [m]."""
        n, m = self.heights.shape
        x, y = self.west + self.cell * np.arange(n)[:, None], self.north + self.cell * np.arange(m)
        return np.stack(np.broadcast_arrays(x, y, self.heights), axis=-1)

    def at(self, x: float, y: float) -> tuple[float, float, float]:
        """Height [m] and its slopes along x and y [m/m]; outside the grid, the height of its border."""
        n, m = self.heights.shape
        i, u = _locate((x - self.west) / self.cell, n)
        j, v = _locate((y - self.north) / self.cell, m)
        (a, b), (c, d) = self.heights[i : i + 2, j : j + 2].tolist()
        z = (1 - u) * ((1 - v) * a + v * b) + u * ((1 - v) * c + v * d)
        return z, ((1 - v) * (c - a) + v * (d - b)) / self.cell, ((1 - u) * (b - a) + u * (d - c)) / self.cell

    def heights_at(self, x: Floats, y: Floats) -> Floats:
        """Heights [m] at points of any shape, as `at` gives them one by one."""
        n, m = self.heights.shape
        i, u = _locate_all((x - self.west) / self.cell, n)
        j, v = _locate_all((y - self.north) / self.cell, m)
        h = self.heights
        z: Floats = (1 - u) * ((1 - v) * h[i, j] + v * h[i, j + 1]) + u * ((1 - v) * h[i + 1, j] + v * h[i + 1, j + 1])
        return z


def fit_terrain(centre: Floats, ahead: Floats, grade: Floats, borders: Floats) -> Terrain:
    """Fit the land to the roads.

    Args:
        centre: (n, 3) samples of the roads [m].
        ahead: (n, 2) horizontal unit vectors along them.
        grade: (n,) slope in that direction [m/m], rising positive.
        borders: (k, 3) points on the roads' surfaces below which the land must stay [m].
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
        [
            _interpolate(part, centre[thin], ahead[thin], grade[thin])
            for part in np.array_split(grid, math.ceil(n * m / 500))
        ]
    ).reshape(n, m)
    _lower(heights, (borders[:, :2] - low) / CELL, borders[:, 2] - BELOW)
    return Terrain(float(low[0]), float(low[1]), cell, heights)


def _interpolate(places: Floats, centre: Floats, ahead: Floats, grade: Floats) -> Floats:
    """The heights that the road samples predict at places (k, 2)."""
    to = places[:, None, :] - centre[:, :2]
    along = np.clip((to * ahead).sum(-1), -REACH, REACH)
    weight = 1.0 / ((to**2).sum(-1) + SOFTNESS**2) ** 2
    heights: Floats = (weight * (centre[:, 2] + grade * along)).sum(1) / weight.sum(1)
    return heights


def _lower(heights: Floats, places: Floats, highest: Floats) -> None:
    """Lower the four grid points around each place (in cells) until the land covers none of the places."""
    corner = places.astype(int)
    u, v = (places - corner).T
    weights = ((1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v)
    points = [(corner[:, 0] + i, corner[:, 1] + j) for i in (0, 1) for j in (0, 1)]
    for _ in range(LOWERINGS):
        over = sum(w * heights[p] for w, p in zip(weights, points, strict=True)) - highest
        if not (over > 0.0).any():
            break
        for weight, point in zip(weights, points, strict=True):
            # A grid point is lowered in proportion to the root of its weight, by the largest amount any place requires.
            np.minimum.at(heights, point, heights[point] - np.maximum(over, 0.0) * np.sqrt(weight))


def _locate(cells: float, count: int) -> tuple[int, float]:
    whole = min(max(math.floor(cells), 0), count - 2)
    return whole, min(max(cells - whole, 0.0), 1.0)


def _locate_all(cells: Floats, count: int) -> tuple[npt.NDArray[np.intp], Floats]:
    whole = np.clip(np.floor(cells), 0, count - 2).astype(np.intp)
    return whole, np.clip(cells - whole, 0.0, 1.0)
