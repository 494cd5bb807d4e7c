"""What lidars and radars measure in a frame, packed as messages.

The rays are cast by `sim.server.ray_caster`; which rays there are, and which come back, is `sim.episode.scanning`'s.
An actor is known by its box, in which the point that a ray hit lies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sim.episode.actors import Actor
from sim.episode.sensors import Lidar, Radar, RangeSensor, SemanticLidar
from sim.episode.snapshot import Timestamp
from sim.geometry.poses import Vector, matrix
from sim.server.ray_caster import Floats, RayCaster
from sim.wire import sensor_data
from sim.wire.sensor_data import SensorType

Integers = npt.NDArray[np.int64]
BOX_MARGIN = 0.1  # around an actor's box, in which its points are [m]


def measure(
    sensor: RangeSensor, caster: RayCaster, now: Timestamp, step: float, others: Sequence[Actor]
) -> tuple[SensorType, bytes]:
    """A sensor's measurement of a tick of `step` [s]: its kind and payload.

    `others` are the actors that it can see.
    """
    seconds = max(step, sensor.every)
    match sensor:
        case Lidar():
            return SensorType.LIDAR, _scan(sensor, caster, now, seconds)
        case SemanticLidar():
            return SensorType.SEMANTIC_LIDAR, _scan_semantically(sensor, caster, now, seconds, others)
        case Radar():
            return SensorType.RADAR, _detect(sensor, caster, now, seconds, others)
    raise TypeError(f"a {sensor.description.id} sends out no rays")


def _scan(sensor: Lidar, caster: RayCaster, now: Timestamp, seconds: float) -> bytes:
    rays, angle = sensor.pattern.sweep(sensor.age(now), seconds)
    hits = caster.cast(sensor.pose, rays.reshape(-1, 3))
    distances, intensities, kept = sensor.returns.receive(hits.distances, sensor.random_at(now))
    kept &= hits.distances <= sensor.pattern.range
    points = rays.reshape(-1, 3)[kept] * distances[kept, None]
    counts = kept.reshape(rays.shape[:2]).sum(axis=1)
    return sensor_data.pack_lidar(angle, counts, np.column_stack((points, intensities[kept])))


def _scan_semantically(
    sensor: SemanticLidar, caster: RayCaster, now: Timestamp, seconds: float, others: Sequence[Actor]
) -> bytes:
    rays, angle = sensor.pattern.sweep(sensor.age(now), seconds)
    hits = caster.cast(sensor.pose, rays.reshape(-1, 3), labelled=True)
    kept = hits.distances <= sensor.pattern.range
    points = rays.reshape(-1, 3)[kept] * hits.distances[kept, None]
    owners = find_owners(_to_world(sensor, points), others)
    ids = np.array([0, *(actor.id for actor in others)])[owners + 1]
    counts = kept.reshape(rays.shape[:2]).sum(axis=1)
    return sensor_data.pack_semantic_lidar(angle, counts, points, hits.cosines[kept], ids, hits.labels[kept])


def _detect(sensor: Radar, caster: RayCaster, now: Timestamp, seconds: float, others: Sequence[Actor]) -> bytes:
    rays = sensor.pattern.scatter(seconds, sensor.random_at(now))
    hits = caster.cast(sensor.pose, rays)
    kept = hits.distances <= sensor.pattern.range
    rays, distances = rays[kept], hits.distances[kept]
    owners = find_owners(_to_world(sensor, rays * distances[:, None]), others)
    velocities = np.array([(0.0, 0.0, 0.0), *(_velocity(actor) for actor in others)])[owners + 1]
    relative = (velocities - _velocity(sensor.carrier)) @ matrix(sensor.pose)[:3, :3]
    towards = (relative * rays).sum(axis=1)
    azimuths = np.arctan2(rays[:, 1], rays[:, 0])
    altitudes = np.arcsin(np.clip(rays[:, 2], -1, 1))
    return sensor_data.pack_radar(np.column_stack((towards, azimuths, altitudes, distances)))


def find_owners(points: Floats, actors: Sequence[Actor]) -> Integers:
    """The index of the actor whose box each point (n, 3) of the world lies in; -1 for none."""
    owners = np.full(len(points), -1)
    for index, actor in enumerate(actors):
        centre, half = (np.array((part.x, part.y, part.z)) for part in actor.box)
        near = np.flatnonzero(
            np.abs(points - _place(actor)).max(axis=1) <= np.abs(centre).max() + math.hypot(*half) + 1
        )
        at = matrix(actor.pose)
        own = (points[near] - at[:3, 3]) @ at[:3, :3]
        owners[near[(np.abs(own - centre) <= half + BOX_MARGIN).all(axis=1)]] = index
    return owners


def _to_world(sensor: RangeSensor, points: Floats) -> Floats:
    at = matrix(sensor.pose)
    turned: Floats = points @ at[:3, :3].T + at[:3, 3]
    return turned


def _place(actor: Actor) -> Floats:
    return np.array((actor.pose.x, actor.pose.y, actor.pose.z))


def _velocity(actor: Actor) -> tuple[float, float, float]:
    velocity: Vector = actor.state().velocity
    return velocity.x, velocity.y, velocity.z
