from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dynamics.single_track import State, VehicleControl
from sim.episode.actors import Actor, Vehicle
from sim.episode.actors import is_colliding as overlap
from sim.episode.blueprints import VEHICLE, AttributeValue, Description
from sim.geometry.poses import Pose, Vector
from tests.sim.fakes import Plain

CAR = Description(0, VEHICLE).complete()


def car(**pose: float) -> Vehicle:
    return Vehicle(1, CAR, Pose(**pose), Plain().ground)


def test_a_car_stands_on_the_ground_wherever_it_is_put() -> None:
    vehicle = Vehicle(1, CAR, Pose(z=3.0), Plain(height=-2.0).ground)
    assert vehicle.pose.z == -2.0
    vehicle.put(Pose(x=5.0, z=9.0))
    assert (vehicle.pose.x, vehicle.pose.z) == (5.0, -2.0)


def test_a_push_is_felt_along_the_world_s_axes() -> None:
    vehicle = car(yaw=0.7)
    vehicle.set_velocity(Vector(3.0, -4.0, 0.0))
    velocity = vehicle.state().velocity
    assert (velocity.x, velocity.y) == pytest.approx((3.0, -4.0))


def test_a_car_that_is_moved_goes_on_as_it_went_in_the_world_with_its_wheels_straight() -> None:
    vehicle = car(yaw=0.5)
    vehicle.control = VehicleControl(throttle=1.0, steer=0.3)
    for _ in range(40):
        vehicle.advance(0.05)
    before = vehicle.state()
    vehicle.put(Pose(x=1.0, yaw=2.0))
    after = vehicle.state()
    assert before.velocity.y > 1.0
    assert (after.velocity.x, after.velocity.y) == pytest.approx((before.velocity.x, before.velocity.y))
    assert after.angular_velocity == before.angular_velocity
    assert vehicle.motion.wheel_angle == 0.0


def test_a_control_that_does_not_stick_holds_for_one_step() -> None:
    loose = Description(0, VEHICLE, (AttributeValue("sticky_control", 1, "false"),)).complete()
    vehicle = Vehicle(1, loose, Pose(), Plain().ground)
    vehicle.control = VehicleControl(throttle=1.0)
    vehicle.advance(0.05)
    assert vehicle.control == VehicleControl()
    assert vehicle.motion.speed > 0.0


def test_a_car_without_physics_stays_where_it_is() -> None:
    vehicle = car()
    vehicle.set_velocity(Vector(9.0, 0.0, 0.0))
    vehicle.simulate_physics(on=False)
    vehicle.advance(1.0)
    assert vehicle.pose == Pose()
    assert vehicle.state().velocity == Vector()


PUSHES: list[Callable[[Vehicle], None]] = [
    lambda vehicle: vehicle.add_force(Vector(9e5, 0.0, 0.0)),
    lambda vehicle: vehicle.add_impulse(Vector(9e5, 0.0, 0.0)),
    lambda vehicle: vehicle.set_velocity(Vector(9.0, 9.0, 0.0)),
    lambda vehicle: vehicle.set_yaw_rate(1.0),
]


@pytest.mark.parametrize("push", PUSHES)
def test_nothing_moves_a_car_without_physics_then_or_when_it_has_them_again(push: Callable[[Vehicle], None]) -> None:
    vehicle = car()
    vehicle.simulate_physics(on=False)
    for _ in range(20):
        push(vehicle)
        vehicle.advance(0.05)
        assert vehicle.state().velocity == vehicle.state().angular_velocity == Vector()
    vehicle.simulate_physics(on=True)
    vehicle.advance(0.05)
    assert vehicle.pose == Pose()
    push(vehicle)
    vehicle.advance(0.05)
    assert vehicle.pose != Pose(), "pushes count again"


