"""An independent recount of judged runs, from `log.csv` and `carla.Map` alone; it shares no code with the program.

    python tests/recount.py --out DIR                    every run of a sweep, DIR being where its laps.json lies
    python tests/recount.py --carla HOST:PORT LOG.csv    one run, on the map of a running server

For a sweep it starts an embedded server for each map to be told its OpenDRIVE, prints a line a run, what was reported
beside what was counted, and ends with status 1 unless all agree: on departures exactly, on the offset's sd to 1 mm.

The rule: a side of the car crosses the lane's edge, abs(offset) > (lane width - car width) / 2, but not below 0.3 m;
it counts once, until the car is back within its lane. Offset is right-positive in the car's own direction of travel.
At a fork the lane goes straight on: the way that leaves the junction turned least (see `straight_on`).
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import carla

MODEL3_WIDTH = 2.164  # m: what CARLA's bounding box of vehicle.tesla.model3 says
REACH, STEP = 2.0, 0.05  # m: how far ahead a car can be of where it was a tick before, and how finely that is looked at
ALIKE, ALONG = 5.0, 0.25  # degrees between ways that turn alike; m between the places by which their length is told
TOLERANCE = 1.0  # mm between the two standard deviations of the offset
STARTING = 2  # servers at a time
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
    """At a junction, where lanes lie over one another: the way that the car is to take, at its place nearest (x, y).

    None where the road does not fork within reach, and the nearest lane is the right one.
    """
    if not any(way.is_junction for way in (before, *before.next(REACH))):
        return None
    ways = [before]
    for _ in range(round(REACH / STEP)):
        if onward := ways[-1].next(STEP):
            ways.append(straight_on(ways[-1], onward))
    return min(ways, key=lambda way: math.hypot(way.transform.location.x - x, way.transform.location.y - y))


def straight_on(before: carla.Waypoint, ways: list[carla.Waypoint]) -> carla.Waypoint:
    """The way of a fork that the rule of the lanes names: it leaves the junction turned least from the heading before.

    Of ways that turn alike to ALIKE it is the longest, then the one of the lowest road and lane.
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


def opendrive_of(map_name: str) -> str:
    """The OpenDRIVE text of a map, as an embedded server of its own gives it.

    Raises:
        OSError: no server came up on it.
    """
    command = [sys.executable, "-m", "sim", "--port", "0", "--exit-with-parent", "--map", map_name]
    here = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=here) as server:
        said = server.stdout.readline().split() if server.stdout is not None else []
        if said[:2] != ["listening", "on"]:
            raise OSError(f"no server came up on {map_name}")
        text = road_map(*address(said[2])).to_opendrive()
        server.communicate()  # closes its standard input, and it ends
    return str(text)


def address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def recounted(folder: Path, runs: list[dict[str, Any]], car_width: float) -> Iterator[tuple[dict[str, Any], Count]]:
    """The runs of a sweep, each with what is counted from its log; map after map."""
    names = list(dict.fromkeys(run["map"] for run in runs))
    with ThreadPoolExecutor(STARTING) as pool:
        for name, text in zip(names, pool.map(opendrive_of, names), strict=True):
            roads = carla.Map("recount", text)
            reverse = roads if not is_one_way(roads) else None
            for run in runs:
                if run["map"] == name and run["direction"] == "reverse":
                    reverse = reverse or carla.Map("recount", opendrive_of(f"mirror:{name}"))
                    yield run, recount(reverse, folder / run["log"], car_width)
                elif run["map"] == name:
                    yield run, recount(roads, folder / run["log"], car_width)


def is_one_way(roads: carla.Map) -> bool:
    """Whether no lane comes the other way: then a run in reverse was driven on the map's mirror image."""
    return len({waypoint.lane_id > 0 for waypoint in roads.generate_waypoints(STEP)}) == 1


def agrees(run: dict[str, Any], count: Count) -> bool:
    """Whether a run was reported as it is counted."""
    return bool(count.departures == run["departures"] and millimetres(run, count) < TOLERANCE)


def millimetres(run: dict[str, Any], count: Count) -> float:
    """Between the standard deviations of the offset, reported and counted."""
    return 1000.0 * abs(float(run["offset_sd_m"]) - count.offset_sd_m)


def sweep(folder: Path, car_width: float = MODEL3_WIDTH) -> int:
    """Count the runs of a sweep again and print them; returns how many there are that do not agree.

    Args:
        folder: with its laps.json.
        car_width: in metres.
    """
    runs = json.loads((folder / "laps.json").read_text(encoding="utf-8"))["runs"]
    done = [run for run in runs if run["status"] == "done"]
    if not done or not all(run["log"] for run in done):
        raise SystemExit(f"{folder} has no driven runs with a log each: there is nothing to count again")
    line = "{:<46} {:>8} {:>9} {:>9} {:>8}  {}"
    print(line.format("run", "reported", "recounted", "sd [m]", "off [mm]", ""))
    wrong, most = 0, 0.0
    for run, count in recounted(folder, done, car_width):
        well, apart = agrees(run, count), millimetres(run, count)
        wrong, most = wrong + (not well), max(most, apart)
        name = f"{Path(run['map']).name} {run['direction']} {run['weather']} {run['seed']}"
        sd = f"{run['offset_sd_m']:.4f}"
        print(line.format(name, run["departures"], count.departures, sd, f"{apart:.3f}", "" if well else "DISAGREES"))
    departures = sum(run["departures"] for run in done)
    print(
        f"{len(done)} of {len(runs)} runs recounted, {departures} departures reported, {wrong} runs disagree; ", end=""
    )
    print(f"the offset's sd is at most {most:.3f} mm off")
    return wrong


def main() -> int:
    """The command line."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--out", type=Path, help="folder of a sweep")
    flags.add_argument("--carla", type=address, metavar="HOST:PORT", help="a running server, for one log")
    flags.add_argument("--width", type=float, default=MODEL3_WIDTH, help="of the car [m]")
    flags.add_argument("log", type=Path, nargs="?", help="log.csv of one run")
    given = flags.parse_args()
    if given.out is not None:
        return int(sweep(given.out, given.width) > 0)
    if given.carla is None or given.log is None:
        flags.error("it wants --out DIR, or --carla HOST:PORT and LOG.csv")
    print(recount(road_map(*given.carla), given.log, given.width))
    return 0


if __name__ == "__main__":
    sys.exit(main())
