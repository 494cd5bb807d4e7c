"""The worst ten seconds of a run: the stretch with the largest mean square offset, found while driving.

The last ten seconds are buffered, and saved whenever they are worse than any before. Only every second tick is
buffered: enough for a film, and half the memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step

SECONDS = 10.0
EVERY = 2  # ticks
CLIP = "worst.mp4"  # the film of it, in the folder of its run
RATE = 10  # pictures a second: 20 Hz, every second tick


class WorstStretch:
    """Collects the ticks of the worst stretch of a run in `steps`."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.steps: tuple[Step, ...] = ()
        self._most = round(seconds * RATE)
        self._last: deque[Step] = deque()
        self._tick = 0
        self._squares = 0.0
        self._worst = -1.0

    def see(self, step: Step) -> Verdict:
        """Buffer a tick and drop the one ten seconds before."""
        if self._tick % EVERY == 0:
            self._hold(step)
        self._tick += 1
        return Verdict.CONTINUE

    def _hold(self, step: Step) -> None:
        self._last.append(step)
        self._squares += step.truth.offset**2
        if len(self._last) > self._most:
            self._squares -= self._last.popleft().truth.offset ** 2
        if self._squares > self._worst or len(self._last) > len(self.steps):
            self._worst = self._squares
            self.steps = tuple(self._last)

    def on_recovery(self) -> None:
        """Do nothing: a stretch may contain the jump."""


def find_worst_stretch(offsets: Sequence[float]) -> tuple[int, int]:
    """Find the first and last tick of the worst stretch of a run from its offsets [m], as `WorstStretch` does."""
    squares = np.square(np.asarray(offsets, dtype=np.float64)[::EVERY])
    most = min(len(squares), round(SECONDS * RATE))
    sums = np.convolve(squares, np.ones(most), mode="valid")
    first = int(sums.argmax())
    return EVERY * first, EVERY * (first + most - 1)
