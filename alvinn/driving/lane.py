"""A lane as a centre line with widths: the lane coordinates (s along, offset across) of expert and referee.

Pure numpy; alvinn/world/lane_map.py takes the points from carla.Map. Axes are CARLA's, y to the right, so the normal
that points right of travel is (-sin, cos) of the direction.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

CURVATURE_SPAN = 2.0  # m
SLOPE_SPAN = 3.0  # m: about a car's wheelbase
END_SECONDS = 2.0  # of driving before the end of an open lane, where a drive ends
SEARCH_RADIUS = 12.0  # m along the lane, either way, in which a car is looked for around its last place


@dataclass(frozen=True, slots=True)
class LanePoint:
    """A place in lane coordinates."""

    s: float
    """distance along the lane [m]"""
    offset: float
    """right of the centre [m]"""
    direction: float
    """heading of the lane there [rad]"""
    width: float
    """lane width there [m]"""


def wrap_angle(angle: float) -> float:
    """The same angle [rad] within [-pi, pi)."""
    return (angle + math.pi) % (2.0 * math.pi) - math.pi


class Lane:
    """The centre of a lane, in the direction of travel.

    Args:
        points: x, y, z of the centre [m], shape (n, 3), n >= 3; a closed lane does not repeat its first point.
        widths: lane width at each point [m], shape (n,).
        closed: whether the last point leads back to an earlier one.
        lead_in: index of that point: 0 for a ring; the points before it are driven once, before the loop.

    Raises:
        ValueError: shapes differ, points coincide, or the loop has fewer than 3 points.
    """

    def __init__(self, points: Points, widths: Points, *, closed: bool, lead_in: int = 0) -> None:
        if points.ndim != 2 or points.shape[1] != 3 or len(points) < 3 or widths.shape != (len(points),):
            raise ValueError(
                f"a lane needs (n, 3) points and (n,) widths, n >= 3, not {points.shape} and {widths.shape}"
            )
        if lead_in and not (closed and 0 < lead_in <= len(points) - 3):
            raise ValueError(
                f"a lead-in of {lead_in} points must be followed by a loop; the lane has {len(points)} points"
            )
        self.closed = closed
        self._first_of_loop = lead_in
        ends = np.vstack([points[1:], points[lead_in : lead_in + 1]]) if closed else points[1:]
        starts = points if closed else points[:-1]
        along = (ends - starts)[:, :2]
        lengths = np.hypot(along[:, 0], along[:, 1])
        if lengths.min() <= 1e-6:
            raise ValueError(f"point {int(lengths.argmin())} of a lane and the next one coincide")
        along = along / lengths[:, None]
        rows = np.vstack([starts[:, :2].T, along.T, lengths])
        # the loop is stored twice, so that a window across its seam is one slice
        self._rows = np.hstack([rows, rows[:, lead_in:]]) if closed else rows
        # lists for looking up one place at a time: Python floats are several times faster there than numpy's
        self._points: list[list[float]] = points.tolist()
        self._widths: list[float] = widths.tolist()
        self._lengths: list[float] = lengths.tolist()
        self._yaws = [math.atan2(dy, dx) for dx, dy in along.tolist()]
        self._s: list[float] = [0.0, *np.cumsum(lengths).tolist()]
        self.length = self._s[-1]
        self.lead_in = self._s[lead_in]
        """distance [m] from the lane's beginning to its loop; 0 for a ring and for an open lane"""

    def project(self, x: float, y: float, near: float | None = None) -> LanePoint:
        """The lane point closest to (x, y) [m]; if `near` is given, within SEARCH_RADIUS of it along the lane."""
        first, last = (0, len(self._lengths)) if near is None else self._window(near)
        start_x, start_y, along_x, along_y, length = self._rows[:, first:last]
        gap_x, gap_y = x - start_x, y - start_y
        t = np.minimum(np.maximum(gap_x * along_x + gap_y * along_y, 0.0), length)
        gap_x -= t * along_x
        gap_y -= t * along_y
        best = int((gap_x * gap_x + gap_y * gap_y).argmin())
        index, way = first + best, float(t[best])
        if index >= len(self._lengths):
            index -= len(self._lengths) - self._first_of_loop
        share = way / self._lengths[index]
        direction = self._direction(index, share)
        return LanePoint(
            s=self._s[index] + way,
            offset=float(gap_y[best]) * math.cos(direction) - float(gap_x[best]) * math.sin(direction),
            direction=direction,
            width=self._width(index, share),
        )

    def _window(self, near: float) -> tuple[int, int]:
        """Range of the segments within SEARCH_RADIUS of a place, end exclusive; indices continue past the seam."""
        if self.closed and self.loop <= 2.0 * SEARCH_RADIUS:
            return 0, len(self._lengths)
        near = self._normalize(near)
        begin = near - SEARCH_RADIUS
        if self.closed and begin < self.lead_in <= near:
            begin += self.loop  # on the loop, the end of the loop is behind the car, not the lead-in
        first, last = self._locate(begin)[0], self._locate(near + SEARCH_RADIUS)[0] + 1
        return first, last if first < last else last + len(self._lengths) - self._first_of_loop

    @property
    def loop(self) -> float:
        """Length of a closed lane's loop [m], without its lead-in."""
        return self.length - self.lead_in

    def _normalize(self, s: float) -> float:
        """The same place as a distance within the lane: wrapped onto a loop, clamped to other ends."""
        if self.closed and s >= self.length:
            return self.lead_in + (s - self.lead_in) % self.loop
        if self.closed and not self.lead_in:
            return s % self.length
        return min(max(s, 0.0), self.length)

    def _locate(self, s: float) -> tuple[int, float]:
        s = self._normalize(s)
        index = min(bisect_right(self._s, s) - 1, len(self._lengths) - 1)
        return index, (s - self._s[index]) / self._lengths[index]

    def _next(self, index: int) -> int:
        return self._first_of_loop if self.closed and index + 1 == len(self._points) else index + 1

    def _direction(self, index: int, share: float) -> float:
        """Direction of travel, interpolated between the middles of neighbouring segments."""
        other = self._next(index) if share >= 0.5 else index - 1
        if other < 0 and self.closed and not self.lead_in:
            other = len(self._yaws) - 1
        elif not 0 <= other < len(self._yaws):
            other = index
        yaw = self._yaws[index]
        return wrap_angle(yaw + wrap_angle(self._yaws[other] - yaw) * abs(share - 0.5))

    def _width(self, index: int, share: float) -> float:
        here, after = self._widths[index], self._widths[self._next(index)]
        return here + share * (after - here)

    def at(self, s: float) -> tuple[float, float, float, float]:
        """(x, y, z [m], direction [rad]) of the centre at a distance along it; wraps around a closed lane's loop."""
        index, share = self._locate(s)
        (x, y, z), (to_x, to_y, to_z) = self._points[index], self._points[self._next(index)]
        return x + share * (to_x - x), y + share * (to_y - y), z + share * (to_z - z), self._direction(index, share)

    def curvature(self, s: float) -> float:
        """Curvature of the centre [1/m, right positive] at a distance along it, averaged over CURVATURE_SPAN."""
        behind, ahead = self.at(s - CURVATURE_SPAN / 2.0)[3], self.at(s + CURVATURE_SPAN / 2.0)[3]
        return wrap_angle(ahead - behind) / CURVATURE_SPAN

    def slope(self, s: float) -> float:
        """How steeply the centre rises at a distance along it, over SLOPE_SPAN: metres up for each metre along."""
        (x, y, z, _), (to_x, to_y, to_z, _) = self.at(s - SLOPE_SPAN / 2.0), self.at(s + SLOPE_SPAN / 2.0)
        return (to_z - z) / max(math.hypot(to_x - x, to_y - y), SLOPE_SPAN / 4.0)

    def between(self, start: float, end: float) -> float:
        """Signed distance [m] along the lane from `start` to `end`; the shorter way where both are on a loop."""
        if not self.closed or (self.lead_in and min(start, end) < self.lead_in):
            return end - start
        return (end - start + self.loop / 2.0) % self.loop - self.loop / 2.0

    def end_at(self, speed: float) -> float:
        """Where a drive at a speed [m/s] ends, as a distance along it [m]; infinite for a closed lane.

        Two seconds before an open lane's end, since there is no road ahead to steer for.
        """
        return math.inf if self.closed else self.length - END_SECONDS * speed

    def distance_around(self, start: float, laps: int) -> float:
        """Distance [m] from a place on a closed lane to the point where its loop was driven `laps` times."""
        return max(0.0, self.lead_in - start) + laps * self.loop
