"""What a cockpit is connected to: screen, recorder, weather, and the network that drives or advises."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from alvinn.cockpit.display import panel
from alvinn.controls.inputs import Inputs
from alvinn.driving.types import Image, Observation, Step
from alvinn.visualization.alvinn_panel import Part


class Screen(Protocol):
    """A window, or a test's stand-in."""

    def poll(self) -> Inputs:
        """The person's inputs since the last call."""

    def show(self, what: panel.Panel | panel.Page, /) -> None:
        """Draw a panel or a page."""


class Recorder(Protocol):
    """A recording as the keys control it: `LiveRecorder`, or the recorder of corrections."""

    obstacle: str
    """why nothing can be recorded at present; empty if it can"""

    def toggle(self) -> None:
        """Pause or resume recording."""

    def cut(self) -> None:
        """End the segment."""

    def discard(self, seconds: float) -> str:
        """Exclude the last seconds; returns a message that says what was done."""

    def take_back(self) -> str:
        """Undo the last exclusion; returns a message that says what was done."""

    def state(self) -> panel.RecorderState:
        """Its state, to be shown."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A network's answer to a frame, whoever drives."""

    curvature: float
    """1/m, positive to the right"""
    doubt: float | None = None
    """as a share of the limit at which the gate asks the person"""


class DrawAlvinnPanel(Protocol):
    """Draws what goes on in the network that drives or learns."""

    def __call__(self, step: Step, driver: float | None, parts: Collection[Part], /) -> Image:
        """The ALVINN panel at a tick; `driver` is the curvature of whoever drives in the network's place."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a cockpit is connected to; None for what a drive does not have."""

    title: str
    """map and direction"""
    weather: str
    recorder: Recorder | None = None
    next_weather: Callable[[], str] | None = None
    """switches to the next weather and returns its name"""
    advice: Callable[[Observation], Advice] | None = None
    lesson: Callable[[], panel.LessonState] | None = None
    view: DrawAlvinnPanel | None = None
    picture: Callable[[int], Image | None] | None = None
    """a sharper picture of a frame than the network's, for the person"""
    teacher: str = panel.HUMAN
    """who drives while the machine does not"""
