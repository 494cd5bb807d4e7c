"""The ablation in cells: what each part of the learner contributes, on circuits and in a weather that are new to it.

    python -m tests.laps.ablation

A cell is a row of `alvinn ablation` and a seed: recorded, trained and driven as there, on four judging circuits, both
ways, in a weather of the training data and in one that is not; see `tests.laps.cells`. `alvinn1989`, which learns on a
path, drives that path.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from alvinn.console import CONSOLE
from alvinn.jobs.ablation import CELLS, CIRCUITS, JUDGED_IN, LEARNED_IN, Ablation, AblationCell
from alvinn.jobs.reference import measure_reference
from alvinn.networks.inference import read_card
from tests.laps.cells import (
    Cells,
    Figures,
    describe_results,
    main,
    pick,
    tabulate_by_seed,
)

ROWS = {cell.name: cell for cell in CELLS}


@dataclass(frozen=True)
class AblationInCells:
    """Measure the contribution of each part of the learner, a file for each cell."""

    rows: str = ",".join(ROWS)
    """a,b: rows of the table"""
    seeds: int = 3
    """trainings of each, on a recording of their own"""
    seconds: float = 120.0
    """of the expert's driving to train on"""
    epochs: int | None = None
    """of each training (default: recommended for each network)"""
    maps: str | None = None
    """a,b: circuits to judge on, for all rows (default: those of alvinn ablation)"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    cells: int | None = None
    """to do before the table (default: all)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path("models/ablation")
    """folder of recordings and models"""
    out: Path = Path("docs/experiments/ablation")
    """folder of the cells"""

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        rows = pick(self.rows, list(ROWS), "--rows")
        settings = {name: getattr(self, name) for name in ("seconds", "epochs", "maps", "km")}
        settings |= {"circuits": CIRCUITS, "learned_in": LEARNED_IN, "judged_in": JUDGED_IN}
        cells = Cells(self.out, measure_reference(), settings)
        job = Ablation(
            out=self.home / cells.digest[:8],  # nothing that another program made is gone on with
            seeds=self.seeds,
            seconds=self.seconds,
            epochs=self.epochs,
            maps=self.maps,
            km=self.km,
            jobs=self.jobs,
        )
        makers = {f"{row}-{seed}": partial(_do, job, ROWS[row], seed) for seed in range(self.seeds) for row in rows}
        found = cells.fill(makers, self.cells)
        table = tabulate_by_seed(found, rows, range(self.seeds))
        CONSOLE.print(table, highlight=False, soft_wrap=True)
        maps = {name: (self.maps or ROWS[name].judged_on).split(",") for name in rows}
        if at_home := [name for name in rows if ROWS[name].learned_on in maps[name]]:
            told = "drives the road that it learned on, so its row is not to be compared with the others"
            CONSOLE.print(f"{', '.join(at_home)}: {told}", highlight=False)


def _do(job: Ablation, row: AblationCell, seed: int) -> Figures:
    results = job.judge_cell(row, seed)
    model = job.out / "models" / f"{row.name}-{seed}"
    card, logs = read_card(model), model / "laps"
    offline = {name: card.metrics[name] for name in ("held_out_mae", "training_seconds")}
    frames = {"frames": sum(one["rows"] for one in card.recordings)}
    by_weather = {
        weather: describe_results([one for one in results if one.run.weather == weather], logs)
        for weather in job.weathers.split(",")
    }
    for one in by_weather.values():
        del one["runs"]
    return {"row": asdict(row), **frames, **offline, "by_weather": by_weather, **describe_results(results, logs)}


if __name__ == "__main__":
    sys.exit(main(AblationInCells))
