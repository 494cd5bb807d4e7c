"""Observers that record: every tick, or only those driven on the lane."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.hysteresis import Hysteresis
from alvinn.driving.protocols import Observer, Verdict
from alvinn.driving.types import Step
from alvinn.recording import RecordingWriter

OFF, BACK = 1.0, 0.8  # of half a lane: where the car's middle leaves it, and where it counts as back


class Recorder:
    """Writes every tick to a recording."""

    def __init__(self, writer: RecordingWriter, lane: str, weather: str) -> None:
        self._writer = writer
        self._lane = lane
        self._weather = weather

    def see(self, step: Step) -> Verdict:
        """Write the tick."""
        self._writer.add(step, lane=self._lane, weather=self._weather)
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """What follows is a new segment."""
        self._writer.new_segment()


class OnRoad:
    """Lets another observer see only what is driven on the lane: off it nothing is to be learned.

    The other one is told of a recovery when it may see again, as a segment begins there.

    Args:
        observer: the recorder.
        tell: called with a sentence whenever it rests and goes on.
    """

    def __init__(self, observer: Observer, tell: Callable[[str], None]) -> None:
        self._observer = observer
        self._tell = tell
        self._off = Hysteresis(OFF, BACK)
        self._rests = False

    def see(self, step: Step) -> Verdict:
        """Pass the tick on, if the car's middle is within its lane."""
        truth, rested = step.truth, self._rests
        self._rests = self._off(abs(truth.offset) / (truth.lane_width / 2.0))
        if self._rests:
            if not rested:
                self._tell(f"off the road after {step.observation.time:.1f} s: the recording pauses")
            return Verdict.CONTINUE
        if rested:
            self._tell(f"back on the road after {step.observation.time:.1f} s: the recording goes on")
            self._observer.on_recovery()
        return self._observer.see(step)

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self._off.reset()
        if not self._rests:
            self._observer.on_recovery()
