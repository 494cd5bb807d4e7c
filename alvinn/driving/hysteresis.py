"""A switch with two levels: on above one, off at or below a lower one."""

from __future__ import annotations


class Hysteresis:
    """On above one level, off again at or below a lower one.

    Raises:
        ValueError: the lower level is above the higher one.
    """

    def __init__(self, high: float, low: float) -> None:
        if not low <= high:
            raise ValueError(f"a gate that asks above {high} cannot let go only at {low}: low wants to be at most high")
        self._high, self._low = high, low
        self.reset()

    def reset(self) -> None:
        """Off."""
        self._on = False

    def __call__(self, level: float) -> bool:
        """Whether it is on at a level."""
        self._on = level > (self._low if self._on else self._high)
        return self._on
