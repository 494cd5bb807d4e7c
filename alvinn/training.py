"""Training: from a dataset to a model folder. One function that reads from top to bottom."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from alvinn import network
from alvinn.batches import Batches, Plan
from alvinn.dataset import Dataset
from alvinn.hill import Floats, Hill

THRESHOLD = 0.1  # alpha of the thresholded relative error
CHUNK = 256  # frames predicted at once


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is trained."""

    epochs: int = 30
    batch: int = 64
    learning_rate: float = 2e-3
    """at the start; it falls to a hundredth along a half cosine"""
    views: bool = True
    """show frames from beside the lane too"""
    light: bool = True
    """show frames under other lights too"""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Errors:
    """How far predictions are from labels; None where there was nothing to compare.

    MAE and the thresholded relative error, not MSE: F. Codevilla et al., arXiv:1809.04843, found that MSE says little
    about driving.
    """

    mae: float | None
    """mean absolute error in curvature [1/m]"""
    relative: float | None
    """share of frames with an error above a tenth of the label"""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands at the end of an epoch."""

    epoch: int
    epochs: int
    loss: float
    held_out: Errors


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network and how it came about."""

    network: Any
    history: tuple[Progress, ...]

    @property
    def held_out(self) -> Errors:
        """The errors of the last epoch."""
        return self.history[-1].held_out


def train(dataset: Dataset, hill: Hill, settings: Settings, tell: Callable[[Progress], None]) -> Trained:
    """Train from random weights; the same seed on the same machine gives the same network.

    Args:
        dataset: what to learn from, with what is held out.
        hill: the output's code.
        settings: how.
        tell: called after every epoch.
    """
    keras.utils.set_random_seed(settings.seed)
    model = network.conv(dataset.preprocessing.shape, hill.units)
    plan = Plan(batch=settings.batch, views=settings.views, light=settings.light, seed=settings.seed)
    batches = Batches(dataset, plan)
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate, settings.epochs * len(batches), alpha=0.01
    )
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="binary_crossentropy")
    history: list[Progress] = []

    def note(epoch: int, logs: dict[str, float]) -> None:
        held_out = errors(model, dataset, dataset.held_out, hill)
        history.append(Progress(epoch + 1, settings.epochs, float(logs["loss"]), held_out))
        tell(history[-1])

    model.fit(
        _streamed(batches, hill, dataset.preprocessing.shape),
        shuffle=False,  # the batches are shuffled already
        epochs=settings.epochs,
        steps_per_epoch=len(batches),
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)],
    )
    return Trained(model, tuple(history))


def _streamed(batches: Batches, hill: Hill, shape: tuple[int, int, int]) -> Any:
    """The batches of all epochs one after another, made ahead while the network learns."""

    def stream() -> Iterator[tuple[npt.NDArray[np.uint8], Floats]]:
        for number in count():
            for images, curvature in batches.epoch(number):
                yield images, hill.encode(curvature)

    signature = (tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None, hill.units), tf.float32))
    return tf.data.Dataset.from_generator(stream, output_signature=signature).prefetch(8)


def predict(model: Any, dataset: Dataset, rows: npt.NDArray[np.intp], hill: Hill) -> Floats:
    """Curvatures [1/m], shape (n,), that a network answers to some rows' pictures as they are."""
    answers: list[Floats] = [np.empty(0, dtype=np.float32)]
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        images = np.stack([dataset.preprocessing.coloured(dataset.examples.image(int(row))) for row in chunk])
        answers.append(hill.decode(np.asarray(model(images, training=False))))
    return np.concatenate(answers)


def errors(model: Any, dataset: Dataset, rows: npt.NDArray[np.intp], hill: Hill) -> Errors:
    """The errors of a network on some rows."""
    if not len(rows):
        return Errors(None, None)
    labels = dataset.examples.curvature[rows]
    gap = np.abs(predict(model, dataset, rows, hill) - labels)
    return Errors(mae=float(gap.mean()), relative=float((gap > THRESHOLD * np.abs(labels)).mean()))


def save(trained: Trained, folder: Path) -> None:
    """Write `network.keras`, `network.tflite` and `history.csv` into a model folder."""
    folder.mkdir(parents=True, exist_ok=True)
    trained.network.save(folder / "network.keras")
    (folder / "network.tflite").write_bytes(network.to_litert(trained.network))
    with (folder / "history.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("epoch", "loss", "held_out_mae", "held_out_relative_error"))
        table.writerows((p.epoch, p.loss, p.held_out.mae, p.held_out.relative) for p in trained.history)
