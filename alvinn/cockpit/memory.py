"""What the cockpit remembers from tick to tick: messages, the real-time factor, how long a car has been stranded."""

from __future__ import annotations

from collections import deque

from alvinn.driving.types import Step

NOTE_TICKS = 80  # for which a message is shown: 4 s
FACTOR_TICKS = 100  # over which the real-time factor is measured: 5 s
STRANDED_TICKS = 40  # off the road until the car is put back or the person is told how: 2 s
STANDSTILL = 0.3  # m/s


class Notes:
    """The last messages, each shown for four seconds."""

    def __init__(self) -> None:
        self._tick = 0
        self._notes: deque[tuple[int, str]] = deque(maxlen=3)

    def count_tick(self) -> None:
        """Let a tick pass."""
        self._tick += 1

    def add(self, words: str) -> None:
        """Show a message."""
        self._notes.append((self._tick, words))

    def read(self) -> tuple[str, ...]:
        """The messages to show now, the oldest first."""
        return tuple(words for when, words in self._notes if self._tick - when < NOTE_TICKS)


class RealTimeFactor:
    """How fast simulated time runs beside real time."""

    def __init__(self) -> None:
        self._ticked: deque[tuple[float, float]] = deque(maxlen=FACTOR_TICKS)

    def add(self, real: float, simulated: float) -> None:
        """Note the real and the simulated time [s] of a tick."""
        self._ticked.append((real, simulated))

    def clear(self) -> None:
        """Forget everything: time stood still on purpose."""
        self._ticked.clear()

    def measure(self) -> float | None:
        """Simulated seconds a second, over the last ticks; None where that cannot be known yet."""
        if len(self._ticked) < FACTOR_TICKS // 5:
            return None
        (began, first), (now, last) = self._ticked[0], self._ticked[-1]
        return (last - first) / (now - began) if now > began else None


class Stranding:
    """Notices a car that does not come back to the road by itself: a network's, or a person's that stands."""

    def __init__(self) -> None:
        self._ticks = 0

    def see(self, step: Step, *, person: bool) -> bool:
        """Look at a tick, driven by a person or a network; whether the car is stranded as of now."""
        off = abs(step.truth.offset) > step.truth.lane_width
        stuck = off and (not person or step.observation.speed < STANDSTILL)
        self._ticks = self._ticks + 1 if stuck else 0
        return self._ticks == STRANDED_TICKS

    @property
    def lasts(self) -> bool:
        """Whether the car is stranded."""
        return self._ticks >= STRANDED_TICKS

    def end(self) -> None:
        """The car is back on its lane."""
        self._ticks = 0