def test_a_car_whose_physics_are_switched_off_is_at_rest_and_forgets_its_force() -> None:
    vehicle = car(x=3.0, yaw=1.0)
    vehicle.control = VehicleControl(throttle=1.0, steer=0.3)
    for _ in range(40):
        vehicle.advance(0.05)
    place = vehicle.pose
    vehicle.add_force(Vector(9e5, 0.0, 0.0))
    vehicle.simulate_physics(on=False)
    assert vehicle.motion == State.at_rest(place)
    vehicle.control = VehicleControl(brake=1.0)
    vehicle.simulate_physics(on=True)
    vehicle.advance(0.05)
    assert vehicle.pose == place


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"x": 4.7}, True),
        ({"x": 4.9}, False),
        ({"y": 2.1}, True),
        ({"y": 2.2}, False),
        ({"y": 3.4, "yaw": math.pi / 2}, True),
        ({"y": 3.6, "yaw": math.pi / 2}, False),
    ],
)
def test_cars_overlap_when_their_boxes_do(other: dict[str, float], expected: bool) -> None:
    assert overlap(car(), car(**other)) is expected


def corners(vehicle: Actor) -> list[tuple[float, float]]:
    half, pose = vehicle.box[1], vehicle.pose
    points = []
    for i in range(-10, 11):
        for j in range(-10, 11):
            x, y = half.x * i / 10, half.y * j / 10
            c, s = math.cos(pose.yaw), math.sin(pose.yaw)
            points.append((pose.x + x * c - y * s, pose.y + x * s + y * c))
    return points


@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-4, 4))
def test_a_point_of_one_car_within_another_means_that_they_overlap(x: float, y: float, yaw: float) -> None:
    one, other = car(), car(x=x, y=y, yaw=yaw)
    inside = any(abs(px) <= one.box[1].x and abs(py) <= one.box[1].y for px, py in corners(other))
    assert overlap(one, other) == overlap(other, one)
    assert overlap(one, other) or not inside


def test_cars_on_different_levels_do_not_overlap() -> None:
    upper = Vehicle(2, CAR, Pose(), Plain(height=5.0).ground)
    assert not overlap(car(), upper)


@pytest.mark.parametrize(
    ("control", "gear", "way"),
    [
        (VehicleControl(throttle=1.0), 1, 1),
        (VehicleControl(throttle=1.0, reverse=True), -1, -1),
        (VehicleControl(throttle=1.0, manual_gear_shift=True, gear=1), 1, 1),
        (VehicleControl(throttle=1.0, manual_gear_shift=True, gear=-1), -1, -1),
        (VehicleControl(throttle=1.0, manual_gear_shift=True, gear=0), 0, 0),
        (VehicleControl(throttle=1.0, manual_gear_shift=True, gear=9), 1, 1),
        (VehicleControl(throttle=1.0, manual_gear_shift=True, gear=1, reverse=True), 1, 1),
    ],
)
def test_a_car_drives_in_the_gear_that_its_state_tells(control: VehicleControl, gear: int, way: int) -> None:
    vehicle = car()
    vehicle.control = control
    for _ in range(20):
        vehicle.advance(0.05)
    told = vehicle.state().vehicle
    assert told is not None
    assert told.gear == gear
    assert (vehicle.motion.speed > 0.5) - (vehicle.motion.speed < -0.5) == way


@pytest.mark.parametrize("steer", [0.5, -0.5])
def test_the_axes_of_both_front_wheels_meet_on_the_line_of_the_rear_axle(steer: float) -> None:
    vehicle = car()
    vehicle.control = VehicleControl(steer=steer)
    for _ in range(40):
        vehicle.advance(0.05)
    left, right = math.tan(vehicle.steer_angle(0)), math.tan(vehicle.steer_angle(1))
    inner, outer = (right, left) if steer > 0 else (left, right)
    assert inner == math.tan(vehicle.motion.wheel_angle)
    assert 1 / abs(outer) - 1 / abs(inner) == pytest.approx(2 * 0.79 / 2.875)
    assert vehicle.steer_angle(2) == vehicle.steer_angle(3) == 0.0
