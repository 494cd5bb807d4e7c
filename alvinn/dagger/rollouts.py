"""The driving of a round: legs in which student and teacher share the wheel, and tests at earlier take-overs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import numpy as np

from alvinn.dagger.corrections import Corrections, TakeOver
from alvinn.dagger.ledger import Driven, Leg
from alvinn.dagger.teachers import Lesson, Seat, Student
from alvinn.drivers.gates import DRIFT_SHARE, DriftGate, Gate
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import MAX_LATERAL_ACCELERATION, Pedals
from alvinn.driving.departure import margin
from alvinn.driving.lane import CURVATURE_SPAN, Lane
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline, Watch
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Direction, Step
from alvinn.metrics.referee import Referee
from alvinn.networks.inference import Network
from alvinn.recording import RecordingWriter
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import opened

SECONDS_AFTER = 3.0  # a take-over, for which a network must manage alone in its test
STRAIGHT = 1e-9  # 1/m^2: what a straight counts, so that a lane without bends has places too
RUN_UP = 12.0  # m from where a leg begins to its bend


@contextmanager
def world_of(
    settings: Driving, kept: KeptServer, network: Network, map_name: str, direction: Direction, weather: str
) -> Iterator[CarlaWorld]:
    """A car on a lane with the cameras that the network wants, and those that it is taught with."""
    with opened(
        settings,
        camera=network.card.camera,
        map_name=map_name,
        direction=direction,
        weather=weather,
        seed=settings.seed,
        cameras=network.card.preprocessing.lessons,
        kept=kept,
    ) as world:
        yield world


def drive_leg(
    settings: Driving,
    leg: Leg,
    so_far: Driven,
    student: Student,
    seat: Seat,
    server: KeptServer,
    writer: Callable[[CarlaWorld], RecordingWriter],
) -> Driven:
    """Drive one leg of a round, and write its corrections once it is over.

    Args:
        settings: server, speed, weather, seed.
        leg: what to drive.
        so_far: the round, with the legs before this one.
        student: drives.
        seat: the teacher's.
        server: to drive on, where `settings` names none.
        writer: opens the round's recording.

    Returns:
        The round with this leg.

    Raises:
        AlvinnError: server or map is not to be had.
    """
    with world_of(settings, server, student.network, leg.map, leg.direction, settings.weather) as world:
        place, aside = beginning(leg, world.lane, world.geometry.width)
        world.place(place, _speed_at(world, place, settings.speed), aside)
        kept = Corrections(leg.map, leg.direction, settings.weather, student.doubt)
        driver = seat.take(Lesson(leg, so_far, student, world, kept, settings.seed))
        referee = Referee(world.lane, world.geometry.width, 1, settings.speed, place, longest=float("inf"))
        ticks = {True: 0, False: 0}

        def count(_: Step) -> None:
            ticks[driver.wheel.who != "network"] += 1

        observers: list[Observer] = [kept, referee, Deadline(leg.seconds), Watch(count), *seat.watchers()]
        run(seat.paced(world), driver, observers, world.geometry, Pedals(settings.speed, DT))
        with writer(world) as recording:
            kept.write(recording)
    return so_far.with_leg(
        leg,
        Driven(
            number=so_far.number,
            gate=so_far.gate,
            teacher=so_far.teacher,
            seconds=round(DT * sum(ticks.values()), 2),
            helped_seconds=round(DT * ticks[True], 2),
            corrections=driver.corrections - so_far.corrections,
            discarded=driver.corrections - so_far.corrections - len(kept),
            frames=kept.frames,
            switches=driver.switches,
            departures=len(referee.trace.departures),
            take_overs=tuple(kept.take_overs),
        ),
    )


def beginning(leg: Leg, lane: Lane, car_width: float) -> tuple[float, float]:
    """Where a leg begins: along its lane and right of its middle [m].

    That is a little before a bend, where a network that drifts does so first: the tighter a bend, the more often, as
    `leg.place` is a share of the lane's curvature squared. And it is somewhat aside, as far as the gate `drift` just
    lets pass: whoever never saw that will drift from there.
    """
    s = np.arange(0.0, lane.length, CURVATURE_SPAN)
    bend = np.array([lane.curvature(at) for at in s.tolist()]) ** 2 + STRAIGHT
    place = float(np.interp(leg.place * bend.sum(), np.cumsum(bend) - bend, s)) - RUN_UP
    place = place % lane.length if lane.closed else max(0.0, place)
    width = lane.project(*lane.at(place)[:2]).width
    return place, leg.aside * DRIFT_SHARE * margin(width, car_width)


def _speed_at(world: CarlaWorld, s: float, cruise: float) -> float:
    """The speed [m/s] that a car would have there."""
    bend = abs(world.lane.curvature(s))
    return min(cruise, (MAX_LATERAL_ACCELERATION / bend) ** 0.5) if bend > 0 else cruise


class Trial:
    """Observes a test: does the car leave its lane, or is it still drifting at the end?"""

    def __init__(self, referee: Referee, gate: Gate) -> None:
        self._referee, self._gate = referee, gate
        self.failed = False

    def see(self, step: Step) -> Verdict:
        """Look; a departure ends the test."""
        asked = self._gate.asks(step.observation)
        self._referee.see(step)
        departed = bool(self._referee.trace.departures)
        self.failed = departed or bool(asked)
        return Verdict.STOP if departed else Verdict.GO_ON

    def recovered(self) -> None:
        """Nobody asks for that here."""


def needing_help(
    settings: Driving, take_overs: Iterable[TakeOver], network: Network, tell: Callable[[], None]
) -> list[TakeOver]:
    """The take-overs that a network still does not manage alone, put there again some seconds before.

    Args:
        settings: server, speed, seed.
        take_overs: of all rounds so far.
        network: drives alone.
        tell: called once a test.
    """
    failed = []
    with KeptServer() as server:
        for (name, direction, weather), group in groupby(sorted(take_overs, key=_lane_of), key=_lane_of):
            with world_of(settings, server, network, name, direction, weather) as world:
                for one in group:
                    if _fails(settings, one, network, world):
                        failed.append(one)
                    tell()
    return failed


def _lane_of(one: TakeOver) -> tuple[str, Direction, str]:
    return one.map, one.direction, one.weather


def _fails(settings: Driving, one: TakeOver, network: Network, world: CarlaWorld) -> bool:
    world.place(one.lane_s, one.speed, one.offset, one.heading_error)
    referee = Referee(world.lane, world.geometry.width, 1, settings.speed, one.lane_s, longest=float("inf"))
    trial = Trial(referee, DriftGate(world.truth, world.geometry.width))
    end = Deadline(one.seconds + SECONDS_AFTER)
    run(world, NetworkDriver(network), [trial, end], world.geometry, Pedals(settings.speed, DT))
    return trial.failed
