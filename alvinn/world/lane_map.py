"""Lanes from carla.Map: CARLA's own OpenDRIVE parser, the same for embedded and full servers.

A lane is followed along its links. At a fork it takes the straightest branch: the one whose end, where it leaves the
junction, turns least from the heading before the fork (all branches begin alike). Among branches that turn alike, as
left and right do at a T-junction, it takes the longest, which is the widest bend; then the lowest road and lane id.
"""

from __future__ import annotations

import carla
import numpy as np

from alvinn.driving.lane import Lane, wrap_angle
from alvinn.driving.types import Direction
from alvinn.errors import MapError, OneWayError

SPACING = 0.25  # m between the lane's points: a sagitta of half a millimetre in the tightest bend, of 15 m radius
MAX_LENGTH = 10_000.0  # m: a lane that has not closed by then counts as open
ALIKE = np.radians(5.0)  # branches whose turns differ by less count as equally straight


def build_lane(road_map: carla.Map, direction: Direction, start: int = 0) -> Lane:
    """The lane through a spawn point, followed straight on at forks until it returns to itself.

    Where the loop does not contain the starting point, the part before it is the lane's lead-in.

    Args:
        road_map: any map.
        direction: forward follows the road's reference line (negative lane ids), reverse is the opposite lane.
        start: index of the spawn point.

    Raises:
        MapError: the map has no such spawn point.
        OneWayError: the road has no lane in that direction there.
    """
    waypoints, back_to = follow(first_waypoint(road_map, direction, start))
    places = [w.transform.location for w in waypoints]
    points, widths = np.array([(p.x, p.y, p.z) for p in places]), np.array([w.lane_width for w in waypoints])
    return Lane(points, widths, closed=back_to is not None, lead_in=back_to or 0)


def first_waypoint(road_map: carla.Map, direction: Direction, start: int) -> carla.Waypoint:
    """The first waypoint of the lane through a spawn point; raises as `build_lane` does."""
    return _lane_towards(road_map.get_waypoint(find_start(road_map, start)), direction, _shown_name(road_map))


def find_start(road_map: carla.Map, start: int) -> carla.Location:
    """The place of a spawn point.

    Raises:
        MapError: the map has no such spawn point.
    """
    points = road_map.get_spawn_points()
    if not 0 <= start < len(points):
        raise MapError(f"the map {_shown_name(road_map)} has starting points 0 to {len(points) - 1}, not {start}")
    return points[start].location


def _shown_name(road_map: carla.Map) -> str:
    """The map's name as flags take it, without the server's folder."""
    return str(road_map.name).rsplit("/", maxsplit=1)[-1]


def _lane_towards(waypoint: carla.Waypoint | None, direction: Direction, name: str) -> carla.Waypoint:
    wanted = 1 if direction == "reverse" else -1
    here = waypoint
    while here is not None:
        on_wanted_side = here.lane_id * wanted > 0
        if on_wanted_side and here.lane_type == carla.LaneType.Driving:
            return here
        # left to the road's reference line; past it, where lanes run the other way, outwards over a median
        past_the_line = waypoint is not None and here.lane_id * waypoint.lane_id < 0
        here = here.get_right_lane() if past_the_line else here.get_left_lane()
    raise OneWayError(f"the map {name} has no driving lane for direction {direction!r} at its starting point")


def follow(first: carla.Waypoint) -> tuple[list[carla.Waypoint], int | None]:
    """Follow a lane until it ends or returns to itself.

    Returns:
        The waypoints, SPACING apart, and the index of the one that the last leads back to; None for an open lane.
    """
    waypoints, visited = [first], {_cell(first): 0}
    while len(waypoints) * SPACING < MAX_LENGTH:
        branches = waypoints[-1].next(SPACING)
        if not branches:
            return waypoints, None
        onward = pick_straightest(waypoints[-1], branches)
        road, lane, cell = _cell(onward)
        near = [i for c in (cell - 1, cell, cell + 1) if (i := visited.get((road, lane, c))) is not None]
        back_to = [i for i in near if len(waypoints) - i > 8 and _gap(onward, waypoints[i]) < SPACING]
        if back_to:
            return _close_loop(waypoints, onward, waypoints[min(back_to)]), min(back_to)
        visited.setdefault((road, lane, cell), len(waypoints))
        waypoints.append(onward)
    return waypoints, None


def _close_loop(
    waypoints: list[carla.Waypoint], onward: carla.Waypoint, target: carla.Waypoint
) -> list[carla.Waypoint]:
    """The waypoints, ended so that the segment from the last to the target is neither backwards nor very short."""
    if _ahead(onward, target) >= SPACING / 2.0:
        return [*waypoints, onward]
    return waypoints if _gap(waypoints[-1], target) >= SPACING / 2.0 else waypoints[:-1]


def pick_straightest(here: carla.Waypoint, branches: list[carla.Waypoint]) -> carla.Waypoint:
    """The branch that goes straight on, as the head of this file defines it.

    Args:
        here: the last waypoint before the fork.
        branches: the first waypoint of each branch.
    """
    if len(branches) == 1:
        return branches[0]
    courses = [[branch, *branch.next_until_lane_end(SPACING)] for branch in branches]
    turns = [abs(_turn(here, course[-1])) for course in courses]
    alike = [course for course, turn in zip(courses, turns, strict=True) if turn <= min(turns) + ALIKE]
    return min(alike, key=lambda course: (-len(course), course[0].road_id, course[0].lane_id))[0]


def _turn(one: carla.Waypoint, other: carla.Waypoint) -> float:
    """Angle between two headings [rad]."""
    return wrap_angle(float(np.radians(other.transform.rotation.yaw - one.transform.rotation.yaw)))


def _gap(one: carla.Waypoint, other: carla.Waypoint) -> float:
    """Distance between two waypoints [m]."""
    return float(one.transform.location.distance(other.transform.location))


def _ahead(here: carla.Waypoint, other: carla.Waypoint) -> float:
    """How far ahead the other waypoint is [m], negative behind."""
    gap, forward = other.transform.location - here.transform.location, here.transform.get_forward_vector()
    return float(gap.x * forward.x + gap.y * forward.y + gap.z * forward.z)


def _cell(waypoint: carla.Waypoint) -> tuple[int, int, int]:
    """Road, lane and interval of SPACING along it: the key by which visited waypoints are found again."""
    return waypoint.road_id, waypoint.lane_id, int(waypoint.s / SPACING)
