"""Which held-out stretches choose the epoch best? One training, all of its epochs kept, judged on roads it never saw.

    python -m tests.laps.epochs --home DIR

A network learns from two minutes of `country`, as by default. Each of its epochs is then examined on held-out stretches
of different number and place: the ones that chose the epoch, single ones elsewhere on the same road, and all of those
together. Which epoch each would have chosen, by the trainer's own rule, is compared with how well that epoch does on
other circuits, and some epochs drive. Whatever is done lies in DIR: the same command resumes after an interruption,
and ends with epochs.json.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tyro

from alvinn import __version__
from alvinn.console import CONSOLE
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.ablation import LEARNED_IN
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record_once
from alvinn.metrics.summary import rank_correlation, summarize
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.inference import CHECKPOINT, Card, write_card
from alvinn.recording import Recording
from alvinn.training import trainer
from alvinn.training.examples.batches import Batches, BatchSettings
from alvinn.training.examples.dataset import Dataset, load_dataset
from alvinn.training.examples.examination import describe_exam
from alvinn.training.examples.split import HOLD_LENGTH
from alvinn.training.held_out import Errors, measure_errors
from alvinn.training.history import EpochResult, is_best
from alvinn.util.files import write_json

EVERY = 3  # stretch, and row of UNSEEN: to save time
DRIVEN = (1, 3, 6, 12, 20, 30)  # epochs that also drive, on a development circuit of its own
DRIVEN_ON = "random:103"
UNSEEN = ("random:100", "random:101", "random:102")  # development circuits: their error is the one that counts


@dataclass(frozen=True)
class Study:
    """Which held-out stretches choose the epoch."""

    home: Path = Path("models/epochs")
    """where data, epochs and `epochs.json` go"""
    seed: int = 0
    """of recording and training"""
    seconds: float = 300.0
    """driven elsewhere on the same road, both ways, for other stretches"""
    epochs: int = 30
    """of the training"""


def recorded(job: Study, name: str, map_name: str, seconds: float, start_seed: int) -> Recording:
    """A recording of the expert, made once."""
    settings = Record(
        home=job.home,
        name=f"{name}-{job.seed}",
        map=map_name,
        seconds=seconds,
        noise=True,
        both_directions=True,
        weathers=LEARNED_IN,
        seed=start_seed,
    )
    return Recording(record_once(settings)).require_frames()


def train_once(job: Study, dataset: Dataset) -> list[Path]:
    """Every epoch of the training, as a Keras file."""
    folder = job.home / f"training-{job.seed}"
    kept = [folder / f"epoch-{number:02}.keras" for number in range(1, job.epochs + 1)]
    if not kept[-1].exists():
        shutil.rmtree(folder, ignore_errors=True)
        network = ARCHITECTURES["conv"]
        settings = trainer.Settings(
            epochs=job.epochs,
            batch=network.batch,
            learning_rate=network.learning_rate,
            patience=job.epochs,
            light=network.light,
            seed=job.seed,
        )

        def keep(done: EpochResult) -> None:
            CONSOLE.print(f"epoch {done.epoch}: {done.held_out}")
            shutil.copy(folder / CHECKPOINT, kept[done.epoch - 1])

        trainer.train(dataset, network.output("hill"), settings, folder, keep)
    return kept


def stretches(dataset: Dataset, recording: Recording, beyond: float) -> dict[str, Dataset]:
    """An exam for every third 40 m of the lanes beyond a place [m], as far as whole stretches were driven."""
    rows = recording.split_rows()
    keys = [(row.lane, int(row.lane_s // HOLD_LENGTH)) for row in rows]
    found = {}
    for key in sorted(set(keys))[::EVERY]:
        held = np.flatnonzero([one == key for one in keys])
        covered = np.ptp([rows[index].lane_s for index in held])
        if key[1] * HOLD_LENGTH > beyond and covered > 0.9 * HOLD_LENGTH:
            found[f"{key[0].rsplit('/', 1)[-1]} from {key[1] * HOLD_LENGTH:.0f} m"] = replace(dataset, held_out=held)
    return found


def whole(recording: Recording, dataset: Dataset, every: int = 1) -> Dataset:
    """An exam on a recording from its first frame to its last, or on every so many."""
    loaded = load_dataset([recording], dataset.preprocessing)
    return replace(loaded, held_out=np.arange(0, len(loaded.examples), every))


def examined(epochs: list[Path], exams: dict[str, Dataset]) -> dict[str, list[float]]:
    """The mean absolute error [1/m] of every epoch in every exam."""
    output = ARCHITECTURES["conv"].output("hill")
    sources = {name: Batches(exam, BatchSettings()) for name, exam in exams.items()}
    papers = {name: list(source.examination()) for name, source in sources.items()}  # views are made once
    errors: dict[str, list[float]] = {name: [] for name in exams}
    for path in epochs:
        model = keras.models.load_model(path)
        for name, paper in papers.items():
            errors[name].append(measure_errors(model, paper, output, sources[name].steer).mae or 0.0)
        CONSOLE.print(f"{path.stem} examined")
    return errors


def driven(job: Study, dataset: Dataset, epochs: list[Path]) -> dict[int, dict[str, float]]:
    """How some epochs drive: offset sd [m] and departures per km on DRIVEN_ON, both ways."""
    found = {}
    for number in (number for number in DRIVEN if number <= len(epochs)):
        folder = job.home / f"training-{job.seed}" / f"model-{number:02}"
        if not (folder / "card.json").exists():
            folder.mkdir(exist_ok=True)
            shutil.copy(epochs[number - 1], folder / trainer.BEST)
            trainer.export(trainer.TrainingResult(keras.models.load_model(epochs[number - 1])), folder)
            write_card(folder, card_of(job, dataset))
        laps = Laps(
            home=job.home, model=str(folder.absolute()), maps=DRIVEN_ON, both_directions=True, km=0.4,
            films=False, resume=True, out=folder / "laps",
        )  # fmt: skip
        summary = summarize(drive_laps(laps, laps.open_network()), np.random.default_rng(0))
        found[number] = {key: summary[key] for key in ("offset_sd_m", "departures_per_km", "km")}
        CONSOLE.print(f"epoch {number} drives: {found[number]}")
    return found


def card_of(job: Study, dataset: Dataset) -> Card:
    """The card of an epoch: enough to drive."""
    return Card(
        network="conv",
        output=ARCHITECTURES["conv"].output("hill"),
        camera=dataset.camera,
        preprocessing=dataset.preprocessing,
        seed=job.seed,
        settings={},
        recordings=(),
        server="embedded",
        metrics={},
        version=__version__,
        commit="",
        exam=describe_exam(dataset),
    )


def chosen(errors: list[float]) -> int:
    """The epoch that an exam chooses, counted from 1."""
    history = [EpochResult(number, 0.0, Errors(mae=error)) for number, error in enumerate(errors, 1)]
    return max(now.epoch for number, now in enumerate(history) if is_best(now, history[:number]))


def verdict(errors: list[float], true: list[float]) -> dict[str, Any]:
    """What an exam chose, and how much worse that is than the best epoch, as a share of the best one's true error."""
    epoch = chosen(errors)
    return {
        "epoch": epoch,
        "regret": round(true[epoch - 1] / min(true) - 1.0, 4),
        "rank_correlation": rank_correlation(errors, true),
    }


