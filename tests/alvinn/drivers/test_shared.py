from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import DriftGate, HumanGate
from alvinn.drivers.shared import ANSWER_SECONDS, SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Decision, Observation, Step
from tests.alvinn.fakes import CAR, DT, PaperWorld, Script, SteadyDriver, straight
from tests.contracts.drivers import observations

STUDENT, TEACHER = 0.01, -0.03


class ScriptedGate:
    """Asks at the ticks it was told to."""

    name = "scripted"

    def __init__(self, asks: Sequence[bool]) -> None:
        self._asks = asks
        self._tick = 0

    def reset(self) -> None:
        pass

    def request(self, observation: Observation) -> str:
        asked = self._tick < len(self._asks) and self._asks[self._tick]
        self._tick += 1
        return "scripted: so it was told" if asked else ""


class Named(SteadyDriver):
    """A steady driver with a name, and a person's axis."""

    def __init__(self, curvature: float, who: str, axis: float | None = None) -> None:
        super().__init__(curvature)
        self._who, self._axis = who, axis

    def decide(self, observation: Observation) -> Decision:
        return Decision(curvature=self.curvature, who=self._who, axis=self._axis)


def shared(asks: Sequence[bool], **options: object) -> SharedDriver:
    gate = ScriptedGate(asks)
    return SharedDriver(Named(STUDENT, "network"), Named(TEACHER, "expert", 0.3), gate, **options)  # type: ignore[arg-type]


def driven(driver: SharedDriver, n: int) -> list[Decision]:
    driver.reset()
    return [driver.decide(one) for one in observations(n)]


def applied(decisions: Sequence[Decision]) -> list[float]:
    return [one.curvature + one.disturbance for one in decisions]


def test_whoever_has_the_wheel_is_labelled_from_the_first_tick_on() -> None:
    decisions = driven(shared([False] * 3 + [True] * 20), 30)
    labels = [(one.curvature, one.who, one.correction) for one in decisions]
    assert labels == [(STUDENT, "network", 0)] * 3 + [(TEACHER, "expert", 1)] * 20 + [(STUDENT, "network", 0)] * 7
    assert [one.axis for one in decisions[2:4]] == [None, 0.3]


def test_the_steering_makes_no_jump_when_the_wheel_changes_hands() -> None:
    """The whole way is gone in a fifth of a second: four ticks."""
    given = applied(driven(shared([False] * 5 + [True] * 20), 40))
    assert given[:5] == [STUDENT] * 5
    assert given[8:25] == pytest.approx([TEACHER] * 17)
    assert given[28:] == pytest.approx([STUDENT] * 12)
    assert max(abs(np.diff(given))) == pytest.approx(abs(STUDENT - TEACHER) / 4)


def test_corrections_are_numbered_and_say_why_and_hand_overs_are_counted() -> None:
    driver = shared([True, True, False, True], note="round 2", first=8)
    decisions = driven(driver, 6)
    assert [one.correction for one in decisions] == [8, 8, 0, 9, 0, 0]
    assert [one.why for one in decisions[1:4]] == ["round 2, scripted: so it was told", "", decisions[0].why]
    assert (driver.corrections, driver.switches) == (9, 4)


def test_where_the_teacher_labels_every_frame_the_students_wish_is_a_disturbance() -> None:
    decisions = driven(shared([], every_frame=True), 5)
    assert {(one.curvature, one.who, one.correction) for one in decisions} == {(TEACHER, "expert", 1)}
    assert applied(decisions) == pytest.approx([STUDENT] * 5)
    assert decisions[0].why == "scripted"


def test_only_frames_under_full_human_control_are_corrections() -> None:
    held = [False] * 2 + [True] * 6 + [False] * 4
    hands = ScriptedGate(held)
    decisions = driven(shared([], hands=hands), 12)
    assert [one.correction for one in decisions] == [0] * 5 + [1] * 3 + [0] * 4
    for one in decisions:
        if one.correction:
            assert (one.curvature, one.disturbance, one.who) == (TEACHER, 0.0, "expert")


