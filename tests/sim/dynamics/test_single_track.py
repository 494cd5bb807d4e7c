"""The car against closed forms and published figures, and against itself in smaller steps."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dynamics.single_track import (
    GRAVITY,
    MODEL3,
    Ground,
    SingleTrackModel,
    State,
    VehicleControl,
    lateral_force,
    step,
)
from sim.geometry.poses import Pose

WHEELBASE = MODEL3.wheels[0].position.x - MODEL3.wheels[2].position.x
LEVEL, GRASS = Ground(), Ground(friction=0.5, rolling_resistance=0.08)
DT = 0.05


def driven(
    state: State, control: VehicleControl, seconds: float, ground: Ground = LEVEL, dt: float = DT
) -> list[State]:
    """The states after each step, the first one included."""
    states = [state]
    for _ in range(round(seconds / dt)):
        states.append(step(states[-1], control, MODEL3, ground, dt))
    return states


def cruising(speed: float, steer: float, seconds: float, ground: Ground = LEVEL) -> list[State]:
    """A car whose throttle holds its speed [m/s] while it steers."""
    states = [State(speed=speed)]
    for _ in range(round(seconds / DT)):
        throttle = min(1.0, max(0.0, 0.2 + 2.0 * (speed - states[-1].speed)))
        states.append(step(states[-1], VehicleControl(throttle=throttle, steer=steer), MODEL3, ground, DT))
    return states


def energy(state: State) -> float:
    """Kinetic energy [J] with the yaw inertia that makes a car's dynamic index 1."""
    inertia = MODEL3.mass * (WHEELBASE / 2) ** 2
    return 0.5 * MODEL3.mass * (state.speed**2 + state.lateral_speed**2) + 0.5 * inertia * state.yaw_rate**2


def fitted_radius(states: list[State]) -> float:
    """Radius [m] of the circle that the rear axle's middle runs on, by least squares."""
    x = np.array([s.x - WHEELBASE / 2 * math.cos(s.yaw) for s in states])
    y = np.array([s.y - WHEELBASE / 2 * math.sin(s.yaw) for s in states])
    cx, cy, c = np.linalg.lstsq(np.column_stack((x, y, np.ones(len(x)))), x**2 + y**2, rcond=None)[0]
    return float(np.sqrt(c + cx**2 / 4 + cy**2 / 4))


@pytest.mark.parametrize("steer", [-0.9, -0.6, -0.2, 0.05, 0.3, 0.8])
def test_at_walking_speed_the_rear_axle_circles_at_wheelbase_over_tan_of_the_wheel_angle(steer: float) -> None:
    states = cruising(0.3, steer, 60.0)[60:]
    assert math.degrees(states[-1].wheel_angle) == pytest.approx(70.0 * steer, rel=0.02)
    assert fitted_radius(states) == pytest.approx(WHEELBASE / math.tan(abs(states[-1].wheel_angle)), rel=0.01)
    assert states[-1].yaw_rate * steer > 0.0, "a positive steer turns right"


@pytest.mark.parametrize("speed", [10.0, 20.0, 30.0])
def test_at_speed_the_car_understeers_as_the_steady_state_formula_says(speed: float) -> None:
    """Rajamani, section 3.3: delta = L / R + K a_y, with K = m / L (b / C_front - a / C_rear) of both wheels."""
    steer = 0.6 / speed**2
    state = cruising(speed, steer, 20.0)[-1]
    curvature = state.yaw_rate / state.speed
    half = WHEELBASE / 2
    stiffness = [wheel.lat_stiff_value * MODEL3.mass * GRAVITY / 2 for wheel in (MODEL3.wheels[0], MODEL3.wheels[2])]
    gradient = MODEL3.mass / WHEELBASE * (half / stiffness[0] - half / stiffness[1])
    expected = WHEELBASE * curvature + gradient * speed**2 * curvature
    assert state.wheel_angle == pytest.approx(expected, rel=0.02)
    assert gradient * speed**2 > 0.01 * WHEELBASE, "the check is about understeer"


