"""What a network learns from: recordings as arrays, with whole stretches of road held out.

Neighbouring frames are near copies, so frames drawn at random would leak what they should test. Each lane is cut into
stretches; one of them in every HOLD_EVERY metres is held out with all frames ever recorded there, and no training frame
comes from closer to it than five seconds of driving.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from alvinn.driving import Camera
from alvinn.errors import CameraMismatchError, RecordingError
from alvinn.hill import Floats
from alvinn.recording import Recording, Row
from alvinn.vision import Preprocessing

HOLD_EVERY = 500.0  # m of lane between the beginnings of held-out stretches
HOLD_LENGTH = 40.0  # m held out
GAP_SECONDS = 5.0  # of driving left out on either side


@dataclass(frozen=True, slots=True)
class Examples:
    """Network inputs and their labels."""

    images: npt.NDArray[np.uint8]
    """(n, height, width, 3)"""
    curvature: Floats
    """(n,) [1/m]"""

    def __post_init__(self) -> None:
        if len(self.images) != len(self.curvature):
            raise ValueError(f"{len(self.images)} images with {len(self.curvature)} labels")
        if not np.isfinite(self.curvature).all():
            raise ValueError(
                f"{int((~np.isfinite(self.curvature)).sum())} of {len(self.curvature)} labels are no number"
            )

    def __len__(self) -> int:
        return len(self.curvature)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Examples:
        """The examples at which `chosen`, shape (n,), is true."""
        return Examples(self.images[chosen], self.curvature[chosen])


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples to learn from and examples held out, from one camera."""

    training: Examples
    held_out: Examples
    camera: Camera
    preprocessing: Preprocessing


def common_camera(recordings: Sequence[Recording]) -> Camera:
    """The one camera of some recordings.

    Raises:
        CameraMismatchError: two of them were made with different ones.
    """
    first = recordings[0]
    for other in recordings[1:]:
        if other.session.camera != first.session.camera:
            raise CameraMismatchError(
                f"{first.folder} was recorded with the camera {first.session.camera}, {other.folder} with "
                f"{other.session.camera}: one network wants one camera, train on one kind at a time"
            )
    return first.session.camera


def load(recordings: Sequence[Recording], tell: Callable[[], None] = lambda: None) -> Dataset:
    """Read recordings whole.

    Args:
        recordings: at least one, each with frames.
        tell: called once a frame, for progress bars.

    Raises:
        CameraMismatchError: their cameras differ.
        RecordingError: nothing is left to learn from.
    """
    camera = common_camera(recordings)
    preprocessing = Preprocessing.of(camera)
    rows: list[Row] = []
    images = np.empty(
        (sum(len(r.rows) for r in recordings), preprocessing.height, preprocessing.width, 3), dtype=np.uint8
    )
    for recording in recordings:
        for row in recording.rows:
            images[len(rows)] = preprocessing(recording.picture(row))
            rows.append(row)
            tell()
    examples = Examples(images, np.array([row.curvature for row in rows], dtype=np.float32))
    held_out, training = split(rows)
    if not training.any():
        raise RecordingError(f"of {len(rows)} frames none is left to train on: record more, along more road")
    return Dataset(examples.where(training), examples.where(held_out), camera, preprocessing)


def split(rows: Sequence[Row]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which rows are held out, and which are for training, shape (n,) each; rows in the gap are neither."""
    s = np.array([row.lane_s for row in rows])
    phase = s % HOLD_EVERY
    held_out = phase >= HOLD_EVERY - HOLD_LENGTH
    gap = GAP_SECONDS * float(np.median([row.speed for row in rows]))
    training = (phase > gap) & (phase < HOLD_EVERY - HOLD_LENGTH - gap)
    return held_out, training
