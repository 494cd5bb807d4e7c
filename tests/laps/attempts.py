"""What of an attempt is worth learning from: its corrections, the network's own driving too, or the recovery alone?

    python -m tests.laps.attempts

Each seed records 120 s of the expert's plain driving and corrects a clone of it for three rounds, whose recordings hold
the whole attempts. Then the same network is trained anew on the plain driving and the same attempts, once for each
choice of `train --use`, and laps four development circuits, both ways. The row `clone` learned from none of the
attempts. A cell is a choice and a seed; see `tests.laps.cells`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from alvinn.console import CONSOLE
from alvinn.dagger.settings import RoundSettings
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.record import record_plain_driving
from alvinn.jobs.reference import measure_reference
from alvinn.networks.inference import read_card
from alvinn.recording import Recording
from alvinn.training.examples.attempts import Use
from alvinn.training.model_folder import is_trained, is_unfinished
from alvinn.training.run import TrainSettings, train
from tests.laps.cells import (
    Cells,
    Figures,
    judge,
    main,
    pick,
    tabulate_by_seed,
)

CIRCUITS = ("random:203", "random:211", "random:223", "random:245")
CLONE = "clone"
CHOICES = (CLONE, *get_args(Use))


@dataclass(frozen=True)
class Attempts:
    """Compare what a training learns from attempts with corrections."""

    seeds: int = 3
    """how many, counted up from --seed"""
    seed: int = 0
    """the first of them"""
    choices: str = ",".join(CHOICES)
    """a,b: rows of the table"""
    seconds: float = 120.0
    """of plain driving"""
    rounds: int = 3
    """of corrections"""
    round_seconds: float = 60.0
    """of driving in each"""
    epochs: int = 30
    """of each training"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    cells: int | None = None
    """to do before the table (default: all)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path("models/attempts")
    """folder of recordings and models"""
    out: Path = Path("docs/experiments/attempts")
    """folder of the cells"""

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        choices, seeds = pick(self.choices, CHOICES, "--choices"), range(self.seed, self.seed + self.seeds)
        settings = {name: getattr(self, name) for name in ("seconds", "rounds", "round_seconds", "epochs", "km")}
        cells = Cells(self.out, measure_reference(), settings)
        home = self.home / cells.digest[:8]  # nothing that another program made is gone on with
        makers = {f"{choice}-{seed}": partial(self._do, home, choice, seed) for seed in seeds for choice in choices}
        found = cells.fill(makers, self.cells)
        CONSOLE.print(tabulate_by_seed(found, choices, seeds), highlight=False, soft_wrap=True)

    def _do(self, home: Path, choice: str, seed: int) -> Figures:
        rounds = self._correct(home, seed)
        model = rounds.model(0) if choice == CLONE else self._train(home, rounds, choice, seed)
        card = read_card(model)
        _, *attempts = card.recordings  # the first is the plain driving
        learned = {"frames": sum(one["rows"] for one in attempts)}
        offline = {name: card.metrics[name] for name in ("held_out_mae", "training_seconds")}
        return {**learned, **offline, **judge(model, CIRCUITS, self.jobs, km=self.km)}

    def _correct(self, home: Path, seed: int) -> RoundSettings:
        """Drive the rounds of a seed, unless they are there."""
        job = Correct(
            home=home,
            name=f"seed-{seed}",
            data=(record_plain_driving(home, f"plain-{seed}", self.seconds, seed).name,),
            rounds=self.rounds,
            round_seconds=self.round_seconds,
            epochs=self.epochs,
            views="off",
            judge="",
            retest=False,
            seed=seed,
        )
        correct(job)
        return job

    def _train(self, home: Path, rounds: RoundSettings, choice: str, seed: int) -> Path:
        """Train on a choice of the attempts' frames, unless that is done."""
        (use,) = [one for one in get_args(Use) if one == choice]
        folder = home / "models" / f"{use}-{seed}"
        job = TrainSettings(
            home=home,
            name=folder.name,
            views="off",
            use=use,
            correction_weight=rounds.correction_weight,
            epochs=self.epochs,
            resume=is_unfinished(folder),
            overwrite=not is_unfinished(folder),
            seed=seed,
        )
        if not is_trained(folder):
            attempts = [rounds.recording(number) for number in range(1, rounds.rounds + 1)]
            plain = [rounds.recording_folder(name) for name in rounds.data]
            train(job, [Recording(path) for path in (*plain, *attempts)])
        return folder


if __name__ == "__main__":
    sys.exit(main(Attempts))
