"""What a model's figures depend on: the lane's width, the tightest bend, the weather.

    python -m tests.laps.limits docs/experiments/exam/shipped
    python -m tests.laps.limits docs/experiments/exam/shipped --beside docs/experiments/exam/expert

Takes the cells of an exam on random circuits (`tests.laps.exam`), and groups their runs; or tells of two drivers on the
runs that both drove.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import tyro

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.metrics.summary import pool_sd
from sim.roads.circuits import find_circuit
from sim.roads.curves import Circuit
from tests.laps.cells import main

WIDTHS = (3.2, 3.4, 3.6, 3.8)  # m
RADII = (17.0, 20.0, 25.0)  # m
HEADINGS = ["", "runs", "km", "departures", "mean offset", "sd within a run", "sd of all", "jerk [m/s3]"]

Run = Mapping[str, Any]
_SAME = itemgetter("map", "direction", "weather")


@dataclass(frozen=True)
class Limits:
    """Group the runs of an exam."""

    cells: tyro.conf.Positional[Path]
    """folder of its cells"""
    beside: Path | None = None
    """folder of another driver's cells"""

    def run(self) -> None:
        """Print the table."""
        if self.beside is None:
            table = tabulate_groups(_read_runs(self.cells), WAYS)
        else:
            table = tabulate_beside({folder.name: _read_runs(folder) for folder in (self.cells, self.beside)})
        CONSOLE.print(table, highlight=False, soft_wrap=True)


def _read_runs(folder: Path) -> list[Run]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise AlvinnError(f"{folder} has no cells of an exam: python -m tests.laps.exam makes them")
    cells = [msgspec.json.decode(path.read_bytes()) for path in paths]
    if len({cell["digest"] for cell in cells}) > 1:
        raise AlvinnError(f"{folder} has cells of several programs or models, which are not pooled: do the exam anew")
    return [run for cell in cells for run in cell["runs"]]


def tabulate_beside(drivers: Mapping[str, Sequence[Run]]) -> str:
    """A table in Markdown: a row for each driver, of the runs that all of them drove.

    Raises:
        AlvinnError: there are none.
    """
    by_run = {name: {_SAME(run): run for run in runs} for name, runs in drivers.items()}
    shared = set.intersection(*(set(runs) for runs in by_run.values()))
    if not shared:
        raise AlvinnError(f"{' and '.join(drivers)} have no circuit, direction and weather in common")
    lines = [HEADINGS, ["---"] * len(HEADINGS)]
    lines += [_describe(name, [run for key, run in runs.items() if key in shared]) for name, runs in by_run.items()]
    return _join(lines)


def tabulate_groups(runs: Sequence[Run], ways: Sequence[Callable[[Run], str]]) -> str:
    """A table in Markdown: all runs, and those of each group.

    Args:
        runs: at least one, as the cells of an exam have them.
        ways: to group them, each the name of a run's group.
    """
    lines = [HEADINGS, ["---"] * len(HEADINGS), _describe("all", runs)]
    for name_group in ways:
        groups = groupby(sorted(runs, key=name_group), name_group)
        lines += [_describe(name, list(group)) for name, group in groups]
    return _join(lines)


def _join(lines: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name_lane(run: Run) -> str:
    return _bin(_circuit(run).widths(0.0)[0], WIDTHS, "lane")


def _name_bend(run: Run) -> str:
    return _bin(_circuit(run).min_radius, RADII, "tightest radius")


def _bin(value: float, edges: Sequence[float], what: str) -> str:
    place = int(np.searchsorted(edges, value, side="right"))
    if place == 0:
        return f"{what} below {edges[0]:g} m"
    return f"{what} from {edges[place - 1]:g} m" + (f" to {edges[place]:g} m" if place < len(edges) else "")


@cache
def _find(name: str) -> Circuit:
    circuit = find_circuit(name)
    if circuit is None:
        raise AlvinnError(f"{name} is no circuit of the embedded server, whose widths and bends would be known")
    return circuit


def _circuit(run: Run) -> Circuit:
    return _find(run["map"])


def _describe(name: str, runs: Sequence[Run]) -> list[str]:
    ticks, mean, sd, jerk = (
        np.array([run[key] for run in runs]) for key in ("ticks", "offset_mean_m", "offset_sd_m", "jerk_rms_mps3")
    )
    share = ticks / ticks.sum()
    return [
        name,
        str(len(runs)),
        f"{sum(run['distance_m'] for run in runs) / 1000.0:.1f}",
        str(sum(run["departures"] for run in runs)),
        f"{share @ mean:+.3f} m",
        f"{np.sqrt(share @ sd**2):.3f} m",
        f"{pool_sd(ticks, mean, sd):.3f} m",
        f"{np.sqrt(share @ jerk**2):.2f}",
    ]


WAYS: tuple[Callable[[Run], str], ...] = (_name_lane, _name_bend, itemgetter("weather"))


if __name__ == "__main__":
    sys.exit(main(Limits))
