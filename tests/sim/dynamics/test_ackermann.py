from __future__ import annotations

import math
from dataclasses import astuple, replace

import pytest

from sim.dynamics.ackermann import AckermannControl, AckermannSettings, follow
from sim.dynamics.single_track import MODEL3, STEERING_LAG, SingleTrackModel, State, VehicleControl
from sim.episode.blueprints import VEHICLE, AttributeValue, Description
from sim.episode.settings import EpisodeSettings
from sim.episode.world import World
from sim.geometry.poses import Pose
from tests.sim.fakes import Plain


def followed(
    target: AckermannControl, seconds: float, step: float = 0.05, attributes: tuple[AttributeValue, ...] = ()
) -> tuple[float, float]:
    """Speed [m/s] and wheel angle [rad] of a car that follows a target from a standstill."""
    world = World(Plain())
    world.apply(EpisodeSettings(fixed_delta_seconds=step))
    car = world.vehicle(world.spawn(Description(0, VEHICLE, attributes), Pose()).id)
    car.ackermann = target
    for _ in range(round(seconds / step)):
        world.tick()
    return car.motion.speed, car.motion.wheel_angle


@pytest.mark.parametrize("speed", [10.0, -3.0])
def test_a_car_comes_to_the_speed_and_the_wheel_angle_it_was_told(speed: float) -> None:
    reached, angle = followed(AckermannControl(steer=0.1, speed=speed), 20.0)
    assert reached == pytest.approx(speed, rel=0.15)
    assert angle == pytest.approx(0.1, abs=0.002)


def test_a_speed_of_nothing_stops_the_car() -> None:
    assert followed(AckermannControl(), 1.0)[0] == 0.0


def test_limits_slow_the_wheel_and_the_start() -> None:
    quick, slow = AckermannControl(steer=0.5, speed=10.0), AckermannControl(0.5, 0.2, 10.0, 0.5)
    assert followed(quick, 0.5)[1] > 0.45
    assert followed(slow, 0.5)[1] < 0.15
    assert followed(slow, 2.0)[0] < 0.7 * followed(quick, 2.0)[0]


@pytest.mark.parametrize("step", [0.1, 0.05, 0.01, 0.002])
@pytest.mark.parametrize("sticky", ["true", "false"])
def test_the_wheel_turns_at_the_steering_speed_whatever_the_step(step: float, sticky: str) -> None:
    """It follows what is commanded with a lag of STEERING_LAG."""
    target = AckermannControl(steer=0.5, steer_speed=0.2, speed=3.0)
    angle = followed(target, 1.0, step, (AttributeValue("sticky_control", 1, sticky),))[1]
    assert angle == pytest.approx(0.2 * (1.0 - STEERING_LAG), abs=0.012)


CAR = SingleTrackModel(MODEL3)


def answered(target: AckermannControl, state: State, last: VehicleControl | None = None) -> VehicleControl:
    return follow(target, AckermannSettings(), CAR, state, last or VehicleControl(), 0.05)


@pytest.mark.parametrize(
    ("target", "speed", "throttle", "brake"),
    [
        (5.0, 4.0, 0.3, 0.0),
        (4.0, 5.0, 0.0, 0.3),
        (-3.0, -2.0, 0.3, 0.0),
        (-2.0, -3.0, 0.0, 0.3),
        (20.0, 0.0, 1.0, 0.0),
        (1.0, 20.0, 0.0, 1.0),
        (0.0, 0.6, 0.0, 0.18),
        (0.0, 0.4, 0.0, 1.0),
        (0.0, -0.4, 0.12, 1.0),
    ],
)
def test_the_pedals_are_in_proportion_to_the_lack_of_speed(
    target: float, speed: float, throttle: float, brake: float
) -> None:
    control = answered(AckermannControl(speed=target), State(speed=speed))
    assert (control.throttle, control.brake) == pytest.approx((throttle, brake))
    assert control.reverse == (target < 0.0)


@pytest.mark.parametrize(("speed", "throttle", "brake"), [(0.0, 0.2, 0.0), (9.0, 0.0, 0.2), (4.9, 0.03, 0.0)])
def test_an_acceleration_limits_the_pedals(speed: float, throttle: float, brake: float) -> None:
    """Full pedals are about 3 m/s2, so 0.6 m/s2 is a fifth of them."""
    control = answered(AckermannControl(speed=5.0, acceleration=0.6), State(speed=speed))
    assert (control.throttle, control.brake) == pytest.approx((throttle, brake))


@pytest.mark.parametrize(("now", "target", "then"), [(0.1, 0.5, 0.15), (0.1, -0.5, 0.05), (0.1, 0.12, 0.12)])
def test_a_steering_speed_limits_the_change_of_the_steer_in_a_tick(now: float, target: float, then: float) -> None:
    """The wheels themselves, which are straight here, lag behind what was commanded."""
    last = VehicleControl(steer=now / CAR.wheel_angle(1.0, 4.0))
    control = answered(AckermannControl(steer=target, steer_speed=1.0, speed=4.0), State(speed=4.0), last)
    assert CAR.wheel_angle(control.steer, 4.0) == pytest.approx(then)


def test_a_car_that_cannot_steer_is_asked_for_none() -> None:
    stiff = SingleTrackModel(replace(MODEL3, steering_curve=((0.0, 0.0),)))
    assert follow(AckermannControl(steer=0.3), AckermannSettings(), stiff, State(), VehicleControl(), 0.05).steer == 0.0
    assert answered(AckermannControl(steer=9.0), State()).steer == 1.0
    assert answered(AckermannControl(steer=-9.0), State()).steer == -1.0


def test_the_gains_are_carlas_own() -> None:
    assert astuple(AckermannSettings()) == (0.15, 0.0, 0.25, 0.01, 0.0, 0.01)


def test_a_plain_control_ends_it() -> None:
    world = World(Plain())
    car = world.vehicle(world.spawn(Description(0, VEHICLE), Pose()).id)
    car.ackermann = AckermannControl(speed=10.0)
    world.control(car.id, VehicleControl(brake=1.0))
    world.tick()
    assert (car.control.brake, math.copysign(1.0, car.motion.speed), car.motion.speed) == (1.0, 1.0, 0.0)
