from __future__ import annotations

import math

import pytest

from sim.dynamics.ackermann import AckermannControl
from sim.dynamics.single_track import VehicleControl
from sim.episode.blueprints import VEHICLE, Description
from sim.episode.world import World
from sim.geometry.poses import Pose
from tests.sim.fakes import Plain


def followed(target: AckermannControl, seconds: float) -> tuple[float, float]:
    """Speed [m/s] and wheel angle [rad] of a car that follows a target from a standstill."""
    world = World(Plain())
    car = world.vehicle(world.spawn(Description(0, VEHICLE), Pose()).id)
    car.ackermann = target
    for _ in range(round(seconds / 0.05)):
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


def test_a_plain_control_ends_it() -> None:
    world = World(Plain())
    car = world.vehicle(world.spawn(Description(0, VEHICLE), Pose()).id)
    car.ackermann = AckermannControl(speed=10.0)
    world.control(car.id, VehicleControl(brake=1.0))
    world.tick()
    assert (car.control.brake, math.copysign(1.0, car.motion.speed), car.motion.speed) == (1.0, 1.0, 0.0)
