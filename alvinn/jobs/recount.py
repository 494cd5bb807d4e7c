"""`recount`: recounts judged laps from their logs, with none of the code that judged them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE, progress
from alvinn.errors import ResultsError
from alvinn.metrics.recount import MODEL3_WIDTH, Recounted, parse_map, recount_log, recount_runs
from alvinn.metrics.results import parse_run, read_laps
from alvinn.settings import Home, require_above_zero, require_address
from alvinn.world.connection import connect, explain_errors
from alvinn.world.maps import read_opendrive
from alvinn.world.opening import parse_address


@dataclass(frozen=True)
class Recount(Home):
    """Recount judged laps from their logs, with separate code."""

    laps: tyro.conf.Positional[str] = ""
    """a model, a laps.json, or a folder that contains one; with --carla, the log.csv of one run"""
    carla: str | None = None
    """HOST:PORT of a running CARLA server: recount one log on its present map"""
    width: float = MODEL3_WIDTH
    """width of the car [m]"""

    def __post_init__(self) -> None:
        require_address(self.carla)
        require_above_zero("--width", self.width)
        if not self.laps:
            raise ValueError("recount requires a model, a laps.json, or a folder that contains one")
        if self.carla is None and Path(self.laps).suffix == ".csv":
            raise ValueError(f"{self.laps} is one log: add --carla HOST:PORT of a server on its map")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: what was reported and what is recounted disagree, or it cannot be done.
        """
        if self.carla is None:
            self._recount_laps()
        else:
            self._recount_log(self.carla)

    def _recount_log(self, carla: str) -> None:
        count = recount_log(parse_map(_read_map(*parse_address(carla))), Path(self.laps), self.width)
        CONSOLE.print(
            f"{count.ticks} ticks, departures: {count.departures}, offset mean {count.offset_mean_m:+.4f} m, "
            f"sd {count.offset_sd_m:.4f} m; the log's own offsets differ by at most "
            f"{1000.0 * count.worst_disagreement_m:.3f} mm",
            highlight=False,
        )

    def _recount_laps(self) -> None:
        found = self.find_laps(self.laps)
        reported = read_laps(found)["runs"]
        runs = [run for run in reported if run["status"] == "done"]
        if not runs or not all(run.get("log") for run in runs):
            raise ResultsError(f"{found} has no driven runs with a log each: there is nothing to recount")
        folder = found if found.is_dir() else found.parent
        with progress() as bars, closing(recount_runs(folder, runs, read_opendrive, self.width)) as counts:
            task = bars.add_task("recount", total=len(runs), note="runs")
            recounted = list(bars.track(counts, task_id=task))
        CONSOLE.print(tabulate(recounted))
        CONSOLE.print(f"{len(runs)} of {len(reported)} runs recounted", highlight=False)
        if wrong := sum(not one.agrees for one in recounted):
            raise ResultsError(
                f"{wrong} of {len(runs)} runs disagree in departures, or by 1 mm or more in the offset's sd"
            )
        CONSOLE.print("all agree: departures exactly, the offset's sd to 1 mm", highlight=False)


def tabulate(recounted: Sequence[Recounted]) -> Table:
    """What was reported beside what was recounted, as a table for the terminal."""
    grid = Table("run", "departures", "recounted", "offset sd", "differs by", "verdict")
    seeds = len({one.run["seed"] for one in recounted}) > 1
    for one in recounted:
        run = parse_run(dict(one.run))
        grid.add_row(
            str(run) + (f", seed {run.seed}" if seeds else ""),
            str(one.run["departures"]),
            str(one.count.departures),
            f"{one.run['offset_sd_m']:.4f} m",
            f"{one.sd_difference_mm:.3f} mm",
            "agrees" if one.agrees else Text("DISAGREES", "red"),
        )
    return grid


def _read_map(host: str, port: int) -> str:
    """The OpenDRIVE text of a server's present map."""
    with connect(host, port) as client, explain_errors("being asked for its map"):
        return str(client.get_world().get_map().to_opendrive())
