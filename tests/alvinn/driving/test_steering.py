from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.steering import VehicleGeometry, compute_control
from sim.dynamics import single_track
from tests.alvinn.fakes import CAR


@given(st.floats(-0.15, 0.15), st.floats(0.0, 40.0))
def test_curvature_becomes_steer_and_comes_back(curvature: float, speed: float) -> None:
    assert CAR.curvature(CAR.steer(curvature, speed), speed) == pytest.approx(curvature, abs=1e-12)


@given(st.floats(-1.0, 1.0), st.floats(0.0, 40.0))
def test_steer_becomes_curvature_and_comes_back(steer: float, speed: float) -> None:
    assert CAR.steer(CAR.curvature(steer, speed), speed) == pytest.approx(steer, abs=1e-9)


@given(st.floats(-1e3, 1e3), st.floats(-5.0, 90.0))
def test_steer_never_leaves_its_range(curvature: float, speed: float) -> None:
    control = compute_control(curvature, speed, throttle=0.3, brake=0.0, vehicle=CAR)
    assert -1.0 <= control.steer <= 1.0
    assert math.copysign(1.0, control.steer) == math.copysign(1.0, curvature) or control.steer == 0.0


@pytest.mark.parametrize("curvature", [0.15, -0.15, 0.04, -0.01])
def test_the_simulated_car_drives_the_circle_that_was_asked_for(curvature: float) -> None:
    """The second road: drive around at walking speed, and measure the circle from three places on it."""
    ground, dt, speed = single_track.Ground(rolling_resistance=0.0), 0.05, 1.0
    state = single_track.State(speed=speed)
    places: list[tuple[float, float]] = []
    for _ in range(round(2.0 * math.pi / abs(curvature) / speed / dt * 0.6)):
        control = single_track.VehicleControl(
            throttle=0.02 * (state.speed < speed), steer=CAR.steer(curvature, state.speed)
        )
        state = single_track.step(state, control, single_track.MODEL3, ground, dt)
        # the arc is the rear axle's: the point that goes where the car is heading
        rear = single_track.MODEL3.wheels[2].position.x
        places.append((state.x + rear * math.cos(state.yaw), state.y + rear * math.sin(state.yaw)))
    n = len(places)
    found = _curvature_through(places[n // 5], places[n // 2], places[-1])
    assert found == pytest.approx(curvature, rel=0.01)


def _curvature_through(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Menger: four times the triangle's area over the product of its sides; y to the right, so clockwise is right."""
    area = ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) / 2.0
    return 4.0 * area / (math.dist(a, b) * math.dist(b, c) * math.dist(c, a))


def test_many_curvatures_become_the_steers_that_one_after_another_do() -> None:
    curvature, speed = np.linspace(-2.0, 2.0, 41), np.linspace(0.0, 40.0, 41)
    for car in (CAR, replace(CAR, steering_curve=())):
        one_by_one = [car.steer(*pair) for pair in zip(curvature.tolist(), speed.tolist(), strict=True)]
        assert car.steer_array(curvature, speed).tolist() == pytest.approx(one_by_one)


@pytest.mark.parametrize(
    "damage", [{"wheelbase": 10**400}, {"width": "wide"}, {"steering_curve": 7}, {"wheels": 4}, {"wheelbase": math.nan}]
)
def test_a_car_that_a_session_tells_is_that_car_or_an_error(damage: dict[str, object]) -> None:
    session = json.loads(json.dumps(asdict(CAR)))
    assert VehicleGeometry.from_dict(session) == CAR
    with pytest.raises((ValueError, LookupError, TypeError)):
        VehicleGeometry.from_dict(session | damage)


def test_more_steer_is_needed_for_the_same_bend_at_speed() -> None:
    assert CAR.steer(0.05, 20.0) > CAR.steer(0.05, 0.0)


def test_a_car_without_a_steering_curve_keeps_its_whole_wheel_angle() -> None:
    plain = VehicleGeometry(wheelbase=3.0, max_wheel_angle=1.0, steering_curve=(), width=2.0)
    assert plain.steer(0.05, 0.0) == plain.steer(0.05, 30.0)


@pytest.mark.parametrize(
    "wrong", [{"width": -2.0}, {"wheelbase": -3.0}, {"wheelbase": 0.0}, {"max_wheel_angle": -1.0}, {"width": 0.0}]
)
def test_a_car_without_a_size_is_refused(wrong: dict[str, float]) -> None:
    numbers = {"wheelbase": 3.0, "max_wheel_angle": 1.0, "width": 2.0} | wrong
    with pytest.raises(ValueError, match="wheelbase"):
        VehicleGeometry(**numbers, steering_curve=())
