"""What is drawn is looked for in the pixels: no window, no X server."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pygame
import pytest

from alvinn.cockpit.display.brush import BLUE, DIM, GREEN, NIGHT, ORANGE, WHEEL_TURN, Brush, Colour, forget_fonts
from tests.alvinn.fakes import picture


@pytest.fixture(autouse=True)
def _fonts() -> Iterator[None]:
    pygame.font.init()
    yield
    forget_fonts()


def canvas(width: int = 400, height: int = 200) -> Brush:
    surface = pygame.Surface((width, height), depth=32)
    surface.fill(NIGHT)
    return Brush(surface)


def find(brush: Brush, colour: Colour) -> npt.NDArray[np.intp]:
    """The pixels of a colour, shape (n, 2): (column, row)."""
    found: npt.NDArray[np.intp] = np.argwhere((pygame.surfarray.array3d(brush.surface) == colour).all(axis=2))
    return found


def test_pygame_prints_no_greeting_whichever_module_of_the_cockpit_comes_first() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYGAME_HIDE_SUPPORT_PROMPT"}
    command = [sys.executable, "-c", "import alvinn.cockpit.display.brush"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == ""


def test_a_unit_is_a_hundredth_of_the_height_and_less_in_a_narrow_window() -> None:
    assert canvas(400, 200).px(10) == 20
    assert canvas(100, 200).px(10) == 7


def test_a_text_that_is_too_wide_is_written_smaller_until_it_fits() -> None:
    brush = canvas()
    free = brush.text("a rather long line of text", (0, 0), 8)
    fitted = brush.text("a rather long line of text", (0, 100), 8, room=free.width / 2)
    assert fitted.width <= free.width / 2
    assert fitted.height < free.height
    assert brush.text("a rather long line of text", (0, 150), 8, room=free.width).size == free.size


def test_a_text_stands_where_its_corner_says() -> None:
    brush = canvas()
    assert brush.text("word", (200, 100), 6, corner="center").center == (200, 100)
    assert brush.text("word", (399, 0), 6, corner="topright").topright == (399, 0)


def test_a_label_stays_within_its_room() -> None:
    box = canvas().label("a rather long line of text", (10, 10), 9, room=90)
    assert box.width <= 90
    assert box.topleft == (10, 10)


def test_a_picture_keeps_its_proportions_and_is_centred() -> None:
    brush = canvas()
    where = brush.picture(picture(1), pygame.Rect(0, 0, 400, 100))
    assert where.size == (200, 100)
    assert where.center == (200, 50)
    drawn = pygame.surfarray.array3d(brush.surface).transpose(1, 0, 2)[
        where.top : where.bottom, where.left : where.right
    ]
    wanted = np.kron(picture(1)[::8, ::8].astype(int), np.ones((25, 25, 1), int))
    assert np.median(np.abs(drawn.astype(int) - wanted)) == 0


@pytest.mark.parametrize(("share", "column"), [(0.0, 200), (0.5, 250), (-1.0, 100), (7.0, 300)])
def test_a_gauges_dot_stands_at_its_share_and_never_outside(share: float, column: int) -> None:
    brush = canvas()
    brush.gauge(pygame.Rect(100, 90, 200, 20), share, GREEN)
    assert find(brush, GREEN)[:, 0].mean() == pytest.approx(column, abs=1.0)
    assert len(find(brush, DIM)) > 200


def test_a_traces_newest_value_is_at_the_right_and_positive_is_up() -> None:
    brush = canvas()
    brush.trace(pygame.Rect(100, 50, 200, 100), (-1.0, 0.0, 1.0), 1.0, BLUE)
    found = find(brush, BLUE)
    left, right = found[found[:, 0] < 110], found[found[:, 0] > 290]
    assert left[:, 1].mean() > 140
    assert right[:, 1].mean() < 60


@pytest.mark.parametrize("values", [(), (0.3,)])
def test_a_trace_of_less_than_two_values_is_its_axis_alone(values: tuple[float, ...]) -> None:
    brush = canvas()
    brush.trace(pygame.Rect(100, 50, 200, 100), values, 1.0, BLUE)
    assert not len(find(brush, BLUE))


@pytest.mark.parametrize("steer", [0.0, 0.1, -0.2])
def test_the_top_mark_of_the_wheel_turns_with_the_steer_clockwise_to_the_right(steer: float) -> None:
    brush = canvas()
    brush.wheel((200, 100), 60, steer, BLUE)
    x, y = find(brush, ORANGE).mean(axis=0) - (200, 100)
    turned = math.degrees(math.atan2(x, -y))
    assert turned == pytest.approx(steer * WHEEL_TURN, abs=3.0)


def test_another_steer_is_marked_outside_the_wheel() -> None:
    brush = canvas()
    brush.mark_steer((200, 100), 60, 0.2, ORANGE)
    x, y = find(brush, ORANGE).mean(axis=0) - (200, 100)
    assert math.hypot(x, y) > 60
    assert math.degrees(math.atan2(x, -y)) == pytest.approx(0.2 * WHEEL_TURN, abs=3.0)
