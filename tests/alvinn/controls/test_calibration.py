from __future__ import annotations

import pytest

from alvinn.controls.calibration import Calibration
from alvinn.controls.inputs import JoystickState
from alvinn.controls.profiles import Pedal
from tests.alvinn.fakes import DT


class Person:
    """Answers the questions at a device whose axes nobody told the program about."""

    def __init__(self, axes: int = 4) -> None:
        self.axes: list[float | None] = [None] * axes
        self.questions = Calibration(self.stick(), DT)

    def stick(self, *pressed: int) -> JoystickState:
        return JoystickState("03", "Wheel", tuple(self.axes), pressed=pressed)

    def hold(self, seconds: float = 1.0, **axes: float) -> None:
        for name, position in axes.items():
            self.axes[int(name[1:])] = position
        before = self.questions.instruction
        for _ in range(round(seconds / DT)):
            if self.questions.instruction == before:
                self.questions.update(self.stick())

    def press(self, button: int) -> None:
        self.questions.update(self.stick(button))


def test_the_axes_that_were_turned_and_pressed_are_found_whichever_they_are() -> None:
    person = Person()
    person.hold()
    for move in ({"a2": 0.9}, {"a2": -0.8}, {"a2": 0.0, "a0": -1.0}, {"a0": 1.0, "a3": 1.0}):
        person.hold(**move)
    person.hold(a3=-1.0)
    person.press(7)
    person.press(4)
    assert person.questions.is_done
    profile = person.questions.profile(dead_zone=0.02)
    assert (profile.name, profile.axis) == ("Wheel", 2)
    assert (profile.left, profile.centre, profile.right) == (0.9, 0.0, -0.8)
    assert profile.throttle == Pedal(0, rest=1.0, full=-1.0), "it rested at 1, though SDL said 0 before it moved"
    assert profile.brake == Pedal(3, rest=-1.0, full=1.0)
    assert profile.buttons == {"take": 7, "record": 4}
    assert profile.dead_zone == 0.02


def test_the_left_end_held_on_is_not_taken_for_the_right_one() -> None:
    person = Person()
    person.hold()
    person.hold(a0=-1.0)
    asked = person.questions.instruction
    assert "right" in asked
    person.hold(3.0)
    assert person.questions.instruction == asked
    person.hold(a0=1.0)
    assert "throttle" in person.questions.instruction


def test_a_turn_that_is_still_going_on_is_waited_for() -> None:
    person = Person()
    person.hold()
    for place in range(1, 11):
        person.hold(2 * DT, a0=-place / 10)
        assert "left" in person.questions.instruction
    person.hold()
    assert "right" in person.questions.instruction


def test_a_tremble_is_not_taken_for_an_answer() -> None:
    person = Person()
    person.hold()
    person.hold(2.0, a0=0.2)
    assert "left" in person.questions.instruction


def test_pedals_and_buttons_can_be_skipped_and_the_wheel_cannot() -> None:
    person = Person(1)
    person.questions.skip()
    person.hold()
    person.questions.skip()
    assert "left" in person.questions.instruction
    person.hold(a0=-1.0)
    person.hold(a0=1.0)
    while not person.questions.is_done:
        person.questions.skip()
    profile = person.questions.profile()
    assert (profile.throttle, profile.brake, dict(profile.buttons)) == (None, None, {})
    assert profile.steer(0.5) == pytest.approx(0.5)


def test_while_something_moves_the_middle_is_not_measured() -> None:
    person = Person()
    for number in range(40):
        person.hold(DT, a0=0.3 * (-1) ** number)
    assert "straight ahead" in person.questions.instruction


def test_the_person_sees_which_step_it_is_and_for_how_long_to_hold_on() -> None:
    person = Person()
    assert (person.questions.number, person.questions.held) == (1, 0.0)
    person.hold(0.3)
    assert 0.3 < person.questions.held < 0.7
    assert person.questions.is_holding
    person.hold()
    assert (person.questions.number, person.questions.held) == (2, 0.0)
