"""What is on stage: a car that drives, or a recording that plays; each tick becomes a moment for the class."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alvinn.classroom.classroom import Classroom
from alvinn.classroom.moments import Moment, Thought, think
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import HumanGate
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.departure import CrossingCounter, departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Driver, Observer, Verdict
from alvinn.driving.types import GroundTruth, Observation, Step
from alvinn.networks.inference import Network
from alvinn.networks.undriven import RecordedAnswers
from alvinn.recording import Recording
from alvinn.world.carla_world import CarlaWorld

SHOWN_EVERY = 4  # ticks: 5 pictures a second for everybody
STEERED_EVERY = 2  # ticks: 10 for the one at the wheel
LOST = 1.0  # lane widths beside the lane, where a car is put back
MAP_POINTS = 400  # of the lane on the page's map


def outline(lane: Lane) -> list[list[float]]:
    """The lane's centre as points [m] for a map, shape (n, 2)."""
    along = np.linspace(0.0, lane.length, MAP_POINTS, endpoint=not lane.closed)
    points = [list(lane.at(float(s))[:2]) for s in along]
    return [*points, points[0]] if lane.closed else points


class Broadcast:
    """An observer that shows the drive to the class, and puts a car back that has left its road.

    Args:
        classroom: who watches.
        world: where it happens.
        think: what a network makes of a frame; None where there is no network.
        note: what happens now, in a few words.
    """

    def __init__(
        self,
        classroom: Classroom,
        world: CarlaWorld,
        think: Callable[[Observation], Thought | None] = lambda _: None,
        note: Callable[[], str] = str,
    ) -> None:
        self._classroom, self._world, self._think, self._note = classroom, world, think, note
        self._expert = ExpertDriver.in_world(world)
        self._departed = CrossingCounter()
        self._ticks = self._number = 0
        self.departures = 0

    def see(self, step: Step) -> Verdict:
        """Show a tick if it is its turn."""
        self._ticks += 1
        truth = step.truth
        margin = departure_margin(truth.lane_width, self._world.geometry.width)
        if self._departed.update(beyond=abs(truth.offset) > margin):
            self.departures += 1
        to_all = self._ticks % SHOWN_EVERY == 0
        if to_all or (self._ticks % STEERED_EVERY == 0 and self._classroom.wheel.is_held()):
            self._classroom.show(self._make_moment(step), to_all=to_all)
        return Verdict.RECOVER if abs(truth.offset) > LOST * truth.lane_width else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The car is inside its lane again."""
        self._departed.reset()

    def _make_moment(self, step: Step) -> Moment:
        self._number += 1
        expert = self._expert.decide(step.observation).curvature
        car, thought = self._world.geometry.width, self._think(step.observation)
        return Moment.of_step(self._number, step, expert, thought, car, self._note())


class AtTheWheel:
    """Passes on only the ticks that a network or a guest steers: a car that stands with nobody at it teaches nothing.

    Args:
        observer: receives the ticks: the recorder.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._paused = False

    def see(self, step: Step) -> Verdict:
        """Pass a tick on if it was steered; when somebody steers again, a segment begins."""
        was_paused = self._paused
        self._paused = step.decision.who == "human" and step.decision.axis is None
        if self._paused:
            return Verdict.CONTINUE
        if was_paused:
            self._observer.on_recovery()
        return self._observer.see(step)

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self._observer.on_recovery()


def make_driver(classroom: Classroom, world: CarlaWorld, network: NetworkDriver | None) -> Driver:
    """A network whose wheel a guest can take, or a guest alone; nobody at the wheel brakes."""
    person = HumanDriver(classroom.wheel.read, lambda: False, world.geometry)
    if network is None:
        return person
    hands = HumanGate(classroom.wheel.is_held)
    return SharedDriver(network, person, hands, hands=hands)


@dataclass(frozen=True)
class ReplayBroadcast:
    """Plays a recording again and again, at the speed it was driven at.

    Args:
        classroom: who watches.
        recording: what is played.
        network: whose answer is shown beside the driver's; None for none.
        clock: returns the time now [s].
        sleep: waits for some seconds.
    """

    classroom: Classroom
    recording: Recording
    network: Network | None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def play(self, seconds: float | None = None) -> None:
        """Play for so many seconds; until interrupted without a number.

        Raises:
            RecordingError: a picture cannot be read.
        """
        rows = np.flatnonzero(self.recording.kept_mask())[::SHOWN_EVERY].tolist()
        answers = None if self.network is None else RecordedAnswers(self.network, self.recording)
        began = due = self.clock()
        number = 0
        while seconds is None or self.clock() - began < seconds:
            index, after = rows[number % len(rows)], rows[(number + 1) % len(rows)]
            self.classroom.show(self._make_moment(number, index, answers))
            number += 1
            step = self.recording.rows[after].time - self.recording.rows[index].time
            due = max(due + (step if 0.0 < step < 1.0 else 0.2), self.clock())
            self.sleep(max(0.0, due - self.clock()))

    def _make_moment(self, number: int, index: int, answers: RecordedAnswers | None) -> Moment:
        row = self.recording.rows[index]
        seen = self.recording.read_observation(row)
        known = math.isfinite(row.offset) and math.isfinite(row.x)
        truth = GroundTruth(row.x, row.y, row.z, row.yaw, row.lane_s, row.lane_width, row.offset, row.heading_error)
        return Moment(
            number=number,
            observation=seen,
            who=row.who,
            steer=row.steer,
            curvature=row.curvature + row.disturbance,
            truth=truth if known else None,
            expert=row.curvature,
            thought=None if answers is None else think(answers.network, seen, answers.answer(index, seen)),
            car_width=self.recording.session.vehicle.get("width"),
        )
