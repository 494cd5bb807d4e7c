"""Sensors: actors that sit on others, or on their own, and have a stream of what they sense.

Their data are produced elsewhere: images in `server.camera_streams`, what lidars and radars see in
`server.range_streams`, everything else in `server.sensor_streams`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.episode.actors import Actor
from sim.episode.blueprints import Description
from sim.episode.catalogue import (
    COLLISION,
    DEPTH_CAMERA,
    GNSS,
    IMU,
    INSTANCE_CAMERA,
    LANE_INVASION,
    LIDAR,
    RADAR,
    RGB_CAMERA,
    SEGMENTATION_CAMERA,
    SEMANTIC_LIDAR,
)
from sim.episode.scanning import LidarPattern, LidarReturns, RadarPattern
from sim.episode.snapshot import Timestamp
from sim.geometry.poses import Pose, compose

LARGEST_IMAGE = 4096  # pixels a side
LONGEST_SENSOR_TICK = 3600.0  # [s]
LOUDEST = 1e6  # the largest noise that a client can ask for
SPRING_ARMS = {1: 0.3, 2: 0.0}
"""CARLA's numbers of its attachments by an arm, and how far above the parent's origin the arm begins [m]."""
CameraKind = Literal["rgb", "depth", "semantic_segmentation"]
CAMERA_KINDS: dict[str, CameraKind] = {
    RGB_CAMERA: "rgb",
    DEPTH_CAMERA: "depth",
    SEGMENTATION_CAMERA: "semantic_segmentation",
    INSTANCE_CAMERA: "semantic_segmentation",
}
"""What the renderer draws for a camera, by its blueprint."""


class Sensor(Actor):
    """A sensor, on its own or rigidly on a parent; who listens to its stream is the server's business.

    Args:
        identity, description, pose: the actor's; the pose is relative to the parent, if there is one.
        parent: what it sits on.
        stream: the number of its stream.
        born: frame and time of its spawning.

    Raises:
        BlueprintError: an attribute is no number, or out of range.
    """

    streams = True  # whether there is anything to listen to

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose)
        self.parent = parent
        self.stream = stream
        self._born = born
        self._arm: Pose | None = None  # the far end of its arm, seen from the upright parent, where it has one
        self.every = (
            description.number("sensor_tick", 0, LONGEST_SENSOR_TICK) if description.text("sensor_tick") else 0.0
        )

    def _mount(self, parent: Actor) -> Pose:
        """The parent's pose, or the far end of the arm, which turns with its parent and is upright."""
        at = parent.pose
        return at if self._arm is None else compose(Pose(at.x, at.y, at.z, yaw=at.yaw), self._arm)

    def mount_on_arm(self, lift: float) -> None:
        """Sit at the end of an arm, which begins `lift` [m] above the parent, and look along it, as CARLA's do."""
        at = self._pose
        pitch = math.atan2(-at.z, math.hypot(at.x, at.y))
        yaw = math.atan2(-at.y, -at.x) if at.x or at.y else 0.0  # of two negative zeros atan2 makes half a turn
        self._arm = Pose(at.x, at.y, at.z + lift, pitch, yaw)
        self._pose = Pose(pitch=at.pitch, yaw=at.yaw, roll=at.roll)

    @property
    def relative_pose(self) -> Pose:
        """The sensor's pose in its parent's axes, or in the world if it has no parent."""
        return self._pose if self._arm is None else compose(self._arm, self._pose)

    def detach(self) -> None:
        """Stay where it is, without its parent and its arm."""
        super().detach()
        self._arm = None

    def is_due(self, now: float, step_seconds: float) -> bool:
        """Whether a measurement falls into the step [s] that ends now [s of simulation].

        The first tick after a sensor was born always has one, as in CARLA.
        """
        if self.every <= step_seconds:
            return True
        step = step_seconds / self.every
        age = (
            (now - self._born.seconds) / self.every - step + 1e-6
        )  # the sum of many steps falls a hair short of a whole
        return math.floor(age) > math.floor(age - step)


