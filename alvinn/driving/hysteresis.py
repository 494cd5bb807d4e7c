"""A switch with hysteresis: on above one threshold, off at or below a lower one."""

from __future__ import annotations


class Hysteresis:
    """On above `high`, off again at or below `low`.

    Raises:
        ValueError: low exceeds high.
    """

    def __init__(self, high: float, low: float) -> None:
        if not low <= high:
            raise ValueError(f"low must not exceed high, not {low} and {high}")
        self._high, self._low = high, low
        self.reset()

    def reset(self) -> None:
        """Switch off."""
        self._on = False

    def __call__(self, level: float) -> bool:
        """Whether the switch is on after this level."""
        self._on = level > (self._low if self._on else self._high)
        return self._on