def main() -> int:
    """The study."""
    job = tyro.cli(Study)
    learned = recorded(job, "learned", "country", 120.0, job.seed)
    more = recorded(job, "more", "country", job.seconds, job.seed + 1)
    unseen = [recorded(job, name.replace(":", "-"), name, 60.0, job.seed) for name in UNSEEN]
    preprocessing = ARCHITECTURES["conv"].preprocessing(learned.session.camera)
    dataset = load_dataset([learned], preprocessing)
    epochs = train_once(job, dataset)
    reached = max(row.lane_s for row in learned.split_rows()) + HOLD_LENGTH
    elsewhere = whole(more, dataset)
    exams = {"default": dataset} | stretches(elsewhere, more, reached)
    exams["all elsewhere"] = replace(
        elsewhere, held_out=np.concatenate([exam.held_out for name, exam in exams.items() if name != "default"])
    )
    exams |= {name: whole(recording, dataset, EVERY) for name, recording in zip(UNSEEN, unseen, strict=True)}
    errors = examined(epochs, exams)
    true = np.mean([errors[name] for name in UNSEEN], axis=0).tolist()
    verdicts = {name: verdict(found, true) for name, found in errors.items() if name not in UNSEEN}
    verdicts["last epoch"] = {"epoch": len(true), "regret": round(true[-1] / min(true) - 1.0, 4)}
    found = {"seed": job.seed, "true": true, "errors": errors, "verdicts": verdicts}
    write_json(job.home / "epochs.json", found)
    laps = driven(job, dataset, epochs)
    spread = [one["offset_sd_m"] for one in laps.values()]
    ranks = {name: rank_correlation([row[number - 1] for number in laps], spread) for name, row in errors.items()}
    write_json(job.home / "epochs.json", found | {"laps": laps, "ranks_of_offset_sd": ranks})
    for name, one in verdicts.items():
        CONSOLE.print(f"{name}: {one}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
