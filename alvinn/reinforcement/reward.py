"""What good driving is worth, tick by tick.

Four terms, each with a weight; a weight of 0 leaves its term out:

- middle: 1 on the middle of the lane, 0 where the car departs, a parabola between;
- smooth: minus the square of the lateral jerk that is asked for, speed^2 x change of curvature a second, over JERK, but
  not below -1: a learner that still steers wildly is to stay on the road first;
- residual: minus the square of what is added to the clone, as a share of the most that may be added;
- departure: minus itself, once, for leaving the lane or hitting something.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

JERK = (
    10.0  # m/s3: a passenger calls a tenth of that comfortable; pixels with a tick's noise easily ask for ten times it
)


@dataclass(frozen=True)
class Reward:
    """The weights of the terms."""

    middle: float = 1.0
    """of keeping to the middle of the lane"""
    smooth: float = 0.5
    """of smooth steering"""
    residual: float = 0.02
    """of adding little to the clone"""
    departure: float = 20.0
    """what a departure costs"""

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not 0.0 <= weight < math.inf:
                raise ValueError(f"the weight of {name} is a number from 0 up, not {weight}")

    def __call__(self, share: float, jerk: float, residual: float, *, departed: bool) -> float:
        """The reward of one tick.

        Args:
            share: offset over the offset of a departure.
            jerk: lateral, asked for [m/s3].
            residual: over the largest residual.
            departed: whether the car left its lane, or hit something.
        """
        return (
            self.middle * (1.0 - min(1.0, share**2))
            - self.smooth * min(1.0, (jerk / JERK) ** 2)
            - self.residual * residual**2
            - self.departure * departed
        )


def lateral_jerk(before: float, now: float, speed: float, dt: float) -> float:
    """What a change of curvature [1/m] within `dt` [s] asks for at a speed [m/s]; in m/s3."""
    return speed**2 * (now - before) / dt
