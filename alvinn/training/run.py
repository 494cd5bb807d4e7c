"""Train as settings say: recordings in, a model folder out, with a bar meanwhile."""

from __future__ import annotations

import os
import time
from copy import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro
from rich.progress import Progress

from alvinn import __version__
from alvinn.console import CONSOLE, progress
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.networks.architectures import ARCHITECTURES, Architecture, NetworkName, OutputName
from alvinn.networks.encodings import Encoding
from alvinn.networks.inference import Card, write_card
from alvinn.recording import Recording
from alvinn.recording.flatness import FLAT, measure_bumpiness
from alvinn.settings import Home, require_above_zero, require_distinct
from alvinn.training.conditions import find_conditions, warn_of_weaknesses
from alvinn.training.dataset import CORRECTION_WEIGHT, Dataset, common_camera, load
from alvinn.training.model_folder import begin_training, end_training, require_room
from alvinn.util.locks import locked
from alvinn.util.quiet import quiet
from alvinn.util.repository import program_commit

if TYPE_CHECKING:
    from alvinn.training import trainer


@dataclass(frozen=True)
class TrainSettings(Home):
    """What to train, on which recordings, and how."""

    name: tyro.conf.Positional[str] = ""
    """of the model: becomes models/NAME"""
    data: tuple[str, ...] = ()
    """recordings to learn from"""
    network: NetworkName = "conv"
    """which network"""
    output: OutputName = "hill"
    """how curvature is coded at the output"""
    views: Literal["on", "off"] = "on"
    """show frames as seen from beside the lane too, with the steering that leads back"""
    camera: str | None = None
    """FOV,HEIGHT,PITCH [degrees, m, degrees nose up] of imports that do not say how their camera sat: 60,1.2,-5"""
    correction_weight: int = CORRECTION_WEIGHT
    """times that a correction is shown for every time that another frame is"""
    balance: int = 1
    """times at most that frames of rare steering are shown, for one of the most common (1: as they were driven)"""
    epochs: int | None = None
    """times through the data (default: what suits the network)"""
    learning_rate: float | None = None
    """at the start; it falls to a hundredth along a half cosine (default: what suits the network)"""
    irre: bool = False
    """rebuild the input too, small: how well is a second signal of doubt (drive --doubt-by irre)"""
    resume: bool = False
    """go on with a training that was interrupted, with the same settings and data"""
    tensorboard: bool = False
    """keep the curves for TensorBoard too, in the model's logs/ (history.csv has them in any case)"""
    overwrite: bool = False
    """put the model in the place of one of the same name, whose laps go with it"""
    seed: int = 0
    """of the first weights and the order of the data"""

    def __post_init__(self) -> None:
        require_above_zero("--epochs", self.epochs)
        require_above_zero("--learning-rate", self.learning_rate)
        require_above_zero("--correction-weight", self.correction_weight)
        require_above_zero("--balance", self.balance)
        require_distinct("--data", self.data)
        self.told_camera()

    def told_camera(self) -> tuple[float, float, float] | None:
        """Field of view [degrees], height [m] and pitch [degrees] of a camera that recordings do not tell of.

        Raises:
            ValueError: they are none.
        """
        if self.camera is None:
            return None
        try:
            fov, height, pitch = (float(word) for word in self.camera.split(","))
            Camera(fov=fov, z=height, pitch=pitch)
        except ValueError as error:
            raise ValueError(
                f"--camera wants FOV,HEIGHT,PITCH such as 60,1.2,-5, not {self.camera}: {error}"
            ) from error
        require_above_zero("--camera's height", height)
        return fov, height, pitch


def train(job: TrainSettings, recordings: list[Recording], warm: Path | None = None) -> Path:
    """Train as the job says, from random weights or those of the model in the folder `warm`; returns the new folder.

    Raises:
        AlvinnError: the recordings cannot be trained on, or the folder holds what would be lost or mixed.
        KeyboardInterrupt: Ctrl-C; after the first epoch the best so far is a model, and `resume` goes on.
    """
    _require_one_machine()
    folder = job.model_folder(job.name)
    require_room(folder, resume=job.resume, overwrite=job.overwrite)
    recordings = with_camera(recordings, job.told_camera())
    dataset = _load(recordings, ARCHITECTURES[job.network], job)
    warn_of_weaknesses(dataset)
    with quiet():
        from alvinn.training import trainer  # TensorFlow takes seconds and 400 MB: only when it is needed

    settings = _trainer_settings(job, recordings)
    output = ARCHITECTURES[job.network].output(job.output)
    with locked(folder, "trained"):
        require_room(folder, resume=job.resume, overwrite=job.overwrite)  # as another process may have left it
        all_settings = asdict(settings) | _data_settings(job) | {"output": job.output}
        begin_training(folder, all_settings, recordings, warm, resume=job.resume)
        began = time.perf_counter()
        with progress() as bars:
            shown = Shown(bars, settings.epochs)
            trained = trainer.train(
                dataset,
                output,
                settings,
                folder,
                shown.epoch,
                live=shown.batch,
                resume=job.resume,
                warm=warm,
                board=job.tensorboard,
            )
        seconds = time.perf_counter() - began
        with quiet():
            trainer.save(trained, folder)
        held_out = trained.best.held_out if trained.best is not None else trainer.Errors()
        metrics = {
            "held_out_mae": held_out.mae,
            "held_out_relative_error": held_out.relative,
            "held_out_steer_mae": held_out.steer,
            "training_seconds": round(seconds, 1),
        }
        write_card(folder, _make_card(job, dataset, output, settings, recordings, warm, metrics))
        if trained.interrupted:
            done = f"{len(trained.history)} of {settings.epochs} epochs"
            CONSOLE.print(f"interrupted after {done}: the best so far is in {folder}, --resume goes on", markup=False)
            raise KeyboardInterrupt
        end_training(folder)
    return folder


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
        recordings=tuple(_described(recording) for recording in recordings),
        server=recordings[0].session.server,
        metrics=metrics,
        version=__version__,
        commit=program_commit(),
        cameras=dataset.preprocessing.cameras,
        irre=job.irre,
        **find_conditions(recordings),
    )


