"""The scripted expert: pure pursuit of the map's lane.

R. C. Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, CMU-RI-TR-92-01: the arc from the car to a
point on the path one lookahead distance l away has curvature 2 y / l^2, y being the point's lateral distance.

By itself that cuts every bend by decimetres, as the point is seen across the bend. So the pursuit is of what is wrong
only: a car that stands as it should drives the lane's own curvature, and 2 (y - y') / l^2 is added, y' being the
lateral distance that it would see the point at. The answer depends on where the car stands and points alone, as that is
what a picture shows; how it happens to move meanwhile is not in the picture, and no network could learn it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from alvinn.driving.lane import Lane
from alvinn.driving.steering import lookahead
from alvinn.driving.types import Decision, GroundTruth, Observation

DELAY = 0.1  # s from a decision to the car's turning: half a tick, the wheels' lag, the tyres
SLIP = 0.005  # rad of the rear tyres per m/s2 of lateral acceleration: what passenger cars have


class ExpertDriver:
    """Knows the map, which no network may.

    Args:
        lane: the lane to follow.
        truth: where the car is now.
        rear_axle: its distance behind the car's origin [m].
    """

    def __init__(self, lane: Lane, truth: Callable[[], GroundTruth], rear_axle: float) -> None:
        self._lane = lane
        self._truth = truth
        self._rear_axle = rear_axle

    def reset(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature that keeps the car's origin on the lane's centre, or brings it back there."""
        truth, lane, speed = self._truth(), self._lane, observation.speed
        reach = lookahead(speed)
        goal_x, goal_y, _, _ = lane.at(truth.lane_s + reach)
        x, y, _, direction = lane.at(truth.lane_s)
        # in a bend a car's nose points outwards, as the rear axle follows; the rear tyres' slip takes from that
        trail = max(0.0, self._rear_axle - SLIP * speed**2)
        nose = direction - trail * lane.curvature(truth.lane_s)
        seen = _across(truth.x, truth.y, truth.yaw, goal_x, goal_y)
        due = _across(x, y, nose, goal_x, goal_y)
        ahead = lane.curvature(truth.lane_s + DELAY * speed)
        return Decision(curvature=ahead + 2.0 * (seen - due) / reach**2, who="expert")


def _across(x: float, y: float, yaw: float, goal_x: float, goal_y: float) -> float:
    """How far to the right of its nose a goal is for a car at (x, y)."""
    return (goal_y - y) * math.cos(yaw) - (goal_x - x) * math.sin(yaw)
