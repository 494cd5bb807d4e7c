"""Rollouts, in which network and teacher share the wheel, and tests of a network at earlier take-overs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby

import numpy as np

from alvinn.dagger.corrections import Corrections, TakeOver
from alvinn.dagger.ledger import Rollout, RoundRecord
from alvinn.dagger.teachers import RolloutContext, Student, Teacher
from alvinn.drivers.gates import DRIFT_SHARE, DriftGate, Gate
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import MAX_LATERAL_ACCELERATION, SpeedController
from alvinn.driving.departure import departure_margin
from alvinn.driving.lane import CURVATURE_SPAN, Lane
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline, TickCallback
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Direction, Step
from alvinn.metrics.referee import Referee
from alvinn.networks.inference import Network
from alvinn.recording import RecordingWriter
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import open_world

SECONDS_AFTER = 3.0  # how long after the take-over a test lasts
STRAIGHT = 1e-9  # 1/m^2: weight of a straight, so that a lane without bends has starting points too
LAST_START = 60.0  # m before the end of an open lane: no rollout starts later
RUN_UP = 12.0  # m from the start of a rollout to its bend
ENDLESS = sys.maxsize  # laps: time ends a rollout, or the end of an open lane


@contextmanager
def open_training_world(
    settings: Driving,
    kept: KeptServer,
    network: Network,
    map_name: str,
    direction: Direction,
    weather: str,
    start: int = 0,
) -> Iterator[CarlaWorld]:
    """A world with the cameras that the network drives with and those used as training targets."""
    with open_world(
        settings,
        camera=network.card.camera,
        map_name=map_name,
        direction=direction,
        weather=weather,
        seed=settings.seed,
        start=start,
        cameras=network.card.preprocessing.training_cameras,
        kept=kept,
        learned_on=network.card.server,
    ) as world:
        yield world


def drive_rollout(
    settings: Driving,
    rollout: Rollout,
    so_far: RoundRecord,
    student: Student,
    teacher: Teacher,
    server: KeptServer,
    writer: Callable[[CarlaWorld], RecordingWriter],
) -> RoundRecord:
    """Drive one rollout of a round and write it, with its corrections, at the end.

    Args:
        settings: server, speed, weather, seed.
        rollout: map, direction, start and duration.
        so_far: the round with its earlier rollouts.
        student: the network that drives.
        teacher: takes over where the gate asks.
        server: the embedded server, used unless `settings` names one.
        writer: opens the round's recording for appending.

    Returns:
        The round including this rollout.

    Raises:
        AlvinnError: server or map is not available.
    """
    with open_training_world(
        settings, server, student.network, rollout.map, rollout.direction, settings.weather, rollout.start
    ) as world:
        place, aside = choose_start(rollout, world.lane, world.geometry.width)
        world.place(place, _speed_at(world, place, settings.speed), aside)
        referee = Referee(world.lane, world.geometry.width, ENDLESS, settings.speed, place)
        kept = Corrections(
            rollout.map,
            rollout.direction,
            settings.weather,
            student.doubt,
            lambda: referee.interventions,
            rollout.start,
        )
        driver = teacher.begin_rollout(RolloutContext(rollout, so_far, student, world, kept, settings.seed))
        ticks = {True: 0, False: 0}

        def count(_: Step) -> None:
            ticks[driver.wheel.who != "network"] += 1

        observers: list[Observer] = [
            kept,
            referee,
            Deadline(rollout.seconds),
            TickCallback(count),
            *teacher.observers(),
        ]
        run(teacher.pace(world), driver, observers, world.geometry, SpeedController(settings.speed, DT))
        with writer(world) as recording:
            kept.write(recording)
    driven = so_far.add_rollout(rollout, _summarize(so_far, driver, kept, referee, ticks))
    return replace(driven, rows=recording.rows)


def _summarize(
    so_far: RoundRecord, driver: SharedDriver, kept: Corrections, referee: Referee, ticks: Mapping[bool, int]
) -> RoundRecord:
    """What a rollout adds to its round; `ticks` counts those that the teacher drove (True) and the others."""
    corrections = driver.corrections - so_far.corrections
    return RoundRecord(
        number=so_far.number,
        gate=so_far.gate,
        teacher=so_far.teacher,
        seconds=round(DT * sum(ticks.values()), 2),
        helped_seconds=round(DT * ticks[True], 2),
        corrections=corrections,
        discarded=corrections - len(kept),
        frames=kept.frames,
        switches=driver.switches,
        departures=len(referee.trace.departures),
        take_overs=tuple(kept.take_overs),
    )


def choose_start(rollout: Rollout, lane: Lane, car_width: float) -> tuple[float, float]:
    """Start of a rollout: distance along its lane and offset to the right [m].

    It lies shortly before a bend, where a network drifts first; tight bends are chosen more often, since
    `rollout.place` is a share of the lane's squared curvature. The offset is within the threshold of the gate
    `drift`, so that the network is also corrected from where the gate does not yet act.
    """
    s = np.arange(0.0, lane.length, CURVATURE_SPAN)
    bend = np.array([lane.curvature(at) for at in s.tolist()]) ** 2 + STRAIGHT
    place = float(np.interp(rollout.place * bend.sum(), np.cumsum(bend) - bend, s)) - RUN_UP
    if not lane.closed:
        place = min(place, lane.length - LAST_START)
    place = place % lane.length if lane.closed and not lane.lead_in else max(0.0, place)
    width = lane.project(*lane.at(place)[:2], near=place).width
    return place, rollout.aside * DRIFT_SHARE * departure_margin(width, car_width)


def _speed_at(world: CarlaWorld, s: float, cruise: float) -> float:
    """Speed [m/s] at a point of the lane, limited by lateral acceleration."""
    bend = abs(world.lane.curvature(s))
    return min(cruise, (MAX_LATERAL_ACCELERATION / bend) ** 0.5) if bend > 0 else cruise


class TakeOverTest:
    """Observer of a test: it fails if the car leaves its lane or still drifts at the end."""

    def __init__(self, gate: Gate, car_width: float) -> None:
        self._gate, self._car_width = gate, car_width
        self.failed = False

    def see(self, step: Step) -> Verdict:
        """Check the step; a departure ends the test."""
        asked = self._gate.request(step.observation)
        departed = abs(step.truth.offset) > departure_margin(step.truth.lane_width, self._car_width)
        self.failed = departed or bool(asked)
        return Verdict.STOP if departed else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Nothing to do: a test asks for no recovery."""


