"""A person at the keys, as a bot: late, coarse, and looking a little ahead. And circuits without a server."""

from __future__ import annotations

import math
from collections import deque

import carla
import numpy as np

from alvinn.controls.inputs import Inputs
from alvinn.driving.lane import Lane
from alvinn.driving.types import GroundTruth
from alvinn.world.lane_map import follow
from sim.roads import opendrive
from tests.alvinn.fakes import DT


class KeyHands:
    """Two fingers on the arrow keys.

    Args:
        lane: to keep.
        delay: from what is seen to what is pressed [s].
        good_enough: error of the curvature that they do not mind [1/m]; more weaves more.
    """

    EVERY, AHEAD = 2, 1.2  # ticks between decisions; s

    def __init__(self, lane: Lane, delay: float, good_enough: float = 0.006) -> None:
        self._lane, self._good_enough = lane, good_enough
        self._seen: deque[float] = deque(maxlen=round(delay / DT) + 1)
        self._ticks = 0
        self._down: frozenset[str] = frozenset()

    def look(self, truth: GroundTruth, speed: float, curvature: float) -> Inputs:
        """The keys that are down in this tick, while the car drives a curvature [1/m] at a speed [m/s]."""
        x, y, _, _ = self._lane.at(truth.lane_s + max(5.0, speed * self.AHEAD))
        across = math.sin(math.atan2(y - truth.y, x - truth.x) - truth.yaw)
        self._seen.append(2.0 * across / math.dist((x, y), (truth.x, truth.y)) - curvature)
        if self._ticks % self.EVERY == 0:
            error = self._seen[0]
            late = frozenset({"right" if error > 0 else "left"})
            self._down = frozenset() if abs(error) < self._good_enough else late
        self._ticks += 1
        return Inputs(down=self._down)


def circuit(name: str, *, reverse: bool = False) -> Lane:
    """A lane of the embedded server's circuit, by CARLA's own map, without a server; `reverse` is the opposite one."""
    road_map = carla.Map(name, opendrive.load(name)[1])
    waypoints, back_to = follow(next(first for first, _ in road_map.get_topology() if (first.lane_id > 0) == reverse))
    places = [w.transform.location for w in waypoints]
    points, widths = np.array([(p.x, p.y, p.z) for p in places]), np.array([w.lane_width for w in waypoints])
    return Lane(points, widths, closed=back_to is not None, lead_in=back_to or 0)
