"""How few labels do: which gate finds the most useful ones, and how many of them a network needs.

    python -m tests.laps.few_labels                                                   # three gates, 300 labels each
    python -m tests.laps.few_labels --gates drift --labels 60,120,240,300,480 --seeds 5
    python -m tests.laps.few_labels --gates drift --labels 300 --seeds 5 --judging    # on the judging circuits, once
    python -m tests.laps.few_labels --gates drift --labels 0,300,all --seeds 5 --narrow   # where clones do depart

Rounds as in `alvinn accept`, but each learns from no more than its share of the labels: its
corrections are cut into pieces of two seconds, of which so many are kept at random, and the others left out. All gates
of a seed begin with the same recording and the same clone. A cell is a gate, a number of labels and a seed; see
`tests.laps.cells`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from alvinn.console import CONSOLE
from alvinn.dagger.rounds import drive_round, train_round
from alvinn.dagger.settings import RoundGateName, RoundSettings
from alvinn.errors import AlvinnError
from alvinn.jobs.accept import SECONDS, UNSEEN
from alvinn.jobs.correct import Correct
from alvinn.jobs.record import record_plain_driving
from alvinn.jobs.reference import measure_reference
from alvinn.jobs.shift import Shift
from alvinn.recording import Range, Recording, Row
from alvinn.recording.exclusions import mask_kept, write_left_out
from alvinn.training.model_folder import is_trained
from alvinn.util.files import atomic_folder
from tests.laps.cells import (
    Cells,
    Figures,
    combine,
    judge,
    main,
    pick,
    tabulate_by_seed,
)

DEVELOPMENT = tuple(f"random:{number}" for number in range(240, 260))
GATES = tuple(gate for gate in get_args(RoundGateName) if gate != "human")  # nobody is there
PIECE = 40  # frames: two seconds
SURPLUS = "more labels than the budget"


@dataclass(frozen=True)
class FewLabels:
    """Teach with few labels, several seeds."""

    gates: str = "drift,doubt,always"
    """a,b: who asks for the labels"""
    labels: str = "300"
    """a,b: how many frames are labelled in all rounds together; all: every one that the gate asks for"""
    seeds: int = 3
    """how many, counted up from --seed"""
    seed: int = 0
    """the first of them"""
    judging: bool = False
    """judge on random:400 to 419, as `alvinn accept` does (default: on random:240 to 259)"""
    narrow: bool = False
    """judge on the narrow and tight circuits of `alvinn shift`"""
    seconds: float = SECONDS
    """of plain driving"""
    rounds: int = 3
    """of corrections"""
    round_seconds: float = 60.0
    """of driving in each"""
    epochs: int = 30
    """of the clone; later rounds train for a third of it"""
    circuits: int = 20
    """how many of them"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    cells: int | None = None
    """to do before the table (default: all)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path("models/few-labels")
    """folder of recordings and models"""
    out: Path = Path("docs/experiments/few-labels")
    """folder of the cells"""

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        gates, seeds = pick(self.gates, GATES, "--gates"), range(self.seed, self.seed + self.seeds)
        where, _ = self._circuits()
        budgets = {number: _read_budget(number) for number in self.labels.split(",")}
        rows = {f"{gate}-{number}": (gate, number) for gate in gates for number in budgets}
        taught = {name: getattr(self, name) for name in ("seconds", "rounds", "round_seconds", "epochs")}
        reference = measure_reference()
        home = self.home / combine(reference, taught)[:8]  # nothing that another program made is gone on with
        settings = {**taught, "circuits": self.circuits, "km": self.km}
        makers = {
            f"{row}-{seed}": partial(self._do, home, gate, f"{row}-{seed}", budgets[number], seed)
            for seed in seeds
            for row, (gate, number) in rows.items()
        }
        found = Cells(self.out / where, reference, settings).fill(makers, self.cells)
        CONSOLE.print(tabulate_by_seed(found, list(rows), seeds), highlight=False, soft_wrap=True)

    def _circuits(self) -> tuple[str, Sequence[str]]:
        """What is judged on: the name of its folder, and the circuits."""
        if self.judging and self.narrow:
            raise AlvinnError("--judging and --narrow name different circuits: leave one out")
        if self.narrow:
            return "narrow", Shift.judge.split(",")
        return ("judging", UNSEEN) if self.judging else ("development", DEVELOPMENT)

    def _do(self, home: Path, gate: str, name: str, labels: int, seed: int) -> Figures:
        (asks,) = [one for one in get_args(RoundGateName) if one == gate]
        job = Correct(
            home=home,
            name=name,
            data=(record_plain_driving(home, f"plain-{seed}", self.seconds, seed).name,),
            gate=asks,
            rounds=self.rounds,
            round_seconds=self.round_seconds,
            epochs=self.epochs,
            more_epochs=max(1, self.epochs // 3),
            views="off",
            judge="",
            retest=False,
            seed=seed,
        )
        _share_clone(job, f"clone-{seed}")
        kept: list[int] = []
        for number in range(1, job.rounds + 1):
            driven = drive_round(job, number)
            most = labels * number // job.rounds - sum(kept)
            kept.append(keep_labels(Recording(job.recording(number)), most, (seed, number)))
            CONSOLE.print(f"round {number}: {kept[-1]} of {driven.frames} labels kept", highlight=False)
            train_round(job, number)
        _, maps = self._circuits()
        figures = judge(job.model(job.rounds), maps[: self.circuits], self.jobs, km=self.km)
        return {"frames": sum(kept), "by_round": kept, **figures}


def _read_budget(text: str) -> int:
    """How many labels there may be."""
    if text == "all":
        return sys.maxsize
    if not text.isdecimal():
        raise AlvinnError(f"--labels must be whole numbers, or all, such as 120,300,all, not {text}")
    return int(text)


def _share_clone(job: RoundSettings, name: str) -> None:
    """Let all gates begin with the clone of their seed."""
    first = replace(job, name=name)
    train_round(first, 0)
    if not is_trained(job.model(0)):
        with atomic_folder(job.model(0)) as scratch:
            shutil.copytree(first.model(0), scratch, dirs_exist_ok=True)


def keep_labels(recording: Recording, most: int, seed: int | Sequence[int]) -> int:
    """Leave out all corrections of a round but so many frames; returns their number, the same for the same seed."""
    others = [one for one in recording.left_out if one.why != SURPLUS]
    pieces, kept, surplus = list(_cut_corrections(recording.rows, mask_kept(len(recording.rows), others))), 0, []
    for at in np.random.default_rng(seed).permutation(len(pieces)).tolist():
        first, last = pieces[at]
        count = min(last - first + 1, most - kept)
        kept += count
        if first + count <= last:
            surplus.append(Range(first + count, last, SURPLUS))
    write_left_out(recording.folder, [*others, *surplus])
    return kept


def _cut_corrections(rows: tuple[Row, ...], usable: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last row of each piece of the corrections, among the rows that a mask, shape (rows,), names."""
    keys = [(row.segment, row.correction, bool(use)) for row, use in zip(rows, usable, strict=True)]
    for (_, correction, use), group in groupby(range(len(rows)), keys.__getitem__):
        numbers = list(group)
        if correction and use:
            for at in range(0, len(numbers), PIECE):
                yield numbers[at], numbers[at : at + PIECE][-1]


if __name__ == "__main__":
    sys.exit(main(FewLabels))