@pytest.mark.parametrize("ground", [LEVEL, GRASS])
def test_nothing_moves_a_car_more_than_its_tyres_hold(ground: Ground) -> None:
    states = cruising(15.0, 0.5, 6.0, ground) + driven(
        State(speed=30.0), VehicleControl(brake=1.0, steer=0.5), 3.0, ground
    )
    felt = [math.hypot(state.acceleration.x, state.acceleration.y) for state in states]
    rolling_and_air = ground.rolling_resistance * GRAVITY + 0.2
    assert 0.9 * ground.friction * GRAVITY < max(felt) < ground.friction * GRAVITY + rolling_and_air


def test_braking_from_100_to_0_takes_as_far_as_road_tests_say() -> None:
    states = driven(State(speed=100 / 3.6), VehicleControl(brake=1.0), 6.0)
    assert states[-1].speed == 0.0
    assert 35.0 < states[-1].x < 42.0
    assert driven(State(speed=100 / 3.6), VehicleControl(brake=1.0), 12.0, GRASS)[-1].x > 55.0


def test_0_to_100_takes_as_long_as_road_tests_say() -> None:
    states = driven(State(), VehicleControl(throttle=1.0), 10.0)
    seconds = next(i for i, state in enumerate(states) if state.speed >= 100 / 3.6) * DT
    assert 5.3 <= seconds <= 6.2


def test_the_top_speed_is_that_of_a_fast_car_and_no_more() -> None:
    states = driven(State(), VehicleControl(throttle=1.0), 120.0)
    assert 215.0 < states[-1].speed * 3.6 < 260.0
    assert states[-1].speed == pytest.approx(states[-100].speed, rel=0.01)


def test_in_reverse_the_car_backs_up_and_its_nose_swings_the_other_way() -> None:
    states = driven(State(), VehicleControl(throttle=0.3, steer=0.3, reverse=True), 3.0)
    assert states[-1].x < -2.0
    assert states[-1].speed < -1.0
    assert states[-1].yaw < -0.1
    assert fitted_radius(driven(states[-1], VehicleControl(steer=0.3, reverse=True), 2.0)) == pytest.approx(
        WHEELBASE / math.tan(states[-1].wheel_angle), rel=0.03
    )


def test_the_hand_brake_works_on_the_rear_wheels_alone() -> None:
    start = State(speed=20.0)
    far = driven(start, VehicleControl(hand_brake=True), 10.0)[-1]
    near = driven(start, VehicleControl(brake=1.0), 10.0)[-1]
    assert far.speed == near.speed == 0.0
    assert far.x / near.x == pytest.approx(2.0, rel=0.1), "half the weight brakes"
    turning = cruising(15.0, 0.08, 4.0)[-1]
    locked = driven(turning, VehicleControl(steer=0.08, hand_brake=True), 1.0)
    braked = driven(turning, VehicleControl(steer=0.08, brake=0.3), 1.0)
    assert max(abs(s.lateral_speed) for s in locked) > 4.0 * max(abs(s.lateral_speed) for s in braked)


@pytest.mark.parametrize(
    "ground", [Ground(pitch=0.2), Ground(pitch=-0.2), Ground(roll=0.15), Ground(pitch=0.1, roll=-0.1)]
)
@pytest.mark.parametrize("control", [VehicleControl(brake=0.8), VehicleControl(hand_brake=True)])
def test_a_braked_car_stands_still_on_a_slope(ground: Ground, control: VehicleControl) -> None:
    assert driven(State(), control, 20.0, ground)[-1] == State()


def test_an_unbraked_car_rolls_down_a_slope_and_stays_on_a_gentle_one() -> None:
    steep = driven(State(), VehicleControl(), 3.0, Ground(pitch=0.1))[-1]
    fall = GRAVITY * (math.sin(0.1) - LEVEL.rolling_resistance)
    assert -0.5 * fall * 9.0 < steep.x < -0.8 * 0.5 * fall * 9.0
    assert driven(State(), VehicleControl(), 3.0, Ground(pitch=0.01))[-1] == State()


def test_off_the_road_the_car_is_slow_and_loose() -> None:
    road, grass = (driven(State(), VehicleControl(throttle=0.5), 5.0, ground)[-1] for ground in (LEVEL, GRASS))
    assert grass.speed < 0.9 * road.speed
    rolls, sticks = (driven(State(speed=10.0), VehicleControl(), 4.0, ground)[-1] for ground in (LEVEL, GRASS))
    assert sticks.speed < 0.8 * rolls.speed
    firm, loose = (cruising(12.0, 0.2, 5.0, ground)[-1] for ground in (LEVEL, GRASS))
    assert loose.yaw_rate < 0.75 * firm.yaw_rate


