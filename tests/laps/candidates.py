"""Candidates for the model that ships: much driving, on many development circuits, in all of CARLA's weathers.

    python -m tests.laps.candidates much --circuits 40 --seconds 30
    python -m tests.laps.exam --model much --first 240 --circuits 28 --km 0.4 --out models/choosing    # to choose
    python -m tests.laps.exam --model much --turns 2                                                   # to judge, once

What was recorded or trained already is not done again.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from alvinn.console import CONSOLE
from alvinn.jobs.record import Record, record_once
from alvinn.jobs.train import Train
from alvinn.recording import Recording
from alvinn.settings import WEATHERS
from alvinn.training.model_folder import is_trained
from alvinn.training.run import train
from tests.laps.cells import main

SKIES = 2  # weathers of a circuit


@dataclass(frozen=True)
class Candidate(Train):
    """Train a candidate on many circuits."""

    circuits: int = 40
    """how many"""
    first: int = 100
    """the first of them, random:100 by default"""
    seconds: float = 30.0
    """of driving on each, disturbed, half of it in either direction"""
    jobs: int = 2
    """circuits recorded at a time"""

    def run(self) -> None:
        """Record and train."""
        with ProcessPoolExecutor(self.jobs, get_context("spawn")) as pool:
            folders = list(pool.map(partial(record_circuit, self.home, self.seconds), self._numbers()))
        folder = self.model_folder(self.name)
        if not is_trained(folder):
            train(self, [Recording(one).require_frames() for one in folders])
        CONSOLE.print(f"the model is in {folder}")

    def _numbers(self) -> range:
        return range(self.first, self.first + self.circuits)


def record_circuit(home: Path, seconds: float, number: int) -> Path:
    """Record the expert on a circuit; each has other weathers than the one before."""
    names = list(WEATHERS)
    skies = [names[(SKIES * number + turn) % len(names)] for turn in range(SKIES)]
    return record_once(
        Record(
            home=home,
            name=f"circuit-{number}-{seconds:g}",
            map=f"random:{number}",
            seconds=seconds,
            seed=number,
            noise=True,
            both_directions=True,
            weathers=",".join(skies),
            headless=True,
        )
    )


if __name__ == "__main__":
    sys.exit(main(Candidate))
