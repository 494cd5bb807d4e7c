"""Observers that record: every tick, or only those driven on the lane."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.hysteresis import Hysteresis
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Step
from alvinn.recording import RecordingWriter
from alvinn.recording.quality import OFF_ROAD

LEAVE, RETURN = 1.0, OFF_ROAD  # of half a lane: where the car's centre leaves it, and where it counts as back


class RecordingObserver:
    """Writes every tick to a recording."""

    def __init__(self, writer: RecordingWriter, lane: str, weather: str) -> None:
        self._writer = writer
        self._lane = lane
        self._weather = weather

    def see(self, step: Step) -> Verdict:
        """Write a tick."""
        self._writer.add(step, lane=self._lane, weather=self._weather)
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Begin a new segment."""
        self._writer.start_segment()


class Delay:
    """Passes on ticks only after a time, in which a camera adapts to another light.

    Args:
        observer: receives the ticks.
        ticks: that it does not see.
    """

    def __init__(self, observer: Observer, ticks: int) -> None:
        self._observer, self._left = observer, ticks

    def see(self, step: Step) -> Verdict:
        """Pass a tick on, if it is time."""
        if self._left:
            self._left -= 1
            return Verdict.CONTINUE
        return self._observer.see(step)

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self._observer.on_recovery()


class OnRoadFilter:
    """Passes on only the ticks driven on the lane: off it there is nothing to learn.

    When passing on resumes, the other observer is told of a recovery, so that a segment begins there.

    Args:
        observer: receives the ticks: the recorder.
        notify: called with a sentence when it pauses and when it resumes.
    """

    def __init__(self, observer: Observer, notify: Callable[[str], None]) -> None:
        self._observer = observer
        self._notify = notify
        self._off = Hysteresis(LEAVE, RETURN)
        self._paused = False

    def see(self, step: Step) -> Verdict:
        """Pass a tick on if the car's centre is within its lane."""
        truth, was_paused = step.truth, self._paused
        self._paused = self._off(abs(truth.offset) / (truth.lane_width / 2.0))
        if self._paused:
            if not was_paused:
                self._notify(f"off the road after {step.observation.time:.1f} s: the recording pauses")
            return Verdict.CONTINUE
        if was_paused:
            self._notify(f"back on the road after {step.observation.time:.1f} s: the recording resumes")
            self._observer.on_recovery()
        return self._observer.see(step)

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self._off.reset()
        if not self._paused:
            self._observer.on_recovery()
