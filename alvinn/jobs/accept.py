"""`accept`: judges what rounds of corrections reach on unseen circuits, from two plain minutes, seed by seed.

Each seed records 120 s of the expert's plain driving on `country`, corrects a clone of it for three rounds of 60 s with
the `drift` gate and no shifted views, and laps twenty circuits that nothing was ever tuned on, both ways. Finished work
is saved, so that the same command resumes; the table and `corrections.json` are made anew after every seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import record_plain_driving
from alvinn.jobs.reference import measure_reference
from alvinn.metrics.referee import Result
from alvinn.settings import require_above_zero, require_seed
from alvinn.util.begun import begin, require_ours
from alvinn.util.files import write_json
from alvinn.util.repository import program_commit
from alvinn.visualization.shift_tables import tabulate_corrections

UNSEEN = tuple(f"random:{number}" for number in range(400, 420))
GLANCE = ("random:400", "random:408")  # with the tightest bends of them, where the clone is shown to depart
SECONDS = 120.0  # of plain driving
BEGUN = "begun.json"


@dataclass(frozen=True)
class Accept:
    """Judge what corrections reach on unseen circuits, seed by seed.

    Resumes where it was interrupted.
    """

    home: Path = Path("models/corrections")
    """folder for recordings, models, laps and corrections.json"""
    seeds: int = 5
    """number of repetitions, each with its own recording and clone"""
    seed: int = 0
    """the first of them: two calls with a part each are quicker than one; a last one tabulates all"""
    jobs: int = 2
    """number of laps driven in parallel"""

    def __post_init__(self) -> None:
        for flag in ("seeds", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        require_seed(self.seed)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: a lap failed, or it cannot be done.
        """
        reference = measure_reference()
        mend = "choose another --home"
        require_ours(self.home, BEGUN, ("corrections.json",), mend)
        begin(self.home / BEGUN, {"reference": reference}, mend)
        head = {"schema": 1, "commit": program_commit(), "digest": reference, "circuits": list(UNSEEN)}
        found: list[dict[str, Any]] = []
        for seed in range(self.seed, self.seed + self.seeds):
            found.append(self._measure(seed))
            write_json(self.home / "corrections.json", {**head, "seeds": found})
            table = tabulate_corrections(found)
            grid = Table(*table.headings)
            for row in table.rows:
                grid.add_row(*row)
            CONSOLE.print(grid)
        laps, failed = sum(one["laps"] for one in found), sum(len(one["failed"]) for one in found)
        if failed:
            raise AlvinnError(f"{failed} of {laps} laps were driven with a departure or not to their end")

    def _measure(self, seed: int) -> dict[str, Any]:
        """A seed's figures."""
        plain = record_plain_driving(self.home, f"plain-{seed}", SECONDS, seed).name
        rounds = Correct(
            home=self.home, name=f"seed-{seed}", data=(plain,), gate="drift", views="off", judge="", seed=seed
        )
        ledger = correct(rounds)
        before, after = self._lap(rounds.model(0), GLANCE), self._lap(rounds.model(rounds.rounds), UNSEEN)
        return {
            "seed": seed,
            "clone_departures": _count_departures(before),
            "clone_km": _sum_km(before),
            "laps": len(after),
            "faultless": sum(result.faultless for result in after),
            "departures": _count_departures(after),
            "km": _sum_km(after),
            "largest_offset_m": max(max(map(abs, result.trace.offset)) for result in after),
            "failed": [f"{result.run.map} {result.run.direction}" for result in after if not result.faultless],
            "corrections": [entry.corrections for entry in ledger.entries[1:]],
            "frames": [entry.frames for entry in ledger.entries[1:]],
            "still_needs_help": [f"{entry.still_needs_help} of {entry.tests}" for entry in ledger.entries[1:]],
        }

    def _lap(self, model: Path, maps: tuple[str, ...]) -> list[Result]:
        """A model's laps, both ways, none driven twice."""
        laps = Laps(
            home=self.home,
            model=str(model.absolute()),
            maps=",".join(maps),
            both_directions=True,
            jobs=self.jobs,
            films=False,
            resume=True,
        )
        return drive_laps(laps, laps.open_network())


def _count_departures(results: list[Result]) -> int:
    return sum(len(result.trace.departures) for result in results)


def _sum_km(results: list[Result]) -> float:
    return round(sum(result.trace.progress[-1] for result in results) / 1000.0, 2)
