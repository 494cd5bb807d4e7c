"""Datasets: recordings as training examples, with whole stretches of road held out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.steering import VehicleGeometry, lookahead
from alvinn.driving.types import Camera, Image
from alvinn.errors import CameraMismatchError, RecordingError
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, Row
from alvinn.training.examples.image_cache import Pictures, load_pictures
from alvinn.training.examples.labels import LabelName, find_labels
from alvinn.training.examples.split import hold_out
from alvinn.training.examples.views import find_path_goals, predict_arc_goals

ROAD_AHEAD = 7.0  # m to the point of the road that ALVINN of 1989 steered towards
CORRECTION_WEIGHT = 2  # see `load_dataset`
ALIKE = 0.01  # 1/m: curvatures that count as one kind, see `balance_counts`

Doubles = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Examples:
    """All rows of several recordings; the pictures stay on disk.

    Attributes:
        blocks: the pictures of each recording, shape (n_i, height, width, 3).
        starts: the first row of each recording, shape (recordings,).
        curvature: labels, shape (n,) [1/m].
        goals: position of the car one lookahead later, shape (n, 2), (ahead, right) in its axes [m].
        cars: the car of each recording; empty if no steer is needed.
        speed: shape (n,) [m/s]; 0 if unknown.
        opening: the rows with which a segment begins.
    """

    blocks: tuple[Pictures, ...]
    starts: Indices
    curvature: Doubles
    goals: Doubles
    cars: tuple[VehicleGeometry, ...] = ()
    speed: Doubles = field(default_factory=lambda: np.empty(0))
    opening: frozenset[int] = frozenset({0})

    def __post_init__(self) -> None:
        n = sum(len(block) for block in self.blocks)
        if self.curvature.shape != (n,) or self.goals.shape != (n, 2):
            raise ValueError(f"{n} pictures with labels {self.curvature.shape} and goals {self.goals.shape}")
        if not np.isfinite(self.curvature).all():
            raise ValueError(f"{int((~np.isfinite(self.curvature)).sum())} of {n} labels are not finite")

    def __len__(self) -> int:
        return len(self.curvature)

    def image(self, index: int) -> Image:
        """The shrunk picture of a row, shape (height, width, 3) RGB."""
        block = int(np.searchsorted(self.starts, index, side="right")) - 1
        return np.asarray(self.blocks[block][index - self.starts[block]])

    def steer(self, rows: Indices, curvature: npt.NDArray[np.floating[Any]]) -> Doubles:
        """CARLA's steer, shape (m,), for curvatures [1/m] at some rows; NaN if the car is unknown."""
        found, block = np.full(len(rows), np.nan), np.searchsorted(self.starts, rows, side="right") - 1
        for number, car in enumerate(self.cars):
            here = block == number
            found[here] = car.steer_array(curvature[here], self.speed[rows[here]])
        return found


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples from one camera, split into training and held-out rows."""

    examples: Examples
    training: Indices
    """rows to train on; corrections appear more than once"""
    held_out: Indices
    camera: Camera
    preprocessing: Preprocessing
    shiftable: bool = True
    """whether shifted views can be made: the camera's mount is known and the ground is flat"""


def common_camera(recordings: Sequence[Recording]) -> Camera:
    """The common camera of several recordings.

    Raises:
        CameraMismatchError: they were made with different cameras.
    """
    first = recordings[0]
    for other in recordings[1:]:
        if other.session.camera != first.session.camera:
            raise CameraMismatchError(
                f"{first.folder} was recorded with the camera {first.session.camera}, {other.folder} with "
                f"{other.session.camera}: a network has one camera; train on recordings of one camera only"
            )
    return first.session.camera


