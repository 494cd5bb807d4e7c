"""Conditions of the training data for the model's card, and warnings about weaknesses of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from alvinn.console import CONSOLE
from alvinn.recording import Recording
from alvinn.recording.exclusions import find_ranges
from alvinn.recording.session import is_same_car
from alvinn.training.examples.dataset import Dataset

FEW = 600  # frames: half a minute of driving


def find_conditions(recordings: Sequence[Recording]) -> dict[str, Any]:
    """The fields of the card that describe the conditions."""
    return {
        "server": find_server(recordings),
        "camera_known": all(recording.session.camera_known for recording in recordings),
        "vehicle": find_vehicle(recordings),
        "speeds": find_speeds(recordings),
        "rate": find_rate(recordings),
    }


def describe_recordings(recordings: Sequence[Recording], dataset: Dataset) -> tuple[dict[str, Any], ...]:
    """What the card says of each recording; `held_out` are the first and last row of each range of the whole one."""
    found = []
    starts = np.cumsum([0, *(len(recording.rows) for recording in recordings)])
    for recording, (start, end) in zip(recordings, pairwise(starts.tolist()), strict=True):
        rows = dataset.held_out[(dataset.held_out >= start) & (dataset.held_out < end)] - start
        is_held_out = np.zeros(recording.numbers[-1] + 1, dtype=np.bool_)
        is_held_out[recording.numbers[rows]] = True
        found.append(
            {
                "name": recording.folder.name,
                "rows": len(recording.rows),
                "sha256": recording.digest(),
                "maps": list(recording.session.maps),
                "held_out": [[one.first, one.last] for one in find_ranges(is_held_out)],
            }
        )
    return tuple(found)


def find_vehicle(recordings: Sequence[Recording]) -> dict[str, Any] | None:
    """The car of the recordings; None if there are several."""
    first, *others = [recording.session.vehicle for recording in recordings]
    return dict(first) if all(is_same_car(other, first) for other in others) else None


def find_server(recordings: Sequence[Recording]) -> str:
    """The kind of server of the recordings, or that there are several."""
    kinds = sorted({recording.session.server for recording in recordings})
    if len(kinds) == 1:
        return kinds[0]
    CONSOLE.print(f"WARNING: the recordings are from several kinds of server ({', '.join(kinds)}): pictures differ")
    return "several"


def find_speeds(recordings: Sequence[Recording]) -> tuple[float, float] | None:
    """Lowest and highest speed [m/s]; None if no speed is known."""
    speeds = [row.speed for recording in recordings for row in recording.rows if math.isfinite(row.speed)]
    return (min(speeds), max(speeds)) if speeds else None


def find_rate(recordings: Sequence[Recording]) -> float | None:
    """Median frame rate [1/s]; None if no row follows another."""
    steps = [
        after.time - before.time
        for recording in recordings
        for before, after in pairwise(recording.rows)
        if before.segment == after.segment and after.time > before.time
    ]
    return round(1.0 / median(steps), 3) if steps else None


def warn_of_weaknesses(dataset: Dataset) -> None:
    """Print the weaknesses of the data before training starts."""
    for weakness in find_weaknesses(dataset):
        CONSOLE.print(f"WARNING: {weakness}")


def find_weaknesses(dataset: Dataset) -> list[str]:
    """Weaknesses of the data, a sentence each."""
    frames, found = len(np.unique(dataset.training)), []
    if frames < FEW:
        found.append(
            f"there are only {frames} frames to learn from: two minutes of driving, some 2400, make a good start"
        )
    if not len(dataset.held_out):
        found.append("nothing is held out, since the drive is too short: the network's error cannot be measured")
    if not np.ptp(dataset.examples.curvature[dataset.training]):
        found.append("the curvature never changes: the network can only learn a constant")
    return found
