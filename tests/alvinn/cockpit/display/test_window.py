from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pygame
import pytest

from alvinn.cockpit.display.panel import Alarm, LaneState, LessonState, Page, Panel, RecorderState, Timeline
from alvinn.cockpit.display.window import Window
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.keys import help_lines
from alvinn.driving.types import Image
from alvinn.errors import AlvinnError
from tests.alvinn.cockpit.desktop import Desktop, VirtualWheel, until

GREY: Image = np.full((80, 160, 3), 120, dtype=np.uint8)
FULL = Panel(
    image=GREY,
    title="country, ClearNoon",
    who="you",
    alias="Eva",
    device="keyboard",
    speed=8.0,
    cruising=True,
    steer=0.1,
    other_steer=-0.2,
    lane=LaneState(0.3, 3.5, (0.0, 0.1, 0.2, 0.3)),
    recording=RecorderState(running=True, frames=1234),
    time=61.0,
    real_time_factor=0.85,
    doubt=0.4,
    notes=("recording",),
    timeline=Timeline(0.5, ((0.1, 0.2),), (0.3, 0.4)),
    inset=GREY,
)


def test_a_device_that_is_gone_before_it_is_looked_at_is_none(window: Window) -> None:
    pygame.event.post(pygame.event.Event(pygame.JOYDEVICEADDED, device_index=7, guid=""))
    assert window.poll().sticks == {}


@pytest.fixture(scope="module")
def window(screen: Desktop) -> Iterator[Window]:
    with Window("alvinn test", (800, 450)) as window:
        screen.focus()
        yield window


def polled(window: Window, until_seen: str) -> Inputs:
    """What the window saw until a key came."""
    seen: list[Inputs] = []

    def came() -> bool:
        seen.append(window.poll())
        return until_seen in seen[-1].pressed

    until(came, f"the key {until_seen}")
    return seen[-1]


def shown(window: Window, screen: Desktop, what: Panel | Page) -> Image:
    """The screen with something on it: drawing is asynchronous, so it is looked at until it stands still."""
    window.show(what)
    pygame.display.get_wm_info()
    last = screen.picture()

    def still() -> bool:
        nonlocal last
        window.poll()
        before, last = last, screen.picture()
        return bool(np.array_equal(before, last)) and bool(last.any())

    until(still, "a picture that stands still")
    return last


def test_a_key_pressed_for_less_than_a_tick_is_seen_as_pressed_and_as_held(window: Window, screen: Desktop) -> None:
    screen.press("r")
    seen = polled(window, "r")
    assert seen.pressed == ("r",)
    assert "r" in seen.down
    assert seen.texts == ("r",)
    assert "r" not in window.poll().down


def test_a_key_held_down_is_held_until_it_is_released(window: Window, screen: Desktop) -> None:
    screen.do("keydown", "Left")
    polled(window, "left")
    assert all("left" in window.poll().down for _ in range(3))
    screen.do("keyup", "Left")
    until(lambda: "left" not in window.poll().down, "the key's release")


def test_the_mouse_is_told_across_the_window(window: Window, screen: Desktop) -> None:
    for x, place in ((0, -1.0), (400, 0.0), (600, 0.5)):
        screen.do("mousemove", "--window", screen.window(), str(x), "100")
        until(lambda place=place: abs(window.poll().mouse - place) < 0.01, f"the mouse at {place}")  # type: ignore[misc]
    screen.do("mousedown", "3")
    until(lambda: window.poll().mouse_down == {3}, "the right button")
    screen.do("mouseup", "3")
    until(lambda: window.poll().mouse_down == set(), "the button's release")


def test_every_part_of_a_panel_is_drawn_at_every_size(window: Window) -> None:
    lesson = LessonState("watching", 12.0, 40, (0.02, 0.01))
    whole = replace(FULL, alarm=Alarm("please take the wheel", 3.0), lesson=lesson)
    apart = {"image", "help", "late", "side"}
    absent = {name: getattr(Panel(image=GREY), name) for name in Panel.__slots__ if name not in apart}
    for size in ((480, 320), (600, 640), (800, 450)):
        pygame.display.set_mode(size, pygame.RESIZABLE)
        everything = drawn(window, whole)
        for name, nothing in absent.items():
            assert not np.array_equal(everything, drawn(window, replace(whole, **{name: nothing}))), (name, size)
        assert not np.array_equal(everything, drawn(window, replace(whole, side=GREY))), size
        assert not np.array_equal(everything, drawn(window, replace(whole, help=help_lines())))


def drawn(window: Window, what: Panel | Page) -> Image:
    """What was drawn on the window's own surface."""
    window.show(what)
    return pygame.surfarray.array3d(pygame.display.get_surface()).copy()


def test_the_camera_is_on_the_real_screen_above_the_dials(window: Window, screen: Desktop) -> None:
    left, top = screen.place()
    picture = shown(window, screen, FULL)[top:, left:]
    assert np.all(abs(picture[150, 200].astype(int) - 120) < 3), "the camera's grey"
    assert np.all(picture[440, 5] < 60), "the strip of dials is dark"


def test_a_page_shows_its_lines_and_marks_the_chosen_one(window: Window) -> None:
    page = Page("Drive", (("map", "country"), ("weather", "ClearNoon")), chosen=0, foot=("Enter: start",))
    assert not np.array_equal(drawn(window, page), drawn(window, replace(page, chosen=1)))
    assert not np.array_equal(drawn(window, page), drawn(window, replace(page, bars=(("axis 0", 0.5),))))


def test_f11_fills_the_screen_and_gives_it_back(window: Window, screen: Desktop) -> None:
    screen.press("F11")
    polled(window, "f11")
    until(lambda: window.poll() and window.size == (1280, 720), "the whole screen")
    screen.press("F11")
    screen.focus()
    polled(window, "f11")
    until(lambda: window.poll() and window.size == (800, 450), "the window as it was")


def only_stick(window: Window) -> JoystickState | None:
    return next(iter(window.poll().sticks.values()), None)


def test_a_wheel_comes_moves_and_goes(window: Window) -> None:
    assert window.poll().sticks == {}
    wheel = VirtualWheel()
    wheel.plug_in()
    until(lambda: only_stick(window) is not None, "the wheel")
    stick = only_stick(window)
    assert stick is not None
    assert stick.axes == (None,) * 4, "an axis that has not moved stands nobody knows where"
    wheel.turn(0, -0.5)
    wheel.press(3, down=True)
    presses: list[int] = []

    def moved() -> bool:
        stick = only_stick(window)
        assert stick is not None
        presses.extend(stick.pressed)
        return stick.axes[0] == pytest.approx(-0.5, abs=1e-3) and stick.buttons == {3}

    until(moved, "the turn of the wheel")
    window.poll()
    assert presses == [3], "a button is pressed once, however long it is held"
    wheel.pull_out()
    until(lambda: window.poll().sticks == {}, "the wheel's going")


def test_without_a_display_it_says_so(monkeypatch: pytest.MonkeyPatch, window: Window) -> None:
    """Runs last: it takes the module's window with it."""
    window.__exit__(None, None, None)
    monkeypatch.setenv("DISPLAY", ":no-such")
    with pytest.raises(AlvinnError, match="no window can be opened here"):
        Window("alvinn test")
    assert os.environ["DISPLAY"] == ":no-such"
