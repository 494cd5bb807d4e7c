"""Train a model from recordings, with a progress bar."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro
from rich.progress import Progress

from alvinn import __version__
from alvinn.console import CONSOLE, progress
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, RecordingError
from alvinn.networks.architectures import (
    ARCHITECTURES,
    Architecture,
    NetworkName,
    OutputName,
    require_own_encoding,
)
from alvinn.networks.encodings import Encoding
from alvinn.networks.inference import Card, write_card
from alvinn.recording import Recording
from alvinn.settings import Home, require_above_zero, require_distinct, require_seed
from alvinn.training.conditions import describe_recordings, find_conditions, warn_of_weaknesses
from alvinn.training.examples.attempts import Use, select_used
from alvinn.training.examples.dataset import CORRECTION_WEIGHT, Dataset, common_camera, load_dataset
from alvinn.training.examples.examination import describe_exam
from alvinn.training.examples.labels import LabelName
from alvinn.training.examples.view_requirements import assume_camera, can_shift_views
from alvinn.training.held_out import Errors
from alvinn.training.history import EpochResult
from alvinn.training.model_folder import begin_training, clear_earlier, end_training, require_room
from alvinn.util.locks import locked
from alvinn.util.quiet import quiet
from alvinn.util.repository import program_commit

if TYPE_CHECKING:
    from alvinn.training import trainer


@dataclass(frozen=True)
class TrainSettings(Home):
    """Settings of a training."""

    name: tyro.conf.Positional[str] = ""
    """name of the model, stored in models/NAME"""
    data: tuple[str, ...] = ()
    """recordings to train on"""
    network: NetworkName = "conv"
    """network architecture"""
    output: OutputName = "hill"
    """encoding of curvature at the output"""
    views: Literal["on", "off"] = "on"
    """also train on shifted views, with the steering that leads back"""
    squeeze: Literal["on", "off"] = "on"
    """squeeze the road in shifted views along the car, for tighter bends than were driven"""
    light: Literal["on", "off"] = "on"
    """also vary light, colours, shadows, haze and noise (never for alvinn1989)"""
    camera: str | None = None
    """FOV,HEIGHT,PITCH [degrees, m, degrees nose up] for imports with an unknown camera mount, such as 60,1.2,-5"""
    use: Use = "corrections"
    """frames of rounds of corrections to learn from: corrections; of each only the way back to the lane's centre
    (recoveries) or the first second; corrections and what the network drove faultlessly; all, faults too"""
    correction_weight: int = CORRECTION_WEIGHT
    """how often a correction is shown for each time another frame is shown"""
    balance: int = 1
    """how often frames of rare curvature are shown at most, relative to the most common (1: as driven)"""
    labels: LabelName = "auto"
    """labels: as driven; keys (the mean over 1 s, around 0.2 s later); auto: keys for recordings steered by keys"""
    epochs: int | None = None
    """epochs (default: recommended for the network)"""
    learning_rate: float | None = None
    """initial learning rate; cosine decay to a hundredth (default: recommended for the network)"""
    irre: bool = False
    """also reconstruct the input, a second measure of doubt (drive --doubt-by irre)"""
    resume: bool = False
    """resume an interrupted training, with the same settings and data"""
    tensorboard: bool = False
    """also write the curves for TensorBoard, to the model's logs/ (history.csv has them in any case)"""
    overwrite: bool = False
    """put the model in the place of one of the same name, whose laps go with it"""
    seed: int = 0
    """seed of the initial weights and of the order of the data"""

    def __post_init__(self) -> None:
        require_above_zero("--epochs", self.epochs)
        require_above_zero("--learning-rate", self.learning_rate)
        require_above_zero("--correction-weight", self.correction_weight)
        require_above_zero("--balance", self.balance)
        require_distinct("--data", self.data)
        require_seed(self.seed)
        require_own_encoding(self.network, self.output)
        if ARCHITECTURES[self.network].own_encoding and self.labels != "auto":
            raise ValueError(f"{self.network} has labels of its own, those of its paper: leave out --labels")
        if self.resume and self.overwrite:
            raise ValueError("--resume continues a training and --overwrite begins anew: leave one out")
        self.parse_camera()

    def parse_camera(self) -> tuple[float, float, float] | None:
        """Parse --camera: field of view [degrees], height [m] and pitch [degrees].

        Raises:
            ValueError: the values are malformed or out of range.
        """
        if self.camera is None:
            return None
        try:
            fov, height, pitch = (float(word) for word in self.camera.split(","))
            Camera(fov=fov, z=height, pitch=pitch)
        except ValueError as error:
            raise ValueError(
                f"--camera must be FOV,HEIGHT,PITCH such as 60,1.2,-5, not {self.camera}: {error}"
            ) from error
        require_above_zero("--camera's height", height)
        return fov, height, pitch


