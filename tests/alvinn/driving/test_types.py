from __future__ import annotations

import inspect
import math
from dataclasses import FrozenInstanceError, fields
from typing import get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.drivers.network import NetworkDriver
from alvinn.driving.protocols import Driver
from alvinn.driving.types import Camera, Control, Decision, GroundTruth, Image, Observation
from tests.alvinn.fakes import picture, step


def test_the_horizon_of_a_level_camera_is_its_middle_row() -> None:
    assert Camera(width=320, height=160, pitch=0.0).horizon_row == 80.0


@given(st.floats(-30.0, 30.0), st.floats(30.0, 120.0))
def test_a_far_point_on_flat_ground_is_seen_at_the_horizon(pitch: float, fov: float) -> None:
    camera = Camera(fov=fov, pitch=pitch)
    # the direction of a point at infinity straight ahead, turned into the camera's own axes
    ahead, up = math.cos(math.radians(-pitch)), math.sin(math.radians(-pitch))
    row = camera.height / 2.0 - (camera.width / 2.0 / math.tan(math.radians(fov / 2.0))) * up / ahead
    assert camera.horizon_row == pytest.approx(row)


def test_a_camera_with_its_nose_down_sees_the_horizon_above_its_middle() -> None:
    assert Camera(pitch=-8.0).horizon_row < Camera().height / 2.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 0},
        {"height": -1},
        {"width": 64.5},
        {"height": "tall"},
        {"fov": 0.5},
        {"fov": 180.0},
        {"z": math.nan},
        {"x": -math.inf},
    ],
)
def test_a_camera_without_a_picture_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"pixels|field of view|must be a (whole|finite) number"):
        Camera(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), dtype=np.uint8),
        np.zeros((4, 4, 4), dtype=np.uint8),
        np.zeros((4, 4, 3), dtype=np.float32),
    ],
)
def test_an_observation_refuses_what_is_no_rgb_picture(image: Image) -> None:
    with pytest.raises(ValueError, match="not"):
        Observation(frame=0, time=0.0, image=image, speed=0.0)


@pytest.mark.parametrize("nothing", [math.nan, math.inf, -math.inf])
def test_a_decision_is_a_number(nothing: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Decision(curvature=nothing, who="x")
    with pytest.raises(ValueError, match="finite"):
        Decision(curvature=0.0, who="x", disturbance=nothing)


@pytest.mark.parametrize(
    "wrong", [(1.1, 0.0, 0.0), (-1.1, 0.0, 0.0), (0.0, -0.1, 0.0), (0.0, 0.0, 1.1), (math.nan, 0.0, 0.0)]
)
def test_a_control_out_of_range_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="must be in"):
        Control(*wrong)


def test_what_was_said_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        step().control.steer = 0.0  # type: ignore[misc]


@pytest.mark.parametrize("driver", [Driver, NetworkDriver])
def test_a_driver_is_handed_an_observation_and_nothing_else(driver: type[Driver]) -> None:
    parameters = list(inspect.signature(driver.decide).parameters)
    assert parameters == ["self", "observation"]
    assert get_type_hints(driver.decide)["observation"] is Observation


def test_an_observation_holds_nothing_of_the_truth() -> None:
    assert {field.name for field in fields(Observation)} == {"frame", "time", "image", "speed", "others"}
    assert not {field.name for field in fields(Observation)} & {field.name for field in fields(GroundTruth)}


def test_pictures_of_the_tests_differ() -> None:
    assert not np.array_equal(picture(1), picture(2))


def test_the_side_cameras_sit_to_the_left_and_right_of_the_centre_one() -> None:
    camera = Camera(y=0.1)
    assert camera.at_mount("left").y < camera.y < camera.at_mount("right").y
    assert camera.at_mount("depth") == camera