def test_a_person_who_does_not_answer_the_alarm_is_counted_down_and_the_car_is_braked() -> None:
    hands = [False]
    driver = shared([False] * 2 + [True] * 200, hands=HumanGate(lambda: hands[0]))
    ticks = round(ANSWER_SECONDS / DT)
    decisions = driven(driver, ticks + 1)
    assert driver.wheel.alarm == "scripted: so it was told"
    assert driver.wheel.seconds_left == pytest.approx(DT)
    assert {one.pedals for one in decisions} == {None}
    more = [driver.decide(one) for one in observations(4, start=ticks + 1)]
    assert driver.wheel.braking
    assert more[-1].pedals == (0.0, 0.5)
    assert more[-1].who == "network", "it still steers"
    hands[0] = True
    assert driver.decide(observations(1, start=ticks + 5)[0]).pedals is None
    assert (driver.wheel.who, driver.wheel.alarm, driver.wheel.braking) == ("expert", "", False)


def test_an_alarm_that_ends_by_itself_starts_the_count_down_anew_but_a_braked_car_waits_for_hands() -> None:
    ticks = round(ANSWER_SECONDS / DT)
    almost = shared([True] * (ticks - 1) + [False] + [True] * (ticks - 1), hands=ScriptedGate([]))
    assert {one.pedals for one in driven(almost, 2 * ticks)} == {None}
    braked = shared([True] * (ticks + 3), hands=ScriptedGate([]))
    assert driven(braked, ticks + 30)[-1].pedals == (0.0, 0.5)


def test_a_car_that_leaves_the_lane_while_nobody_answers_is_put_back_but_the_count_down_goes_on() -> None:
    hands = [False]
    driver = shared([True] * 10, hands=HumanGate(lambda: hands[0]))
    driven(driver, 10)
    left = driver.wheel.seconds_left
    driver.reset()
    again = [driver.decide(one) for one in observations(2)]
    assert driver.wheel.alarm == "scripted: so it was told", "though the gate asks no more"
    assert driver.wheel.seconds_left == pytest.approx(left - DT)
    assert again[-1].pedals is None
    ticks = round(ANSWER_SECONDS / DT)
    assert [driver.decide(one) for one in observations(ticks, start=2)][-1].pedals == (0.0, 0.5)
    driver.reset()
    assert driver.decide(observations(1)[0]).pedals == (0.0, 0.5), "braked is braked"
    hands[0] = True
    assert driver.decide(observations(1, start=1)[0]).pedals is None
    hands[0] = False
    driver.decide(observations(1, start=2)[0])
    assert (driver.wheel.alarm, driver.wheel.seconds_left) == ("", ANSWER_SECONDS), "they had been heard"


def test_a_reset_that_the_person_asked_for_ends_alarm_and_braking() -> None:
    ticks = round(ANSWER_SECONDS / DT)
    driver = shared([True] * (ticks + 3), hands=ScriptedGate([]))
    assert driven(driver, ticks + 3)[-1].pedals is not None
    driver.dismiss_alarm()
    driver.reset()
    assert driver.decide(observations(1, start=ticks + 3)[0]).pedals is None
    assert (driver.wheel.alarm, driver.wheel.seconds_left, driver.wheel.braking) == ("", ANSWER_SECONDS, False)


def test_a_reset_gives_the_student_the_wheel_at_once() -> None:
    driver = shared([True] * 10)
    driven(driver, 10)
    driver.reset()
    decision = driver.decide(observations(1)[0])
    assert (decision.who, decision.disturbance, driver.wheel.correction) == ("network", 0.0, 0)


class Until(Script):
    """Keeps every step; others end the run."""

    def see(self, step: Step) -> Verdict:
        super().see(step)
        return Verdict.CONTINUE


def test_a_student_that_drifts_off_is_brought_back_by_the_expert_again_and_again() -> None:
    world = PaperWorld(straight(400.0))
    expert = ExpertDriver(world.lane, world.truth, rear_axle=0.0)
    driver = SharedDriver(Named(0.004, "network"), expert, DriftGate(world.truth, CAR.width))
    script = Until()
    run(world, driver, [script, Deadline(30.0)], CAR, SpeedController(8.0, DT))
    offsets = [one.truth.offset for one in script.steps]
    assert driver.corrections >= 4
    assert driver.switches in {2 * driver.corrections, 2 * driver.corrections - 1}
    assert max(offsets) < (3.5 - CAR.width) / 2.0
    backs = [one.truth.offset for one in script.steps if one.decision.correction]
    assert min(backs) < 0.11, "it is brought back to the middle"
