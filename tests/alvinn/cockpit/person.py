"""A person at the desktop: a thread that presses real keys while the job runs in the test's own thread.

What they look at before they act is the panel or page that the window last drew, as a person would look at the screen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from alvinn.cockpit.display.panel import Page, Panel
from alvinn.cockpit.display.window import Window
from tests.alvinn.cockpit.desktop import Desktop, until


class Person:
    """Hands at the keyboard, eyes at what the window shows."""

    def __init__(self, screen: Desktop) -> None:
        self.screen = screen
        self.seen: list[Panel | Page] = []
        self._over = threading.Event()

    @property
    def panels(self) -> list[Panel]:
        """What was shown of the drive so far."""
        return [one for one in self.seen if isinstance(one, Panel)]

    def sees(self, what: Callable[[Panel], object], words: str) -> None:
        """Wait for a panel that is so."""
        until(lambda: self.panels and what(self.panels[-1]), words)

    def reads(self, title: str) -> None:
        """Wait for a page with such a title, and turn to the window."""
        until(lambda: self.seen and title in getattr(self.seen[-1], "title", ""), f"the page {title}")
        self.screen.focus()

    def holds(self, key: str, what: Callable[[Panel], object], words: str) -> None:
        """Hold a key down until something is seen."""
        self.screen.do("keydown", key)
        try:
            self.sees(what, words)
        finally:
            self.screen.do("keyup", key)

    def drives(self, seconds: float) -> None:
        """Go on for some simulated seconds."""
        self.sees(lambda panel: True, "the drive")
        end = (self.panels[-1].time or 0.0) + seconds
        self.sees(lambda panel: (panel.time or 0.0) >= end, f"{seconds:g} s of driving")

    @property
    def at_work(self) -> bool:
        """Whether the job goes on."""
        return not self._over.is_set()

    def waits_for_the_end(self) -> None:
        """Do nothing until the job has ended by itself."""
        until(self._over.is_set, "the end of the job")

    @contextmanager
    def acting(self, script: Callable[[], None]) -> Iterator[None]:
        """Follow a script meanwhile; it ends with the drive ended, and what went wrong in it is the test's failure."""
        failures: list[BaseException] = []

        def follow() -> None:
            try:
                script()
            except BaseException as error:  # noqa: BLE001 - the drive must end, and the test hear of it
                failures.append(error)
            finally:
                self.screen.press("Escape")

        hands = threading.Thread(target=follow)
        with pytest.MonkeyPatch.context() as patch:
            show = Window.show

            def look(window: Window, what: Panel | Page) -> None:
                show(window, what)
                self.seen.append(what)

            patch.setattr(Window, "show", look)
            hands.start()
            try:
                yield
            finally:
                self._over.set()
                hands.join()
        if failures:
            raise failures[0]
