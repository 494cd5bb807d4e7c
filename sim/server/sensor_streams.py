"""Sensor streams: reads GNSS, IMU and collision sensors once a frame and packs their data as messages.

Conventions are CARLA's: an accelerometer at rest shows gravity upwards, a gyroscope turns with the snapshot's angular
velocity, and the compass counts radians from north, which is -y, clockwise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.dynamics.single_track import GRAVITY
from sim.episode.actors import Actor
from sim.episode.sensors import CollisionSensor, Gnss, Imu, Sensor
from sim.episode.world import World
from sim.geometry import geodesy
from sim.geometry.poses import Vector, matrix
from sim.rpc import actor_values
from sim.wire import sensor_data, streaming
from sim.wire.sensor_data import SensorType


def read_sensors(world: World, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Read this frame's sensors: (stream, message) for each due sensor whose stream is listened to."""
    for sensor in world.sensors():
        if sensor.stream in wanted and sensor.is_due(world.timestamp.seconds, world.settings.step):
            for kind, payload in _measure(world, sensor):
                yield (
                    sensor.stream,
                    streaming.frame_message(sensor_data.pack_header(kind, world.timestamp, sensor.pose), payload),
                )


def _measure(world: World, sensor: Sensor) -> Iterator[tuple[SensorType, bytes]]:
    """The sensor's measurements in this frame, each with CARLA's sensor type; none from a camera."""
    match sensor:
        case CollisionSensor():
            yield from ((SensorType.COLLISION, payload) for payload in _collisions(world, sensor))
        case Gnss():
            yield SensorType.GNSS, _position(world, sensor)
        case Imu():
            yield SensorType.IMU, _motion(world, sensor)


def _collisions(world: World, sensor: CollisionSensor) -> Iterator[bytes]:
    for collision in world.collisions:
        if collision.vehicle is sensor.parent:
            other = collision.other
            described = (
                actor_values.describe(other) if isinstance(other, Actor) else actor_values.describe_scenery(other)
            )
            yield sensor_data.pack_collision(actor_values.describe(collision.vehicle), described, collision.impulse)


def _position(world: World, sensor: Gnss) -> bytes:
    pose, noise = sensor.pose, sensor.noise_at(world.timestamp.frame)
    point = geodesy.locate(world.track.opendrive, Vector(pose.x, pose.y, pose.z))
    return sensor_data.pack_gnss(
        point.latitude + noise("lat", ""),
        point.longitude + noise("lon", ""),
        point.altitude + noise("alt", ""),
    )


def _motion(world: World, sensor: Imu) -> bytes:
    pose, noise = sensor.pose, sensor.noise_at(world.timestamp.frame)
    state = sensor.carrier.state()
    felt, turning = state.acceleration, state.angular_velocity
    to_sensor = matrix(pose)[:3, :3].T
    acceleration = (to_sensor @ (felt.x, felt.y, felt.z + GRAVITY)).tolist()
    rate = (to_sensor @ (turning.x, turning.y, turning.z)).tolist()
    axes = ("_x", "_y", "_z")
    return sensor_data.pack_imu(
        Vector(*(value + noise("accel", axis) for value, axis in zip(acceleration, axes, strict=True))),
        Vector(*(value + noise("gyro", axis) for value, axis in zip(rate, axes, strict=True))),
        (pose.yaw + math.pi / 2) % math.tau,
    )
