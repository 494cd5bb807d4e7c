"""The actors of an episode: the spectator, cars that move, and props that stand still; `sensors` sit on them.

Each knows where it is and what a snapshot says of it; who lives and when time passes is the world's business.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from sim.dynamics.ackermann import AckermannControl, AckermannSettings, follow
from sim.dynamics.single_track import MODEL3, Ground, PhysicsControl, SingleTrackModel, State, VehicleControl
from sim.episode.blueprints import Description
from sim.episode.catalogue import STANDING, VEHICLES, WALKERS
from sim.episode.labels import Label
from sim.episode.snapshot import ActorState, VehicleState
from sim.geometry.boxes import Box, is_overlapping
from sim.geometry.poses import Pose, Vector, compose, matrix

GroundAt = Callable[[float, float, float, float], Ground]  # of x, y, z [m] and yaw [rad]
Extent = tuple[Vector, Vector]
NO_BOX: Extent = (Vector(), Vector())
BEYOND_REASON = 1e9  # [m, m/s, rad/s]


class Actor:
    """Something with a place: the spectator is no more than this.

    Attributes:
        box: the bounding box's centre and half sizes [m] in the actor's own axes.
        tags: CARLA's semantic tags of what it is, a byte each.
        collides: whether it stops cars; a client can switch that off.
    """

    box: Extent = NO_BOX
    tags = b""

    def __init__(self, identity: int, description: Description, pose: Pose) -> None:
        self.id = identity
        self.description = description
        self.parent: Actor | None = None
        self.collides = True
        self._pose = pose

    @property
    def pose(self) -> Pose:
        """Where the actor is in the world."""
        return self._pose if self.parent is None else compose(self._mount(self.parent), self._pose)

    @property
    def depth(self) -> int:
        """How deep in a chain of attachments it is: 0 on its own, 1 on a car, 2 on a sensor on a car."""
        return 0 if self.parent is None else 1 + self.parent.depth

    @property
    def carrier(self) -> Actor:
        """What it moves with: the end of its chain of attachments, or itself on its own."""
        return self if self.parent is None else self.parent.carrier

    def _mount(self, parent: Actor) -> Pose:
        """The pose in the world that an attached actor's own is relative to."""
        return parent.pose

    @property
    def footprint(self) -> Box | None:
        """The room that the actor takes up, if it takes any."""
        return None

    def put(self, pose: Pose) -> None:
        """Set the actor down at a pose: in the world, or relative to what it is attached to, as in CARLA."""
        self._pose = pose

    def move_to(self, place: Vector) -> None:
        """Set the actor down elsewhere as it is turned; the place is in the same axes as for `put`."""
        self.put(replace(self._pose, x=place.x, y=place.y, z=place.z))

    def detach(self) -> None:
        """Stay where it is, without its parent."""
        self._pose, self.parent = self.pose, None

    def state(self) -> ActorState:
        """What a snapshot says of the actor."""
        return ActorState(self.id, self.pose)


class Prop(Actor):
    """A thing or a pedestrian that stands where it was put and stops what hits it."""

    def __init__(self, identity: int, description: Description, pose: Pose) -> None:
        super().__init__(identity, description, pose)
        half = STANDING[description.id]
        self.tags = bytes((Label.PEDESTRIAN if description.id in WALKERS else Label.STATIC,))
        self.box = (Vector(0.0, 0.0, half.z), half)
        self.put(pose)

    @property
    def footprint(self) -> Box:
        """The room that the prop takes up."""
        return self._footprint

    def put(self, pose: Pose) -> None:
        """Set the prop down at a pose in the world; it stays in the air if that is there."""
        super().put(pose)
        self._footprint = Box.from_bounding_box(pose, *self.box)


