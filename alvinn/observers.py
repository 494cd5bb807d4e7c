"""Those who watch the loop: the recorder, the clock, the log."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from alvinn.driving import Step
from alvinn.gates import Hysteresis
from alvinn.recording import RecordingWriter
from alvinn.roles import Observer, Verdict

OFF, BACK = 1.0, 0.8  # of half a lane: where the car's middle leaves it, and where it counts as back
LOG_COLUMNS = ("time", "x", "y", "yaw", "steer", "curvature", "offset", "lane_width", "who")


class Recorder:
    """Writes every tick to a recording."""

    def __init__(self, writer: RecordingWriter, lane: str, weather: str) -> None:
        self._writer = writer
        self._lane = lane
        self._weather = weather

    def see(self, step: Step) -> Verdict:
        """Write the tick."""
        self._writer.add(step, lane=self._lane, weather=self._weather)
        return Verdict.GO_ON

    def recovered(self) -> None:
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
            return Verdict.GO_ON
        if rested:
            self._tell(f"back on the road after {step.observation.time:.1f} s: the recording goes on")
            self._observer.recovered()
        return self._observer.see(step)

    def recovered(self) -> None:
        """The car is back on its lane."""
        self._off.reset()
        if not self._rests:
            self._observer.recovered()


class Deadline:
    """Stops the loop after a number of simulated seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start: float | None = None

    def see(self, step: Step) -> Verdict:
        """Stop when the time is up."""
        if self._start is None:
            self._start = step.observation.time
        return Verdict.STOP if step.observation.time - self._start >= self._seconds - 1e-6 else Verdict.GO_ON

    def recovered(self) -> None:
        """Time goes on."""


class Watch:
    """Tells somebody, once a tick, how far a run is; for progress bars."""

    def __init__(self, tell: Callable[[Step], None]) -> None:
        self._tell = tell

    def see(self, step: Step) -> Verdict:
        """Tell."""
        self._tell(step)
        return Verdict.GO_ON

    def recovered(self) -> None:
        """The next tick tells."""


class Log(AbstractContextManager["Log"]):
    """Writes `log.csv`: what anybody needs to count a run again."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", newline="")
        self._table = csv.writer(self._file, lineterminator="\n")
        self._table.writerow(LOG_COLUMNS)
        self._began: float | None = None  # a server's own clock starts anywhere

    def see(self, step: Step) -> Verdict:
        """Write the tick."""
        truth, decision = step.truth, step.decision
        numbers = (truth.x, truth.y, truth.yaw, step.control.steer, decision.curvature, truth.offset, truth.lane_width)
        self._began = step.observation.time if self._began is None else self._began
        row = (step.observation.time - self._began, *numbers)
        self._table.writerow([f"{value:.6f}" for value in row] + [decision.who])
        return Verdict.GO_ON

    def recovered(self) -> None:
        """The jump shows in x and y."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
