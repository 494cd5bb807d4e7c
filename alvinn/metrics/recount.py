"""Recount judged runs from `log.csv` and `carla.Map` alone, with none of the code that judged them.

A side of the car crosses the lane's edge if abs(offset) > (lane width - car width) / 2, but not below 0.3 m; it counts
once, until the car is back within its lane. Offset is right-positive in the car's own direction of travel. At a fork
the lane goes straight on: see `pick_straightest`.

Of alvinn this file imports the errors only, so that a mistake there cannot repeat itself here.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import carla

from alvinn.errors import MapError, ResultsError

MODEL3_WIDTH = 2.164  # m: CARLA's bounding box of vehicle.tesla.model3
LEAST_MARGIN = 0.3  # m
TOLERANCE = 1.0  # mm between two standard deviations of the offset that agree
REACH, STEP = 2.0, 0.05  # m: how far ahead of its last place a car is looked for, and how finely
ALIKE, ALONG = 5.0, 0.25  # degrees between branches that turn alike; m between the points that tell their length
LEVELS = 3  # a log has no height: each look at the map brings that of the road underneath nearer
SERVERS = 2  # that are asked for their maps at a time
MIRROR = "mirror:"  # before a map's name, its mirror image

MapReader = Callable[[str], str]
"""Gives the OpenDRIVE text of a map's name; called from several threads at a time."""


@dataclass(frozen=True, slots=True)
class Count:
    """The figures of a run, recounted."""

    ticks: int
    departures: int
    offset_mean_m: float
    offset_sd_m: float
    worst_disagreement_m: float
    """largest difference between the log's own offset and that from the map"""


@dataclass(frozen=True, slots=True)
class Recounted:
    """A run as it was reported, and as it was recounted."""

    run: Mapping[str, Any]
    """its entry in `laps.json`"""
    count: Count

    @property
    def sd_difference_mm(self) -> float:
        """Between the standard deviations of the offset, reported and recounted."""
        return 1000.0 * abs(float(self.run["offset_sd_m"]) - self.count.offset_sd_m)

    @property
    def agrees(self) -> bool:
        """Whether departures are the same, and the offset's spread to 1 mm."""
        return bool(self.run["departures"] == self.count.departures) and self.sd_difference_mm < TOLERANCE


def recount_runs(
    folder: Path, runs: Sequence[Mapping[str, Any]], read_map: MapReader, car_width: float = MODEL3_WIDTH
) -> Generator[Recounted, None, None]:
    """Recount runs, map after map.

    Args:
        folder: of the runs' `laps.json`.
        runs: its entries.
        read_map: asks for a map.
        car_width: [m].

    Raises:
        AlvinnError: a log is damaged, or a map cannot be had.
    """
    names = list(dict.fromkeys(run["map"] for run in runs))
    pool = ThreadPoolExecutor(SERVERS)
    try:
        for name, text in zip(names, pool.map(read_map, names), strict=True):
            forward = parse_map(text)
            driven = [run for run in runs if run["map"] == name]
            is_mirrored = any(run["direction"] == "reverse" for run in driven) and is_one_way(forward)
            reverse = parse_map(read_map(MIRROR + name)) if is_mirrored else forward
            for run in driven:
                roads = reverse if run["direction"] == "reverse" else forward
                yield Recounted(run, recount_log(roads, folder / run["log"], car_width))
    finally:
        pool.shutdown(cancel_futures=True)


def parse_map(opendrive: str) -> carla.Map:
    """The map of an OpenDRIVE text."""
    return carla.Map("recount", opendrive)


def is_one_way(roads: carla.Map) -> bool:
    """Whether no lane comes the other way: a run in reverse was then driven on the map's mirror image."""
    return len({waypoint.lane_id > 0 for waypoint in roads.generate_waypoints(STEP)}) == 1


