"""Lessons on paper: the car, the driver and the learner are scripted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import HumanGate
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Decision, GroundTruth, Observation, Step
from alvinn.metrics.referee import Referee
from alvinn.networks.keras_file import StoredLayer
from alvinn.online.lesson import OnlineLesson
from alvinn.online.process import Learned, Watched
from alvinn.online.readiness import Readiness
from alvinn.online.story import Story
from alvinn.online.student import NAME
from tests.alvinn.fakes import CAR, DT, PaperWorld, circle


class ScriptedStudent:
    """Answers the expert's curvature with an error that falls with every update."""

    def __init__(self, world: PaperWorld, errors: Sequence[float]) -> None:
        self._expert = ExpertDriver(world.lane, world.truth, CAR.wheelbase / 2.0)
        self._errors = list(errors)
        self.answer: float | None = None
        self.updates = 0
        self.substitute_driver: SubstituteDriver | None = None

    def update(self, layers: Sequence[StoredLayer]) -> None:
        self.updates += 1

    @property
    def is_replaced(self) -> bool:
        return self.substitute_driver is not None

    def substitute(self, driver: SubstituteDriver) -> None:
        self.substitute_driver = driver

    def reset(self) -> None:
        pass

    def decide(self, observation: Observation) -> Decision:
        if self.substitute_driver is not None:
            decision = self.substitute_driver.decide(observation)
            self.answer = decision.curvature
            return decision
        error = self._errors[min(self.updates, len(self._errors) - 1)]
        self.answer = self._expert.decide(observation).curvature + error
        return Decision(self.answer, who=NAME)


class SubstituteDriver:
    """A prepared model that drives well."""

    def __init__(self, world: PaperWorld) -> None:
        self._expert = ExpertDriver(world.lane, world.truth, CAR.wheelbase / 2.0)

    def reset(self) -> None:
        pass

    def decide(self, observation: Observation) -> Decision:
        return Decision(self._expert.decide(observation).curvature, who=NAME)


class ScriptedLearner:
    """Says after each request that it made a pass."""

    def __init__(self, failure_at: int = 10**9) -> None:
        self.skipped = 0
        self.watched: list[Watched] = []
        self._failure_at = failure_at

    def request(self, watched: Watched) -> Learned | None:
        self.watched.append(watched)
        passes = len(self.watched)
        return Learned((), passes, 0.1, "the loss is not a number" if passes >= self._failure_at else "")


def teach(
    errors: Sequence[float],
    *,
    patience: float = 200.0,
    failure_at: int = 10**9,
    fallback: bool = False,
    low: float = 0.01,
) -> tuple[Story, ScriptedLearner, PaperWorld]:
    """A whole lesson, with the expert on a circle."""
    world = PaperWorld(circle(30.0, spacing=0.5))
    student, learner = ScriptedStudent(world, errors), ScriptedLearner(failure_at)
    story = Story("conv", "expert", "circle", "forward", "ClearNoon", 0)

    def follow_lap(truth: GroundTruth) -> Referee:
        return Referee(world.lane, CAR.width, 1, 8.0, truth.lane_s)

    lesson = OnlineLesson(
        student,  # type: ignore[arg-type]
        learner,  # type: ignore[arg-type]
        Readiness(low, 2.0, 4.0, DT),
        follow_lap,
        story,
        every=10,
        dt=DT,
        patience=patience,
        fallback=("prepared", SubstituteDriver(world)) if fallback else None,
    )
    driver = SharedDriver(
        student, ExpertDriver(world.lane, world.truth, CAR.wheelbase / 2.0), HumanGate(lesson.teacher_drives)
    )
    run(world, driver, [lesson], CAR, SpeedController(8.0, DT))
    return story, learner, world


def test_it_watches_until_the_error_has_stayed_low_and_drives_a_lap() -> None:
    story, learner, world = teach([0.2] * 10 + [0.001])
    assert story.outcome == "drove a lap"
    assert story.first_unaided_lap_after_s == story.watched_s == pytest.approx(6.5)
    assert [attempt.completed for attempt in story.attempts] == [True]
    assert story.attempts[0].driven_m >= 2 * np.pi * 30.0
    assert story.error_by_second[0] == pytest.approx(0.2)
    assert story.error_by_second[-1] == pytest.approx(0.001)
    assert len(learner.watched) == story.passes == 13, "it learns while it watches, every tenth tick, and never else"
    assert world.recoveries == 0


def test_a_departure_gives_the_wheel_back_and_it_watches_again() -> None:
    """Its first error would do by a careless measure, but it leaves the lane with that; later it is better."""
    story, _, world = teach([0.04] * 12 + [0.0], low=0.05)
    assert [attempt.completed for attempt in story.attempts] == [False] * (len(story.attempts) - 1) + [True]
    assert len(story.attempts) >= 2
    assert story.attempts[0].departures == 1
    assert story.first_unaided_lap_after_s == story.attempts[-1].watched_s > story.attempts[0].watched_s + 3.9
    assert world.recoveries == len(story.attempts) - 1
    assert story.as_json()["departures"] == world.recoveries


def test_one_that_never_converges_ends_when_patience_is_lost() -> None:
    story, _, _ = teach([0.2], patience=10.0)
    assert story.outcome == "did not converge"
    assert story.watched_s == pytest.approx(10.0)
    assert story.first_unaided_lap_after_s is None
    assert story.attempts == []