moving = st.builds(
    State,
    speed=st.floats(-40, 40),
    lateral_speed=st.floats(-15, 15),
    yaw_rate=st.floats(-4, 4),
    wheel_angle=st.floats(-1.2, 1.2),
)
idle = st.builds(
    VehicleControl, steer=st.floats(-1, 1), brake=st.sampled_from([0.0, 0.3, 1.0]), hand_brake=st.booleans()
)
grounds = st.builds(Ground, friction=st.floats(0.05, 1.2), rolling_resistance=st.floats(0.0, 0.1))


@given(moving, idle, grounds)
def test_without_throttle_a_car_on_level_ground_never_gains_energy(
    state: State, control: VehicleControl, ground: Ground
) -> None:
    before = energy(state)
    for later in driven(state, control, 3.0, ground)[1:]:
        assert energy(later) <= before * (1.0 + 1e-6) + 1e-6
        before = energy(later)


controls = st.builds(
    VehicleControl, throttle=st.floats(0, 1), steer=st.floats(-0.4, 0.4), brake=st.sampled_from([0.0, 0.4])
)


@given(st.floats(0, 25), controls, grounds)
def test_smaller_steps_come_to_the_same_place(speed: float, control: VehicleControl, ground: Ground) -> None:
    """Grip that is just lost, or not, is a fork in the road; the driver here stays within half of it."""
    steer = control.steer * min(1.0, 0.5 * ground.friction * GRAVITY * WHEELBASE / max(speed, 8.0) ** 2)
    gentle = replace(control, steer=steer, throttle=control.throttle * 0.3 * ground.friction)
    end, exact = (driven(State(speed=speed), gentle, 2.0, ground, dt)[-1] for dt in (DT, 0.001))
    assert math.hypot(end.x - exact.x, end.y - exact.y) < 0.01 * max(5.0, exact.x)
    assert end.yaw == pytest.approx(exact.yaw, abs=0.01)


@given(moving, controls, grounds)
def test_a_step_is_pure_and_mirrors_left_and_right(state: State, control: VehicleControl, ground: Ground) -> None:
    once, twice = (step(state, control, MODEL3, ground, DT) for _ in range(2))
    assert once == twice
    flipped = replace(
        state, lateral_speed=-state.lateral_speed, yaw_rate=-state.yaw_rate, wheel_angle=-state.wheel_angle
    )
    mirror = step(flipped, replace(control, steer=-control.steer), MODEL3, ground, DT)
    assert (mirror.x, -mirror.y, mirror.speed) == pytest.approx((once.x, once.y, once.speed), abs=1e-9)


def test_the_acceleration_is_what_a_passenger_feels_in_the_bend_and_under_the_brake() -> None:
    bend = cruising(10.0, 0.05, 6.0)[-1]
    assert bend.acceleration.y == pytest.approx(bend.speed * bend.yaw_rate, rel=0.01)
    assert bend.acceleration.y > 1.0
    braking = driven(State(speed=20.0), VehicleControl(brake=1.0), 1.0)[-1]
    assert braking.acceleration.x == pytest.approx((braking.speed - 20.0) / 1.0, rel=0.02)
    assert braking.acceleration.y == 0.0


def test_a_tyre_is_linear_at_first_and_slides_at_its_limit() -> None:
    assert lateral_force(80_000.0, 0.001, 5_000.0) == pytest.approx(80.0, rel=0.01)
    assert lateral_force(80_000.0, -0.5, 5_000.0) == -5_000.0
    assert lateral_force(80_000.0, 0.5, 0.0) == 0.0


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 1.0, 1.5])
def test_a_tyre_follows_the_parabolic_pressure_of_the_brush_model(share: float) -> None:
    """Pacejka, section 3.2: F = mu F_z (1 - lambda^3), lambda being the part of the contact patch that adheres."""
    limit, stiffness = 4000.0, 60_000.0
    slip = share * 3.0 * limit / stiffness
    expected = limit * (1.0 - max(0.0, 1.0 - share) ** 3)
    assert lateral_force(stiffness, slip, limit) == pytest.approx(expected)
    assert lateral_force(stiffness, -slip, limit) == pytest.approx(-expected)
    assert lateral_force(stiffness, slip, 0.0) == lateral_force(stiffness, slip, -limit) == 0.0


