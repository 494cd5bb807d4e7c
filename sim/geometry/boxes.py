"""Oriented boxes: upright blocks turned by a yaw, and how far apart two of them are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.geometry.poses import Pose, Vector


@dataclass(frozen=True, slots=True)
class Box:
    """A block that takes up room: its middle [m], yaw [rad], half sizes along and across it, and its height's ends.

    `kind` is CARLA's name of what it is, for what is no actor, such as `static.building`.
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
    def around(pose: Pose, centre: Vector, half: Vector) -> Box:
        """The box of something at a pose, from its bounding box in its own axes; attitude is left out of it."""
        c, s = math.cos(pose.yaw), math.sin(pose.yaw)
        x, y = pose.x + centre.x * c - centre.y * s, pose.y + centre.x * s + centre.y * c
        z = pose.z + centre.z
        return Box(x, y, pose.yaw, half.x, half.y, z - half.z, z + half.z)

    def reach(self, nx: float, ny: float) -> float:
        """How far the box extends from its middle along a unit vector [m]."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return self.half_x * abs(nx * c + ny * s) + self.half_y * abs(ny * c - nx * s)


def gap_along(a: Box, b: Box, nx: float, ny: float) -> float:
    """How far `a` is from `b` along a unit vector that points from `b` to `a` [m]; negative where they overlap."""
    return (a.x - b.x) * nx + (a.y - b.y) * ny - a.reach(nx, ny) - b.reach(nx, ny)


def gap(a: Box, b: Box) -> tuple[float, float, float]:
    """The widest gap between two boxes [m] seen from above, negative where they overlap, and its direction to `a`.

    By separating axes: two boxes are apart exactly if they are so along a side of one of them.
    """
    widest = (-math.inf, 0.0, 0.0)
    for box in (a, b):
        for nx, ny in ((math.cos(box.yaw), math.sin(box.yaw)), (-math.sin(box.yaw), math.cos(box.yaw))):
            sign = math.copysign(1.0, (a.x - b.x) * nx + (a.y - b.y) * ny)
            widest = max(widest, (gap_along(a, b, sign * nx, sign * ny), sign * nx, sign * ny))
    return widest


def near(a: Box, b: Box) -> bool:
    """Whether two boxes are on one level and close enough to be worth a closer look."""
    reach = a.half_x + a.half_y + b.half_x + b.half_y
    return abs(a.x - b.x) <= reach and abs(a.y - b.y) <= reach and a.bottom <= b.top and b.bottom <= a.top


def overlap(a: Box, b: Box) -> bool:
    """Whether two boxes share any room."""
    return near(a, b) and gap(a, b)[0] <= 0.0
