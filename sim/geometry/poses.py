"""Where things are: poses, and how one sits on another.

Axes are CARLA's: x forward, y to the right, z up, so that whatever turns right is positive: yaw, steer, curvature,
offset. Angles are radians here; CARLA's degrees exist on the wire only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Vector:
    """A point or direction [m] in CARLA's axes."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """A position [m] and an attitude [rad]: pitch nose up, yaw to the right, roll right side down."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


def matrix(pose: Pose) -> Matrix:
    """The 4x4 matrix that takes points of the pose's own axes to the world.

    The product yaw, then pitch, then roll of CARLA's `Transform.get_matrix`.
    """
    cp, sp = math.cos(pose.pitch), math.sin(pose.pitch)
    cy, sy = math.cos(pose.yaw), math.sin(pose.yaw)
    cr, sr = math.cos(pose.roll), math.sin(pose.roll)
    return np.array(
        [
            [cp * cy, cy * sp * sr - sy * cr, -cy * sp * cr - sy * sr, pose.x],
            [cp * sy, sy * sp * sr + cy * cr, -sy * sp * cr + cy * sr, pose.y],
            [sp, -cp * sr, cp * cr, pose.z],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def pose_of(m: Matrix) -> Pose:
    """The pose of a 4x4 matrix made by `matrix` (pitch within +-90 degrees)."""
    pitch = math.asin(max(-1.0, min(1.0, float(m[2, 0]))))
    yaw = math.atan2(float(m[1, 0]), float(m[0, 0]))
    roll = math.atan2(-float(m[2, 1]), float(m[2, 2]))
    return Pose(float(m[0, 3]), float(m[1, 3]), float(m[2, 3]), pitch, yaw, roll)


def attached(parent: Pose, child: Pose) -> Pose:
    """The world pose of a child that sits rigidly at `child` on `parent`."""
    return pose_of(matrix(parent) @ matrix(child))


def wrapped(angle: float) -> float:
    """The same angle [rad] within [-pi, pi)."""
    return (angle + math.pi) % (2 * math.pi) - math.pi
