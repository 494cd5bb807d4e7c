from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sim.dynamics.ackermann import AckermannControl, AckermannSettings
from sim.dynamics.single_track import MODEL3
from sim.episode.actors import Vehicle
from sim.episode.world import WorldError
from sim.geometry.poses import Pose, Vector
from sim.wire import messages
from tests.sim.rpc.context import CAR, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def car(desk: Desk) -> Vehicle:
    return desk.world.vehicle(desk.world.spawn(messages.DESCRIPTION.unpack(CAR), Pose()).id)


def test_an_impulse_changes_the_velocity_at_once(desk: Desk, car: Vehicle) -> None:
    desk.call("add_actor_impulse", car.id, [2.0 * MODEL3.mass, 0.0, 0.0])
    assert car.motion.speed == pytest.approx(2.0)


def test_a_force_acts_for_one_tick(desk: Desk, car: Vehicle) -> None:
    desk.call("add_actor_force", car.id, [10.0 * MODEL3.mass, 0.0, 0.0])
    assert car.motion.speed == 0.0
    desk.world.tick()
    speed = car.motion.speed
    assert speed == pytest.approx(10.0 * desk.world.settings.step, rel=0.1)
    desk.world.tick()
    assert car.motion.speed < speed


def test_forces_on_a_car_without_physics_are_not_stored_up(desk: Desk, car: Vehicle) -> None:
    desk.call("set_actor_target_velocity", car.id, [9.0, 0.0, 0.0])
    desk.call("set_actor_simulate_physics", car.id, False)
    for _ in range(20):
        desk.call("add_actor_force", car.id, [10.0 * MODEL3.mass, 0.0, 0.0])
        desk.world.tick()
        assert car.state().velocity == Vector()
    desk.call("set_actor_simulate_physics", car.id, True)
    desk.world.tick()
    assert car.pose == Pose()


def test_a_constant_velocity_is_held_until_it_is_let_go(desk: Desk, car: Vehicle) -> None:
    desk.call("enable_actor_constant_velocity", car.id, [7.0, 0.0, 0.0])
    for _ in range(60):
        desk.world.tick()
    assert car.motion.speed == 7.0
    assert car.pose.x == pytest.approx(60 * 7.0 * desk.world.settings.step, rel=0.01)
    desk.call("disable_actor_constant_velocity", car.id)
    for _ in range(60):
        desk.world.tick()
    assert car.motion.speed < 6.0
    with pytest.raises(WorldError, match="more than"):
        desk.call("enable_actor_constant_velocity", car.id, [1e6, 0.0, 0.0])


def test_a_yaw_rate_comes_in_degrees(desk: Desk, car: Vehicle) -> None:
    desk.call("set_actor_target_angular_velocity", car.id, [0.0, 0.0, 90.0])
    assert car.motion.yaw_rate == pytest.approx(math.pi / 2)


def test_an_ackermann_control_is_followed_with_the_gains_that_were_set(desk: Desk, car: Vehicle) -> None:
    assert desk.call("get_ackermann_controller_settings", car.id) == messages.ACKERMANN_SETTINGS.pack(
        AckermannSettings()
    )
    desk.call("apply_ackermann_controller_settings", car.id, [0.3, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert desk.call("get_ackermann_controller_settings", car.id)[0] == 0.3
    desk.call("apply_ackermann_control_to_vehicle", car.id, [0.1, 0.0, 5.0, 0.0, 0.0])
    assert car.ackermann == AckermannControl(steer=0.1, speed=5.0)
    desk.world.tick()
    assert car.control.throttle > 0.0


def test_switched_off_collisions_let_cars_through(desk: Desk, car: Vehicle) -> None:
    desk.call("set_actor_collisions", car.id, False)
    assert not car.collides


def test_physics_that_were_applied_change_the_driving(desk: Desk, car: Vehicle) -> None:
    physics = replace(MODEL3, mass=4.0 * MODEL3.mass, torque_curve=((0.0, 100.0),))
    packed = messages.PHYSICS.pack(physics)
    desk.call("apply_physics_control", car.id, packed)
    usual = Vehicle(99, car.description, Pose(), desk.world.track.ground)
    for one in (car, usual):
        one.control = replace(one.control, throttle=1.0)
        one.advance(2.0)
    assert car.motion.speed < 0.2 * usual.motion.speed
    tipping = replace(MODEL3, center_of_mass=replace(MODEL3.center_of_mass, x=2.0))
    with pytest.raises(WorldError, match="between its axles"):
        desk.call("apply_physics_control", car.id, messages.PHYSICS.pack(tipping))