def _trainer_settings(job: TrainSettings, recordings: list[Recording]) -> trainer.Settings:
    from alvinn.training import trainer

    architecture = ARCHITECTURES[job.network]
    epochs = job.epochs or architecture.epochs
    return trainer.Settings(
        network=job.network,
        epochs=epochs,
        batch=architecture.batch,
        learning_rate=job.learning_rate or architecture.learning_rate,
        views=job.views == "on" and views_possible(recordings),
        light=architecture.light,
        blind=epochs // 3 if architecture.range_rows else 0,
        seed=job.seed,
        irre=job.irre,
    )


def _data_settings(job: TrainSettings) -> dict[str, Any]:
    """How the examples are weighed."""
    return {"correction_weight": job.correction_weight, "balance": job.balance}


class Shown:
    """The bar of a training: the loss as it falls, and what the last epoch got wrong of what is held out."""

    def __init__(self, bars: Progress, epochs: int) -> None:
        self._bars = bars
        self._task = bars.add_task("train", total=epochs, note="")
        self._held_out = ""

    def batch(self, epochs: float, loss: float) -> None:
        """So many epochs are done, the last of them in part."""
        self._bars.update(self._task, completed=epochs, note=f"loss {loss:.4f}{self._held_out}")

    def epoch(self, done: trainer.Progress) -> None:
        """An epoch was examined."""
        self._held_out = told(done.held_out)
        self.batch(done.epoch, done.loss)


def told(held_out: trainer.Errors) -> str:
    """Errors on held-out stretches, for the bar."""
    if held_out.mae is None or held_out.relative is None:
        return ""
    steer = "" if held_out.steer is None else f", {held_out.steer:.4f} of full steer"
    return f"  held out: MAE {held_out.mae:.4f} 1/m{steer}, {held_out.relative:.0%} wrong by over 10%"


def _geometry_known(recordings: list[Recording]) -> bool:
    """Whether frames can be seen from elsewhere: only where it is known how the camera sat on the car."""
    unknown = [str(recording.folder) for recording in recordings if not recording.session.camera_known]
    if unknown:
        CONSOLE.print(
            f"the camera of {', '.join(unknown)} is not known: no views from beside the lane are shown "
            "(--camera FOV,HEIGHT,PITCH says it)"
        )
    return not unknown


def views_possible(recordings: list[Recording]) -> bool:
    """Whether frames can be shown as seen from elsewhere; why not, is said."""
    return _geometry_known(recordings) and _flat(recordings)


def _flat(recordings: list[Recording]) -> bool:
    """Whether frames can be seen from elsewhere: only on flat ground, as which unknown ground is taken."""
    hilly = {str(recording.folder): share for recording in recordings if (share := measure_bumpiness(recording)) > FLAT}
    if hilly:
        worst = max(hilly.values())
        CONSOLE.print(
            f"the ground of {', '.join(hilly)} is not flat: views of the road 10 m ahead would be {worst:.1%} wrong "
            f"(up to {FLAT:.1%} is flat enough), so no views from beside the lane are shown"
        )
    return not hilly


def with_camera(recordings: list[Recording], told: tuple[float, float, float] | None) -> list[Recording]:
    """The recordings, with the camera that was told where they do not know theirs.

    Raises:
        AlvinnError: they all know it.
    """
    if told is None:
        return recordings
    if all(recording.session.camera_known for recording in recordings):
        raise AlvinnError("--camera is for recordings that do not say how their camera sat; these say it: leave it out")
    fov, height, pitch = told
    found = []
    for recording in recordings:
        session = recording.session
        if not session.camera_known:
            recording = copy(recording)  # noqa: PLW2901 - what lies on the disk stays as it is
            camera = replace(session.camera, fov=fov, z=height, pitch=pitch)
            recording.session = replace(session, camera=camera, camera_known=True)
        found.append(recording)
    return found


def _require_one_machine() -> None:
    """See that nobody waits for workers that would each learn alone.

    Raises:
        AlvinnError: TensorFlow's TF_CONFIG asks for several.
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
        return load(recordings, preprocessing, lambda: bars.advance(task), job.correction_weight, job.balance)


def _described(recording: Recording) -> dict[str, Any]:
    return {"name": recording.folder.name, "rows": len(recording.rows), "sha256": recording.digest()}
