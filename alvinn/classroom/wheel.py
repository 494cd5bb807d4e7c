"""The car's wheel in a guest's hands: one at a time, and nobody's once the guest falls silent.

The page repeats the wheel's position 20 times a second. A phone that sleeps or leaves says nothing more: after half a
second the car brakes, after three the wheel is free again. Read by the drive's thread, written by the server's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from alvinn.controls.devices import ManualInput, steer_limit

SILENT = 0.5  # s without a word from the page: brake
LOST = 3.0  # s: the wheel is free


class RemoteWheel:
    """Who has the wheel, and how it is turned.

    Args:
        clock: returns the time now [s].
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._turned, self._brake, self._heard = 0.0, 0.0, 0.0

    @property
    def holder(self) -> int | None:
        """The number of the guest who has it; None: nobody."""
        with self._lock:
            if self._holder is not None and self._clock() - self._heard > LOST:
                self._holder = None
            return self._holder

    def is_held(self) -> bool:
        """Whether a guest has it."""
        return self.holder is not None

    def take(self, guest: int) -> bool:
        """Give it to a guest unless another has it; returns whether the guest has it now."""
        if self.holder not in (None, guest):
            return False
        with self._lock:
            self._holder, self._turned, self._brake, self._heard = guest, 0.0, 0.0, self._clock()
        return True

    def release(self, guest: int | None = None) -> None:
        """Take it from a guest, or from the one who has it."""
        with self._lock:
            if guest is None or guest == self._holder:
                self._holder = None

    def turn(self, guest: int, steer: float, brake: float) -> None:
        """Turn it, `steer` from -1 to 1 of what is sensible at the car's speed; ignored from one who does not have it.

        Args:
            guest: who says so.
            steer: right positive.
            brake: 0 to 1.
        """
        with self._lock:
            if guest == self._holder:
                self._turned, self._brake, self._heard = steer, brake, self._clock()

    def read(self, speed: float) -> ManualInput | None:
        """The wheel at a speed [m/s]; None if nobody has it or its holder is silent: the car brakes."""
        if self.holder is None:
            return None
        with self._lock:
            if self._clock() - self._heard > SILENT:
                return None
            return ManualInput(self._turned * steer_limit(speed), self._turned, brake=self._brake, is_touched=True)
