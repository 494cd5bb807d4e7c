"""Instruments: every sensor that is no camera, read once a frame and turned into messages for its stream.

Conventions are CARLA's: an accelerometer at rest shows gravity upwards, a gyroscope turns with the snapshot's angular
velocity, and the compass counts radians from north, which is -y, clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sim.dynamics.single_track import GRAVITY
from sim.episode.actors import Actor
from sim.episode.sensors import CollisionSensor, Gnss, Imu, Sensor
from sim.episode.world import World
from sim.geometry import geodesy
from sim.geometry.poses import Vector, matrix
from sim.rpc import actor_values
from sim.wire import sensor_data, streaming
from sim.wire.sensor_data import SensorType


def readings(world: World, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """What this frame has to tell: (stream, message) for each due instrument whose stream is wanted."""
    for sensor in world.sensors():
        made = _READ.get(type(sensor))
        if made is None or sensor.stream not in wanted:
            continue
        if sensor.is_due(world.moment.seconds, world.settings.step):
            kind, read = made
            head = sensor_data.header(kind, world.moment, sensor.pose)
            for payload in read(world, sensor):
                yield sensor.stream, streaming.framed(head, payload)


def _collisions(world: World, sensor: Any) -> Iterable[bytes]:
    for collision in world.collisions:
        if collision.vehicle is sensor.parent:
            other = collision.other
            told = actor_values.described(other) if isinstance(other, Actor) else actor_values.scenery(other)
            yield sensor_data.collision(actor_values.described(collision.vehicle), told, collision.impulse)


def _position(world: World, sensor: Any) -> Iterable[bytes]:
    pose = sensor.pose
    point = geodesy.locate(world.track.opendrive, Vector(pose.x, pose.y, pose.z))
    yield sensor_data.gnss(
        point.latitude + sensor.noise("lat"),
        point.longitude + sensor.noise("lon"),
        point.altitude + sensor.noise("alt"),
    )


def _motion(_world: World, sensor: Any) -> Iterable[bytes]:
    pose = sensor.pose
    still = sensor.parent is None
    state = sensor.state() if still else sensor.parent.state()
    felt, turning = state.acceleration, state.angular_velocity
    to_sensor = matrix(pose)[:3, :3].T
    acceleration = (to_sensor @ (felt.x, felt.y, felt.z + GRAVITY)).tolist()
    rate = (to_sensor @ (turning.x, turning.y, turning.z)).tolist()
    axes = ("_x", "_y", "_z")
    yield sensor_data.imu(
        Vector(*(value + sensor.noise("accel", axis) for value, axis in zip(acceleration, axes, strict=True))),
        Vector(*(value + sensor.noise("gyro", axis) for value, axis in zip(rate, axes, strict=True))),
        (pose.yaw + math.pi / 2) % math.tau,
    )


_READ: dict[type[Sensor], tuple[SensorType, Callable[[World, Any], Iterable[bytes]]]] = {
    CollisionSensor: (SensorType.COLLISION, _collisions),
    Gnss: (SensorType.GNSS, _position),
    Imu: (SensorType.IMU, _motion),
}
"""Kind of instrument -> its stream's number in CARLA, and what it tells in a frame: any number of payloads."""
