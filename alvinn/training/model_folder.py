"""The folder of a model that is to be trained: nothing in it is lost, mixed or left over unawares."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alvinn.errors import ModelError
from alvinn.networks.inference import CHECKPOINT
from alvinn.recording import Recording
from alvinn.recording.session import NAME as SESSION
from alvinn.util.begun import begin, remove
from alvinn.util.files import SCRATCH

BEGUN = "training.json"  # there while a training is unfinished: what it was begun with
HISTORY = "history.csv"  # the metrics of every epoch, or of every second of a network that learned on the fly
REFINEMENT = ("refinement.npz", "refinement.csv")  # a refinement's state while it is unfinished, and its figures
OWN = (
    *("network.keras", "network.tflite", "visual.tflite", "card.json", HISTORY, "learn.json", CHECKPOINT, BEGUN),
    *REFINEMENT,
)
LOGS = "logs"
DERIVED = (LOGS, "laps", "weights.png", "curves.png", "features.png")  # by TensorBoard, `laps` and `card`


def is_trained(folder: Path) -> bool:
    """Whether the training of a model is complete."""
    return (folder / "card.json").exists() and not (folder / CHECKPOINT).exists()


def is_unfinished(folder: Path) -> bool:
    """Whether a training of this model was begun and not finished, and can be resumed."""
    return (folder / CHECKPOINT).exists() and (folder / BEGUN).exists()


def require_room(folder: Path, *, resume: bool, overwrite: bool) -> None:
    """See that no training and no refinement is lost without a word.

    Raises:
        ModelError: the folder holds one, and neither flag was given; or there is nothing to resume.
    """
    if (folder / SESSION).exists():
        raise ModelError(f"{folder} holds a recording: choose another name for the model, such as {folder.name}")
    if resume and not is_unfinished(folder):
        raise ModelError(f"{folder} holds no interrupted training to resume: train it from the start, without --resume")
    if resume or overwrite:
        return
    if (folder / CHECKPOINT).exists():
        raise ModelError(
            f"{folder} holds an interrupted training: add --resume to continue it, or --overwrite to train anew"
        )
    if (folder / REFINEMENT[0]).exists():
        raise ModelError(
            f"{folder} holds an interrupted refinement: choose another name, or add --overwrite to replace it "
            "(refine --resume continues it)"
        )
    if (folder / "card.json").exists():
        raise ModelError(
            f"{folder} holds a model already: choose another name, or add --overwrite to replace it and its laps "
            "(--resume continues an interrupted training only)"
        )
    require_nothing_foreign(folder)


def require_nothing_foreign(folder: Path) -> None:
    """See that a folder without a model holds nothing that a new one would replace.

    Raises:
        ModelError: it does.
    """
    if (folder / "card.json").exists() or (
        folder / BEGUN
    ).exists():  # one may be killed before its first epoch has ended
        return
    if (folder / "laps" / "laps.json").exists():
        raise ModelError(f"{folder} holds the laps of another model: choose another name, or add --overwrite")
    if there := [name for name in (*OWN, *DERIVED) if (folder / name).exists()]:
        raise ModelError(
            f"{folder} holds {', '.join(there)} but no card.json, so it is not a model's to replace: choose another "
            "name, or add --overwrite"
        )


def begin_training(
    folder: Path, settings: dict[str, Any], recordings: Sequence[Recording], warm: Path | None, *, resume: bool
) -> None:
    """Write down what a training is begun with, or see that it is resumed with the same.

    An earlier model stays until there is an epoch in its place: `clear_earlier`.

    Raises:
        MixedError: it was begun with other settings or other data; the sentence names them.
    """
    if not resume:
        remove(folder, (CHECKPOINT, BEGUN))
    remove(folder, [f"{SCRATCH}*"])  # of a training that was killed
    data = {f"{n} {recording.folder.name}": recording.digest() for n, recording in enumerate(recordings, 1)}
    begun_from = None if warm is None else hashlib.sha256((warm / "network.keras").read_bytes()).hexdigest()
    begin(
        folder / BEGUN,
        settings | {"recordings": data, "warm_start": begun_from},
        "resume it with the same, or add --overwrite in place of --resume to train anew",
    )


def clear_earlier(folder: Path) -> None:
    """Remove what an earlier model left in the folder, and what was derived from that: the first epoch has ended."""
    remove(
        folder, [name for name in (*OWN, *DERIVED) if name not in {CHECKPOINT, BEGUN, HISTORY, LOGS, "network.keras"}]
    )


def end_training(folder: Path) -> None:
    """A finished training leaves no state behind."""
    for name in (CHECKPOINT, BEGUN):
        (folder / name).unlink(missing_ok=True)
