"""Upright oriented boxes and the distance between two of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sim.geometry.poses import Pose, Vector


@dataclass(frozen=True, slots=True)
class Box:
    """An upright box: centre x, y [m], yaw [rad], half length and half width [m], and its lowest and highest z [m].

    `kind` is CARLA's type id for scenery, which is no actor: `static.building`, for example.
    """

    x: float
    y: float
    yaw: float
    half_x: float
    half_y: float
    bottom: float = -math.inf
    top: float = math.inf
    kind: str = "static.unknown"

    @staticmethod
    def from_bounding_box(pose: Pose, centre: Vector, half: Vector) -> Box:
        """Return the box at a pose, from a bounding box's centre and half extent [m]; pitch and roll are ignored."""
        c, s = math.cos(pose.yaw), math.sin(pose.yaw)
        x, y = pose.x + centre.x * c - centre.y * s, pose.y + centre.x * s + centre.y * c
        z = pose.z + centre.z
        return Box(x, y, pose.yaw, half.x, half.y, z - half.z, z + half.z)

    def extent_along(self, nx: float, ny: float) -> float:
        """Return how far the box extends from its centre along a unit vector [m]."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.half_x * abs(nx * c + ny * s) + self.half_y * abs(ny * c - nx * s)


def gap_along(a: Box, b: Box, nx: float, ny: float) -> float:
    """Return the gap between `a` and `b` along a unit vector pointing from `b` to `a` [m]; negative if they overlap."""
    return (a.x - b.x) * nx + (a.y - b.y) * ny - a.extent_along(nx, ny) - b.extent_along(nx, ny)


def gap(a: Box, b: Box) -> tuple[float, float, float]:
    """Return the widest gap between two boxes seen from above [m] and its direction (unit vector towards `a`).

    The gap is negative if the boxes overlap. Separating axis theorem: two boxes are disjoint if and only if they are
    disjoint along a side of one of them.
    """
    widest = (-math.inf, 0.0, 0.0)
    for box in (a, b):
        for nx, ny in ((math.cos(box.yaw), math.sin(box.yaw)), (-math.sin(box.yaw), math.cos(box.yaw))):
            sign = math.copysign(1.0, (a.x - b.x) * nx + (a.y - b.y) * ny)
            widest = max(widest, (gap_along(a, b, sign * nx, sign * ny), sign * nx, sign * ny))
    return widest


def is_near(a: Box, b: Box) -> bool:
    """Return whether two boxes overlap in height and are close enough for an exact test (the broad phase)."""
    reach = a.half_x + a.half_y + b.half_x + b.half_y
    return abs(a.x - b.x) <= reach and abs(a.y - b.y) <= reach and a.bottom <= b.top and b.bottom <= a.top


def is_overlapping(a: Box, b: Box) -> bool:
    """Return whether two boxes overlap."""
    return is_near(a, b) and gap(a, b)[0] <= 0.0


SolidsNear = Callable[[float, float], Iterable[Box]]
"""Looks up the solid boxes that a car whose centre is at x, y [m] may touch."""
