"""Training: from a dataset to a model folder.

The network with the lowest held-out error is kept. After every epoch the state is saved, so that an interrupted or
killed training can be resumed. Metrics are written to `history.csv`, and to TensorBoard on request.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from alvinn.console import CONSOLE
from alvinn.errors import ModelError
from alvinn.networks import keras_models, reconstruction
from alvinn.networks.architectures import NetworkName
from alvinn.networks.encodings import Encoding, Floats, Hill1989
from alvinn.networks.inference import CHECKPOINT
from alvinn.training.examples.batches import Batch, Batches, BatchSettings
from alvinn.training.examples.dataset import Dataset
from alvinn.training.feed import Feed
from alvinn.training.held_out import Errors, measure_errors
from alvinn.training.history import EpochResult, is_best, read_history, write_history
from alvinn.util.files import atomic_path, write_bytes
from alvinn.util.malloc import keep_freed_memory

BEST = "network.keras"  # the weights of the best epoch
BOARD = "logs"  # the subfolder for TensorBoard


@dataclass(frozen=True, slots=True)
class Settings:
    """How a network is trained."""

    network: NetworkName = "conv"
    epochs: int = 30
    batch: int = 64
    learning_rate: float = 2e-3
    """initial; cosine decay to a hundredth"""
    patience: int = 12
    """epochs without improvement of the held-out error before training stops"""
    views: bool = True
    """apply shifted views"""
    squeeze: bool = True
    """squeeze the road in them, along the car"""
    light: bool = True
    """apply photometric augmentation"""
    blind: int = 0
    """first epochs, in which the fed-back road intensity is random"""
    seed: int = 0
    irre: bool = False
    """also reconstruct the input, see `alvinn.networks.reconstruction`"""


@dataclass
class TrainingResult:
    """A trained network and its history."""

    network: Any
    history: list[EpochResult] = field(default_factory=list)
    best: EpochResult | None = None
    """epoch whose weights the network has"""
    interrupted: bool = False


def train(
    dataset: Dataset,
    output: Encoding,
    settings: Settings,
    folder: Path,
    on_epoch: Callable[[EpochResult], None] = lambda _: None,
    *,
    on_batch: Callable[[float, float], None] = lambda _, __: None,
    resume: bool = False,
    warm: Path | None = None,
    board: bool = False,
) -> TrainingResult:
    """Train from random weights, from another model's, or resume; deterministic for one seed on one machine.

    Args:
        dataset: training and held-out examples.
        output: the output encoding.
        settings: of the training.
        folder: of the model; the state after every epoch is saved there.
        on_epoch: called after every epoch.
        on_batch: called after every batch with the epochs done, as a fraction, and the epoch's loss so far.
        resume: continue from the state that an interrupted training left in the folder.
        warm: folder of a model of the same shape that provides the initial weights.
        board: also write metrics for TensorBoard.

    Raises:
        ModelError: there is nothing to resume, no such initial model, or the loss is not finite.
        KeyboardInterrupt: before the first epoch ended.
    """
    keep_freed_memory()
    keras.utils.set_random_seed(settings.seed)
    plan = BatchSettings(
        batch=settings.batch,
        views=settings.views,
        squeeze=settings.squeeze,
        light=settings.light,
        blind=settings.blind,
        seed=settings.seed,
    )
    batches = Batches(dataset, plan)
    trained = _resume(folder, len(batches), views=settings.views) if resume else None
    if trained is None:
        trained = TrainingResult(_compile(dataset, output, settings, len(batches), warm))
    resumes = bool(trained.history)
    keeper = _EpochEnd(trained, batches, output, settings, folder, on_epoch, on_batch)
    shape, first = dataset.preprocessing.shape, len(trained.history)
    try:
        with stream_batches(batches, output, shape, first, reconstructed=settings.irre) as stream:
            trained.network.fit(
                stream,
                shuffle=False,  # the batches are shuffled already
                initial_epoch=first,
                epochs=settings.epochs,
                steps_per_epoch=len(batches),
                verbose=0,
                callbacks=[
                    keras.callbacks.TerminateOnNaN(),
                    keeper,
                    *_make_boards(folder, resume=resumes, wanted=board),
                ],
            )
    except KeyboardInterrupt:
        if not trained.history:
            raise
        trained.interrupted = True
    keeper.restore_best()
    return trained


def _compile(dataset: Dataset, output: Encoding, settings: Settings, batches: int, warm: Path | None) -> Any:
    model = keras_models.NETWORKS[settings.network](dataset.preprocessing.shape, output)
    loss: Any = keras_models.choose_loss(output)
    if settings.irre:
        model, loss = keras_models.add_reconstruction(model), keras_models.BothLosses(output.units, loss)
    if warm is not None:
        _take_weights(model, warm)
    schedule = keras.optimizers.schedules.CosineDecay(settings.learning_rate, settings.epochs * batches, alpha=0.01)
    model.compile(optimizer=keras.optimizers.Adam(schedule), loss=loss)
    # a first step that made the optimizer's variables would be traced twice
    model.optimizer.build(model.trainable_variables)
    return model


def _take_weights(model: Any, folder: Path) -> None:
    try:
        model.set_weights(keras.models.load_model(folder / BEST).get_weights())
    except (ValueError, OSError) as error:
        raise ModelError(f"{folder} has no weights for this network to begin with: {error}") from error


def _resume(folder: Path, batches: int, *, views: bool) -> TrainingResult | None:
    """What an interrupted training reached; None if that is damaged, which is said.

    Raises:
        ModelError: there was none.
    """
    state = folder / CHECKPOINT
    if not state.is_file():
        raise ModelError(f"{folder} holds no interrupted training to resume: train it from the start, without --resume")
    try:
        trained = TrainingResult(keras.models.load_model(state), read_history(folder / "history.csv"))
        epochs = int(trained.network.optimizer.iterations) // batches
        if len(trained.history) < epochs or not is_zipfile(folder / BEST):
            raise ValueError(f"{folder / 'history.csv'} or {BEST} is missing or damaged")
    except (OSError, ValueError, LookupError, TypeError, BadZipFile) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        CONSOLE.print(f"{state} cannot be resumed ({said}): the training starts from the beginning")
        return None
    del trained.history[epochs:]  # told before its state was written
    for number, progress in enumerate(trained.history):
        if is_best(progress, trained.history[:number], views=views):
            trained.best = progress
    return trained


class _EpochEnd(keras.callbacks.Callback):  # type: ignore[misc] # keras ships no types
    """Examines, reports and saves the network after every epoch; stops when it no longer improves.

    Keras's EarlyStopping and ModelCheckpoint know no ties within a factor, and neither ModelCheckpoint,
    BackupAndRestore nor CSVLogger replaces its file in one step, which a kill at any moment requires.
    """

    def __init__(
        self,
        trained: TrainingResult,
        batches: Batches,
        output: Encoding,
        settings: Settings,
        folder: Path,
        on_epoch: Callable[[EpochResult], None],
        on_batch: Callable[[float, float], None],
    ) -> None:
        super().__init__()
        self._trained, self._batches, self._output = trained, batches, output
        self._settings, self._folder, self._on_epoch, self._on_batch = settings, folder, on_epoch, on_batch
        self._best = folder / BEST
        folder.mkdir(parents=True, exist_ok=True)

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self._on_batch(len(self._trained.history) + (batch + 1) / len(self._batches), float(logs["loss"]))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        trained = self._trained
        if not np.isfinite(logs["loss"]):
            raise ModelError(
                f"the loss of epoch {epoch + 1} is {logs['loss']}: train with a lower --learning-rate than "
                f"{self._settings.learning_rate:g}, or look at the data"
            )
        held_out = measure_errors(self.model, self._batches.examination(), self._output, self._batches.steer)
        logs |= _name_for_keras(held_out)  # for the callbacks after this one
        now = EpochResult(epoch + 1, float(logs["loss"]), held_out)
        if is_best(now, trained.history, views=self._settings.views):
            trained.best = now
            save_network(self.model, self._best)
        trained.history.append(now)
        write_history(self._folder / "history.csv", trained.history)
        save_network(self.model, self._folder / CHECKPOINT)
        self._on_epoch(now)
        if trained.best is not None and now.epoch - trained.best.epoch >= self._settings.patience:
            self.model.stop_training = True

    def restore_best(self) -> None:
        """Load the weights of the best epoch."""
        self._trained.network = keras.models.load_model(self._best)


def _make_boards(folder: Path, *, resume: bool, wanted: bool) -> list[Any]:
    """The TensorBoard callback, if requested."""
    if not resume:
        shutil.rmtree(folder / BOARD, ignore_errors=True)  # of an earlier model of this name
    return [keras.callbacks.TensorBoard(folder / BOARD, write_graph=False)] if wanted else []


def _name_for_keras(found: Errors) -> dict[str, float]:
    """Errors under Keras's names for validation metrics."""
    named = {"val_curvature_mae": found.mae, "val_relative_error": found.relative, "val_steer_mae": found.steer}
    return {name: value for name, value in named.items() if value is not None}