class Vehicle(Actor):
    """A car that follows its last control; it stands on the ground wherever it is put.

    Attributes:
        control: what it follows; `ackermann`, where it is set, makes a new one every step.
        constant: velocity [m/s] in the car's own axes that a client holds it at, whatever the tyres say.
        moves: False while a client has switched its physics off: then it is at rest, and nothing moves it but `put`.
        sticky: whether a control holds until the next one comes, or for one step alone; `ackermann` always holds.
    """

    tags = bytes((Label.CAR,))
    motion: State
    ground: Ground

    def __init__(self, identity: int, description: Description, pose: Pose, ground_at: GroundAt) -> None:
        super().__init__(identity, description, pose)
        half = VEHICLES[description.id]
        self.box = (Vector(0.0, 0.0, half.z), half)
        self.control = VehicleControl()
        self.ackermann: AckermannControl | None = None
        self.ackermann_settings = AckermannSettings()
        self.constant: Vector | None = None
        self.car = SingleTrackModel(MODEL3)
        self.lights = 0
        self.moves = True
        self.sticky = description.text("sticky_control") != "false"
        self._force = Vector()  # [N], for the next step alone
        self._known_velocity = 0.0, 0.0  # in the world's axes, at the end of the last tick
        self._ground_at = ground_at
        self._settle(State.at_rest(pose), pose.z)

    @property
    def physics(self) -> PhysicsControl:
        """The car's numbers; setting them makes another car of it."""
        return self.car.physics

    @physics.setter
    def physics(self, physics: PhysicsControl) -> None:
        self.car = SingleTrackModel(physics)

    @property
    def footprint(self) -> Box:
        """The room that the car takes up."""
        return Box.from_bounding_box(self.pose, *self.box)

    def put(self, pose: Pose) -> None:
        """Move the car to a pose, at the ground's height, wheels straight; in the world it goes on as it went."""
        velocity = Vector(self.speed_along(1.0, 0.0), self.speed_along(0.0, 1.0))
        self._settle(replace(State.at_rest(pose), yaw_rate=self.motion.yaw_rate), pose.z)
        self.set_velocity(velocity)

    # --- what is done to it from outside

    def simulate_physics(self, *, on: bool) -> None:
        """Switch the car's physics; without them it is at rest."""
        self.moves = on
        if not on:
            self.motion, self._force = State.at_rest(self.pose), Vector()

    def set_velocity(self, velocity: Vector) -> None:
        """Give the car a velocity [m/s] in the world's axes; what goes up or down is lost."""
        along, across = self._to_own_axes(velocity)
        self._move(replace(self.motion, speed=along, lateral_speed=across))

    def add_impulse(self, impulse: Vector) -> None:
        """Change the car's velocity by an impulse [N s] in the world's axes."""
        along, across = self._to_own_axes(impulse)
        motion, mass = self.motion, self.physics.mass
        self._move(
            replace(motion, speed=motion.speed + along / mass, lateral_speed=motion.lateral_speed + across / mass)
        )

    def add_force(self, force: Vector) -> None:
        """Let a force [N] in the world's axes act during the next step."""
        if self.moves:
            self._force = Vector(self._force.x + force.x, self._force.y + force.y)

    def set_yaw_rate(self, rate: float) -> None:
        """Give the car a yaw rate [rad/s]."""
        self._move(replace(self.motion, yaw_rate=rate))

    def shift(self, dx: float, dy: float) -> None:
        """Move the car aside [m] as it goes."""
        moved = replace(self.motion, x=self.motion.x + dx, y=self.motion.y + dy)
        if _is_computable(moved):
            self._settle(moved, self.pose.z)

    def _move(self, motion: State) -> None:
        """Adopt a motion, unless physics are off; if it is not finite, the car stands still instead."""
        if self.moves:
            self.motion = motion if _is_computable(motion) else State.at_rest(self.pose)

    def _to_own_axes(self, vector: Vector) -> tuple[float, float]:
        """A vector's parts along and across the car."""
        c, s = math.cos(self.motion.yaw), math.sin(self.motion.yaw)
        return vector.x * c + vector.y * s, vector.y * c - vector.x * s

    def steer_angle(self, wheel: int) -> float:
        """The angle [rad] of a wheel: 0 front left, 1 front right; the rear ones do not steer."""
        angle = self.motion.wheel_angle
        if wheel not in {0, 1}:
            return 0.0
        return angle if (angle > 0.0) == (wheel == 1) else self.car.outer_angle(angle)

    def speed_along(self, nx: float, ny: float) -> float:
        """The car's speed [m/s] along a unit vector of the world."""
        along, across = self._to_own_axes(Vector(nx, ny))
        return self.motion.speed * along + self.motion.lateral_speed * across

    # --- time

    def measure_acceleration(self, seconds: float) -> None:
        """Find the mean acceleration of the tick that ends: tyres, contact and clients changed the velocity."""
        x, y = self._known_velocity
        m = self.motion
        self._known_velocity = now = self.speed_along(1.0, 0.0), self.speed_along(0.0, 1.0)
        along, across = self._to_own_axes(Vector(now[0] - x, now[1] - y))
        self.motion = replace(m, acceleration=Vector(along / seconds, across / seconds))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        if not self.moves:
            return
        try:
            self._drive(seconds)
        except (ArithmeticError, ValueError):
            # A client may give a car any physics it likes; a car that cannot be reckoned stands still.
            self.motion = State.at_rest(self.pose)

    def _drive(self, seconds: float) -> None:
        if self._force != Vector():
            self.add_impulse(Vector(self._force.x * seconds, self._force.y * seconds))
            self._force = Vector()
        if self.ackermann is not None:
            self.control = follow(self.ackermann, self.ackermann_settings, self.car, self.motion, self.control, seconds)
        self._hold_velocity()
        self._settle(self.car.step(self.motion, self.control, self.ground, seconds), self.pose.z)
        self._hold_velocity()
        if not self.sticky and self.ackermann is None:
            self.control = VehicleControl()

    def _hold_velocity(self) -> None:
        if self.constant is not None:
            self.motion = replace(self.motion, speed=self.constant.x, lateral_speed=self.constant.y)

    def _settle(self, motion: State, height: float) -> None:
        if not _is_computable(motion):
            raise ArithmeticError("a car whose motion is no number, or too large for one")
        self.ground = self._ground_at(motion.x, motion.y, height, motion.yaw)
        self.motion = motion
        self._pose = Pose(motion.x, motion.y, self.ground.z, self.ground.pitch, motion.yaw, self.ground.roll)

    def state(self) -> ActorState:
        """What a snapshot says of the car."""
        m, attitude = self.motion, matrix(self.pose)[:3, :3]
        velocity = attitude @ (m.speed, m.lateral_speed, 0.0)
        acceleration = attitude @ (m.acceleration.x, m.acceleration.y, m.acceleration.z)
        gear = max(-1, min(self.control.engaged_gear, len(self.physics.forward_gears)))
        return ActorState(
            self.id,
            self.pose,
            Vector(*velocity.tolist()),
            Vector(0.0, 0.0, m.yaw_rate),
            Vector(*acceleration.tolist()),
            VehicleState(self.control, gear, self.ground.speed_limit),
        )


def _is_computable(motion: State) -> bool:
    """Whether every number of a motion is finite and small enough to integrate further."""
    numbers = (
        *(motion.x, motion.y, motion.yaw, motion.speed, motion.lateral_speed, motion.yaw_rate),
        motion.wheel_angle,
    )
    return all(abs(number) <= BEYOND_REASON for number in numbers)  # a comparison with NaN is false


def is_colliding(a: Actor, b: Actor) -> bool:
    """Whether two actors take up the same room."""
    here, there = a.footprint, b.footprint
    return here is not None and there is not None and is_overlapping(here, there)