def test_a_prepared_model_drives_in_its_place_and_that_is_no_lap_of_its_own() -> None:
    story, _, _ = teach([0.2], patience=10.0, fallback=True)
    assert (story.outcome, story.fallback) == ("did not converge", "prepared")
    assert story.first_unaided_lap_after_s is None
    assert [attempt.completed for attempt in story.attempts] == [True]


def begin_by_hand(
    error: float, *, hands: bool, patience: float
) -> tuple[OnlineLesson, Story, ScriptedStudent, PaperWorld]:
    """A lesson in which a person has the wheel, or the network has; a prepared model could drive in its place."""
    world = PaperWorld(circle(30.0, spacing=0.5))
    student, story = ScriptedStudent(world, [error]), Story("conv", "human", "circle", "forward", "ClearNoon", 0)
    lesson = OnlineLesson(
        student,  # type: ignore[arg-type]
        ScriptedLearner(),  # type: ignore[arg-type]
        Readiness(0.01, 2.0, 4.0, DT),
        lambda truth: Referee(world.lane, CAR.width, 1, 8.0, truth.lane_s),
        story,
        every=10,
        dt=DT,
        patience=patience,
        hands=lambda: hands,
        fallback=("prepared", SubstituteDriver(world)),
    )
    return lesson, story, student, world


def watch_for_ten_seconds(error: float) -> tuple[OnlineLesson, Story]:
    """A person drives twice as long as patience lasts, beside a network with this error."""
    lesson, story, student, world = begin_by_hand(error, hands=True, patience=5.0)
    teacher = ExpertDriver(world.lane, world.truth, CAR.wheelbase / 2.0)
    driver = SharedDriver(student, teacher, HumanGate(lesson.teacher_drives))
    run(world, driver, [lesson, Deadline(10.0)], CAR, SpeedController(8.0, DT))
    return lesson, story


def test_the_errors_of_a_model_that_drives_in_its_place_are_not_the_learners() -> None:
    lesson, story = watch_for_ten_seconds(0.2)
    assert story.fallback == "prepared"
    assert [error and round(error, 3) for error in story.error_by_second] == [0.2] * 5 + [None] * 5
    assert lesson.error == pytest.approx(0.2)
    assert not lesson.is_ready


def test_a_network_that_is_ready_has_not_failed_however_long_the_person_drives_on() -> None:
    _, story = watch_for_ten_seconds(0.0)
    assert (story.outcome, story.fallback) == ("ended by the driver", None)


def test_a_lap_on_which_a_person_put_the_car_back_is_none() -> None:
    """Straight on, on a circle: it leaves its lane within seconds, and a key brings it back before it does."""
    lesson, story, _, world = begin_by_hand(0.0, hands=False, patience=300.0)

    class KeyL:
        def __init__(self) -> None:
            self.presses = 0

        def see(self, step: Step) -> Verdict:
            if abs(step.truth.offset) > 0.3:
                self.presses += 1
                return Verdict.RECOVER
            return Verdict.CONTINUE

        def on_recovery(self) -> None:
            pass

    class StraightOn:
        def reset(self) -> None:
            pass

        def decide(self, _: Observation) -> Decision:
            return Decision(0.0, who=NAME)

    key = KeyL()
    run(world, StraightOn(), [lesson, key, Deadline(60.0)], CAR, SpeedController(8.0, DT))
    assert key.presses > 10
    assert story.first_unaided_lap_after_s is None
    assert not any(attempt.completed for attempt in story.attempts)


def test_a_learner_that_fails_ends_the_lesson_and_says_why() -> None:
    story, _, _ = teach([0.2], failure_at=5)
    assert (story.outcome, story.failure) == ("failed", "the loss is not a number")
    assert story.passes == 5


def test_a_person_decides_by_themselves_and_departures_only_count() -> None:
    world = PaperWorld(circle(30.0, spacing=0.5))
    student, learner, hands = ScriptedStudent(world, [0.2]), ScriptedLearner(), {"on": True}
    story = Story("conv", "human", "circle", "forward", "ClearNoon", 0)
    lesson = OnlineLesson(
        student,  # type: ignore[arg-type]
        learner,  # type: ignore[arg-type]
        Readiness(0.01, 2.0, 4.0, DT),
        lambda truth: Referee(world.lane, CAR.width, 1, 8.0, truth.lane_s),
        story,
        every=10,
        dt=DT,
        patience=300.0,
        hands=lambda: hands["on"],
    )
    taught = ExpertDriver(world.lane, world.truth, CAR.wheelbase / 2.0)
    verdicts: list[Verdict] = []

    class Watching:
        def see(self, step: Step) -> Verdict:
            verdicts.append(lesson.see(step))
            hands["on"] = len(verdicts) < 100
            return Verdict.STOP if len(verdicts) == 200 else Verdict.CONTINUE

        def on_recovery(self) -> None:
            pass

    driver = SharedDriver(student, taught, HumanGate(lambda: hands["on"]))
    run(world, driver, [Watching()], CAR, SpeedController(8.0, DT))
    assert set(verdicts) == {Verdict.CONTINUE}
    assert story.watched_s == pytest.approx(5.0)
    assert story.attempts[0].departures == 1
