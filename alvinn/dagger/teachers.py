"""Teachers, who correct the network: the scripted expert in lockstep, or a person in the cockpit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.display.panel import RecorderState
from alvinn.cockpit.display.window import Window
from alvinn.cockpit.wiring import Wiring
from alvinn.controls.devices import Device
from alvinn.dagger.corrections import Corrections
from alvinn.dagger.ledger import Rollout, RoundRecord
from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import AlwaysGate, DoubtGate, DriftGate, Gate, HumanGate, TeacherGate
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.protocols import Driver, Observer, World
from alvinn.driving.realtime import LiveWorld
from alvinn.networks.doubt import Doubt
from alvinn.networks.inference import Network
from alvinn.world.carla_world import DT, CarlaWorld

ALONE = {"plain", "noise"}  # the teacher drives throughout
EVERY_FRAME = ALONE | {"always"}  # the teacher labels every frame


@dataclass(frozen=True)
class Student:
    """The network in training and its measure of doubt."""

    network: Network
    doubt: Doubt


@dataclass(frozen=True)
class RolloutContext:
    """What a teacher needs to know about the rollout to come."""

    rollout: Rollout
    so_far: RoundRecord
    """the round with its earlier rollouts"""
    student: Student
    world: CarlaWorld
    kept: Corrections
    """collects the corrections"""
    seed: int

    def rng(self) -> np.random.Generator:
        """Random numbers that depend on seed, round and rollout only."""
        return np.random.default_rng((self.seed, self.so_far.number, len(self.so_far.rollouts)))

    def gate(self, rng: np.random.Generator) -> Gate:
        """The gate of the round, for every gate but `human`."""
        if self.so_far.gate in ALONE:
            return TeacherGate(self.so_far.gate)
        if self.so_far.gate == "always":
            return AlwaysGate(self.so_far.setting or 0.0, rng)
        if self.so_far.gate == "doubt":
            return DoubtGate(lambda seen: self.student.doubt(seen) or 0.0, self.so_far.setting or 0.0)
        make = DriftGate.for_people if self.so_far.teacher == "human" else DriftGate
        return make(self.world.truth, self.world.geometry.width)


class Teacher(Protocol):
    """Who corrects the network; one instance serves all rollouts of a round."""

    device: str
    """the name of a person's steering device; empty for a machine"""

    def begin_rollout(self, context: RolloutContext) -> SharedDriver:
        """Prepare a rollout; returns the driver that network and teacher share."""

    def pace(self, world: World) -> World:
        """The world at a pace that suits the teacher."""

    def observers(self) -> Sequence[Observer]:
        """Additional observers of the rollout."""

    def has_left(self) -> bool:
        """Whether the teacher ended the rollout before its time."""


class ExpertTeacher:
    """The scripted expert: takes over when the gate asks, at simulation speed."""

    device = ""

    def begin_rollout(self, context: RolloutContext) -> SharedDriver:
        """Share the wheel with the pure-pursuit expert."""
        so_far, world, rng = context.so_far, context.world, context.rng()
        expert: Driver = ExpertDriver.in_world(world)
        return SharedDriver(
            NetworkDriver(context.student.network),
            DisturbedDriver(expert, rng) if so_far.gate == "noise" else expert,
            context.gate(rng),
            every_frame=so_far.gate in EVERY_FRAME,
            note=f"round {so_far.number}",
            first=so_far.corrections + 1,
        )

    def pace(self, world: World) -> World:
        """The world unchanged: as fast as the simulator runs."""
        return world

    def observers(self) -> Sequence[Observer]:
        """None."""
        return ()

    def has_left(self) -> bool:
        """Never."""
        return False


class HumanTeacher:
    """A person, who can take over at any time and is asked to where the gate says so.

    Args:
        window: window of the cockpit.
        device: input device of the person.
    """

    def __init__(self, window: Window, device: Device) -> None:
        self._window, self._device = window, device
        self.device = device.name
        self._cockpit: Cockpit | None = None

    def begin_rollout(self, context: RolloutContext) -> SharedDriver:
        """Share the wheel with the person; the rollout begins when they confirm."""
        so_far, rollout, world = context.so_far, context.rollout, context.world
        title = f"round {so_far.number}, {rollout.map} {rollout.direction}"
        wiring = Wiring(title=title, weather=context.kept.weather, recorder=CorrectionsRecorder(context.kept))
        cockpit = Cockpit(self._window, self._device, wiring, world.geometry, wait=True)
        hands = HumanGate(cockpit.has_wheel)
        shared = SharedDriver(
            NetworkDriver(context.student.network),
            HumanDriver(cockpit.read_input, cockpit.has_pedals, world.geometry),
            hands if so_far.gate == "human" else context.gate(context.rng()),
            hands=hands,
            note=f"round {so_far.number}",
            first=so_far.corrections + 1,
        )
        cockpit.share_with(shared)
        self._cockpit = cockpit
        return shared

    def pace(self, world: World) -> World:
        """The world in real time, with the person's pauses."""
        return LiveWorld(world, self._at_wheel().attend, DT, time.monotonic, time.sleep)

    def observers(self) -> Sequence[Observer]:
        """The cockpit."""
        return (self._at_wheel(),)

    def has_left(self) -> bool:
        """Whether the person pressed the key that ends the drive."""
        return self._at_wheel().has_left

    def _at_wheel(self) -> Cockpit:
        if self._cockpit is None:
            raise RuntimeError("no rollout was begun: call begin_rollout first")
        return self._cockpit


class CorrectionsRecorder:
    """Maps the cockpit's recording keys to corrections, which are written at the end of a rollout."""

    obstacle = ""

    def __init__(self, kept: Corrections) -> None:
        self._kept = kept

    def toggle(self) -> None:
        """Nothing to do: corrections are always recorded."""

    def cut(self) -> None:
        """Nothing to do: each correction is its own segment."""

    def discard(self, _: float) -> str:
        """Discard the correction in progress, else the last one."""
        number = self._kept.discard()
        return f"correction {number} is excluded (U undoes this)" if number else "there is nothing to exclude"

    def take_back(self) -> str:
        """Restore the correction discarded last."""
        number = self._kept.take_back()
        return f"correction {number} is no longer excluded" if number else "there is no exclusion to undo"

    def state(self) -> RecorderState:
        """State of the recording for the display."""
        note = "" if self._kept.going else "no correction"
        return RecorderState(running=self._kept.going, frames=self._kept.frames, note=note)
