"""The scripted expert: pure pursuit on the map's lane.

R. C. Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, CMU-RI-TR-92-01: the arc from the rear axle
to a point on the path one lookahead distance away has curvature 2 y / l^2, y being the point's lateral distance.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from alvinn.driving import Decision, Observation, Truth
from alvinn.lane import Lane

LOOKAHEAD_TIME = 0.75  # s; l = clamp(0.75 s x speed, 5, 12) m, short enough to cut a bend by centimetres only
LOOKAHEAD_RANGE = (5.0, 12.0)  # m


class ExpertDriver:
    """Knows the map, which no network may.

    Args:
        lane: the lane to follow.
        truth: where the car is now.
        rear_axle: its distance behind the car's origin [m].
    """

    def __init__(self, lane: Lane, truth: Callable[[], Truth], rear_axle: float) -> None:
        self._lane = lane
        self._truth = truth
        self._rear_axle = rear_axle

    def reset(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature of the arc to the lane's centre one lookahead ahead."""
        truth = self._truth()
        low, high = LOOKAHEAD_RANGE
        lookahead = max(low, min(high, LOOKAHEAD_TIME * observation.speed))
        goal_x, goal_y, _, _ = self._lane.at(truth.lane_s - self._rear_axle + lookahead)
        back_x = goal_x - truth.x + self._rear_axle * math.cos(truth.yaw)
        back_y = goal_y - truth.y + self._rear_axle * math.sin(truth.yaw)
        across = back_y * math.cos(truth.yaw) - back_x * math.sin(truth.yaw)
        return Decision(curvature=2.0 * across / (back_x**2 + back_y**2), who="expert")
