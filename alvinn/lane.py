"""A lane as a line with widths: the one geometric language (s along, offset across) of expert and referee.

Pure numpy; where the points come from (carla.Map) is the world's business. Axes are CARLA's, y to the right, so the
normal that points right of travel is (-sin, cos) of the direction.
"""

from __future__ import annotations

import math
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
        self._points = points
        self._widths = widths
        self._starts = starts[:, :2]
        self._along = along / lengths[:, None]
        self._lengths = lengths
        self._s = np.concatenate([[0.0], np.cumsum(lengths)])
        self.length = float(self._s[-1])

    def project(self, x: float, y: float, near: float | None = None) -> LanePoint:
        """The lane point closest to (x, y) [m]; within NEAR metres of `near` along the lane, if given."""
        which = np.arange(len(self._lengths)) if near is None else self._window(near)
        relative = np.array([x, y]) - self._starts[which]
        along = self._along[which]
        t = np.clip((relative * along).sum(axis=1), 0.0, self._lengths[which])
        gap = relative - t[:, None] * along
        best = int((gap * gap).sum(axis=1).argmin())
        index, share = int(which[best]), float(t[best] / self._lengths[which[best]])
        direction = self._direction(index, share)
        return LanePoint(
            s=float(self._s[index] + t[best]),
            offset=float(-gap[best, 0] * math.sin(direction) + gap[best, 1] * math.cos(direction)),
            direction=direction,
            width=self._width(index, share),
        )

    def _window(self, near: float) -> npt.NDArray[np.intp]:
        if not self.closed:
            return np.arange(self._locate(near - NEAR)[0], self._locate(near + NEAR)[0] + 1)
        if self.length <= 2.0 * NEAR:
            return np.arange(len(self._lengths))
        first, last = self._locate(near - NEAR)[0], self._locate(near + NEAR)[0]
        return np.arange(first, last + 1 if first <= last else last + 1 + len(self._lengths)) % len(self._lengths)

    def _locate(self, s: float) -> tuple[int, float]:
        s = s % self.length if self.closed else min(max(s, 0.0), self.length)
        index = min(int(np.searchsorted(self._s, s, side="right")) - 1, len(self._lengths) - 1)
        return index, float((s - self._s[index]) / self._lengths[index])

    def _next(self, index: int) -> int:
        return (index + 1) % len(self._points) if self.closed else index + 1

    def _direction(self, index: int, share: float) -> float:
        """Direction of travel, turned evenly between the middles of neighbouring pieces."""
        here = self._along[index]
        other = index + (1 if share >= 0.5 else -1)
        if self.closed:
            other %= len(self._along)
        elif not 0 <= other < len(self._along):
            other = index
        yaw = math.atan2(here[1], here[0])
        turn = wrapped(math.atan2(self._along[other, 1], self._along[other, 0]) - yaw)
        return wrapped(yaw + turn * abs(share - 0.5))

    def _width(self, index: int, share: float) -> float:
        after = self._next(index)
        return float(self._widths[index] + share * (self._widths[after] - self._widths[index]))

    def at(self, s: float) -> tuple[float, float, float, float]:
        """(x, y, z, direction) of the centre at a distance along it; wraps around a closed lane."""
        index, share = self._locate(s)
        x, y, z = self._points[index] + share * (self._points[self._next(index)] - self._points[index])
        return float(x), float(y), float(z), self._direction(index, share)

    def curvature(self, s: float) -> float:
        """Curvature [1/m] of the centre at a distance along it, over CURVATURE_SPAN metres, right positive."""
        behind, ahead = self.at(s - CURVATURE_SPAN / 2.0)[3], self.at(s + CURVATURE_SPAN / 2.0)[3]
        return wrapped(ahead - behind) / CURVATURE_SPAN

    def between(self, start: float, end: float) -> float:
        """How far along the lane it is from `start` to `end` [m]; the shorter way around a closed lane."""
        if not self.closed:
            return end - start
        return (end - start + self.length / 2.0) % self.length - self.length / 2.0
