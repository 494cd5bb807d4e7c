"""Poses agree with CARLA's transforms, which the genuine client computes."""

from __future__ import annotations

import math

import carla
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.geometry.poses import Pose, compose, matrix, pose_from_matrix, wrap_angle

metres = st.floats(-100, 100)
poses = st.builds(
    Pose,
    *[metres] * 3,
    pitch=st.floats(-1.5, 1.5),
    yaw=st.floats(-3.1, 3.1),
    roll=st.floats(-3.1, 3.1),
)


def to_carla(pose: Pose) -> carla.Transform:
    angles = (math.degrees(angle) for angle in (pose.pitch, pose.yaw, pose.roll))
    return carla.Transform(carla.Location(pose.x, pose.y, pose.z), carla.Rotation(*angles))


@given(poses)
def test_the_matrix_of_a_pose_is_that_of_carla_s_transform(pose: Pose) -> None:
    assert matrix(pose) == pytest.approx(np.array(to_carla(pose).get_matrix()), abs=1e-4)


@given(poses)
def test_a_pose_is_recovered_from_its_matrix(pose: Pose) -> None:
    assert matrix(pose_from_matrix(matrix(pose))) == pytest.approx(matrix(pose), abs=1e-6)


def test_a_camera_ahead_of_a_car_that_faces_right_is_to_the_right() -> None:
    mounted = compose(Pose(x=10.0, yaw=math.pi / 2), Pose(x=2.0, z=1.4))
    assert (mounted.x, mounted.y, mounted.z) == pytest.approx((10.0, 2.0, 1.4))
    assert mounted.yaw == pytest.approx(math.pi / 2)


@given(st.floats(-50, 50))
def test_a_wrapped_angle_points_the_same_way_within_half_a_turn(angle: float) -> None:
    assert -math.pi <= wrap_angle(angle) < math.pi
    assert math.remainder(wrap_angle(angle) - angle, math.tau) == pytest.approx(0.0, abs=1e-9)
