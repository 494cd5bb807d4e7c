"""What a cockpit is wired to: a screen, a recording, weathers, a machine to share the wheel with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from alvinn.cockpit import panel
from alvinn.controls.inputs import Inputs
from alvinn.driving.types import Observation


class Screen(Protocol):
    """A window, or what stands for one."""

    def poll(self) -> Inputs:
        """What hands did since the last call."""

    def show(self, what: panel.Panel | panel.Page, /) -> None:
        """Draw."""


class Recorder(Protocol):
    """What the keys do to a recording: `LiveRecorder`, or what stands for one."""

    obstacle: str

    def toggle(self) -> None:
        """Run, or rest."""

    def cut(self) -> None:
        """A segment ends."""

    def discard(self, seconds: float) -> str:
        """Leave the last seconds out; what was done, in words."""

    def take_back(self) -> str:
        """Use again what was left out last; what was done, in words."""

    def state(self) -> panel.RecorderState:
        """How it stands."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a machine says of a frame while somebody drives."""

    curvature: float
    doubt: float | None = None
    """as a share of what makes it ask for help"""


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the cockpit is wired to; None where a drive has no such thing."""

    title: str
    """map and direction"""
    weather: str
    recorder: Recorder | None = None
    next_weather: Callable[[], str] | None = None
    """puts up another weather, returns its name"""
    advice: Callable[[Observation], Advice] | None = None
