"""How far a model comes in CARLA's towns and on real race tracks, in cells.

    python -m tests.laps.towns --maps Town01.xodr,Town02.xodr,Town07.xodr,Norisring.csv,Zandvoort.csv
    python -m tests.laps.towns --model expert

Run it where the files are: names of maps are kept as they are given. In a town a run is a kilometre, from four of its
starting points, both ways, and it is told where departures were; on a race track it is a lap. A cell is a map and a
start; see `tests.laps.cells`.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import carla

from alvinn.console import CONSOLE
from alvinn.driving.lane import Lane
from alvinn.errors import AlvinnError
from alvinn.jobs.reference import measure_reference
from alvinn.networks.inference import read_card
from alvinn.settings import Home, split_names
from alvinn.world.connection import connect
from alvinn.world.embedded_server import embedded_server
from alvinn.world.lane_map import build_lane
from tests.laps.cells import Cells, Figures, Makers, fill_in_turn, judge, main
from tests.laps.exam import EXPERT
from tests.laps.limits import Run, tabulate_groups

STARTS = {"Town01": (0, 55, 111, 166), "Town02": (0, 27, 54, 81), "Town07": (0, 62, 125, 188)}
"""A quarter of a town's starting points apart."""
TIGHTEST = 15.0  # m: no built-in circuit has a tighter bend
BEHIND, AHEAD = 20, 5  # m around a departure
LONG = {"km": 1.0, "laps": 3}  # a loop that is shorter than a kilometre is driven again


@dataclass(frozen=True)
class Towns:
    """Judge a model, or the expert, on maps that are not ours."""

    maps: str = ",".join(f"{town}.xodr" for town in STARTS)
    """a,b: files"""
    model: str = "shipped"
    """a model, or expert"""
    cells: int | None = None
    """to do before the table (default: all)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path()
    """folder that holds the models"""
    out: Path = Path("docs/experiments/towns")
    """folder of the cells"""

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        files = [Path(name) for name in split_names(self.maps, "")]
        if missing := [str(file) for file in files if not file.is_file()]:
            raise AlvinnError(f"{', '.join(missing)} not found: docs/towns.md says where the files are from")
        model = None if self.model == EXPERT else Home(self.home).find_model(self.model)
        known = set() if model is None else read_card(model).known_maps  # before anything is driven
        reference = measure_reference()
        found = fill_in_turn([self._plan(file, model, reference) for file in files], self.cells)
        runs = [run for cells in found for cell in cells.values() for run in cell["runs"]]
        for those in ([run for run in runs if run["map"] not in known], [run for run in runs if run["map"] in known]):
            if those:
                table = tabulate_groups(those, [partial(_name_map, known=known)])
                CONSOLE.print(table, highlight=False, soft_wrap=True)
        for file, cells in zip(files, found, strict=True):
            if file.suffix == ".xodr" and (where := count_places(file, cells)):
                told = ", ".join(f"{times} {place}" for place, times in where.most_common())
                CONSOLE.print(f"{file.stem}: {told}", highlight=False)

    def _plan(self, file: Path, model: Path | None, reference: str) -> tuple[Cells, Makers]:
        """The cells of a map; its contents are in their digest, since a release of CARLA may change a town."""
        roads = {"roads": hashlib.sha256(file.read_bytes()).hexdigest()}
        length = LONG if file.stem in STARTS else {}
        makers: Makers = {
            f"{file.stem}-{start}": partial(judge, model, [str(file)], self.jobs, start=start, **length)
            for start in STARTS.get(file.stem, (0,))
        }
        return Cells(self.out / Path(self.model).name, reference, roads, model), makers


def _name_map(run: Run, known: set[str]) -> str:
    return Path(run["map"]).stem + (", where it learned" if run["map"] in known else "")


def count_places(file: Path, cells: Mapping[str, Figures]) -> Counter[str]:
    """Where in a town the departures were: each in the first of these that fits.

    Args:
        file: of the town.
        cells: of its starts, by their names.
    """
    runs = [(int(name.rpartition("-")[2]), run) for name, cell in cells.items() for run in cell["runs"]]
    found: Counter[str] = Counter()
    if any(run["departures"] for _, run in runs):
        with embedded_server(str(file), 0) as address, connect(*address, embedded=True) as client:
            roads = client.get_world().get_map()
        for start, run in runs:
            lane = build_lane(roads, run["direction"], start)
            found.update(_name_place(roads, lane, at) for at in run["departed_at_m"])
    return found


def _name_place(roads: carla.Map, lane: Lane, at: float) -> str:
    way = [at + step for step in range(-BEHIND, AHEAD + 1)]
    tight = max(abs(lane.curvature(s)) for s in way) > 1.0 / TIGHTEST
    if any(roads.get_waypoint(carla.Location(*lane.at(s)[:3])).is_junction for s in way):
        return "in or just behind turns at junctions" if tight else "straight over junctions"
    return f"in or just behind bends tighter than {TIGHTEST:g} m" if tight else "elsewhere"


if __name__ == "__main__":
    sys.exit(main(Towns))
