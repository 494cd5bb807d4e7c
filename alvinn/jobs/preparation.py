"""`classroom --prepare`: the three networks that lessons 2 to 4 compare, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from alvinn.classroom.activities.contenders import DAGGER, NOISY, PLAIN_RECORDING, VIEWS
from alvinn.console import CONSOLE
from alvinn.dagger.ledger import read_ledger
from alvinn.jobs.correct import Correct, correct
from alvinn.jobs.record import Record, record_once
from alvinn.recording import Recording
from alvinn.settings import Home
from alvinn.training.model_folder import is_trained
from alvinn.training.run import TrainSettings, train
from alvinn.util.begun import begin

SECONDS, EPOCHS = 60.0, 20  # of driving to learn from; of each training
ROUNDS, ROUND_SECONDS = 2, 30.0
BEGUN = "class-begun.json"


def prepare(home: Home, map_name: str, ground: str, seed: int) -> None:
    """Make what is not there yet; an interrupted call resumes where it stopped.

    Raises:
        AlvinnError: something cannot be recorded or trained, or it was begun with other settings.
    """
    settings = {"map": map_name, "ground": ground, "seed": seed}
    begin(
        home.recording_folder(PLAIN_RECORDING).with_name(BEGUN),
        settings,
        "give another --home, or remove that file and the folders class-* of data/ and models/ to begin anew",
    )
    CONSOLE.print(
        f"Three networks are made from {SECONDS:g} s of the expert's driving on {map_name}: a plain clone, one with "
        "noise and views, and the clone after two rounds of DAgger. On two quiet cores that takes about four minutes."
    )
    began = time.monotonic()
    for name, noise in ((PLAIN_RECORDING, False), (NOISY, True)):
        _do(f"recording {name}", partial(_record, home, name, map_name, seed, noise=noise))
    _do(f"training {VIEWS}", lambda: _train(home, seed))
    _do(f"DAgger: {DAGGER}", lambda: _correct(home, ground, seed))
    CONSOLE.print(f"everything is there, after {time.monotonic() - began:.0f} s: alvinn classroom")


def _do(what: str, work: Callable[[], bool]) -> None:
    """Do a step, and say how long it took unless it was done before."""
    began = time.monotonic()
    did = work()
    took = f"{time.monotonic() - began:.0f} s" if did else "there already"
    CONSOLE.print(f"{what}: {took}", highlight=False)


def _record(home: Home, name: str, map_name: str, seed: int, *, noise: bool) -> bool:
    was_there = home.recording_folder(name).exists()
    record_once(Record(home=home.home, name=name, map=map_name, seconds=SECONDS, noise=noise, seed=seed))
    return not was_there


def _train(home: Home, seed: int) -> bool:
    if is_trained(home.model_folder(VIEWS)):
        return False
    job = TrainSettings(home=home.home, name=VIEWS, data=(NOISY,), epochs=EPOCHS, seed=seed, overwrite=True)
    recordings = [Recording(home.recording_folder(NOISY)).require_frames()]
    train(job, recordings, advice="the same command trains it anew")
    return True


def _correct(home: Home, map_name: str, seed: int) -> bool:
    ledger = read_ledger(home.model_folder(DAGGER) / "rounds.json")
    if ledger is not None and ledger.ended:
        return False
    correct(
        Correct(
            home=home.home,
            name=DAGGER,
            data=(PLAIN_RECORDING,),
            rounds=ROUNDS,
            round_seconds=ROUND_SECONDS,
            maps=map_name,
            judge="",
            views="off",
            epochs=EPOCHS,
            retest=False,
            seed=seed,
        )
    )
    return True