def load_dataset(
    recordings: Sequence[Recording],
    preprocessing: Preprocessing,
    on_frame: Callable[[], None] = lambda: None,
    correction_weight: int = CORRECTION_WEIGHT,
    balance: int = 1,
    labels: LabelName = "auto",
) -> Dataset:
    """Load recordings for training; pictures are decoded once and stay on disk.

    Args:
        recordings: at least one, each with frames.
        preprocessing: of the network.
        on_frame: called once per frame, for progress bars.
        correction_weight: how often a correction is shown for each time another frame is shown.
        balance: how often frames of rare curvature are shown at most, see `balance_counts`.
        labels: how frames are labelled, see `alvinn.training.examples.labels`.

    Raises:
        CameraMismatchError: their cameras differ.
        RecordingError: no frames are left to train on.
    """
    camera = common_camera(recordings)
    blocks = tuple(load_pictures(recording, preprocessing, on_frame) for recording in recordings)
    rows = [row for recording in recordings for row in recording.split_rows()]
    examples = Examples(
        blocks=blocks,
        starts=np.cumsum([0, *(len(block) for block in blocks[:-1])]),
        curvature=np.concatenate(
            [
                compute_road_arcs(recording.split_rows(), ROAD_AHEAD)
                if preprocessing.range_rows
                else find_labels(recording, labels)
                for recording in recordings
            ]
        ),
        goals=np.concatenate([find_goals(recording.split_rows()) for recording in recordings]),
        cars=tuple(recording.vehicle() for recording in recordings),
        speed=np.nan_to_num([row.speed for row in rows]),
        opening=frozenset(_find_openings(recordings)),
    )
    kept = np.concatenate([recording.kept_mask() for recording in recordings])
    held_out, training = (part & kept for part in hold_out(rows))
    if not training.any():
        raise RecordingError(f"none of {len(rows)} frames is left to train on: record more, on more of the road")
    corrections = np.array([row.correction > 0 for row in rows])
    learned = np.flatnonzero(training)
    times = np.where(corrections[learned], correction_weight, 1) * balance_counts(examples.curvature[learned], balance)
    return Dataset(examples, np.repeat(learned, times), np.flatnonzero(held_out), camera, preprocessing)


def _find_openings(recordings: Sequence[Recording]) -> Iterator[int]:
    """The rows with which a segment begins, counted over all recordings."""
    start = 0
    for recording in recordings:
        for _, segment in groupby(recording.split_rows(), key=lambda row: row.segment):
            yield start
            start += len(list(segment))


def balance_counts(curvature: Doubles, most: int) -> Indices:
    """How often each frame is shown, shape (n,), to balance curvatures [1/m], shape (n,).

    Frames of the most common curvature are shown once, others more often, up to `most` times. PilotNet, too, was
    trained on a higher share of bends than had been driven, against a bias towards straight on (M. Bojarski et al.,
    arXiv:1604.07316, "Data Selection").
    """
    _, kinds, counts = np.unique(np.rint(curvature / ALIKE), return_inverse=True, return_counts=True)
    times: Indices = np.clip(np.rint(counts.max() / counts[kinds]), 1, most).astype(np.intp)
    return times


def find_goals(rows: Sequence[Row]) -> Doubles:
    """Position of the car one lookahead after each row, shape (n, 2); extrapolated along an arc at a segment's end."""
    reach = np.array([lookahead(speed) for speed in np.nan_to_num([row.speed for row in rows])])
    ends = predict_arc_goals(np.array([row.curvature for row in rows]), reach)
    found, start = np.empty((len(rows), 2)), 0
    for _, group in groupby(rows, key=lambda row: row.segment):
        segment = list(group)
        part = slice(start, start + len(segment))
        places, yaws = np.array([(row.x, row.y) for row in segment]), np.array([row.yaw for row in segment])
        found[part] = find_path_goals(places, yaws, reach[part])
        start += len(segment)
    return np.where(np.isnan(found), ends, found)


def compute_road_arcs(rows: Sequence[Row], ahead: float) -> Doubles:
    """Curvatures [1/m] of the arcs from the car to the lane's centre `ahead` metres further on, shape (n,).

    ALVINN's label of 1989. The lane's centre follows from each row's offset; at a segment's end and without a known
    lane the label is the driver's own answer.
    """
    labels, start = np.array([row.curvature for row in rows]), 0
    for _, group in groupby(rows, key=lambda row: row.segment):
        segment = list(group)
        part = slice(start, start + len(segment))
        labels[part] = _arcs_in(segment, ahead, labels[part])
        start += len(segment)
    return labels


def _arcs_in(segment: Sequence[Row], ahead: float, own: Doubles) -> Doubles:
    x, y, yaw, offset, error = np.array([(r.x, r.y, r.yaw, r.offset, r.heading_error) for r in segment]).T
    lane = np.stack([x + offset * np.sin(yaw - error), y - offset * np.cos(yaw - error)], axis=1)
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(lane, axis=0).T))])
    goal = [np.interp(way + ahead, way, lane[:, axis], right=np.nan) for axis in (0, 1)]
    right = (goal[1] - y) * np.cos(yaw) - (goal[0] - x) * np.sin(yaw)
    arcs = 2.0 * right / ((goal[0] - x) ** 2 + (goal[1] - y) ** 2)
    return np.where(np.isfinite(arcs), arcs, own)