def stream_batches(
    batches: Batches, output: Encoding, shape: tuple[int, int, int], first: int, *, reconstructed: bool = False
) -> AbstractContextManager[Any]:
    """Batches of all epochs in sequence, made in advance during training."""

    def stream() -> Iterator[tuple[npt.NDArray[np.uint8], Floats]]:
        for number in count(first):
            for batch in batches.epoch(number):
                yield batch.images, encode_targets(output, batch, reconstructed=reconstructed)

    units = output.units + (reconstruction.PIXELS if reconstructed else 0)
    signature = (tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None, units), tf.float32))
    return Feed(stream(), signature)


def encode_targets(output: Encoding, batch: Batch, *, reconstructed: bool = False) -> Floats:
    """Targets of a batch, shape (b, units), followed by the reconstruction target if there is one."""
    if reconstructed:
        return np.concatenate(
            [encode_targets(output, batch), [reconstruction.downsample(image) for image in batch.images]], axis=1
        )
    if isinstance(output, Hill1989):
        return output.encode(batch.curvature, batch.intensity)
    return output.encode(batch.curvature)


def save_network(network: Any, path: Path) -> None:
    """Write a Keras network, whole or not at all."""
    with atomic_path(path) as scratch:
        network.save(scratch)


def export(trained: TrainingResult, folder: Path) -> None:
    """Write the LiteRT files beside the best `network.keras`."""
    write_bytes(folder / "network.tflite", keras_models.to_litert(trained.network))
    if (visual := keras_models.export_saliency_model(trained.network)) is not None:
        write_bytes(folder / "visual.tflite", visual)