@dataclass(frozen=True, slots=True)
class Lens:
    """What a camera is asked to draw: size [pixels] and horizontal field of view [rad]."""

    width: int
    height: int
    fov: float

    @staticmethod
    def from_description(description: Description) -> Lens:
        """The lens that a camera's attributes describe.

        Raises:
            BlueprintError: an attribute is no number, or beyond what can be drawn.
        """
        return Lens(
            int(description.number("image_size_x", 1, LARGEST_IMAGE)),
            int(description.number("image_size_y", 1, LARGEST_IMAGE)),
            math.radians(description.number("fov", 1, 179)),
        )


class CameraSensor(Sensor):
    """A camera; `kind` is what is drawn for it, and `instances` says whether the ids of actors are added to that."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        self.lens = Lens.from_description(description)
        self.kind = CAMERA_KINDS[description.id]
        self.instances = description.id == INSTANCE_CAMERA


class CollisionSensor(Sensor):
    """Tells of every collision of what it sits on."""


class LaneInvasion(Sensor):
    """CARLA's client works lane invasions out by itself: there is nothing to stream."""

    streams = False


class NoisySensor(Sensor):
    """A sensor with noise, a bias and a normal deviation around it.

    A tick's noise follows from the seed and the number of ticks since the spawning, so that it is the same whoever
    listened before.
    """

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        self._seed = int(description.number("noise_seed", -(2**31), 2**31))
        self._noise = {
            given.id: description.number(given.id, -LOUDEST, LOUDEST)
            for given in description.attributes
            if given.id.startswith("noise_") and given.id != "noise_seed"
        }

    def noise_at(self, frame: int) -> Callable[[str, str], float]:
        """The errors at a frame of a quantity ("lat") along an axis ("_x"), to be asked for in a fixed order."""
        source = random.Random(f"{self._seed} {frame - self._born.frame}")

        def draw(of: str, axis: str) -> float:
            bias = self._noise.get(f"noise_{of}_bias{axis}", 0.0)
            return bias + source.gauss(0.0, abs(self._noise[f"noise_{of}_stddev{axis}"]))

        return draw


class Gnss(NoisySensor):
    """Latitude, longitude and altitude."""


class Imu(NoisySensor):
    """Acceleration with gravity, rate of turn, and a compass."""


class RangeSensor(Sensor):
    """A sensor that sends out rays; its random numbers follow from its seed and the number of ticks since its birth."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        seed = description.text("noise_seed")
        self._seed = int(description.number("noise_seed", -(2**31), 2**31)) if seed else 0

    def age(self, now: Timestamp) -> float:
        """How long ago it was spawned [s]."""
        return now.seconds - self._born.seconds

    def random_at(self, now: Timestamp) -> np.random.Generator:
        """The source of a tick's random numbers."""
        return np.random.default_rng([self._seed % 2**32, now.frame - self._born.frame])


class SemanticLidar(RangeSensor):
    """A lidar whose points have the tag and the number of what they hit, and no noise."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        self.pattern = LidarPattern.from_description(description)


class Lidar(SemanticLidar):
    """A lidar whose points have an intensity."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        self.returns = LidarReturns.from_description(description)


class Radar(RangeSensor):
    """Distance, direction and relative speed of what is ahead."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: Timestamp
    ) -> None:
        super().__init__(identity, description, pose, parent, stream, born)
        self.pattern = RadarPattern.from_description(description)


SENSORS: dict[str, type[Sensor]] = {
    RGB_CAMERA: CameraSensor,
    DEPTH_CAMERA: CameraSensor,
    SEGMENTATION_CAMERA: CameraSensor,
    INSTANCE_CAMERA: CameraSensor,
    COLLISION: CollisionSensor,
    LANE_INVASION: LaneInvasion,
    GNSS: Gnss,
    IMU: Imu,
    LIDAR: Lidar,
    SEMANTIC_LIDAR: SemanticLidar,
    RADAR: Radar,
}
"""What a blueprint makes."""
