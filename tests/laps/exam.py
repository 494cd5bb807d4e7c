"""The exam: laps of circuits on which nothing was chosen, in all of CARLA's weathers, in cells of minutes.

    python -m tests.laps.exam --turns 4
    python -m tests.laps.exam --model expert

A turn is random:400 to random:499, both ways, each circuit in one weather; the weathers are dealt like cards, and the
next turn deals them on. A cell is a weather's circuits; see `tests.laps.cells`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.jobs.reference import measure_reference
from alvinn.metrics.summary import bound_rate, pool_sd
from alvinn.networks.inference import read_card, write_card
from alvinn.settings import WEATHERS, Home, check_names, require_names
from alvinn.visualization.page import pluralize
from tests.laps.cells import Cells, Figures, judge, main

FIRST, CIRCUITS = 400, 100  # the judging circuits: each candidate drives them once
EXPERT = "expert"


@dataclass(frozen=True)
class Exam:
    """Judge a model, or the expert, on all judging circuits."""

    model: str = "shipped"
    """a model, or expert"""
    turns: int = 1
    """of all circuits"""
    cells: int | None = None
    """to do before the figures (default: all)"""
    circuits: int = CIRCUITS
    """how many"""
    first: int = FIRST
    """the first of them, random:400 by default; candidates are chosen from random:100 to 299"""
    weathers: str = ",".join(WEATHERS)
    """to deal, a,b (default: all of CARLA's presets)"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path()
    """folder that holds the models"""
    out: Path = Path("docs/experiments/exam")
    """folder of the cells"""
    tell: bool = False
    """write what was found into the model's card too"""

    def __post_init__(self) -> None:
        check_names(self)
        require_names("--weathers", self.weathers)
        if self.tell and not FIRST <= self.first <= self.first + self.circuits <= FIRST + CIRCUITS:
            raise AlvinnError(
                f"--tell is for random:{FIRST} to {FIRST + CIRCUITS - 1} alone, which are used for no choice"
            )

    def deal(self) -> dict[str, tuple[str, ...]]:
        """The circuits of every cell."""
        dealt = {}
        for turn in range(self.turns):
            weathers = self.weathers.split(",")
            for place, weather in enumerate(weathers):
                numbers = range((place + turn) % len(weathers), self.circuits, len(weathers))
                if numbers:
                    dealt[f"{turn}-{weather}"] = tuple(f"random:{self.first + number}" for number in numbers)
        return dealt

    def run(self) -> None:
        """Do the cells that are missing, and print the figures of all together."""
        model = None if self.model == EXPERT else Home(self.home).find_model(self.model)
        if model is not None:
            read_card(model)  # it is a model: told before anything is driven
        settings = {name: getattr(self, name) for name in ("first", "circuits", "weathers", "km")}
        cells = Cells(self.out / Path(self.model).name, measure_reference(), settings, model)
        makers = {
            name: partial(judge, model, maps, self.jobs, km=self.km, weathers=name.partition("-")[2])
            for name, maps in self.deal().items()
        }
        found = describe(list(cells.fill(makers, self.cells).values()))
        CONSOLE.print(found, highlight=False)
        if self.tell and model is not None:
            where = f"random:{self.first} to {self.first + self.circuits - 1}, which were used for no choice"
            write_card(model, replace(read_card(model), judged=f"on {where}: {found}"))


def describe(cells: Sequence[Figures]) -> str:
    """The figures of all cells together, in a sentence."""
    runs = [run for cell in cells for run in cell["runs"]]
    if not runs:
        return "nothing has been driven yet"
    ticks, mean, sd, jerk = (
        np.array([run[name] for run in runs]) for name in ("ticks", "offset_mean_m", "offset_sd_m", "jerk_rms_mps3")
    )
    km, departures = sum(run["distance_m"] for run in runs) / 1000.0, sum(run["departures"] for run in runs)
    bound = f"95%: fewer than {100.0 * bound_rate(departures, km):.3g} per 100 km"
    where = [f"{run['map']} {run['direction']} {run['weather']}" for run in runs if run["departures"]]
    return (
        f"{pluralize(len(runs), 'run')} on {pluralize(len({run['map'] for run in runs}), 'circuit')} in "
        f"{pluralize(len({run['weather'] for run in runs}), 'weather')}, {km:.1f} km: "
        f"{pluralize(departures, 'departure')} ({bound}){': ' if where else ''}{', '.join(where)}; offset sd "
        f"{pool_sd(ticks, mean, sd):.4f} m, mean {(ticks * mean).sum() / ticks.sum():+.4f} m, largest "
        f"{max(run['offset_max_m'] for run in runs):.2f} m; lateral jerk "
        f"{np.sqrt((ticks * jerk**2).sum() / ticks.sum()):.3f} m/s3 rms"
    )


if __name__ == "__main__":
    sys.exit(main(Exam))