def find_still_failing(
    settings: Driving, take_overs: Iterable[TakeOver], network: Network, on_progress: Callable[[], None]
) -> list[TakeOver]:
    """The take-overs that a network still fails, starting some seconds before each.

    Args:
        settings: server, speed, seed.
        take_overs: those of all rounds so far.
        network: drives without a teacher.
        on_progress: called after each test.
    """
    failed = []
    with KeptServer() as server:
        for (name, direction, weather, start), group in groupby(sorted(take_overs, key=_lane_of), key=_lane_of):
            with open_training_world(settings, server, network, name, direction, weather, start) as world:
                for one in group:
                    if _still_fails(settings, one, network, world):
                        failed.append(one)
                    on_progress()
    return failed


def _lane_of(one: TakeOver) -> tuple[str, Direction, str, int]:
    return one.map, one.direction, one.weather, one.start


def _still_fails(settings: Driving, one: TakeOver, network: Network, world: CarlaWorld) -> bool:
    world.place(one.lane_s, one.speed, one.offset, one.heading_error)
    test = TakeOverTest(DriftGate(world.truth, world.geometry.width), world.geometry.width)
    end = Deadline(one.seconds + SECONDS_AFTER)
    run(world, NetworkDriver(network), [test, end], world.geometry, SpeedController(settings.speed, DT))
    return test.failed
