"""The recorder of a live drive: the person pauses and resumes it, and it pauses by itself off the road.

Every pause ends a segment, so that no sequence of frames spans the gap.
"""

from __future__ import annotations

import math
from typing import Protocol

from alvinn.cockpit.display import panel
from alvinn.driving.hysteresis import Hysteresis
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step
from alvinn.recording.observers import LEAVE, RETURN

RATE = 20.0  # frames a second


class Writer(Protocol):
    """The methods of `RecordingWriter` that are needed here."""

    rows: int

    def add(self, step: Step, *, lane: str, weather: str) -> None:
        """Write a tick."""

    def start_segment(self) -> None:
        """Begin a segment: the next row does not continue the last one."""

    def discard(self, seconds: float) -> int:
        """Exclude the last seconds; returns the number of rows."""

    def take_back(self) -> bool:
        """Undo the last exclusion; returns whether there was one."""


class LiveRecorder:
    """Records a live drive while it is switched on.

    Args:
        writer: of the recording.
        lane: map and direction.
        weather: one of CARLA's presets.
        corrections: record only the person's corrections, nothing that a machine drives.
        end: where the lane ends [m]: there is nothing to steer for beyond it.
    """

    def __init__(
        self, writer: Writer, lane: str, weather: str, *, corrections: bool = False, end: float = math.inf
    ) -> None:
        self._writer, self._lane, self._corrections, self._end = writer, lane, corrections, end
        self.weather = weather
        self.running = True
        """whether the person has it switched on"""
        self.obstacle = ""
        """why nothing can be recorded at present, though it is switched on; empty if it can"""
        self._off = Hysteresis(LEAVE, RETURN)
        self._adapting = 0  # ticks left, in which pictures are too dark or too bright
        self._pause_reason = ""
        self._last: int | None = None  # the last recorded frame, if the next one belongs to the same segment
        self._begun = False

    def see(self, step: Step) -> Verdict:
        """Record the tick, unless there is a reason not to."""
        self._pause_reason = self._reason(step)
        self._adapting -= self._adapting > 0
        if self._pause_reason:
            self.cut()
            return Verdict.CONTINUE
        frame = step.observation.frame
        if self._begun and (self._last is None or frame != self._last + 1):
            self._writer.start_segment()
        self._writer.add(step, lane=self._lane, weather=self.weather)
        self._last, self._begun = frame, True
        return Verdict.CONTINUE

    def _reason(self, step: Step) -> str:
        """Why the tick is not recorded; empty if it is."""
        off = self._off(abs(step.truth.offset) / (step.truth.lane_width / 2.0))
        if not self.running:
            return "not recording"
        if self._corrections and not step.decision.correction:
            return "no correction"
        if self._adapting > 0:
            return "the camera adapts"
        if step.truth.lane_s >= self._end:
            return "the lane ends here"
        return self.obstacle or ("off the road" if off else "")

    def change_weather(self, name: str, adaptation: float) -> None:
        """Continue in another of CARLA's weathers, to whose light the camera adapts in so many seconds."""
        self.weather, self._adapting = name, round(adaptation * RATE)

    def on_recovery(self) -> None:
        """Begin a new segment."""
        self.cut()
        self._off.reset()

    def cut(self) -> None:
        """Let the next row begin a segment."""
        self._last = None

    def toggle(self) -> None:
        """Pause or resume recording."""
        self.running = not self.running

    def discard(self, seconds: float) -> str:
        """Exclude the last seconds; returns a message that says what was done."""
        rows = self._writer.discard(seconds)
        return f"the last {rows / RATE:.1f} s are excluded (U undoes this)" if rows else "there is nothing to exclude"

    def take_back(self) -> str:
        """Undo the last exclusion; returns a message that says what was done."""
        return "the last exclusion is undone" if self._writer.take_back() else "there is no exclusion to undo"

    def state(self) -> panel.RecorderState:
        """Its state, to be shown."""
        return panel.RecorderState(running=not self._pause_reason, frames=self._writer.rows, note=self._pause_reason)
