"""The scripted expert: pure pursuit of the map's lane.

R. C. Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, CMU-RI-TR-92-01: the arc from the car to a
point on the path one lookahead distance l away has curvature 2 y / l^2, y being the point's lateral distance.

By itself that cuts every bend by decimetres, as the point is seen across the bend. So the pursuit is of what is wrong
only: a car that moves as the lane goes drives the lane's own curvature, and 2 (y - y') / l^2 is added, y' being the
lateral distance that it would see the point at. Directions are the car's way, not its nose: in a bend the two differ.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from alvinn.driving import Decision, Observation, Truth
from alvinn.lane import Lane
from alvinn.steering import lookahead

DELAY = 0.1  # s from a decision to the car's turning: half a tick, the wheels' lag, the tyres


class ExpertDriver:
    """Knows the map, which no network may.

    Args:
        lane: the lane to follow.
        truth: where the car is now.
    """

    def __init__(self, lane: Lane, truth: Callable[[], Truth]) -> None:
        self._lane = lane
        self._truth = truth

    def reset(self) -> None:
        """Nothing to forget."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature that keeps the car on the lane's centre, or brings it back there."""
        truth, lane = self._truth(), self._lane
        reach = lookahead(observation.speed)
        goal_x, goal_y, _, _ = lane.at(truth.lane_s + reach)
        x, y, _, direction = lane.at(truth.lane_s)
        seen = _across(truth.x, truth.y, truth.course, goal_x, goal_y)
        due = _across(x, y, direction, goal_x, goal_y)
        ahead = lane.curvature(truth.lane_s + DELAY * observation.speed)
        return Decision(curvature=ahead + 2.0 * (seen - due) / reach**2, who="expert")


def _across(x: float, y: float, course: float, goal_x: float, goal_y: float) -> float:
    """How far to the right of its way a goal is for a car at (x, y) that moves towards a course."""
    return (goal_y - y) * math.cos(course) - (goal_x - x) * math.sin(course)