def recount_log(roads: carla.Map, log: Path, car_width: float = MODEL3_WIDTH) -> Count:
    """Recount a run.

    Args:
        roads: the map that it was driven on.
        log: its `log.csv`.
        car_width: [m].

    Raises:
        MapError: no lane of the map goes the car's way.
        ResultsError: the log is damaged.
    """
    try:
        with log.open(encoding="utf-8", newline="") as file:
            rows = [{key: float(row[key]) for key in ("x", "y", "yaw", "offset")} for row in csv.DictReader(file)]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ResultsError(f"{log} is not a run's log with a number for x, y, yaw and offset in each row") from error
    if not rows:
        raise ResultsError(f"{log} has no rows: there is nothing to recount")
    places = list(measure_offsets(roads, [(row["x"], row["y"], row["yaw"]) for row in rows]))
    out = [abs(offset) > max((width - car_width) / 2.0, LEAST_MARGIN) for offset, width in places]
    found = [offset for offset, _ in places]
    return Count(
        ticks=len(rows),
        departures=sum(now and not before for before, now in zip([False, *out], out, strict=False)),
        offset_mean_m=statistics.fmean(found),
        offset_sd_m=statistics.pstdev(found),
        worst_disagreement_m=max(abs(row["offset"] - one) for row, one in zip(rows, found, strict=True)),
    )


def measure_offsets(roads: carla.Map, poses: Sequence[tuple[float, float, float]]) -> Iterator[tuple[float, float]]:
    """(offset, lane width) [m] of every pose (x, y, yaw) [m, m, rad] along a drive.

    Raises:
        MapError: no lane goes the car's way.
    """
    on = None
    for x, y, yaw in poses:
        on = (follow_lane(on, x, y) if on is not None else None) or find_nearest(roads, on, x, y, yaw)
        place, way = on.transform.location, math.radians(on.transform.rotation.yaw)
        yield (y - place.y) * math.cos(way) - (x - place.x) * math.sin(way), on.lane_width


def find_nearest(roads: carla.Map, before: carla.Waypoint | None, x: float, y: float, yaw: float) -> carla.Waypoint:
    """The nearest place of a lane that goes the car's way.

    Raises:
        MapError: no lane goes the car's way.
    """
    height = before.transform.location.z if before is not None else 0.0
    for _ in range(LEVELS):
        on = roads.get_waypoint(carla.Location(x, y, height))
        height = on.transform.location.z
    if math.cos(math.radians(on.transform.rotation.yaw) - yaw) < 0.0:
        on = on.get_left_lane()  # so far out that the lane coming the other way is nearer
        while on is not None and on.lane_type != carla.LaneType.Driving:
            on = on.get_right_lane()  # outwards over a median
    if on is None:
        raise MapError(f"no lane goes the car's way at x {x:g}, y {y:g}: take the map that the log was driven on")
    return on


def follow_lane(before: carla.Waypoint, x: float, y: float) -> carla.Waypoint | None:
    """At a junction, where lanes lie over one another: the place nearest (x, y) of the lane that the car is to take.

    None where the road does not fork within reach, and the nearest lane is the right one.
    """
    if not any(way.is_junction for way in (before, *before.next(REACH))):
        return None
    ways = [before]
    for _ in range(round(REACH / STEP)):
        if onward := ways[-1].next(STEP):
            ways.append(pick_straightest(ways[-1], onward))
    return min(ways, key=lambda way: math.hypot(way.transform.location.x - x, way.transform.location.y - y))


def pick_straightest(before: carla.Waypoint, ways: Sequence[carla.Waypoint]) -> carla.Waypoint:
    """The branch of a fork that leaves the junction turned least from the heading before.

    Of branches that turn alike to ALIKE it is the longest, then the one of the lowest road and lane.
    """
    if len(ways) == 1:
        return ways[0]
    ends = [(way.next_until_lane_end(ALONG) or [way]) for way in ways]
    turns = [abs((end[-1].transform.rotation.yaw - before.transform.rotation.yaw + 180) % 360 - 180) for end in ends]
    ranked = [
        (-len(end), way.road_id, way.lane_id, number)
        for number, (way, end, turn) in enumerate(zip(ways, ends, turns, strict=True))
        if turn <= min(turns) + ALIKE
    ]
    return ways[min(ranked)[-1]]
