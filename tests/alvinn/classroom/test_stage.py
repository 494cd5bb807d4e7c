from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from alvinn.classroom.classroom import Classroom
from alvinn.classroom.moments import Moment, follow
from alvinn.classroom.stage import (
    SHOWN_EVERY,
    STEERED_EVERY,
    AtTheWheel,
    Broadcast,
    ReplayBroadcast,
    make_driver,
    outline,
)
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Decision, Step
from alvinn.recording import Recording
from tests.alvinn import fakes
from tests.alvinn.classroom.people import KEYS, paper_car, shipped
from tests.alvinn.classroom.test_wheel import Clock


class Stage(Classroom):
    """A class that keeps what it is shown, and for whom."""

    def __init__(self) -> None:
        super().__init__(KEYS, Clock())
        self.shown: list[tuple[Moment, bool]] = []

    def show(self, moment: Moment, *, to_all: bool = True) -> None:
        self.shown.append((moment, to_all))


def broadcast(classroom: Classroom) -> Broadcast:
    return Broadcast(classroom, paper_car())


def step(number: int, offset: float = 0.0) -> Step:
    return fakes.step(number, fakes.truth(offset=offset))


def test_everybody_sees_five_pictures_a_second_and_the_one_at_the_wheel_ten() -> None:
    classroom = Stage()
    watch = broadcast(classroom)
    for number in range(20):
        watch.see(step(number))
    assert [to_all for _, to_all in classroom.shown] == [True] * (20 // SHOWN_EVERY)
    classroom.shown.clear()
    classroom.wheel.take(1)
    for number in range(20):
        watch.see(step(number))
    assert len(classroom.shown) == 20 // STEERED_EVERY
    assert sum(to_all for _, to_all in classroom.shown) == 20 // SHOWN_EVERY


def test_a_moment_has_the_experts_answer_and_a_number_of_its_own() -> None:
    classroom = Stage()
    watch = broadcast(classroom)
    for number in range(12):
        watch.see(step(number))
    numbers = [moment.number for moment, _ in classroom.shown]
    assert len(set(numbers)) == 3
    assert all(moment.expert is not None and moment.who == "somebody" for moment, _ in classroom.shown)


def test_a_car_beside_its_road_is_put_back_and_each_departure_counts_once() -> None:
    watch = broadcast(Stage())
    assert [watch.see(step(0, offset)) for offset in (0.0, 1.0, 1.5)] == [Verdict.CONTINUE] * 3
    assert watch.see(step(1, -3.6)) is Verdict.RECOVER
    watch.on_recovery()
    watch.see(step(2, 1.0))
    assert watch.departures == 2


def test_nobody_at_the_wheel_brakes_and_a_guest_steers() -> None:
    classroom = Stage()
    driver = make_driver(classroom, paper_car(), None)
    seen = step(0).observation
    assert driver.decide(seen).pedals == (0.0, 1.0)
    classroom.wheel.take(1)
    classroom.wheel.turn(1, 1.0, 0.0)
    decision = driver.decide(seen)
    assert decision.pedals is None
    assert decision.curvature > 0.0


def test_a_recording_plays_at_its_own_speed_and_begins_again(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    fakes.write_recording(folder, 40)
    classroom, clock = Stage(), Clock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    ReplayBroadcast(classroom, Recording(folder), None, clock, sleep).play(3.0)
    numbers = [moment.number for moment, _ in classroom.shown]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) == pytest.approx(15, abs=1)
    frames = [moment.observation.frame for moment, _ in classroom.shown]
    assert frames[:11] == [*range(0, 40, 4), 0]


def test_what_the_class_sees_of_a_refined_network_is_what_it_drives() -> None:
    classroom, world, driver = Stage(), paper_car(), NetworkDriver(shipped().network)
    assert driver.network.remembers
    observers: list[Observer] = [Broadcast(classroom, world, partial(follow, driver)), Deadline(3.0)]
    run(world, make_driver(classroom, world, driver), observers, world.geometry, SpeedController(8.0, fakes.DT))
    assert cast("fakes.PaperWorld", world).recoveries, "noise is no road: it was put back, too"
    pairs = [(shown.thought.curvature, shown.curvature) for shown, _ in classroom.shown if shown.thought]
    assert len(pairs) == 3.0 / fakes.DT / SHOWN_EVERY
    assert [thought for thought, _ in pairs] == pytest.approx([driven for _, driven in pairs])


def test_a_recording_is_played_with_what_a_refined_network_would_have_driven_there(tmp_path: Path) -> None:
    network = shipped().network
    fakes.write_recording(tmp_path / "r", 40, camera=network.card.camera)
    recording, driver, classroom, clock = Recording(tmp_path / "r"), NetworkDriver(network), Stage(), Clock()
    driven = [driver.decide(recording.read_observation(row)).curvature for row in recording.rows]

    def sleep(seconds: float) -> None:
        clock.now += seconds

    ReplayBroadcast(classroom, recording, network, clock, sleep).play(3.0)
    shown = [moment.thought.curvature for moment, _ in classroom.shown if moment.thought]
    assert shown[:11] == pytest.approx([*driven[::SHOWN_EVERY], driven[0]])


def test_the_map_of_a_closed_lane_is_closed() -> None:
    points = outline(fakes.circle(50.0))
    assert points[0] == points[-1]
    assert outline(fakes.straight(100.0))[-1][0] == pytest.approx(100.0, abs=0.5)


def test_a_car_with_nobody_at_the_wheel_is_not_recorded() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.seen: list[object] = []

        def see(self, step: Step) -> Verdict:
            self.seen.append(step.observation.frame)
            return Verdict.CONTINUE

        def on_recovery(self) -> None:
            self.seen.append("a new segment")

    def by(number: int, who: str, axis: float | None) -> Step:
        return replace(fakes.step(number), decision=Decision(0.0, who=who, axis=axis))

    recorder = Recorder()
    observer = AtTheWheel(recorder)
    for step in (by(0, "human", None), by(1, "human", 0.0), by(2, "human", None), by(3, "human", None)):
        assert observer.see(step) is Verdict.CONTINUE
    for step in (by(4, "human", -0.3), by(5, "network", None)):
        observer.see(step)
    assert recorder.seen == ["a new segment", 1, "a new segment", 4, 5]
