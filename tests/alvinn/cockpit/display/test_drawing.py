"""Each fact of a panel changes its own part of the picture, and nothing else; drawn off screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pygame
import pytest

from alvinn.cockpit.display.brush import BLUE, GREEN, ORANGE, RED, Colour, forget_fonts
from alvinn.cockpit.display.drawing import INSET, STRIP, colour_of, draw_panel, format_time
from alvinn.cockpit.display.panel import Alarm, LaneState, Panel, RecorderState, Timeline
from alvinn.driving.types import Image
from tests.alvinn.fakes import picture

WIDTH, HEIGHT = 640, 360
VIEW = HEIGHT - round(HEIGHT * STRIP)  # rows of the camera's image
PLAIN = Panel(
    picture(1),
    title="oval, ClearNoon",
    who="you",
    device="keyboard",
    speed=8.0,
    steer=0.0,
    lane=LaneState(0.1, 3.5),
    recording=RecorderState(running=False, frames=7),
    time=61.0,
)


@pytest.fixture(autouse=True)
def _fonts() -> Iterator[None]:
    pygame.font.init()
    yield
    forget_fonts()


def drawn(what: Panel) -> Image:
    surface = pygame.Surface((WIDTH, HEIGHT), depth=32)
    draw_panel(surface, what)
    return pygame.surfarray.array3d(surface).transpose(1, 0, 2)


def count(image: Image, colour: Colour) -> int:
    return int((image == colour).all(axis=2).sum())


@pytest.mark.parametrize(
    ("fact", "rows", "columns"),
    [
        ({"who": "conv"}, (0, VIEW), (0.0, 0.5)),
        ({"title": "hills"}, (0, VIEW), (0.5, 1.0)),
        ({"steer": 0.1}, (VIEW, HEIGHT), (0.0, 0.15)),
        ({"speed": 12.0}, (VIEW, HEIGHT), (0.15, 0.36)),
        ({"cruising": True}, (VIEW, HEIGHT), (0.15, 0.36)),
        ({"lane": LaneState(-0.9, 3.5)}, (VIEW, HEIGHT), (0.36, 0.70)),
        ({"doubt": 0.4}, (VIEW, HEIGHT), (0.36, 0.70)),
        ({"recording": RecorderState(running=True, frames=8)}, (VIEW, HEIGHT), (0.70, 1.0)),
        ({"device": "G29"}, (VIEW, HEIGHT), (0.70, 1.0)),
        ({"real_time_factor": 0.85}, (VIEW, HEIGHT), (0.70, 1.0)),
        ({"time": 62.0}, (VIEW, HEIGHT), (0.70, 1.0)),
        ({"notes": ("a message",)}, (0, VIEW), (0.0, 1.0)),
        ({"inset": picture(2)}, (0, VIEW), (0.0, 1.0)),
        ({"alarm": Alarm("take over", 3.0)}, (0, VIEW), (0.0, 1.0)),
        ({"other_steer": 0.2}, (VIEW, HEIGHT), (0.0, 0.15)),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_fact_changes_its_own_part_of_the_picture(
    fact: dict[str, Any], rows: tuple[int, int], columns: tuple[float, float]
) -> None:
    changed = np.argwhere((drawn(replace(PLAIN, **fact)) != drawn(PLAIN)).any(axis=2))
    assert len(changed) > 5
    assert rows[0] <= changed[:, 0].min()
    assert changed[:, 0].max() < rows[1]
    assert columns[0] * WIDTH <= changed[:, 1].min()
    assert changed[:, 1].max() < columns[1] * WIDTH + 1


def test_a_person_is_blue_and_every_machine_is_orange() -> None:
    assert colour_of("you") == BLUE
    assert colour_of("conv") == colour_of("expert") == ORANGE
    assert count(drawn(PLAIN), BLUE) > 50
    assert count(drawn(replace(PLAIN, who="conv")), BLUE) == 0


def test_an_offset_towards_the_edge_is_red_and_one_near_the_centre_green() -> None:
    near, far = (drawn(replace(PLAIN, lane=LaneState(offset, 3.5), recording=None)) for offset in (0.5, 0.8))
    assert count(near, GREEN) > count(near, RED) == 0
    assert count(far, RED) > count(far, GREEN) == 0


def test_the_help_covers_everything_with_a_line_for_each_key() -> None:
    one, two = (drawn(replace(PLAIN, help=(("Space", "take over"),) * n)) for n in (1, 2))
    assert (one != drawn(PLAIN)).any(axis=2).mean() > 0.5
    assert count(two, BLUE) > count(one, BLUE)


def test_excluded_ranges_are_red_on_the_timeline_and_the_mark_is_orange() -> None:
    plain = replace(PLAIN, lane=None, recording=None)
    image = drawn(replace(plain, timeline=Timeline(0.9, excluded=((0.1, 0.2),), marked=(0.4, 0.5))))
    red, orange = (np.argwhere((image == colour).all(axis=2))[:, 1] / WIDTH for colour in (RED, ORANGE))
    assert (red.min(), red.max()) == pytest.approx((0.1, 0.2), abs=0.01)
    on_line = orange[orange > 0.3]  # the wheel's top mark is orange too
    assert (on_line.min(), on_line.max()) == pytest.approx((0.4, 0.5), abs=0.01)


def test_what_is_unknown_is_not_drawn() -> None:
    empty = drawn(Panel(picture(1)))
    assert not any(count(empty, colour) for colour in (BLUE, ORANGE, GREEN, RED))


@pytest.mark.parametrize("real_time_factor", [None, 1.0, 0.96])
def test_time_that_runs_as_it_should_is_not_mentioned(real_time_factor: float | None) -> None:
    assert (drawn(replace(PLAIN, real_time_factor=real_time_factor, late=3)) == drawn(PLAIN)).all()


def test_the_alarm_is_above_the_road_and_leaves_the_lane_gauge_its_colour() -> None:
    plain, alarm = drawn(PLAIN), drawn(replace(PLAIN, alarm=Alarm("Space: take the wheel", 3.0)))
    road = np.s_[round(VIEW * 0.6) : round(VIEW * 0.85), round(WIDTH * 0.3) : round(WIDTH * 0.7)]
    assert (plain[road] == alarm[road]).all()
    assert (plain[VIEW:] == alarm[VIEW:]).all()


@pytest.mark.parametrize("alarm", [None, Alarm("Space: take the wheel", 3.0)])
def test_messages_of_a_drive_stand_in_the_sky(alarm: Alarm | None) -> None:
    driven = replace(PLAIN, alarm=alarm)
    noted = replace(driven, notes=("recording", "you have the wheel", "the last 3 s are excluded (U undoes this)"))
    rows = np.nonzero((drawn(noted) != drawn(driven)).any(axis=(1, 2)))[0]
    horizon = 0.37 * VIEW
    assert 0 < rows.min() < rows.max() < horizon


def test_in_a_replay_nothing_lies_over_the_road() -> None:
    """Messages and time line are below the picture, the chart is beside it."""
    replay = replace(PLAIN, who="", title="", timeline=Timeline(0.3), inset=picture(2))
    noted = replace(replay, notes=("driver +0.0100, network +0.0200 1/m", "excluded"))
    road = np.full_like(replay.image, 255)
    shown = (drawn(replace(replay, image=road)) != drawn(replace(replay, image=0 * road))).any(axis=2)
    rows, columns = np.nonzero(shown)
    whole = shown[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert whole.all(), "the picture is seen in one piece"
    changed = np.argwhere((drawn(noted) != drawn(replay)).any(axis=2))
    assert len(changed)
    assert changed[:, 0].min() > rows.max()
    assert columns.max() < (1.0 - INSET) * WIDTH


def test_departures_are_ticks_above_the_timeline() -> None:
    without, having = (drawn(replace(PLAIN, timeline=Timeline(0.9, departures=some))) for some in ((), (0.25, 0.5)))
    columns = np.argwhere((without != having).any(axis=2))[:, 1] / WIDTH
    assert {round(float(column), 2) for column in columns} == {0.25, 0.5}


def test_times_are_minutes_and_seconds() -> None:
    assert [format_time(seconds) for seconds in (0.0, 9.96, 62.0, 3600.0)] == ["0:00", "0:09", "1:02", "60:00"]
