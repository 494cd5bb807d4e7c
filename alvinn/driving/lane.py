"""A lane as a line with widths: the one geometric language (s along, offset across) of expert and referee.

Pure numpy; where the points come from (carla.Map) is the world's business. Axes are CARLA's, y to the right, so the
normal that points right of travel is (-sin, cos) of the direction.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

CURVATURE_SPAN = 2.0  # m
NEAR = 12.0  # how far along the lane [m] a car can be from where it was last seen


@dataclass(frozen=True, slots=True)
class LanePoint:
    """A place relative to a lane."""

    s: float
    """along [m]"""
    offset: float
    """right of the centre [m]"""
    direction: float
    """of the lane there [rad]"""
    width: float
    """of the lane there [m]"""


def wrapped(angle: float) -> float:
    """The same angle within [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


class Lane:
    """The centre of a lane, in the direction of travel.

    Args:
        points: x, y, z of the centre [m], shape (n, 3), n >= 3; of a closed lane the last is not the first again.
        widths: lane width at each point [m], shape (n,).
        closed: whether the last point leads back to the first.

    Raises:
        ValueError: shapes differ, or points coincide.
    """

    def __init__(self, points: Points, widths: Points, *, closed: bool) -> None:
        if points.ndim != 2 or points.shape[1] != 3 or len(points) < 3 or widths.shape != (len(points),):
            raise ValueError(f"a lane wants (n, 3) points and (n,) widths, n >= 3, not {points.shape}, {widths.shape}")
        self.closed = closed
        ends = np.roll(points, -1, axis=0) if closed else points[1:]
        starts = points if closed else points[:-1]
        along = (ends - starts)[:, :2]
        lengths = np.hypot(along[:, 0], along[:, 1])
        if lengths.min() <= 1e-6:
            raise ValueError(f"points {int(lengths.argmin())} and the next of a lane are the same")
        along = along / lengths[:, None]
        rows = np.vstack([starts[:, :2].T, along.T, lengths])
        self._rows = np.hstack([rows, rows]) if closed else rows  # twice: a window across the seam is one slice
        # one place at a time is looked up in lists: Python's own numbers are several times faster there than numpy's
        self._points: list[list[float]] = points.tolist()
        self._widths: list[float] = widths.tolist()
        self._lengths: list[float] = lengths.tolist()
        self._yaws = [math.atan2(dy, dx) for dx, dy in along.tolist()]
        self._s: list[float] = [0.0, *np.cumsum(lengths).tolist()]
        self.length = self._s[-1]

    def project(self, x: float, y: float, near: float | None = None) -> LanePoint:
        """The lane point closest to (x, y) [m]; within NEAR metres of `near` along the lane, if given."""
        first, last = (0, len(self._lengths)) if near is None else self._window(near)
        start_x, start_y, along_x, along_y, length = self._rows[:, first:last]
        gap_x, gap_y = x - start_x, y - start_y
        t = np.minimum(np.maximum(gap_x * along_x + gap_y * along_y, 0.0), length)
        gap_x -= t * along_x
        gap_y -= t * along_y
        best = int((gap_x * gap_x + gap_y * gap_y).argmin())
        index, way = (first + best) % len(self._lengths), float(t[best])
        share = way / self._lengths[index]
        direction = self._direction(index, share)
        return LanePoint(
            s=self._s[index] + way,
            offset=float(gap_y[best]) * math.cos(direction) - float(gap_x[best]) * math.sin(direction),
            direction=direction,
            width=self._width(index, share),
        )

    def _window(self, near: float) -> tuple[int, int]:
        """The pieces, from the first to before the last, within NEAR of a place; past the seam they count on."""
        if self.closed and self.length <= 2.0 * NEAR:
            return 0, len(self._lengths)
        first, last = self._locate(near - NEAR)[0], self._locate(near + NEAR)[0] + 1
        return first, last if first < last else last + len(self._lengths)

    def _locate(self, s: float) -> tuple[int, float]:
        s = s % self.length if self.closed else min(max(s, 0.0), self.length)
        index = min(bisect_right(self._s, s) - 1, len(self._lengths) - 1)
        return index, (s - self._s[index]) / self._lengths[index]

    def _next(self, index: int) -> int:
        return (index + 1) % len(self._points) if self.closed else index + 1

    def _direction(self, index: int, share: float) -> float:
        """Direction of travel, turned evenly between the middles of neighbouring pieces."""
        other = index + (1 if share >= 0.5 else -1)
        if self.closed:
            other %= len(self._yaws)
        elif not 0 <= other < len(self._yaws):
            other = index
        yaw = self._yaws[index]
        return wrapped(yaw + wrapped(self._yaws[other] - yaw) * abs(share - 0.5))

    def _width(self, index: int, share: float) -> float:
        here, after = self._widths[index], self._widths[self._next(index)]
        return here + share * (after - here)

    def at(self, s: float) -> tuple[float, float, float, float]:
        """(x, y, z, direction) of the centre at a distance along it; wraps around a closed lane."""
        index, share = self._locate(s)
        (x, y, z), (to_x, to_y, to_z) = self._points[index], self._points[self._next(index)]
        return x + share * (to_x - x), y + share * (to_y - y), z + share * (to_z - z), self._direction(index, share)

    def curvature(self, s: float) -> float:
        """Curvature [1/m] of the centre at a distance along it, over CURVATURE_SPAN metres, right positive."""
        behind, ahead = self.at(s - CURVATURE_SPAN / 2.0)[3], self.at(s + CURVATURE_SPAN / 2.0)[3]
        return wrapped(ahead - behind) / CURVATURE_SPAN

    def between(self, start: float, end: float) -> float:
        """How far along the lane it is from `start` to `end` [m]; the shorter way around a closed lane."""
        if not self.closed:
            return end - start
        return (end - start + self.length / 2.0) % self.length - self.length / 2.0
