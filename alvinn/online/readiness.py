"""When a network that watches may try to drive: when its error on frames that are new to it has stayed low."""

from __future__ import annotations

from collections import deque


class Readiness:
    """Says when the error has stayed low.

    Args:
        low: mean error [1/m] that it must stay under ...
        seconds: ... for so long.
        least: s of watching before it can be ready at all, and again after each failed attempt.
        dt: s from one error to the next.
    """

    def __init__(self, low: float, seconds: float, least: float, dt: float) -> None:
        self._low, self._least, self._dt = low, least, dt
        self._latest: deque[float] = deque(maxlen=round(seconds / dt))
        self._watched = 0.0

    @property
    def error(self) -> float | None:
        """Mean of the latest errors [1/m]; None before the first."""
        return sum(self._latest) / len(self._latest) if self._latest else None

    @property
    def is_ready(self) -> bool:
        """Whether the error has stayed low for long enough."""
        error = self.error
        return (
            error is not None
            and len(self._latest) == self._latest.maxlen
            and self._watched >= self._least - 0.5 * self._dt
            and error < self._low
        )

    def watch(self, error: float | None) -> None:
        """Take in the error at a tick [1/m]; None while the network has no weights."""
        self._watched += self._dt
        if error is not None:
            self._latest.append(error)

    def restart(self) -> None:
        """An attempt failed: watch again."""
        self._watched = 0.0
        self._latest.clear()
