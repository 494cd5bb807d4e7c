from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.cruise import SpeedController
from sim.dynamics import single_track
from tests.alvinn.fakes import CAR, DT


def drive(pedals: SpeedController, curvature: float, ticks: int, speed: float = 0.0) -> list[single_track.State]:
    """The simulated car on a plain, with these pedals, steered along one curvature."""
    state, states = single_track.State(speed=speed), []
    for _ in range(ticks):
        throttle, brake = pedals.hold(state.speed, curvature)
        control = single_track.VehicleControl(throttle=throttle, brake=brake, steer=CAR.steer(curvature, state.speed))
        state = single_track.step(state, control, single_track.MODEL3, single_track.Ground(), DT)
        states.append(state)
    return states


@pytest.mark.parametrize("cruise", [3.0, 8.0, 15.0])
def test_the_car_reaches_its_speed_and_holds_it(cruise: float) -> None:
    states = drive(SpeedController(cruise, DT), curvature=0.0, ticks=600)
    assert max(state.speed for state in states) < cruise + 0.1
    assert [state.speed for state in states[-100:]] == pytest.approx([cruise] * 100, abs=0.1)


def test_the_car_slows_down_to_its_speed() -> None:
    assert drive(SpeedController(8.0, DT), curvature=0.0, ticks=400, speed=16.0)[-1].speed == pytest.approx(
        8.0, abs=0.2
    )


@pytest.mark.parametrize("curvature", [1 / 10.0, -1 / 15.0, 1 / 30.0])
def test_lateral_acceleration_stays_within_three_metres_per_second_squared(curvature: float) -> None:
    states = drive(SpeedController(12.0, DT), curvature=curvature, ticks=500)[-200:]
    assert max(abs(state.speed * state.yaw_rate) for state in states) < 3.2
    assert states[-1].speed == pytest.approx(math.sqrt(3.0 / abs(curvature)), abs=0.3)


@pytest.mark.parametrize(("radius", "spiral"), [(15.0, 20.0), (20.0, 15.0), (25.0, 10.0)])
def test_it_brakes_on_the_way_into_a_bend_so_that_the_limit_holds_from_its_beginning(
    radius: float, spiral: float
) -> None:
    pedals, state, way, most = SpeedController(8.0, DT), single_track.State(speed=8.0), 0.0, 0.0
    for _ in range(400):
        curvature = min(max(0.0, way - 40.0) / spiral, 1.0) / radius  # straight, spiral, arc
        throttle, brake = pedals.hold(state.speed, curvature)
        control = single_track.VehicleControl(throttle=throttle, brake=brake, steer=CAR.steer(curvature, state.speed))
        state = single_track.step(state, control, single_track.MODEL3, single_track.Ground(), DT)
        way += state.speed * DT
        most = max(most, abs(state.speed * state.yaw_rate))
    assert 2.5 < most < 3.05


def test_a_gentle_bend_costs_no_speed() -> None:
    assert drive(SpeedController(8.0, DT), curvature=0.01, ticks=400)[-1].speed == pytest.approx(8.0, abs=0.2)


def test_a_twitch_of_the_wheel_does_not_brake_the_car() -> None:
    pedals = SpeedController(8.0, DT)
    for _ in range(100):
        pedals.hold(8.0, 0.0)
    assert pedals.hold(8.0, 0.05) == pedals.hold(8.0, 0.0) == (0.0, 0.0)


@given(st.lists(st.tuples(st.floats(0.0, 60.0), st.floats(-0.5, 0.5)), min_size=1, max_size=40))
def test_throttle_and_brake_are_in_range_and_never_pressed_at_once(moments: list[tuple[float, float]]) -> None:
    pedals = SpeedController(8.0, DT)
    for speed, curvature in moments:
        throttle, brake = pedals.hold(speed, curvature)
        assert 0.0 <= throttle <= 1.0
        assert 0.0 <= brake <= 1.0
        assert throttle == 0.0 or brake == 0.0


def test_a_reset_forgets_the_past() -> None:
    pedals = SpeedController(8.0, DT)
    fresh = pedals.hold(5.0, 0.02)
    for _ in range(50):
        pedals.hold(2.0, 0.1)
    pedals.reset()
    assert pedals.hold(5.0, 0.02) == fresh


@pytest.mark.parametrize("speed", [0.0, -3.0, math.nan, math.inf])
def test_a_speed_that_does_not_get_anywhere_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SpeedController(speed, DT)
