"""Candidates for the model that ships: much driving, on many development circuits, in all of CARLA's weathers.

    python -m tests.laps.candidates much --circuits 40 --seconds 30
    python -m tests.laps.exam --model much --first 240 --circuits 28 --km 0.4 --out models/choosing    # to choose
    python -m tests.laps.exam --model much --turns 2                                                   # to judge, once

With a town, it learns there as well, from evenly spread starting points:

    python -m tests.laps.candidates town --circuits 30 --town Town02.xodr

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
from alvinn.errors import AlvinnError
from alvinn.jobs.record import Record, record_once
from alvinn.jobs.train import Train
from alvinn.networks.inference import read_card
from alvinn.recording import Recording
from alvinn.settings import WEATHERS
from alvinn.training.model_folder import is_trained
from alvinn.training.run import train
from alvinn.world.connection import connect
from alvinn.world.embedded_server import embedded_server
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
    town: Path | None = None
    """an OpenDRIVE file to record in, too"""
    starts: int = 30
    """of its starting points to record from, --seconds each"""
    jobs: int = 2
    """circuits recorded at a time"""

    def run(self) -> None:
        """Record and train."""
        with ProcessPoolExecutor(self.jobs, get_context("spawn")) as pool:
            folders = list(pool.map(partial(record_place, self.home, self.seconds), self._places()))
        folder = self.model_folder(self.name)
        if not is_trained(folder):
            train(self, [Recording(one).require_frames() for one in folders])
        elif [one["name"] for one in read_card(folder).recordings] != [one.name for one in folders]:
            raise AlvinnError(f"{folder} learned from other recordings: choose another name")
        CONSOLE.print(f"the model is in {folder}")

    def _places(self) -> list[Place]:
        places = [Place(f"random:{self.first + turn}", self.first + turn) for turn in range(self.circuits)]
        if self.town is not None:
            total = count_starts(self.town)
            places += [Place(str(self.town), turn, turn * total // self.starts) for turn in range(self.starts)]
        return places


@dataclass(frozen=True)
class Place:
    """Where the expert is recorded."""

    map: str
    seed: int
    """of the disturbances; and each has other weathers than the one before"""
    start: int = 0

    def name_recording(self, seconds: float) -> str:
        """The name of a recording of so many seconds."""
        town = Path(self.map)
        place = f"{town.stem}-{self.start}" if town.suffix else f"circuit-{self.seed}"
        return f"{place}-{seconds:g}"


def count_starts(town: Path) -> int:
    """How many starting points an OpenDRIVE file has."""
    with embedded_server(str(town), 0) as address, connect(*address, embedded=True) as client:
        return len(client.get_world().get_map().get_spawn_points())


def record_place(home: Path, seconds: float, place: Place) -> Path:
    """Record the expert at a place."""
    names = list(WEATHERS)
    skies = [names[(SKIES * place.seed + turn) % len(names)] for turn in range(SKIES)]
    return record_once(
        Record(
            home=home,
            name=place.name_recording(seconds),
            map=place.map,
            start=place.start,
            seconds=seconds,
            seed=place.seed,
            noise=True,
            both_directions=True,
            weathers=",".join(skies),
            headless=True,
        )
    )


if __name__ == "__main__":
    sys.exit(main(Candidate))
