"""Rays leave a camera as the pinhole model says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.geometry.poses import Pose
from sim.geometry.rays import Rays, camera_axes


def test_the_outermost_pixels_look_along_the_borders_of_the_field_of_view() -> None:
    rays = Rays.from_fov((320, 160), math.radians(90))
    assert rays.focal == pytest.approx(160.0)
    assert rays.right[0, -1] == pytest.approx(159.5 / 160)
    assert rays.right[0, 0] == -rays.right[0, -1]
    assert rays.down[:, 0][[0, -1]] == pytest.approx([-79.5 / 160, 79.5 / 160])


def test_axes_are_forward_right_and_down() -> None:
    forward, right, down = camera_axes(Pose(yaw=math.pi / 2)).T
    assert np.allclose(forward, (0, 1, 0))
    assert np.allclose(right, (-1, 0, 0))
    assert np.allclose(down, (0, 0, -1))
    assert camera_axes(Pose(pitch=0.3))[2, 0] == pytest.approx(math.sin(0.3))
