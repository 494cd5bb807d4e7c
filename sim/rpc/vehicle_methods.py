"""CARLA's remote procedures for actors that move, above all cars: controls, physics, pushes, lights.

Those whose argument layouts CARLA's batch commands share are public: `commands` runs them too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from sim.dynamics.ackermann import AckermannControl, AckermannSettings
from sim.dynamics.single_track import PhysicsControl, VehicleControl
from sim.episode.actors import Actor, Vehicle
from sim.episode.world import WorldError
from sim.geometry.poses import Vector, matrix
from sim.rpc.registry import Context, method
from sim.wire import messages
from sim.wire.messages import ACKERMANN, ACKERMANN_SETTINGS, BOOL, CONTROL, INT, PHYSICS, UINT, VECTOR
from sim.wire.rpc import Returns


@method("apply_control_to_vehicle", UINT, CONTROL, returns=Returns.NOTHING)
def apply_control(context: Context, identity: int, control: VehicleControl) -> None:
    """Give a car its control from the next tick on."""
    context.world.control(identity, control)


@method("apply_ackermann_control_to_vehicle", UINT, ACKERMANN, returns=Returns.NOTHING)
def apply_ackermann(context: Context, identity: int, target: AckermannControl) -> None:
    """Let a car follow a wheel angle and a speed until it gets another control."""
    context.world.vehicle(identity).ackermann = target


@method("get_ackermann_controller_settings", UINT, result=ACKERMANN_SETTINGS)
def _gains(context: Context, identity: int) -> AckermannSettings:
    return context.world.vehicle(identity).ackermann_settings


@method("apply_ackermann_controller_settings", UINT, ACKERMANN_SETTINGS, returns=Returns.NOTHING)
def _set_gains(context: Context, identity: int, ackermann_settings: AckermannSettings) -> None:
    context.world.vehicle(identity).ackermann_settings = ackermann_settings


@method("set_actor_target_velocity", UINT, VECTOR, returns=Returns.NOTHING)
def set_velocity(context: Context, identity: int, velocity: Vector) -> None:
    """Give a car a velocity."""
    context.world.set_velocity(identity, velocity)


@method("set_actor_target_angular_velocity", UINT, VECTOR, returns=Returns.NOTHING)
def set_angular_velocity(context: Context, identity: int, rates: Vector) -> None:
    """Give a car a yaw rate; the vector is in degrees a second."""
    context.world.vehicle(identity).set_yaw_rate(math.radians(rates.z))


@method("enable_actor_constant_velocity", UINT, VECTOR, returns=Returns.NOTHING)
def hold_velocity(context: Context, identity: int, velocity: Vector) -> None:
    """Hold a car at a velocity [m/s] in its own axes."""
    context.world.check_velocity(velocity)
    context.world.vehicle(identity).constant = velocity


@method("disable_actor_constant_velocity", UINT, returns=Returns.NOTHING)
def _let_velocity_go(context: Context, identity: int) -> None:
    context.world.vehicle(identity).constant = None


@method("add_actor_impulse", UINT, VECTOR, returns=Returns.NOTHING)
def add_impulse(context: Context, identity: int, impulse: Vector) -> None:
    """Knock a car [N s]."""
    context.world.vehicle(identity).add_impulse(impulse)


@method("add_actor_force", UINT, VECTOR, returns=Returns.NOTHING)
def add_force(context: Context, identity: int, force: Vector) -> None:
    """Push a car [N] during the next tick."""
    context.world.vehicle(identity).add_force(force)


@method("set_actor_collisions", UINT, BOOL, returns=Returns.NOTHING)
def _set_collisions(context: Context, identity: int, collides: bool) -> None:
    context.world.actor(identity, Actor).collides = collides


@method("set_actor_simulate_physics", UINT, BOOL, returns=Returns.NOTHING)
def set_simulate_physics(context: Context, identity: int, on: bool) -> None:
    """Switch a car's physics on or off; other actors have none."""
    actor = context.world.actor(identity, Actor)
    if isinstance(actor, Vehicle):
        actor.simulate_physics(on=on)


def _with_wheels_at(physics: PhysicsControl, places: Iterable[Vector]) -> PhysicsControl:
    a, b, c, d = (replace(wheel, position=at) for wheel, at in zip(physics.wheels, places, strict=True))
    return replace(physics, wheels=(a, b, c, d))


@method("get_physics_control", UINT, result=PHYSICS)
def _physics(context: Context, identity: int) -> PhysicsControl:
    vehicle = context.world.vehicle(identity)
    frame = 100.0 * matrix(vehicle.pose)[:3]  # CARLA gives wheels' places in the world, in centimetres
    places = [wheel.position for wheel in vehicle.physics.wheels]
    return _with_wheels_at(vehicle.physics, [Vector(*(frame @ (p.x, p.y, p.z, 1.0)).tolist()) for p in places])


@method("apply_physics_control", UINT, PHYSICS, returns=Returns.NOTHING)
def apply_physics(context: Context, identity: int, physics: PhysicsControl) -> None:
    """Give a car other physics; where its wheels sit is the car's own, as clients send places of an earlier frame."""
    own = context.world.vehicle(identity).physics.wheels
    if len(physics.wheels) != len(own):
        raise WorldError(f"{len(physics.wheels)} wheels came, expected {len(own)}")
    context.world.set_physics(identity, _with_wheels_at(physics, [wheel.position for wheel in own]))


@method("get_wheel_steer_angle", UINT, INT, result=messages.ANGLE)
def _wheel_angle(context: Context, identity: int, wheel: int) -> float:
    return context.world.vehicle(identity).steer_angle(wheel)


@method("get_vehicle_light_state", UINT, result=messages.LIGHTS)
def _lights(context: Context, identity: int) -> int:
    return context.world.vehicle(identity).lights


@method("set_vehicle_light_state", UINT, messages.LIGHTS, returns=Returns.NOTHING)
def set_lights(context: Context, identity: int, flags: int) -> None:
    """Switch a car's lights."""
    context.world.vehicle(identity).lights = flags


@method("get_vehicle_light_states", result=messages.LIGHTS_OF_ALL)
def _all_lights(context: Context) -> dict[int, int]:
    return {actor.id: actor.lights for actor in context.world.actors.values() if isinstance(actor, Vehicle)}
