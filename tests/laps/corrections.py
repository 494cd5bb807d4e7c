"""What corrections are worth: from two plain minutes to unseen circuits without a departure, seed by seed.

    python -m tests.laps.corrections --home DIR

Each seed records 120 s of the expert's plain driving on `country`, corrects a clone of it for three rounds of 60 s with
the `drift` gate and no shifted views, and laps twenty circuits that nothing was ever tuned on, both ways. Whatever is
done lies on disk: the same command goes on after an interruption. It ends with a table, with `corrections.json`, and
with status 1 if anything departed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import record_plain_driving
from alvinn.metrics.referee import Result
from alvinn.util.begun import begin
from alvinn.util.files import write_json
from alvinn.util.repository import program_commit
from tests.laps.cells import measure_reference

UNSEEN = tuple(f"random:{number}" for number in range(400, 420))
GLANCE = ("random:400", "random:408")  # with the tightest bends of them, where the clone is shown to depart
SECONDS = 120.0


@dataclass(frozen=True)
class Proof:
    """Corrections from plain driving to unseen circuits, several seeds."""

    home: Path = Path("models/corrections")
    """where data, models and `corrections.json` go"""
    seeds: int = 5
    """how many, counted up from --seed"""
    seed: int = 0
    """the first of them: two calls for a part each are quicker than one, and a last one for all tells of all"""
    jobs: int = 2
    """laps at a time"""


def lapped(job: Proof, model: Path, maps: tuple[str, ...]) -> list[Result]:
    """A model's laps, both ways, none driven twice."""
    names = ",".join(maps)
    laps = Laps(
        home=job.home,
        model=str(model.absolute()),
        maps=names,
        both_directions=True,
        jobs=job.jobs,
        films=False,
        resume=True,
    )
    return drive_laps(laps, laps.open_network())


def proven(job: Proof, seed: int) -> dict[str, Any]:
    """A seed's figures."""
    plain = record_plain_driving(job.home, f"plain-{seed}", SECONDS, seed).name
    rounds = Correct(home=job.home, name=f"seed-{seed}", data=(plain,), gate="drift", views="off", judge="", seed=seed)
    ledger = correct(rounds)
    before, after = lapped(job, rounds.model(0), GLANCE), lapped(job, rounds.model(rounds.rounds), UNSEEN)
    return {
        "seed": seed,
        "clone_departures": _departures(before),
        "clone_km": _km(before),
        "laps": len(after),
        "faultless": sum(result.faultless for result in after),
        "departures": _departures(after),
        "km": _km(after),
        "largest_offset_m": max(max(map(abs, result.trace.offset)) for result in after),
        "failed": [f"{result.run.map} {result.run.direction}" for result in after if not result.faultless],
        "corrections": [entry.corrections for entry in ledger.entries[1:]],
        "frames": [entry.frames for entry in ledger.entries[1:]],
        "still_needs_help": [f"{entry.still_needs_help} of {entry.tests}" for entry in ledger.entries[1:]],
    }


def _departures(results: list[Result]) -> int:
    return sum(len(result.trace.departures) for result in results)


def _km(results: list[Result]) -> float:
    return round(sum(result.trace.progress[-1] for result in results) / 1000.0, 2)


def table(found: list[dict[str, Any]]) -> Table:
    """The seeds side by side."""
    grid = Table("seed", "clone departs", "corrections", "laps passed", "departures", "km", "largest offset", "failed")
    for one in found:
        grid.add_row(
            str(one["seed"]),
            f"{one['clone_departures']} in {one['clone_km']:g} km",
            " + ".join(map(str, one["corrections"])),
            f"{one['faultless']} of {one['laps']}",
            str(one["departures"]),
            f"{one['km']:g}",
            f"{one['largest_offset_m']:.2f} m",
            ", ".join(one["failed"]) or "-",
        )
    return grid


def main() -> int:
    """Prove it, seed by seed."""
    job = tyro.cli(Proof)
    reference = measure_reference()
    begin(job.home / "begun.json", {"reference": reference}, "choose another --home")
    head = {"schema": 1, "commit": program_commit(), "digest": reference, "circuits": list(UNSEEN)}
    found: list[dict[str, Any]] = []
    for seed in range(job.seed, job.seed + job.seeds):
        found.append(proven(job, seed))
        write_json(job.home / "corrections.json", {**head, "seeds": found})
        CONSOLE.print(table(found))
    return int(any(one["failed"] for one in found))


if __name__ == "__main__":
    sys.exit(main())
