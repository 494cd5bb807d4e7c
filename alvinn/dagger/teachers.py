"""Who sits beside the network and corrects it: the scripted expert in lockstep, or a person in the cockpit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.panel import Tape
from alvinn.cockpit.window import Window
from alvinn.cockpit.wiring import Wiring
from alvinn.controls.devices import Device
from alvinn.dagger.corrections import Corrections
from alvinn.dagger.ledger import Driven, Leg
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

ALONE = {"plain", "noise"}  # the teacher drives, and the student only watches
EVERY_FRAME = ALONE | {"always"}  # the teacher labels all of them


@dataclass(frozen=True)
class Student:
    """Who is taught, and how far it doubts itself."""

    network: Network
    doubt: Doubt


@dataclass(frozen=True)
class Lesson:
    """A leg about to be driven: all that a teacher must know of it."""

    leg: Leg
    so_far: Driven
    """the round, with the legs before this one"""
    student: Student
    world: CarlaWorld
    kept: Corrections
    """where corrections go"""
    seed: int

    def rng(self) -> np.random.Generator:
        """What is drawn for it depends on seed, round and leg alone."""
        return np.random.default_rng((self.seed, self.so_far.number, len(self.so_far.legs)))

    def gate(self, rng: np.random.Generator) -> Gate:
        """The gate of its round, but for a person's own will."""
        if self.so_far.gate in ALONE:
            return TeacherGate(self.so_far.gate)
        if self.so_far.gate == "always":
            return AlwaysGate(self.so_far.setting or 0.0, rng)
        if self.so_far.gate == "doubt":
            return DoubtGate(lambda seen: self.student.doubt(seen) or 0.0, self.so_far.setting or 0.0)
        return DriftGate(self.world.truth, self.world.geometry.width)


class Seat(Protocol):
    """The teacher's; one for all legs of a round."""

    def take(self, lesson: Lesson) -> SharedDriver:
        """Sit down for a leg: the driver that student and teacher are together."""

    def paced(self, world: World) -> World:
        """The world, at the pace at which the teacher can follow."""

    def watchers(self) -> Sequence[Observer]:
        """Who watches besides."""


class ExpertSeat:
    """The scripted expert: takes over whenever the gate asks, and time is the simulator's."""

    def take(self, lesson: Lesson) -> SharedDriver:
        """The expert's pure pursuit."""
        so_far, world, rng = lesson.so_far, lesson.world, lesson.rng()
        expert: Driver = ExpertDriver(world.lane, world.truth, world.geometry.wheelbase / 2.0)
        return SharedDriver(
            NetworkDriver(lesson.student.network),
            DisturbedDriver(expert, rng) if so_far.gate == "noise" else expert,
            lesson.gate(rng),
            every_frame=so_far.gate in EVERY_FRAME,
            note=f"round {so_far.number}",
            first=so_far.corrections + 1,
        )

    def paced(self, world: World) -> World:
        """As fast as it goes."""
        return world

    def watchers(self) -> Sequence[Observer]:
        """Nobody."""
        return ()


class HumanSeat:
    """A person: has the wheel when they take it, and is asked for it where the gate says so.

    Args:
        window: of the cockpit.
        device: to steer with.
    """

    def __init__(self, window: Window, device: Device) -> None:
        self._window, self._device = window, device
        self._cockpit: Cockpit | None = None

    def take(self, lesson: Lesson) -> SharedDriver:
        """The person's hands; a leg begins when they say so."""
        so_far, leg, world = lesson.so_far, lesson.leg, lesson.world
        title = f"round {so_far.number}, {leg.map} {leg.direction}"
        wiring = Wiring(title=title, weather=lesson.kept.weather, recorder=KeptTape(lesson.kept))
        cockpit = Cockpit(self._window, self._device, wiring, world.geometry, wait=True)
        hands = HumanGate(cockpit.has_wheel)
        shared = SharedDriver(
            NetworkDriver(lesson.student.network),
            HumanDriver(cockpit.hands, cockpit.own_pedals, world.geometry),
            hands if so_far.gate == "human" else lesson.gate(lesson.rng()),
            hands=hands,
            note=f"round {so_far.number}",
            first=so_far.corrections + 1,
        )
        cockpit.share(shared)
        self._cockpit = cockpit
        return shared

    def paced(self, world: World) -> World:
        """In step with the clock on the wall, and with the person's pauses."""
        return LiveWorld(world, self._at_wheel().attend, DT, time.monotonic, time.sleep)

    def watchers(self) -> Sequence[Observer]:
        """The cockpit."""
        return (self._at_wheel(),)

    def _at_wheel(self) -> Cockpit:
        if self._cockpit is None:
            raise RuntimeError("a leg is driven by whoever took the seat: call take first")
        return self._cockpit


class KeptTape:
    """What the keys of a recording do to corrections, which are written when their leg is over."""

    obstacle = ""

    def __init__(self, kept: Corrections) -> None:
        self._kept = kept

    def toggle(self) -> None:
        """Corrections are always kept."""

    def cut(self) -> None:
        """Each correction is a segment anyway."""

    def discard(self, _: float) -> str:
        """Leave the correction that goes on, or the last one, out."""
        number = self._kept.discard()
        return f"correction {number} is left out (U takes that back)" if number else "there is nothing to leave out"

    def take_back(self) -> str:
        """Use again what was left out last."""
        number = self._kept.take_back()
        return f"correction {number} counts again" if number else "nothing was left out"

    def shown(self) -> Tape:
        """How it stands."""
        note = "" if self._kept.going else "no correction"
        return Tape(running=self._kept.going, frames=self._kept.frames, note=note)
