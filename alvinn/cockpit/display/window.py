"""The window: it shows panels and pages, and reads keyboard, mouse and joysticks.

`poll` is called once a tick and returns plain data; a key pressed and released between two ticks is not lost. Devices
may be plugged in and unplugged while it is open: SDL reports both as events.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, suppress
from types import TracebackType

os.environ["SDL_FRAMEBUFFER_ACCELERATION"] = "0"  # otherwise Mesa loads its LLVM, which crashes beside TensorFlow's
os.environ.setdefault(
    "SDL_JOYSTICK_ALLOW_BACKGROUND_EVENTS", "1"
)  # a wheel steers even while another window has the focus

import pygame

from alvinn.cockpit.display.brush import forget_fonts
from alvinn.cockpit.display.drawing import draw_panel
from alvinn.cockpit.display.page_drawing import draw_page
from alvinn.cockpit.display.panel import Page, Panel
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.keys import COMMANDS, Command
from alvinn.errors import AlvinnError
from alvinn.util.quiet import quiet

SIZE = (1280, 720)
INVISIBLE = {"offscreen", "dummy"}  # SDL falls back to these, and a job would wait for a key for ever


class Window(AbstractContextManager["Window"]):
    """A resizable window; there can be only one at a time.

    Raises:
        AlvinnError: there is no display.
    """

    def __init__(self, title: str, size: tuple[int, int] = SIZE) -> None:
        try:
            with quiet():  # Wayland's library complains on the terminal where it is not there
                pygame.display.init()
            if pygame.display.get_driver() in INVISIBLE and not os.environ.get("SDL_VIDEODRIVER"):
                raise pygame.error("there is no display")
            pygame.font.init()
            pygame.joystick.init()
            pygame.display.set_caption(title)
            pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.quit()
            raise AlvinnError(
                f"no window can be opened here ({error}): use a desktop, or --headless if the job has that flag"
            ) from error
        self._size = size
        self._full = False
        self._held: set[str] = set()
        self._sticks: dict[int, _Joystick] = {}
        self._closed = False
        for index in range(pygame.joystick.get_count()):  # SDL reported these before there was a window
            self._add(index)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height [pixels]."""
        return pygame.display.get_window_size()

    def poll(self) -> Inputs:
        """The inputs since the last call; called once a tick, by the thread that opened the window."""
        pressed: list[str] = []
        texts: list[str] = []
        for stick in self._sticks.values():
            stick.pressed.clear()
        for event in pygame.event.get():
            if event.type == pygame.KEYDOWN:
                pressed.append(pygame.key.name(event.key))
                texts.append("")
            elif event.type == pygame.TEXTINPUT and texts:
                texts[-1] += event.text
            self._handle(event)
        down = frozenset(self._held | set(pressed))
        if any(COMMANDS.get(key) is Command.FULL_SCREEN for key in pressed):
            self._toggle_full_screen()
        return Inputs(
            pressed=tuple(pressed),
            down=down,
            texts=tuple(texts),
            mouse=self._mouse(),
            mouse_down=frozenset(n + 1 for n, held in enumerate(pygame.mouse.get_pressed()) if held),
            sticks={stick.guid: stick.read() for stick in self._sticks.values()},
            closed=self._closed,
        )

    def show(self, what: Panel | Page) -> None:
        """Draw a panel or a page on the screen."""
        surface = pygame.display.get_surface()
        if isinstance(what, Page):
            draw_page(surface, what)
        else:
            draw_panel(surface, what)
        pygame.display.flip()

    def _handle(self, event: pygame.event.Event) -> None:
        if event.type == pygame.KEYDOWN:
            self._held.add(pygame.key.name(event.key))
        elif event.type == pygame.KEYUP:
            self._held.discard(pygame.key.name(event.key))
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._held.clear()  # the key's release goes to another window
        elif event.type == pygame.QUIT:
            self._closed = True
        else:
            self._handle_device(event)

    def _handle_device(self, event: pygame.event.Event) -> None:
        if event.type == pygame.JOYDEVICEADDED:
            self._add(event.device_index)
        elif event.type == pygame.JOYDEVICEREMOVED:
            self._sticks.pop(event.instance_id, None)
        elif event.type == pygame.JOYBUTTONDOWN and event.instance_id in self._sticks:
            self._sticks[event.instance_id].pressed.append(event.button)

    def _add(self, index: int) -> None:
        with suppress(pygame.error):  # it is gone again
            joystick = pygame.joystick.Joystick(index)
            self._sticks.setdefault(joystick.get_instance_id(), _Joystick(joystick))

    def _mouse(self) -> float:
        width = max(1, self.size[0])
        return max(-1.0, min(1.0, 2.0 * pygame.mouse.get_pos()[0] / width - 1.0))

    def _toggle_full_screen(self) -> None:
        self._full = not self._full
        if self._full:
            self._size = self.size
            pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        else:
            pygame.display.set_mode(self._size)  # SDL shrinks a window that cannot be resized, and only that
            pygame.display.set_mode(self._size, pygame.RESIZABLE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sticks.clear()
        forget_fonts()
        pygame.quit()


def list_devices() -> list[str]:
    """The names of the plugged-in wheels and gamepads; needs no window."""
    pygame.joystick.init()
    names = []
    try:
        for index in range(pygame.joystick.get_count()):
            with suppress(pygame.error):  # it is gone again
                names.append(pygame.joystick.Joystick(index).get_name())
        return names
    finally:
        pygame.joystick.quit()


class _Joystick:
    """A plugged-in device."""

    def __init__(self, joystick: pygame.joystick.JoystickType) -> None:
        self._joystick = joystick
        self.guid = joystick.get_guid()
        self.pressed: list[int] = []
        self._moved: set[int] = set()

    def read(self) -> JoystickState:
        """The positions of axes and buttons; an axis is None until it moves: SDL reports 0, a half-pressed pedal."""
        positions = [self._joystick.get_axis(axis) for axis in range(self._joystick.get_numaxes())]
        self._moved |= {axis for axis, position in enumerate(positions) if position != 0.0}
        return JoystickState(
            guid=self.guid,
            name=self._joystick.get_name(),
            axes=tuple(position if axis in self._moved else None for axis, position in enumerate(positions)),
            buttons=frozenset(n for n in range(self._joystick.get_numbuttons()) if self._joystick.get_button(n)),
            pressed=tuple(self.pressed),
        )
