"""Finds the sample of a road that is nearest to a point, in a grid of cells."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# x, y, z [m]; x, y of the unit vector to the right; left and right edge [m]; grade [m/m]; speed limit [km/h]
Sample = tuple[float, ...]
Entry = tuple[float, ...]  # a Sample, its road's number, and how far behind and ahead of it that road is [m]

STEP = 1.0  # largest distance between two samples along a road [m]
CELL = 8.0  # size of the cells [m]
MOST_ENTRIES = 5_000_000  # of all cells together; Town07 has 0.1 million
SAME_LEVEL = 2.0  # height above or below a road within which a car can be on it [m]
AT_ENDS = 0.02  # how far a road continues beyond its first and last sample, which are not quite at its ends [m]


class SampleIndex:
    """The samples by cell: each is listed in every cell that its cross-section, widened by `beside` [m], may reach.

    Args:
        roads: pieces of road, each as an array (n, 9) of samples STEP apart.
        beside: how far from a road's edge points are looked up [m].

    Raises:
        ValueError: the roads cover so much ground that memory would run out.
    """

    def __init__(self, roads: Iterable[Floats], beside: float) -> None:
        self._cells: dict[tuple[int, int], list[Entry]] = {}
        entries = 0
        for number, table in enumerate(roads):
            for row in _add_reach(number, table).tolist():
                reach = max(abs(row[5]), abs(row[6])) + beside
                xs = range(math.floor((row[0] - reach) / CELL), math.floor((row[0] + reach) / CELL) + 1)
                ys = range(math.floor((row[1] - reach) / CELL), math.floor((row[1] + reach) / CELL) + 1)
                for cell in ((i, j) for i in xs for j in ys):
                    self._cells.setdefault(cell, []).append(tuple(row))
                entries += len(xs) * len(ys)
                if entries > MOST_ENTRIES:
                    raise ValueError("its roads cover more ground than can be stored: they are too long and too wide")

    def nearest(self, x: float, y: float, z: float) -> Sample | None:
        """The sample whose cross-section is nearest to a point; None far from any road.

        Where roads overlap, one that the point is on, at the nearest height, comes before the verge of another.
        """
        nearest: dict[float, tuple[float, float, Entry]] = {}
        for sample in self._cells.get((math.floor(x / CELL), math.floor(y / CELL)), ()):
            sx, sy, sz, rx, ry, left, right, grade, _, road, behind, ahead = sample
            dx, dy = x - sx, y - sy
            across, along = dx * rx + dy * ry, dx * ry - dy * rx
            beside = left - across if across < left else across - right if across > right else 0.0
            distance = beside * beside + along * along + (z - sz) ** 2
            if road not in nearest or distance < nearest[road][0]:
                above = abs(z - sz - grade * along)
                is_on = beside == 0.0 and -behind <= along <= ahead and above <= SAME_LEVEL
                nearest[road] = distance, above if is_on else math.inf, sample
        if not nearest:
            return None
        return min(nearest.values(), key=lambda found: (found[1], found[0]))[2][:9]


def _add_reach(number: int, table: Floats) -> Floats:
    """The entries of a road's samples, a row each."""
    count = len(table)
    # On the outside of bends samples are farther apart than STEP; at its ends the road is over.
    behind, ahead = np.full(count, 2 * STEP), np.full(count, 2 * STEP)
    behind[0] = ahead[-1] = AT_ENDS
    entries: Floats = np.column_stack((table, np.full(count, number), behind, ahead))
    return entries
