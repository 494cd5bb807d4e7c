"""The reward of a tick.

The weighted sum of four terms; a weight of 0 removes its term:

- middle: 1 at the centre of the lane, 0 at a departure, a parabola in between;
- smooth: minus the square of the requested lateral jerk, speed^2 x change of curvature per second, in units of JERK,
  but not below -1: a learner that still steers wildly must first stay on the road;
- residual: minus the square of the residual, as a share of its bound;
- departure: -1, once, for leaving the lane or hitting something.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from numbers import Real

JERK = 10.0  # m/s3; passengers find a tenth of it comfortable, and the noise of single frames can request ten times it


@dataclass(frozen=True)
class Reward:
    """The weights of the terms."""

    middle: float = 1.0
    """weight of keeping to the centre of the lane"""
    smooth: float = 0.5
    """weight of smooth steering"""
    residual: float = 0.02
    """weight of a small residual"""
    departure: float = 20.0
    """cost of a departure"""

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not (isinstance(weight, Real) and 0.0 <= float(weight) < math.inf):
                raise ValueError(f"the weight of {name} must be a number from 0 up, not {weight!r}")

    def __call__(self, share: float, jerk: float, residual: float, *, departed: bool) -> float:
        """The reward of one tick.

        Args:
            share: offset as a share of the offset of a departure.
            jerk: requested lateral jerk [m/s3].
            residual: as a share of its bound.
            departed: whether the car left its lane or hit something.
        """
        return (
            self.middle * (1.0 - min(1.0, share**2))
            - self.smooth * min(1.0, (jerk / JERK) ** 2)
            - self.residual * residual**2
            - self.departure * departed
        )


def lateral_jerk(before: float, now: float, speed: float, dt: float) -> float:
    """The lateral jerk [m/s3] of a change of curvature [1/m] within `dt` [s] at a speed [m/s]."""
    return speed**2 * (now - before) / dt
