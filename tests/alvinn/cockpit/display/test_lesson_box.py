from __future__ import annotations

import numpy as np
import pytest

from alvinn.cockpit.display.brush import GREEN, ORANGE
from alvinn.cockpit.display.offscreen import render_panel
from alvinn.cockpit.display.panel import LessonState, Panel
from alvinn.driving.types import Image
from tests.alvinn.fakes import picture

SIZE = (1280, 720)
BOX = slice(round(720 * 0.55), round(720 * 0.75))  # rows of the lesson


def draw(lesson: LessonState | None) -> Image:
    return np.asarray(render_panel(Panel(image=picture(0), lesson=lesson), SIZE))


def lesson(errors: tuple[float, ...], *, ready: bool = False) -> LessonState:
    return LessonState("it watches and learns", 45.0, 220, errors, low=0.01, ready=ready)


def count(image: Image, colour: tuple[int, int, int]) -> int:
    return int((image[BOX] == colour).all(axis=2).sum())


def test_the_box_lies_between_the_picture_and_the_dials() -> None:
    without, drawn = draw(None), draw(lesson((0.05, 0.02)))
    assert np.array_equal(without[BOX.stop + 2 :], drawn[BOX.stop + 2 :])
    assert not np.array_equal(without[BOX], drawn[BOX])


def test_what_it_says_is_green_when_it_can_drive() -> None:
    assert count(draw(lesson((0.05, 0.02), ready=True)), GREEN) > count(draw(lesson((0.05, 0.02))), GREEN) + 100


@pytest.mark.parametrize("errors", [(), (0.05,)])
def test_a_lesson_that_has_just_begun_has_no_curve_yet(errors: tuple[float, ...]) -> None:
    assert count(draw(lesson(errors)), ORANGE) < count(draw(lesson((0.05,) * 30)), ORANGE)


def test_the_error_falls_from_left_to_right() -> None:
    drawn = draw(lesson(tuple(np.linspace(0.05, 0.0, 61))))[BOX]
    rows, columns = np.nonzero((drawn == ORANGE).all(axis=2))
    curve = columns < np.quantile(columns, 0.6)  # the words are at the right
    assert np.corrcoef(columns[curve], rows[curve])[0, 1] > 0.9, "down is later"
