"""The viewing rays of a pinhole camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.geometry.poses import Matrix, Pose, matrix

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rays:
    """The direction of each pixel's ray in the camera's axes: (1 forward, right, down), through the pixel's centre.

    Attributes:
        right: (1, width) component to the right.
        down: (height, 1) component downwards.
        focal: the focal length [pixels].
    """

    right: Row
    down: Row
    focal: float

    @staticmethod
    def from_fov(size: tuple[int, int], fov: float) -> Rays:
        """Return the rays of a camera with an image of width x height pixels and a horizontal field of view [rad]."""
        focal = size[0] / 2 / math.tan(fov / 2)
        right, down = ((np.arange(n) + 0.5 - n / 2) / focal for n in size)
        return Rays(right.astype(np.float32)[None, :], down.astype(np.float32)[:, None], focal)


def camera_axes(pose: Pose) -> Matrix:
    """Return a camera's forward, right and down axes in the world, as the columns of a (3, 3) matrix."""
    axes: Matrix = matrix(pose)[:3, :3] * (1.0, 1.0, -1.0)
    return axes
