"""The recorder of a live drive: it runs and rests as the person wants, and rests by itself where nothing is to learn.

Wherever it rests a segment ends, so that no window of frames leads over the gap.
"""

from __future__ import annotations

from typing import Protocol

from alvinn.cockpit import panel
from alvinn.driving.hysteresis import Hysteresis
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step
from alvinn.recording.observers import LEAVE, RETURN


class Writer(Protocol):
    """What writes rows: `RecordingWriter`, as far as it is needed here."""

    rows: int

    def add(self, step: Step, *, lane: str, weather: str) -> None:
        """Write a tick."""

    def start_segment(self) -> None:
        """What follows does not continue what came before."""

    def discard(self, seconds: float) -> int:
        """Leave the last seconds out; returns how many rows that was."""

    def take_back(self) -> bool:
        """Use again what was left out last; returns whether there was something."""


class LiveRecorder:
    """Observes a live drive and writes it down while it runs.

    Args:
        writer: of the recording.
        lane: map and direction.
        weather: one of CARLA's presets.
        corrections: write only what a person corrects, nothing of what a machine drives.
    """

    def __init__(self, writer: Writer, lane: str, weather: str, *, corrections: bool = False) -> None:
        self._writer, self._lane, self._corrections = writer, lane, corrections
        self.weather = weather
        self.running = True
        """as the person wants"""
        self.obstacle = ""
        """why nothing should be written now, though they want it"""
        self._off = Hysteresis(LEAVE, RETURN)
        self._resting = ""
        self._last: int | None = None  # the frame that was written last, if the next belongs to the same segment
        self._begun = False

    def see(self, step: Step) -> Verdict:
        """Write the tick, if it is to be written."""
        self._resting = self._reason(step)
        if self._resting:
            self.cut()
            return Verdict.CONTINUE
        frame = step.observation.frame
        if self._begun and (self._last is None or frame != self._last + 1):
            self._writer.start_segment()
        self._writer.add(step, lane=self._lane, weather=self.weather)
        self._last, self._begun = frame, True
        return Verdict.CONTINUE

    def _reason(self, step: Step) -> str:
        """Why the tick is not to be written; empty if it is."""
        off = self._off(abs(step.truth.offset) / (step.truth.lane_width / 2.0))
        if not self.running:
            return "not recording"
        if self._corrections and not step.decision.correction:
            return "no correction"
        return self.obstacle or ("off the road" if off else "")

    def on_recovery(self) -> None:
        """What follows is a new segment."""
        self.cut()
        self._off.reset()

    def cut(self) -> None:
        """What is written next begins a segment."""
        self._last = None

    def toggle(self) -> None:
        """Run, or rest."""
        self.running = not self.running

    def discard(self, seconds: float) -> str:
        """Leave the last seconds out; returns what was done, in words."""
        rows = self._writer.discard(seconds)
        return f"the last {rows} frames are left out (U takes that back)" if rows else "there is nothing to leave out"

    def take_back(self) -> str:
        """Use again what was left out last; returns what was done, in words."""
        return "what was left out last counts again" if self._writer.take_back() else "nothing was left out"

    def state(self) -> panel.RecorderState:
        """How it stands."""
        return panel.RecorderState(running=not self._resting, frames=self._writer.rows, note=self._resting)
