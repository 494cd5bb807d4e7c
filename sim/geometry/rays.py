"""The rays of a pinhole camera: where each pixel looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.geometry.poses import Matrix, Pose, matrix

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rays:
    """Where the pixels of a camera look, in its own axes: one metre ahead, so much to the right and so much down.

    Attributes:
        right: (1, width), of the pixels' middles.
        down: (height, 1).
        focal: the focal length [pixels].
    """

    right: Row
    down: Row
    focal: float

    @staticmethod
    def of(size: tuple[int, int], fov: float) -> Rays:
        """The rays of a camera of width x height pixels and a horizontal field of view [rad]."""
        focal = size[0] / 2 / math.tan(fov / 2)
        right, down = ((np.arange(n) + 0.5 - n / 2) / focal for n in size)
        return Rays(right.astype(np.float32)[None, :], down.astype(np.float32)[:, None], focal)


def axes(pose: Pose) -> Matrix:
    """A camera's forward, right and down in the world, as the columns of a (3, 3) matrix."""
    turned: Matrix = matrix(pose)[:3, :3] * (1.0, 1.0, -1.0)
    return turned
