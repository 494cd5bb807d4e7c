"""What an episode says of one frame: every actor's motion, in the world's axes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.dynamics.single_track import VehicleControl
from sim.geometry.poses import Pose, Vector


@dataclass(frozen=True, slots=True)
class VehicleState:
    """What is said of a vehicle beyond its motion; `gear` is -1 in reverse, the speed limit in km/h."""

    control: VehicleControl
    gear: int
    speed_limit: float = 0.0


@dataclass(frozen=True, slots=True)
class ActorState:
    """An actor in a frame: pose, velocity [m/s], angular velocity [rad/s], acceleration [m/s2]."""

    id: int
    pose: Pose
    velocity: Vector = field(default_factory=Vector)
    angular_velocity: Vector = field(default_factory=Vector)
    acceleration: Vector = field(default_factory=Vector)
    vehicle: VehicleState | None = None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When something was seen: the frame's number and the simulation's time [s]."""

    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One frame of an episode; `step` is how much simulation time [s] it took."""

    episode: int
    timestamp: Timestamp
    step: float
    actors: tuple[ActorState, ...]
