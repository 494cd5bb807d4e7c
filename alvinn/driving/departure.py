"""When a car has left its lane: the margin, and counting each crossing once."""

from __future__ import annotations

LEAST_MARGIN = 0.3  # m


def margin(lane_width: float, car_width: float) -> float:
    """How far [m] the car's middle may be from the lane's before that is a departure."""
    return max((lane_width - car_width) / 2.0, LEAST_MARGIN)


class Crossings:
    """Counts how often a line is crossed: once, until the car is back within it."""

    def __init__(self) -> None:
        self._beyond = False

    def crossed(self, *, beyond: bool) -> bool:
        """Whether it was crossed just now, the car being beyond it or not."""
        now, self._beyond = beyond and not self._beyond, beyond
        return now

    def reset(self) -> None:
        """The car is within again: it was put back, or what follows is another segment."""
        self._beyond = False
