"""The world: one episode at a time, its actors, settings and weather, and the clock that moves them.

No sockets and no wire here, and no time but the simulation's: the same calls give the same snapshots, to the bit.
Ids are never used twice, across episodes either, because clients remember actors by them. What a client spawned
stays when the client leaves, as in CARLA; the next client can find it and destroy it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Protocol, TypeVar

from sim.dynamics.single_track import Ground, PhysicsControl, VehicleControl
from sim.episode.actors import Actor, Prop, Vehicle, is_colliding
from sim.episode.blueprints import SPECTATOR, BlueprintError, Description
from sim.episode.catalogue import STANDING, UNSUPPORTED, WALKER_CONTROLLER
from sim.episode.collisions import Collision, resolve
from sim.episode.sensors import SENSORS, SPRING_ARMS, CameraSensor, Sensor
from sim.episode.settings import EpisodeSettings
from sim.episode.snapshot import Snapshot, Timestamp
from sim.episode.weather import WeatherParameters
from sim.geometry.boxes import Box
from sim.geometry.poses import Pose, Vector

LONGEST_STEP = 3.0  # [s] per tick, which CARLA's lidar_to_camera.py has; a longer one would block the other clients
SHORTEST_STEP = 1e-4  # [s] per tick
MOST_ACTORS, MOST_CAMERAS, MOST_SENSORS = 1000, 64, 500
MOST_PIXELS = 32 << 20  # of all cameras together
DEEPEST = 8  # levels of actors attached to actors, whose poses are found through all that are below
LONGEST_CURVE = 64  # points of a torque or steering curve, which every substep searches
FASTEST = 200.0  # [m/s] that a client can give a car
A = TypeVar("A", bound=Actor)


class WorldError(Exception):
    """The world cannot do what was asked; its message becomes that of the client's exception."""


class Roads(Protocol):
    """The part of a `sim.roads.track.Track` that the world stands on."""

    @property
    def name(self) -> str:
        """The map's name."""

    @property
    def opendrive(self) -> str:
        """The map as OpenDRIVE text."""

    @property
    def spawn_points(self) -> Sequence[Pose]:
        """Places to start from."""

    def ground(self, x: float, y: float, z: float, yaw: float) -> Ground:
        """The ground under a car at a point [m] with heading `yaw` [rad]."""

    def solids_near(self, x: float, y: float) -> Iterable[Box]:
        """The boxes of scenery that a car at a point [m] may touch."""


