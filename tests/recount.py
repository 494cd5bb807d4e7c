"""An independent recount of a run, from `log.csv` and `carla.Map` alone; it shares no code with the program.

    python tests/recount.py HOST:PORT LOG.csv [CAR_WIDTH]

The rule: a side of the car crosses the lane's edge, abs(offset) > (lane width - car width) / 2, but not below 0.3 m;
it counts once, until the car is back within its lane. Offset is right-positive in the car's own direction of travel.
"""

from __future__ import annotations

import csv
import math
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import carla

MODEL3_WIDTH = 2.164  # m: what CARLA's bounding box of vehicle.tesla.model3 says
REACH, STEP = 2.0, 0.05  # m: how far ahead a car can be of where it was a tick before, and how finely that is looked at
LEVELS = 3  # the log has no height: each look at the map brings that of the road underneath nearer


@dataclass(frozen=True)
class Count:
    """What the recount found."""

    ticks: int
    departures: int
    offset_mean_m: float
    offset_sd_m: float
    worst_disagreement_m: float
    """between the log's own offset and that of the map"""


def road_map(host: str, port: int) -> carla.Map:
    """The map of a running server, from the OpenDRIVE text that it gives."""
    client = carla.Client(host, port)
    client.set_timeout(10.0)
    return carla.Map("recount", client.get_world().get_map().to_opendrive())


def recount(roads: carla.Map, log: Path, car_width: float = MODEL3_WIDTH) -> Count:
    """Count a run again: `log` is its log.csv, `car_width` in metres."""
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    places = list(offsets(roads, rows))
    out = [abs(offset) > max((width - car_width) / 2.0, 0.3) for offset, width in places]
    found = [offset for offset, _ in places]
    return Count(
        ticks=len(rows),
        departures=sum(now and not before for before, now in zip([False, *out], out, strict=False)),
        offset_mean_m=statistics.fmean(found),
        offset_sd_m=statistics.pstdev(found),
        worst_disagreement_m=max(abs(float(row["offset"]) - one) for row, one in zip(rows, found, strict=True)),
    )


def offsets(roads: carla.Map, rows: list[dict[str, str]]) -> Iterator[tuple[float, float]]:
    """(offset, lane width) [m] of every row."""
    on = None
    for row in rows:
        x, y, yaw = float(row["x"]), float(row["y"]), float(row["yaw"])
        on = (followed(on, x, y) if on is not None else None) or nearest(roads, on, x, y, yaw)
        place, way = on.transform.location, math.radians(on.transform.rotation.yaw)
        yield (y - place.y) * math.cos(way) - (x - place.x) * math.sin(way), on.lane_width


def nearest(roads: carla.Map, before: carla.Waypoint | None, x: float, y: float, yaw: float) -> carla.Waypoint:
    """The place of the nearest lane that goes the way of the car."""
    height = before.transform.location.z if before is not None else 0.0
    for _ in range(LEVELS):
        on = roads.get_waypoint(carla.Location(x, y, height))
        height = on.transform.location.z
    if math.cos(math.radians(on.transform.rotation.yaw) - yaw) < 0.0:
        return on.get_left_lane()  # so far out that the lane coming the other way is nearer
    return on


def followed(before: carla.Waypoint, x: float, y: float) -> carla.Waypoint | None:
    """At a junction, where lanes lie over one another: the way that goes straightest on, at its place nearest (x, y).

    None where the road does not fork within reach, and the nearest lane is the right one.
    """
    if not any(way.is_junction for way in (before, *before.next(REACH))):
        return None
    ways = [before]
    for _ in range(round(REACH / STEP)):
        onward, yaw = ways[-1].next(STEP), ways[-1].transform.rotation.yaw
        if onward:
            ways.append(min(onward, key=lambda way: abs((way.transform.rotation.yaw - yaw + 180.0) % 360.0 - 180.0)))
    return min(ways, key=lambda way: math.hypot(way.transform.location.x - x, way.transform.location.y - y))


if __name__ == "__main__":
    where, _, number = sys.argv[1].rpartition(":")
    width = float(sys.argv[3]) if len(sys.argv) > 3 else MODEL3_WIDTH
    print(recount(road_map(where, int(number)), Path(sys.argv[2]), width))
