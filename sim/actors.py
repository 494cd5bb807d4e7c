"""The actors of an episode: the spectator, cars that move, and cameras that sit on something.

Each knows where it is and what a snapshot says of it; who lives and when time passes is the world's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sim.blueprints import Description
from sim.geometry import Pose, Vector, attached, matrix, pose_of
from sim.snapshot import ActorState, VehicleExtra
from sim.vehicle import MODEL3, MODEL3_BOX, Control, Ground, Physics, State, step

GroundAt = Callable[[float, float, float], Ground]
Box = tuple[Vector, Vector]
NO_BOX: Box = (Vector(), Vector())
LARGEST_IMAGE = 4096  # pixels a side
BEYOND_REASON = 1e9  # [m, m/s, rad/s]
LONGEST_SENSOR_TICK = 3600.0  # [s]


class Actor:
    """Something with a place: the spectator is no more than this."""

    box: Box = NO_BOX

    def __init__(self, identity: int, description: Description, pose: Pose) -> None:
        self.id = identity
        self.description = description
        self.parent: Actor | None = None
        self._pose = pose

    @property
    def pose(self) -> Pose:
        """Where the actor is in the world."""
        return self._pose

    def put(self, pose: Pose) -> None:
        """Set the actor down at a pose in the world."""
        self._pose = pose

    def state(self) -> ActorState:
        """What a snapshot says of the actor."""
        return ActorState(self.id, self.pose)


class Vehicle(Actor):
    """A car that follows its last control; it stands on the ground wherever it is put."""

    box = MODEL3_BOX
    motion: State
    ground: Ground

    def __init__(self, identity: int, description: Description, pose: Pose, ground_at: GroundAt) -> None:
        super().__init__(identity, description, pose)
        self.control = Control()
        self.physics: Physics = MODEL3
        self.lights = 0
        self.moves = True  # False while a client has switched its physics off
        self._ground_at = ground_at
        self.put(pose)

    def put(self, pose: Pose) -> None:
        """Set the car down at rest, at the ground's height."""
        self._settle(State.at_rest(pose), pose.z)

    def push(self, velocity: Vector) -> None:
        """Give the car a velocity [m/s] in the world's axes; what goes up or down is lost."""
        c, s = math.cos(self.motion.yaw), math.sin(self.motion.yaw)
        along, across = velocity.x * c + velocity.y * s, velocity.y * c - velocity.x * s
        self.motion = replace(self.motion, speed=along, lateral_speed=across)

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if not self.moves:
            return
        try:
            motion = step(self.motion, self.control, self.physics, self.ground, seconds)
            self._settle(motion, self.pose.z)
        except (ArithmeticError, ValueError):
            # A client may give a car any physics it likes; a car that cannot be reckoned stands still.
            self.motion = State.at_rest(self.pose)

    def _settle(self, motion: State, height: float) -> None:
        size = max(map(abs, (motion.x, motion.y, motion.yaw_rate, motion.speed, motion.lateral_speed)))
        if not size <= BEYOND_REASON or math.isnan(motion.x + motion.y + motion.yaw + motion.speed + motion.yaw_rate):
            raise ArithmeticError("a car whose motion is no number, or too large for one")
        self.ground = self._ground_at(motion.x, motion.y, height)
        self.motion = motion
        self._pose = Pose(motion.x, motion.y, self.ground.z, self.ground.pitch, motion.yaw, self.ground.roll)

    def state(self) -> ActorState:
        """What a snapshot says of the car."""
        m, attitude = self.motion, matrix(self.pose)[:3, :3]
        velocity = attitude @ (m.speed, m.lateral_speed, 0.0)
        acceleration = attitude @ (m.acceleration.x, m.acceleration.y, m.acceleration.z)
        gear = self.control.gear if self.control.manual_gear_shift else -1 if self.control.reverse else 1
        return ActorState(
            self.id,
            self.pose,
            Vector(*velocity.tolist()),
            Vector(0.0, 0.0, m.yaw_rate),
            Vector(*acceleration.tolist()),
            VehicleExtra(self.control, gear),
        )


@dataclass(frozen=True, slots=True)
class Lens:
    """What a camera is asked to draw: size [pixels], horizontal field of view [rad], seconds between pictures."""

    width: int
    height: int
    fov: float
    every: float

    @staticmethod
    def of(description: Description) -> Lens:
        """The lens that a camera's attributes describe.

        Raises:
            BlueprintError: an attribute is no number, or beyond what can be drawn.
        """
        return Lens(
            int(description.number("image_size_x", 1, LARGEST_IMAGE)),
            int(description.number("image_size_y", 1, LARGEST_IMAGE)),
            math.radians(description.number("fov", 1, 179)),
            description.number("sensor_tick", 0, LONGEST_SENSOR_TICK),
        )


class Camera(Actor):
    """A camera, on its own or rigidly on a parent; who listens to its stream is the server's business."""

    def __init__(
        self, identity: int, description: Description, pose: Pose, parent: Actor | None, stream: int, born: float
    ) -> None:
        super().__init__(identity, description, pose)
        self.parent = parent
        self.stream = stream
        self.lens = Lens.of(description)
        self._born = born

    @property
    def pose(self) -> Pose:
        """Where the camera is in the world: on its parent, if it has one."""
        return self._pose if self.parent is None else attached(self.parent.pose, self._pose)

    def put(self, pose: Pose) -> None:
        """Set the camera down at a pose in the world; it keeps its parent and goes on moving with it."""
        if self.parent is not None:
            pose = pose_of(np.linalg.inv(matrix(self.parent.pose)) @ matrix(pose))
        self._pose = pose

    def let_go(self) -> None:
        """Stay where the parent was, without it."""
        self._pose, self.parent = self.pose, None

    def is_due(self, now: float, step_seconds: float) -> bool:
        """Whether a picture falls into the step [s] that ends now [s of simulation]."""
        if self.lens.every <= 0.0:
            return True
        age = (now - self._born) / self.lens.every + 1e-6  # the sum of many steps falls a hair short of a whole
        return math.floor(age) > math.floor(age - step_seconds / self.lens.every)


def overlap(a: Actor, b: Actor) -> bool:
    """Whether the bounding boxes of two actors overlap, each upright and turned by its yaw alone (separating axes)."""
    if a.box is NO_BOX or b.box is NO_BOX:
        return False
    if abs(a.pose.z - b.pose.z) > a.box[1].z + b.box[1].z:
        return False
    dx, dy = b.pose.x - a.pose.x, b.pose.y - a.pose.y
    turn = b.pose.yaw - a.pose.yaw
    c, s = abs(math.cos(turn)), abs(math.sin(turn))
    for one, other in ((a, b), (b, a)):
        cy, sy = math.cos(one.pose.yaw), math.sin(one.pose.yaw)
        along, across = abs(dx * cy + dy * sy), abs(dy * cy - dx * sy)
        if along > one.box[1].x + other.box[1].x * c + other.box[1].y * s:
            return False
        if across > one.box[1].y + other.box[1].x * s + other.box[1].y * c:
            return False
    return True
