"""Under which conditions recordings were driven, for the model's card; and what speaks against learning from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from alvinn.console import CONSOLE
from alvinn.recording import Recording
from alvinn.training.dataset import Dataset

FEW = 600  # frames: half a minute of driving


def find_conditions(recordings: Sequence[Recording]) -> dict[str, Any]:
    """The fields of the card that tell them."""
    return {
        "camera_known": all(recording.session.camera_known for recording in recordings),
        "vehicle": find_vehicle(recordings),
        "speeds": find_speeds(recordings),
        "rate": find_rate(recordings),
    }


def find_vehicle(recordings: Sequence[Recording]) -> dict[str, Any] | None:
    """The car that turns the model's curvature into steering; None where there were several."""
    first, *others = [recording.session.vehicle for recording in recordings]
    return dict(first) if all(other == first for other in others) else None


def find_speeds(recordings: Sequence[Recording]) -> tuple[float, float] | None:
    """The lowest and the highest speed [m/s]; None where no row knows its own."""
    speeds = [row.speed for recording in recordings for row in recording.rows if math.isfinite(row.speed)]
    return (min(speeds), max(speeds)) if speeds else None


def find_rate(recordings: Sequence[Recording]) -> float | None:
    """Frames a second, as most rows follow one another; None where none do."""
    steps = [
        after.time - before.time
        for recording in recordings
        for before, after in pairwise(recording.rows)
        if before.segment == after.segment and after.time > before.time
    ]
    return round(1.0 / median(steps), 3) if steps else None


def warn_of_weaknesses(dataset: Dataset) -> None:
    """Say what a person should know of their data before they wait for a training."""
    for weakness in find_weaknesses(dataset):
        CONSOLE.print(f"WARNING: {weakness}")


def find_weaknesses(dataset: Dataset) -> list[str]:
    """What makes learning from these data doubtful, a sentence each."""
    frames, found = len(np.unique(dataset.training)), []
    if frames < FEW:
        found.append(
            f"there are only {frames} frames to learn from: two minutes of driving, some 2400, make a good start"
        )
    if not len(dataset.held_out):
        found.append("nothing is held out, as the drive is too short: how well the network does cannot be told")
    if not np.ptp(dataset.examples.curvature[dataset.training]):
        found.append("the curvature never changes: the network can only learn to hold it, whatever it sees")
    return found
