"""Lanes out of carla.Map: CARLA's own parser, the same on both sides of the wire.

A lane is followed along its links. At a fork it takes the straightest way: the one whose end, where it leaves the
junction, turns least from the heading before the fork (all ways begin alike). Of ways that turn alike, as left and
right do where a road ends at another, it takes the longest, which is the widest bend; then the lowest road and lane id.
"""

from __future__ import annotations

import carla
import numpy as np

from alvinn.driving.lane import Lane, wrap_angle
from alvinn.driving.types import Direction
from alvinn.errors import MapError, OneWayError

SPACING = 0.25  # m between the lane's points: a sagitta of half a millimetre in the tightest bend of 15 m
LONGEST = 10_000.0  # m: a lane that has not come back by then is taken as open
ALIKE = np.radians(5.0)  # ways that turn by angles this close count as equally straight


def lane_of(road_map: carla.Map, direction: Direction, start: int = 0) -> Lane:
    """The lane through a spawn point, followed straight on at forks until it comes back to itself.

    A lane that runs into a loop without its starting point keeps the way there as its lead-in.

    Args:
        road_map: any map.
        direction: forward is the way of the road's own axis (negative lane ids), reverse the opposite lane.
        start: which spawn point.

    Raises:
        MapError: no such spawn point.
        OneWayError: no lane in that direction beside it.
    """
    waypoints, back_to = follow(first_waypoint(road_map, direction, start))
    places = [w.transform.location for w in waypoints]
    points, widths = np.array([(p.x, p.y, p.z) for p in places]), np.array([w.lane_width for w in waypoints])
    return Lane(points, widths, closed=back_to is not None, lead_in=back_to or 0)


def first_waypoint(road_map: carla.Map, direction: Direction, start: int) -> carla.Waypoint:
    """Where the lane of a spawn point begins; raises as `lane_of`."""
    points = road_map.get_spawn_points()
    if not 0 <= start < len(points):
        raise MapError(f"the map {road_map.name} has {len(points)} starting points, there is no number {start}")
    return _lane_towards(road_map.get_waypoint(points[start].location), direction, road_map.name)


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


def follow(first: carla.Waypoint) -> tuple[list[carla.Waypoint], int | None]:
    """Follow a lane until it ends or comes back to where it was.

    Returns:
        The waypoints, SPACING apart, and the index of the one that the last leads back to; None if it leads nowhere.
    """
    waypoints, visited = [first], {_cell(first): 0}
    while len(waypoints) * SPACING < LONGEST:
        ways = waypoints[-1].next(SPACING)
        if not ways:
            return waypoints, None
        onward = straightest(waypoints[-1], ways)
        road, lane, cell = _cell(onward)
        near = [i for c in (cell - 1, cell, cell + 1) if (i := visited.get((road, lane, c))) is not None]
        back_to = [i for i in near if len(waypoints) - i > 8 and _gap(onward, waypoints[i]) < SPACING]
        if back_to:
            return _closed(waypoints, onward, waypoints[min(back_to)]), min(back_to)
        visited.setdefault((road, lane, cell), len(waypoints))
        waypoints.append(onward)
    return waypoints, None


def _closed(waypoints: list[carla.Waypoint], onward: carla.Waypoint, target: carla.Waypoint) -> list[carla.Waypoint]:
    """The waypoints such that the piece from the last to the target is neither driven backwards nor very short."""
    if _ahead(onward, target) >= SPACING / 2.0:
        return [*waypoints, onward]
    return waypoints if _gap(waypoints[-1], target) >= SPACING / 2.0 else waypoints[:-1]


def straightest(here: carla.Waypoint, ways: list[carla.Waypoint]) -> carla.Waypoint:
    """Which of the ways on from a waypoint is straight on; see the head of this file.

    Args:
        here: the last waypoint before the fork.
        ways: the first waypoint on each way.
    """
    if len(ways) == 1:
        return ways[0]
    courses = [[way, *way.next_until_lane_end(SPACING)] for way in ways]
    turns = [abs(_turn(here, course[-1])) for course in courses]
    alike = [course for course, turn in zip(courses, turns, strict=True) if turn <= min(turns) + ALIKE]
    return min(alike, key=lambda course: (-len(course), course[0].road_id, course[0].lane_id))[0]


def _turn(one: carla.Waypoint, other: carla.Waypoint) -> float:
    """Between two headings [rad]."""
    return wrap_angle(float(np.radians(other.transform.rotation.yaw - one.transform.rotation.yaw)))


def _gap(one: carla.Waypoint, other: carla.Waypoint) -> float:
    """Between two waypoints [m]."""
    return float(one.transform.location.distance(other.transform.location))


def _ahead(here: carla.Waypoint, other: carla.Waypoint) -> float:
    """How far the other waypoint lies ahead [m], negative behind."""
    way, nose = other.transform.location - here.transform.location, here.transform.get_forward_vector()
    return float(way.x * nose.x + way.y * nose.y + way.z * nose.z)


def _cell(waypoint: carla.Waypoint) -> tuple[int, int, int]:
    """Road, lane and which piece of SPACING of it: where a lane that comes back is looked for."""
    return waypoint.road_id, waypoint.lane_id, int(waypoint.s / SPACING)
