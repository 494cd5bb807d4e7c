"""What goes over streams: packed little-endian structs, no padding (CARLA 0.9.16; other versions differ).

Every message is a header of 48 bytes and a payload. Degrees are made here of radians, as in `messages`.
"""

from __future__ import annotations

import math
import struct
from enum import IntEnum
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

from sim.episode.snapshot import ActorState, Snapshot, Timestamp, VehicleState
from sim.geometry.poses import Pose, Vector
from sim.wire.errors import OurError

_HEADER = struct.Struct("<QQd6f")
_CAMERA = struct.Struct("<IIf")
_EPISODE = struct.Struct("<Qdf3iI")
_ACTOR = struct.Struct("<IB6f9f54s")
_VEHICLE = struct.Struct("<3f3Bif2BIB")
_GREEN = 2  # TrafficLightState.Green: what CARLA tells of a car that is at no traffic light
_ACTIVE = 1
LARGEST_SINGLE = 3.4e38
_NOWHERE = Pose()
_SEMANTIC_POINT = np.dtype([("point", "<f4", 3), ("cosine", "<f4"), ("id", "<u4"), ("label", "<u4")])
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class SensorType(IntEnum):
    """CARLA's numbers for the kinds of stream; as far as there are such sensors here."""

    COLLISION = 0
    DEPTH = 1
    GNSS = 4
    IMU = 5
    RADAR = 9
    SEMANTIC_LIDAR = 10
    LIDAR = 11
    RGB = 13
    SEMANTIC_SEGMENTATION = 14
    INSTANCE_SEGMENTATION = 15
    EPISODE = 17


def _single(number: float) -> float:
    """The number nearest to one that single precision holds: packing a larger one would raise OverflowError."""
    return max(-LARGEST_SINGLE, min(LARGEST_SINGLE, number))


def _pose_values(pose: Pose) -> tuple[float, ...]:
    angles = (math.degrees(pose.pitch), math.degrees(pose.yaw), math.degrees(pose.roll))
    return tuple(map(_single, (pose.x, pose.y, pose.z, *angles)))


def pack_header(kind: SensorType, timestamp: Timestamp, pose: Pose) -> bytes:
    """The 48 bytes before every payload."""
    return _HEADER.pack(kind, timestamp.frame, timestamp.seconds, *_pose_values(pose))


def pack_image(width: int, height: int, fov: float, pixels: bytes) -> tuple[bytes, bytes]:
    """A camera's payload in two parts: size and field of view [rad], then BGRA rows from the top.

    Raises:
        OurError: the pixels are not width x height x 4 bytes (the client would read beyond them).
    """
    if len(pixels) != width * height * 4:
        raise OurError(f"{len(pixels)} bytes of pixels, expected {width} x {height} x 4")
    return _CAMERA.pack(width, height, math.degrees(fov)), pixels


def pack_collision(actor: list[Any], other: list[Any], impulse: Vector) -> bytes:
    """A collision sensor's payload: both actors as `messages.actor` lays them out, and the impulse [N s]."""
    return _pack([actor, other, [impulse.x, impulse.y, impulse.z]])


def pack_gnss(latitude: float, longitude: float, altitude: float) -> bytes:
    """A position sensor's payload [degrees, m]."""
    return _pack([latitude, longitude, altitude])


def pack_imu(acceleration: Vector, gyroscope: Vector, compass: float) -> bytes:
    """An inertial sensor's payload [m/s2, rad/s, rad], vectors in the sensor's axes."""
    rate = [gyroscope.x, gyroscope.y, gyroscope.z]
    return _pack([[acceleration.x, acceleration.y, acceleration.z], rate, compass])


def pack_lidar(angle: float, counts: Integers, points: Floats) -> bytes:
    """A lidar's payload.

    Args:
        angle: where its sweep ended [rad].
        counts: (channels,) points of each channel.
        points: (n, 4) x, y, z [m] and intensity.
    """
    return _lidar_head(angle, counts) + points.astype("<f4").tobytes()


def pack_semantic_lidar(
    angle: float, counts: Integers, points: Floats, cosines: Floats, ids: Integers, labels: Integers
) -> bytes:
    """A semantic lidar's payload: as a lidar's, with the cosine of incidence, actor and tag instead of intensity.

    Args:
        angle: where its sweep ended [rad].
        counts: (channels,) points of each channel.
        points: (n, 3) x, y, z [m].
        cosines: (n,) of the angles of incidence.
        ids: (n,) of the actors.
        labels: (n,) semantic tags.
    """
    packed = np.empty(len(points), _SEMANTIC_POINT)
    packed["point"], packed["cosine"], packed["id"], packed["label"] = points, cosines, ids, labels
    return _lidar_head(angle, counts) + packed.tobytes()


def _lidar_head(angle: float, counts: Integers) -> bytes:
    return struct.pack("<fI", angle, len(counts)) + counts.astype("<u4").tobytes()


def pack_radar(detections: Floats) -> bytes:
    """A radar's payload: shape (n, 4), relative speed [m/s], azimuth and altitude [rad], distance [m]."""
    return detections.astype("<f4").tobytes()


def _pack(values: list[Any]) -> bytes:
    return bytes(msgpack.packb(values, use_bin_type=True))


def pack_episode_state(snapshot: Snapshot, platform_seconds: float) -> bytes:
    """The episode state: header and payload of what every client learns of a frame.

    `platform_seconds` is the host's clock; all else is the simulation's.
    """
    head = pack_header(SensorType.EPISODE, snapshot.timestamp, _NOWHERE)
    state = _EPISODE.pack(snapshot.episode, platform_seconds, snapshot.step, 0, 0, 0, 0)
    return b"".join((head, state, *map(_actor_state, snapshot.actors)))


def _actor_state(actor: ActorState) -> bytes:
    spin = actor.angular_velocity
    return _ACTOR.pack(
        actor.id,
        _ACTIVE,
        *_pose_values(actor.pose),
        *map(_single, (actor.velocity.x, actor.velocity.y, actor.velocity.z)),
        *map(_single, (math.degrees(spin.x), math.degrees(spin.y), math.degrees(spin.z))),
        *map(_single, (actor.acceleration.x, actor.acceleration.y, actor.acceleration.z)),
        b"" if actor.vehicle is None else _vehicle(actor.vehicle),
    )


def _vehicle(extra: VehicleState) -> bytes:
    control = extra.control
    return _VEHICLE.pack(
        *map(_single, (control.throttle, control.steer, control.brake)),
        *(control.hand_brake, control.reverse, control.manual_gear_shift),
        *(extra.gear, _single(extra.speed_limit)),
        *(_GREEN, 0, 0, 0),
    )
