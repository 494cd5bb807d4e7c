"""Lane departure: how far off centre it begins, and counting each crossing once."""

from __future__ import annotations

MIN_MARGIN = 0.3  # m


def departure_margin(lane_width: float, car_width: float) -> float:
    """The largest offset [m] from the lane's centre that is not yet a departure."""
    return max((lane_width - car_width) / 2.0, MIN_MARGIN)


class CrossingCounter:
    """Detects each crossing of a line once; the next one counts only after the car has been back inside."""

    def __init__(self) -> None:
        self._beyond = False

    def update(self, *, beyond: bool) -> bool:
        """Whether the line was crossed at this tick.

        Args:
            beyond: whether the car is beyond the line now.
        """
        crossed_now, self._beyond = beyond and not self._beyond, beyond
        return crossed_now

    def reset(self) -> None:
        """The car is inside again: it was put back, or a new segment begins."""
        self._beyond = False
