"""Small observers of the loop: a time limit, and a callback for progress bars."""

from __future__ import annotations

from collections.abc import Callable

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
