"""The state of an episode at one frame: every actor's motion in the world's axes."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.dynamics.single_track import VehicleControl
from sim.geometry.poses import Pose, Vector


@dataclass(frozen=True, slots=True)
class VehicleState:
    """A vehicle's state beyond its motion: control, gear (-1 in reverse) and speed limit [km/h]."""

    control: VehicleControl
    gear: int
    speed_limit: float = 0.0


@dataclass(frozen=True, slots=True)
class ActorState:
    """An actor's state at one frame: pose, velocity [m/s], angular velocity [rad/s], acceleration [m/s2]."""

    id: int
    pose: Pose
    velocity: Vector = field(default_factory=Vector)
    angular_velocity: Vector = field(default_factory=Vector)
    acceleration: Vector = field(default_factory=Vector)
    vehicle: VehicleState | None = None


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Frame number and simulation time [s]."""

    frame: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One frame of an episode; `step` is the duration of its tick [s]."""

    episode: int
    timestamp: Timestamp
    step: float
    actors: tuple[ActorState, ...]