class World:
    """The episode that runs, and what can be done to it.

    Attributes:
        track: the map.
        episode: its number; it changes whenever a map is loaded.
        timestamp: the last tick's frame number and simulation time; each episode begins at 0 s, frames never go back.
        settings, weather: as clients set them.
        collisions: what ran into what in the last tick.
    """

    def __init__(self, track: Roads) -> None:
        self.settings = EpisodeSettings()
        self.episode = 0
        self.timestamp = Timestamp(frame=1, seconds=0.0)
        self._ids = count(1)
        self._streams = count(2)  # stream 1 is the episode's own
        self.load(track)

    def load(self, track: Roads) -> None:
        """Begin a new episode on a map at 0 s, with no actor but the spectator, and the default weather."""
        self.track = track
        self.episode += 1
        self.timestamp = Timestamp(self.timestamp.frame, 0.0)
        self.weather = WeatherParameters()
        start = track.spawn_points[0] if track.spawn_points else Pose()
        self.spectator = Actor(next(self._ids), SPECTATOR, replace(start, z=start.z + 2.0))
        self.actors: dict[int, Actor] = {self.spectator.id: self.spectator}
        self.collisions: list[Collision] = []

    # --- time

    def tick(self) -> int:
        """Advance one step with every car's last control; return the new frame number."""
        step = self.settings.step
        cars = [actor for actor in self.actors.values() if isinstance(actor, Vehicle)]
        before = {car.id: car.footprint for car in cars}
        for car in cars:
            car.advance(step)
        self.collisions = resolve(self.actors.values(), before, self.track.solids_near)
        for car in cars:
            car.measure_acceleration(step)
        self.timestamp = Timestamp(self.timestamp.frame + 1, self.timestamp.seconds + step)
        return self.timestamp.frame

    def skip(self) -> None:
        """Advance the frame number and time although nothing could be moved, so that no client waits for the frame."""
        self.timestamp = Timestamp(self.timestamp.frame + 1, self.timestamp.seconds + self.settings.step)

    def snapshot(self) -> Snapshot:
        """Return the state of all actors at the current frame."""
        actors = tuple(actor.state() for actor in self.actors.values())
        return Snapshot(self.episode, self.timestamp, self.settings.step, actors)

    def apply(self, settings: EpisodeSettings) -> None:
        """Apply settings from the next tick on.

        Raises:
            WorldError: fixed_delta_seconds is negative, too short to be a step, or more than three seconds.
        """
        if not SHORTEST_STEP <= settings.step <= LONGEST_STEP:
            raise WorldError(
                f"fixed_delta_seconds is {settings.fixed_delta_seconds}, "
                f"expected 0 (no fixed step) or {SHORTEST_STEP:g} to {LONGEST_STEP:g}"
            )
        self.settings = settings

    # --- who is there

    def actor(self, identity: int, kind: type[A]) -> A:
        """Return an actor by its id.

        Raises:
            WorldError: there is no such actor, or it is of another kind.
        """
        found = self.actors.get(identity)
        if found is None:
            raise WorldError(f"there is no actor {identity}: it was destroyed, or never spawned")
        if not isinstance(found, kind):
            raise WorldError(f"actor {identity} is a {found.description.id}, expected a {kind.__name__.lower()}")
        return found

    def vehicle(self, identity: int) -> Vehicle:
        """Return a vehicle by its id; raises WorldError as `actor` does."""
        return self.actor(identity, Vehicle)

    def sensors(self) -> list[Sensor]:
        """Return all sensors, in the order of spawning."""
        return [actor for actor in self.actors.values() if isinstance(actor, Sensor)]

    def cameras(self) -> list[CameraSensor]:
        """Return all cameras, in the order of spawning."""
        return [actor for actor in self.actors.values() if isinstance(actor, CameraSensor)]

    def spawn(self, description: Description, pose: Pose, parent: int = 0, attachment: int = 0) -> Actor:
        """Spawn an actor; its pose is relative to the parent, if there is one (0: none).

        The attachment is CARLA's number: 0 rigid, else one of SPRING_ARMS; without a parent it has no meaning.

        Raises:
            WorldError: the blueprint or parent does not exist, an attribute is out of range, the place is taken, or a
                limit of this server is reached.
        """
        on = self.actor(parent, Actor) if parent else None
        try:
            complete = description.complete()
            actor = self._make(complete, pose, on)
        except BlueprintError as error:
            raise WorldError(str(error)) from error
        if any(is_colliding(actor, other) for other in self.actors.values()):
            raise WorldError("Spawn failed because of collision at spawn position")  # CARLA's own words
        if isinstance(actor, Sensor) and on is not None and attachment in SPRING_ARMS:
            actor.mount_on_arm(SPRING_ARMS[attachment])
        self._check_limits(actor)
        self.actors[actor.id] = actor
        return actor

    def _check_limits(self, actor: Actor) -> None:
        """Raise WorldError if one more actor would make the server too slow for its other clients."""
        if len(self.actors) >= MOST_ACTORS:
            raise WorldError(f"there are {MOST_ACTORS} actors already, the most that this server has: destroy some")
        if actor.depth > DEEPEST:
            raise WorldError(f"attached more than {DEEPEST} deep: attach it to the car or walker itself")
        if isinstance(actor, Sensor) and len(self.sensors()) >= MOST_SENSORS:
            raise WorldError(f"there are {MOST_SENSORS} sensors already, the most that this server has")
        if isinstance(actor, CameraSensor):
            lenses = [camera.lens for camera in (*self.cameras(), actor)]
            if len(lenses) > MOST_CAMERAS:
                raise WorldError(f"there are {MOST_CAMERAS} cameras already, the most that this server draws")
            pixels = sum(lens.width * lens.height for lens in lenses)
            if pixels > MOST_PIXELS:
                raise WorldError(
                    f"with this camera {pixels / 1e6:.0f} million pixels a frame were to be drawn, "
                    f"expected up to {MOST_PIXELS / 1e6:.0f} in all cameras together"
                )

    def _make(self, description: Description, pose: Pose, parent: Actor | None) -> Actor:
        kind = description.id
        if kind in UNSUPPORTED:
            raise WorldError(f"{kind} is not supported: a full CARLA server has it, this one does not")
        if kind in SENSORS:
            return SENSORS[kind](next(self._ids), description, pose, parent, next(self._streams), self.timestamp)
        if kind == WALKER_CONTROLLER:
            controller = Actor(next(self._ids), description, pose)
            controller.parent = parent
            return controller
        if parent is not None:
            raise WorldError(f"a {kind} cannot be attached to another actor")
        if kind in STANDING:
            return Prop(next(self._ids), description, pose)
        return Vehicle(next(self._ids), description, pose, self.track.ground)

    def destroy(self, identity: int) -> None:
        """Destroy an actor; what is attached to it stays where it is.

        Raises:
            WorldError: there is no such actor, or it is the spectator.
        """
        if self.actor(identity, Actor) is self.spectator:
            raise WorldError("the spectator cannot be destroyed")
        gone = self.actors.pop(identity)
        for other in self.actors.values():
            if other.parent is gone:
                other.detach()

    # --- what is done to cars

    def control(self, identity: int, control: VehicleControl) -> None:
        """Set the control that a car applies from the next tick on, clipped to CARLA's ranges."""
        vehicle = self.vehicle(identity)
        vehicle.ackermann = None
        vehicle.control = replace(
            control,
            throttle=min(max(control.throttle, 0.0), 1.0),
            steer=min(max(control.steer, -1.0), 1.0),
            brake=min(max(control.brake, 0.0), 1.0),
        )

    def set_velocity(self, identity: int, velocity: Vector) -> None:
        """Set a car's velocity [m/s] in the world's axes."""
        self.check_velocity(velocity)
        self.vehicle(identity).set_velocity(velocity)

    @staticmethod
    def check_velocity(velocity: Vector) -> None:
        """Raise WorldError if a velocity [m/s] exceeds FASTEST."""
        if max(abs(velocity.x), abs(velocity.y), abs(velocity.z)) > FASTEST:
            raise WorldError(f"a velocity of more than {FASTEST:g} m/s")

    def set_physics(self, identity: int, physics: PhysicsControl) -> None:
        """Replace a car's physics control.

        Raises:
            WorldError: not four wheels, no gear, a mass or radius that is not positive, or a car that would tip over.
        """
        vehicle = self.vehicle(identity)
        if len(physics.wheels) != 4 or not physics.forward_gears:
            raise WorldError("a car has four wheels and at least one forward gear")
        if max(map(len, (physics.torque_curve, physics.steering_curve, physics.forward_gears))) > LONGEST_CURVE:
            raise WorldError(f"a curve of physics has up to {LONGEST_CURVE} points, and a car as many gears")
        if physics.mass <= 0.0 or any(wheel.radius <= 0.0 for wheel in physics.wheels):
            raise WorldError("a car's mass and the radii of its wheels are more than 0")
        if not physics.wheels[2].position.x < physics.center_of_mass.x < physics.wheels[0].position.x:
            raise WorldError("a car's centre of mass is between its axles")
        vehicle.physics = physics
