"""Training: from examples to a model folder. One function that reads from top to bottom."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alvinn import network
from alvinn.augment import light
from alvinn.dataset import Dataset, Examples
from alvinn.hill import Floats, Hill


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is trained."""

    epochs: int = 30
    batch: int = 64
    learning_rate: float = 2e-3
    """at the start; it falls to a hundredth along a half cosine"""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training stands at the end of an epoch."""

    epoch: int
    epochs: int
    loss: float
    held_out_mae: float | None
    """mean absolute error in curvature [1/m] on the held-out stretches"""


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network with its last figures."""

    network: Any
    history: tuple[Progress, ...]
    training_mae: float
    held_out_mae: float | None


def train(dataset: Dataset, hill: Hill, settings: Settings, tell: Callable[[Progress], None]) -> Trained:
    """Train from random weights; the same seed on the same machine gives the same network.

    Args:
        dataset: what to learn from, with what is held out.
        hill: the output's code.
        settings: how.
        tell: called after every epoch.
    """
    keras.utils.set_random_seed(settings.seed)
    shape = dataset.training.images.shape
    model = network.conv(shape[1], shape[2], hill.units)
    batches = -(-len(dataset.training) // settings.batch)
    schedule = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * batches, alpha=0.01)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss="binary_crossentropy")
    history: list[Progress] = []

    def note(epoch: int, logs: dict[str, float]) -> None:
        held_out = mae(model, dataset.held_out, hill)
        history.append(Progress(epoch + 1, settings.epochs, float(logs["loss"]), held_out))
        tell(history[-1])

    model.fit(
        _batches(dataset.training, hill, settings),
        shuffle=False,  # the batches are shuffled already
        epochs=settings.epochs,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)],
    )
    training_mae = mae(model, dataset.training, hill)
    if training_mae is None:
        raise ValueError("there were no examples to train on")
    return Trained(model, tuple(history), training_mae, history[-1].held_out_mae)


def _batches(examples: Examples, hill: Hill, settings: Settings) -> Any:
    """Shuffled batches of (picture under some light, hill), the same for the same seed."""
    seeds = tf.data.Dataset.random(seed=settings.seed, rerandomize_each_iteration=True).batch(2)
    pairs = tf.data.Dataset.from_tensor_slices((examples.images, hill.encode(examples.curvature)))
    shuffled = pairs.shuffle(len(examples), seed=settings.seed).batch(settings.batch)
    lit = tf.data.Dataset.zip((shuffled, seeds)).map(
        lambda pair, seed: (light(pair[0], seed), pair[1]), num_parallel_calls=2, deterministic=True
    )
    return lit.prefetch(2)


def predict(model: Any, images: Any, hill: Hill) -> Floats:
    """Curvatures [1/m], shape (n,), for network inputs, shape (n, height, width, 3)."""
    return hill.decode(model.predict(images, batch_size=256, verbose=0))


def mae(model: Any, examples: Examples, hill: Hill) -> float | None:
    """Mean absolute error in curvature [1/m]; None without examples.

    MAE, not MSE: F. Codevilla et al., arXiv:1809.04843, found that MSE says little about driving.
    """
    if not len(examples):
        return None
    return float(np.abs(predict(model, examples.images, hill) - examples.curvature).mean())


def save(trained: Trained, folder: Path) -> None:
    """Write `network.keras`, `network.tflite` and `history.csv` into a model folder."""
    folder.mkdir(parents=True, exist_ok=True)
    trained.network.save(folder / "network.keras")
    (folder / "network.tflite").write_bytes(network.to_litert(trained.network))
    with (folder / "history.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("epoch", "loss", "held_out_mae"))
        table.writerows((p.epoch, p.loss, p.held_out_mae) for p in trained.history)
