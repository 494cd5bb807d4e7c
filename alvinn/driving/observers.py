"""Small observers of the loop: a time limit, the end of the lane, and a callback for progress bars."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step


class Deadline:
    """Stops the loop after a number of simulated seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start: float | None = None

    def see(self, step: Step) -> Verdict:
        """Stop when the time is up."""
        if self._start is None:
            self._start = step.observation.time
        return Verdict.STOP if step.observation.time - self._start >= self._seconds - 1e-6 else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The time limit includes recoveries."""


class LaneEnd:
    """Stops the loop where an open lane ends.

    Attributes:
        is_reached: whether it has.

    Args:
        lane: the lane; a closed one never ends.
        speed: of the car [m/s].
    """

    def __init__(self, lane: Lane, speed: float) -> None:
        self._at = lane.end_at(speed)
        self.is_reached = False

    def see(self, step: Step) -> Verdict:
        """Stop a little before the end, as there is no road ahead to steer for."""
        self.is_reached = step.truth.lane_s >= self._at
        return Verdict.STOP if self.is_reached else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The lane ends where it did."""


class TickCallback:
    """Calls a function once a tick, for progress bars."""

    def __init__(self, callback: Callable[[Step], None]) -> None:
        self._callback = callback

    def see(self, step: Step) -> Verdict:
        """Call it."""
        self._callback(step)
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The next tick calls it."""