def train(
    job: TrainSettings, recordings: list[Recording], warm: Path | None = None, advice: str = "--resume continues"
) -> Path:
    """Train a model, from random weights or from those of the model in the folder `warm`; returns its folder.

    An interruption is answered with the advice.

    Raises:
        AlvinnError: the recordings cannot be used for training, or something in the folder would be lost or mixed.
        KeyboardInterrupt: Ctrl-C; after the first epoch the best network so far is saved, and `resume` continues.
    """
    _require_one_machine()
    folder = job.model_folder(job.name)
    require_room(folder, resume=job.resume, overwrite=job.overwrite)
    recordings = assume_camera(_select(recordings, job.use), job.parse_camera())
    dataset = replace(_load(recordings, ARCHITECTURES[job.network], job), shiftable=can_shift_views(recordings))
    warn_of_weaknesses(dataset)
    with quiet():
        from alvinn.training import trainer  # TensorFlow takes seconds and 400 MB: only when it is needed

    settings = _trainer_settings(job, dataset)
    output = ARCHITECTURES[job.network].output(job.output)
    with locked(folder, "trained"):
        require_room(folder, resume=job.resume, overwrite=job.overwrite)  # as another process may have left it
        all_settings = asdict(settings) | _data_settings(job) | {"output": job.output}
        begin_training(folder, all_settings, recordings, warm, resume=job.resume)
        began = time.perf_counter()
        with progress() as bars:
            shown = TrainingBar(bars, settings.epochs)

            def ended(done: EpochResult) -> None:
                if done.epoch == 1:
                    clear_earlier(folder)
                shown.epoch(done)

            trained = trainer.train(
                dataset,
                output,
                settings,
                folder,
                ended,
                on_batch=shown.batch,
                resume=job.resume,
                warm=warm,
                board=job.tensorboard,
            )
        seconds = time.perf_counter() - began
        with quiet():
            trainer.export(trained, folder)
        held_out = trained.best.held_out if trained.best is not None else Errors()
        metrics = {
            "held_out_mae": held_out.mae,
            "held_out_relative_error": held_out.relative,
            "held_out_steer_mae": held_out.steer,
            "held_out_plain_mae": held_out.plain,
            "training_seconds": None if job.resume else round(seconds, 1),  # the time before is not known
        }
        write_card(folder, _make_card(job, dataset, output, settings, recordings, warm, metrics))
        if trained.interrupted:
            done = f"{len(trained.history)} of {settings.epochs} epochs"
            CONSOLE.print(f"interrupted after {done}: the best so far is in {folder}, {advice}")
            raise KeyboardInterrupt
        end_training(folder)
    return folder


def _select(recordings: list[Recording], use: Use) -> list[Recording]:
    """The frames to use.

    Raises:
        RecordingError: there are none.
    """
    used = select_used(recordings, use)
    if not used:
        names = ", ".join(recording.folder.name for recording in recordings)
        raise RecordingError(f"--use {use} leaves no frame of {names}: add a recording of somebody's driving to --data")
    return used


def _make_card(
    job: TrainSettings,
    dataset: Dataset,
    output: Encoding,
    settings: trainer.Settings,
    recordings: list[Recording],
    warm: Path | None,
    metrics: dict[str, float | None],
) -> Card:
    return Card(
        network=job.network,
        output=output,
        camera=dataset.camera,
        preprocessing=dataset.preprocessing,
        seed=job.seed,
        settings=asdict(settings) | {"warm_start": None if warm is None else warm.name} | _data_settings(job),
        recordings=describe_recordings(recordings, dataset),
        metrics=metrics,
        version=__version__,
        commit=program_commit(),
        cameras=dataset.preprocessing.cameras,
        irre=job.irre,
        exam=describe_exam(dataset),
        **find_conditions(recordings),
    )


def _trainer_settings(job: TrainSettings, dataset: Dataset) -> trainer.Settings:
    from alvinn.training import trainer

    architecture = ARCHITECTURES[job.network]
    epochs = job.epochs or architecture.epochs
    return trainer.Settings(
        network=job.network,
        epochs=epochs,
        batch=architecture.batch,
        learning_rate=job.learning_rate or architecture.learning_rate,
        views=job.views == "on" and dataset.shiftable,
        squeeze=job.squeeze == "on",
        light=architecture.light and job.light == "on",
        blind=epochs // 3 if architecture.range_rows else 0,
        seed=job.seed,
        irre=job.irre,
    )


def _data_settings(job: TrainSettings) -> dict[str, Any]:
    """How the examples are chosen, weighed and labelled."""
    weights = {"correction_weight": job.correction_weight, "balance": job.balance, "labels": job.labels}
    camera = {} if job.camera is None else {"camera": job.camera}
    return weights | {"use": job.use} | camera


class TrainingBar:
    """Progress bar of a training: the current loss, and the held-out errors of the last epoch."""

    def __init__(self, bars: Progress, epochs: int) -> None:
        self._bars = bars
        self._task = bars.add_task("train", total=epochs, note="")
        self._held_out = ""

    def batch(self, epochs: float, loss: float) -> None:
        """Show the number of epochs done, as a fraction, and the loss."""
        self._bars.update(self._task, completed=epochs, note=f"loss {loss:.4f}{self._held_out}")

    def epoch(self, done: EpochResult) -> None:
        """Show the held-out errors of a finished epoch."""
        self._held_out = format_errors(done.held_out)
        self.batch(done.epoch, done.loss)


def format_errors(held_out: Errors) -> str:
    """Format held-out errors for the progress bar."""
    if held_out.mae is None or held_out.relative is None:
        return ""
    steer = "" if held_out.steer is None else f", {held_out.steer:.4f} of full steer"
    return f"  held out: MAE {held_out.mae:.4f} 1/m{steer}, {held_out.relative:.0%} wrong by over 10%"


def _require_one_machine() -> None:
    """Refuse TF_CONFIG, as its workers would each train alone.

    Raises:
        AlvinnError: TF_CONFIG asks for several workers.
    """
    if os.environ.get("TF_CONFIG"):
        raise AlvinnError(
            "TF_CONFIG asks for several workers, but Keras 3 cannot train on them (keras-team/keras#20585): "
            "unset TF_CONFIG to train on this machine alone"
        )


def _load(recordings: list[Recording], architecture: Architecture, job: TrainSettings) -> Dataset:
    with progress() as bars:
        task = bars.add_task("read frames", total=sum(len(r.rows) for r in recordings), note="")
        preprocessing = architecture.preprocessing(common_camera(recordings))
        return load_dataset(
            recordings, preprocessing, lambda: bars.advance(task), job.correction_weight, job.balance, job.labels
        )
