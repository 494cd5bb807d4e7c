"""The scripted expert: pure pursuit of the map's lane.

R. C. Coulter, Implementation of the Pure Pursuit Path Tracking Algorithm, CMU-RI-TR-92-01: the arc from the car to a
point on the path one lookahead distance l away has curvature 2 y / l^2, y being the point's lateral distance.

By itself that cuts every bend by decimetres, since the point is seen across the bend. So only the error is pursued: the
answer is the lane's own curvature plus 2 (y - y') / l^2, where y' is the lateral distance of the point from a car with
no error. The answer depends on the car's pose alone, as that is what a picture shows; its motion is not in the picture,
and no network could learn it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from alvinn.driving.lane import Lane
from alvinn.driving.steering import VehicleGeometry, lookahead
from alvinn.driving.types import Decision, GroundTruth, Observation

DELAY = 0.1  # s from a decision to the yaw response: half a tick, steering lag, tyres
SLIP = 0.005  # rad of rear slip angle per m/s2 of lateral acceleration: typical of passenger cars


class MappedWorld(Protocol):
    """A world that knows its lane and its car, such as CarlaWorld."""

    lane: Lane
    geometry: VehicleGeometry

    def truth(self) -> GroundTruth:
        """Where the car is now."""


class ExpertDriver:
    """Follows the map's lane, which no network may see.

    Args:
        lane: the lane to follow.
        truth: returns the car's current ground truth.
        rear_axle: its distance behind the car's origin [m].
    """

    def __init__(self, lane: Lane, truth: Callable[[], GroundTruth], rear_axle: float) -> None:
        self._lane = lane
        self._truth = truth
        self._rear_axle = rear_axle

    @classmethod
    def in_world(cls, world: MappedWorld) -> ExpertDriver:
        """The expert for a world's car; CARLA's origin of a car is midway between its axles."""
        return cls(world.lane, world.truth, world.geometry.wheelbase / 2.0)

    def reset(self) -> None:
        """Do nothing: the expert has no state."""

    def decide(self, observation: Observation) -> Decision:
        """The curvature that keeps the car's origin on the lane's centre line or returns it there."""
        return Decision(curvature=self.curvature_at(self._truth(), observation.speed), who="expert")

    def curvature_at(self, truth: GroundTruth, speed: float) -> float:
        """What it would steer [1/m] at a place and a speed [m/s], also of a tick that is over."""
        lane = self._lane
        reach = lookahead(speed)
        goal_x, goal_y, _, _ = lane.at(truth.lane_s + reach)
        x, y, _, direction = lane.at(truth.lane_s)
        # in a bend the car points outwards, since the rear axle trails; rear slip reduces that
        trail = max(0.0, self._rear_axle - SLIP * speed**2)
        nose = direction - trail * lane.curvature(truth.lane_s)
        seen = _across(truth.x, truth.y, truth.yaw, goal_x, goal_y)
        due = _across(x, y, nose, goal_x, goal_y)
        ahead = lane.curvature(truth.lane_s + DELAY * speed)
        return ahead + 2.0 * (seen - due) / reach**2


def _across(x: float, y: float, yaw: float, goal_x: float, goal_y: float) -> float:
    """Lateral distance [m] of a goal from the axis of a car at (x, y), right positive."""
    return (goal_y - y) * math.cos(yaw) - (goal_x - x) * math.sin(yaw)
