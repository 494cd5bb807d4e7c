"""Poses, their matrices, and their composition.

Axes are CARLA's: x forward, y right, z up. Yaw, steer, curvature and offset are therefore positive to the right.
Angles are radians; CARLA's degrees appear on the wire only.
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
    """Return the 4x4 matrix from the pose's axes to the world: yaw, pitch, roll, as CARLA's `get_matrix`."""
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


def pose_from_matrix(m: Matrix) -> Pose:
    """Return the pose whose `matrix` this is (pitch within +-90 degrees)."""
    pitch = math.asin(max(-1.0, min(1.0, float(m[2, 0]))))
    yaw = math.atan2(float(m[1, 0]), float(m[0, 0]))
    roll = math.atan2(-float(m[2, 1]), float(m[2, 2]))
    return Pose(float(m[0, 3]), float(m[1, 3]), float(m[2, 3]), pitch, yaw, roll)


def compose(parent: Pose, child: Pose) -> Pose:
    """Return the world pose of something mounted rigidly at `child` on `parent`."""
    return pose_from_matrix(matrix(parent) @ matrix(child))


def wrap_angle(angle: float) -> float:
    """Return an angle [rad] wrapped to [-pi, pi)."""
    return (angle + math.pi) % (2 * math.pi) - math.pi