@pytest.mark.parametrize("brake", [0.1, 0.25])
def test_a_light_brake_slows_by_its_torques_over_the_wheels_radius(brake: float) -> None:
    """Four brakes of 1500 Nm on wheels of 0.335 m, beside a car that rolls."""
    braked, rolling = (
        step(State(speed=10.0), VehicleControl(brake=b), MODEL3, LEVEL, 0.01).speed for b in (brake, 0.0)
    )
    assert (rolling - braked) / 0.01 == pytest.approx(brake * 4 * 1500.0 / 0.335 / MODEL3.mass, rel=1e-3)


@pytest.mark.parametrize("speed", [20.0, 40.0])
def test_the_air_slows_a_car_by_half_rho_cd_a_v_squared(speed: float) -> None:
    """Beside a car that air does not slow; a Model 3 has a drag coefficient of 0.23 and a frontal area of 2.22 m2."""
    slowed, free = (
        step(State(speed=speed), VehicleControl(), replace(MODEL3, drag_coefficient=cd), LEVEL, 0.01).speed
        for cd in (0.23, 0.0)
    )
    assert (free - slowed) / 0.01 == pytest.approx(0.5 * 1.2 * 0.23 * 2.22 * speed**2 / MODEL3.mass)


def test_a_motor_that_drags_takes_grip_from_the_rear_wheels_that_a_brake_already_uses() -> None:
    """Sliding to the right at full grip: the less the rear tyres hold, the more the tail swings to the right."""
    braked = VehicleControl(brake=0.3)
    dragging, free = (
        step(State(speed=20.0, lateral_speed=6.0, drive_force=force), braked, MODEL3, LEVEL, 0.01)
        for force in (-1500.0, 0.0)
    )
    limit, brake, push = MODEL3.mass * GRAVITY / 2, 0.3 * 2 * 1500.0 / 0.335, 1500.0 * math.exp(-0.01 / 0.1)
    lost = math.sqrt(limit**2 - brake**2) - math.sqrt(limit**2 - (brake + push) ** 2)
    turned = (dragging.yaw_rate - free.yaw_rate) / 0.01
    assert turned == pytest.approx(-lost / (MODEL3.mass * WHEELBASE / 2), rel=0.15)


def test_wheelbase_and_track_are_those_of_the_wheels() -> None:
    car = SingleTrackModel(MODEL3)
    assert (car.wheelbase, car.track) == pytest.approx((2.875, 1.58))


def test_a_heavier_car_and_another_steering_change_the_driving() -> None:
    heavy = replace(MODEL3, mass=3.0 * MODEL3.mass)
    slow, usual = (
        step(State(speed=5.0), VehicleControl(throttle=0.5), physics, LEVEL, 0.5) for physics in (heavy, MODEL3)
    )
    assert slow.speed - 5.0 < 0.6 * (usual.speed - 5.0)
    direct = replace(MODEL3, steering_curve=((0.0, 0.5), (200.0, 0.5)))
    left, right, *rear = MODEL3.wheels
    front = [replace(wheel, max_steer_angle=40.0) for wheel in (left, right)]
    narrow = replace(MODEL3, wheels=(front[0], front[1], rear[0], rear[1]))
    assert math.degrees(step(State(), VehicleControl(steer=1.0), direct, LEVEL, 1.0).wheel_angle) == pytest.approx(
        35, abs=0.1
    )
    assert math.degrees(step(State(), VehicleControl(steer=1.0), narrow, LEVEL, 1.0).wheel_angle) == pytest.approx(
        40, abs=0.1
    )


def test_a_car_at_rest_is_where_it_was_put() -> None:
    state = State.at_rest(Pose(3.0, -2.0, 1.0, yaw=0.5))
    assert driven(state, VehicleControl(), 1.0)[-1] == state
