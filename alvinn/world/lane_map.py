"""Lanes out of carla.Map: CARLA's own parser, the same on both sides of the wire."""

from __future__ import annotations

import carla
import numpy as np

from alvinn.driving.lane import Lane, wrapped
from alvinn.driving.types import Direction
from alvinn.errors import MapError, OneWayError

SPACING = 0.25  # m between the lane's points: a sagitta of half a millimetre in the tightest bend of 15 m
LONGEST = 10_000.0  # m: a lane that has not come back by then is taken as open


def lane_of(road_map: carla.Map, direction: Direction, start: int = 0) -> Lane:
    """The lane through a spawn point, followed straight on at forks until it comes back.

    Args:
        road_map: any map.
        direction: forward is the way of the road's own axis (negative lane ids), reverse the opposite lane.
        start: which spawn point.

    Raises:
        MapError: no such spawn point.
        OneWayError: no lane in that direction beside it.
    """
    points = road_map.get_spawn_points()
    if not 0 <= start < len(points):
        raise MapError(f"the map {road_map.name} has {len(points)} starting points, there is no number {start}")
    first = _lane_towards(road_map.get_waypoint(points[start].location), direction, road_map.name)
    waypoints, closed = _follow(first)
    places = [w.transform.location for w in waypoints]
    return Lane(np.array([(p.x, p.y, p.z) for p in places]), np.array([w.lane_width for w in waypoints]), closed=closed)


def _lane_towards(waypoint: carla.Waypoint | None, direction: Direction, name: str) -> carla.Waypoint:
    wanted = 1 if direction == "reverse" else -1
    here = waypoint
    while here is not None:
        if here.lane_id * wanted > 0 and here.lane_type == carla.LaneType.Driving:
            return here
        if waypoint is not None and here.lane_id * waypoint.lane_id < 0:
            break  # across the middle and still no driving lane
        here = here.get_left_lane()
    raise OneWayError(f"the map {name} has no driving lane for direction {direction!r} at its starting point")


def _follow(first: carla.Waypoint) -> tuple[list[carla.Waypoint], bool]:
    """Waypoints from the first on, and whether the last leads back to it."""
    waypoints = [first]
    while len(waypoints) * SPACING < LONGEST:
        ways = waypoints[-1].next(SPACING)
        if not ways:
            return waypoints, False
        here = waypoints[-1].transform.rotation.yaw
        onward = min(ways, key=lambda w: abs(wrapped(np.radians(w.transform.rotation.yaw - here))))
        gap = onward.transform.location.distance(first.transform.location)
        if len(waypoints) > 8 and gap < SPACING and _same_lane(onward, first):
            # the last piece would be shorter than the others: let the previous point close the ring
            return (waypoints if gap < SPACING / 2 else [*waypoints, onward]), True
        waypoints.append(onward)
    return waypoints, False


def _same_lane(one: carla.Waypoint, other: carla.Waypoint) -> bool:
    return (one.road_id, one.lane_id) == (other.road_id, other.lane_id)
