"""What a page shows, and where; drawn off screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pygame
import pytest

from alvinn.cockpit.display.brush import BLUE, GREEN, ORANGE, Colour, forget_fonts
from alvinn.cockpit.display.page_drawing import draw_page
from alvinn.cockpit.display.panel import Page
from alvinn.driving.types import Image
from tests.alvinn.fakes import picture

WIDTH, HEIGHT = 640, 360
PAGE = Page("alvinn", (("map", "oval"), ("weather", "ClearNoon")), chosen=0)


@pytest.fixture(autouse=True)
def _fonts() -> Iterator[None]:
    pygame.font.init()
    yield
    forget_fonts()


def drawn(page: Page) -> Image:
    surface = pygame.Surface((WIDTH, HEIGHT), depth=32)
    draw_page(surface, page)
    return pygame.surfarray.array3d(surface).transpose(1, 0, 2)


def count(image: Image, colour: Colour) -> int:
    return int((image == colour).all(axis=2).sum())


def test_the_chosen_line_of_a_page_is_marked_and_each_axis_has_a_bar() -> None:
    first, second = drawn(PAGE), drawn(replace(PAGE, chosen=1))
    assert (first != second).any()
    bars = drawn(replace(PAGE, chosen=-1, bars=(("axis 0", -1.0), ("axis 1", 1.0))))
    columns = np.argwhere((bars == BLUE).all(axis=2))[:, 1] / WIDTH
    assert columns.min() < 0.32
    assert columns.max() > 0.78


def test_a_picture_is_at_the_right_with_the_options_below_it_and_the_chosen_one_is_blue() -> None:
    options = tuple(f"random:{number}" for number in range(20))
    with_picture = replace(PAGE, picture=picture(1))
    listed = drawn(replace(with_picture, options=options, option="random:12"))
    changed = np.argwhere((listed != drawn(with_picture)).any(axis=2))
    assert changed[:, 1].min() > 0.6 * WIDTH
    assert count(listed, BLUE) > count(drawn(with_picture), BLUE) == 0


def test_what_is_not_right_yet_is_orange_and_above_the_foot() -> None:
    foot = replace(PAGE, foot=("Enter: start",))
    warned = drawn(replace(foot, warning="recording: type a name"))
    rows = np.argwhere((warned != drawn(foot)).any(axis=2))[:, 0] / HEIGHT
    assert count(warned, ORANGE) > 0
    assert 0.75 < rows.min() < rows.max() < 0.95


def test_what_is_done_fills_its_bar_from_the_left() -> None:
    held = replace(PAGE, chosen=-1, bars=(("axis 0", 0.0),))
    columns = [
        np.argwhere((drawn(replace(held, progress=("hold", share))) == GREEN).all(axis=2))[:, 1] / WIDTH
        for share in (0.5, 1.0)
    ]
    assert columns[0].min() == columns[1].min() == pytest.approx(0.3, abs=0.01)
    assert (columns[0].max(), columns[1].max()) == (pytest.approx(0.55, abs=0.01), pytest.approx(0.8, abs=0.01))
