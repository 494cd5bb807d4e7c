"""The examination: the same held-out frames and views for every model that learns from the same recordings.

Each held-out row is shown as it was taken, and from a few views, since frames of a well driven car alone would not show
what a network does after a mistake. The views are of one fixed draw: they depend neither on the network nor on how it
was trained. So errors of different models compare where their cards name the same exam.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from alvinn.training.examples.dataset import Dataset, Indices
from alvinn.training.examples.views import View

VERSION = 1  # of everything that decides an error: the rows, the draw, its ranges, the labels
MOST_ROWS = 1500  # evenly spaced, where more are held out
VIEWS = 3  # of each row, beside the frame as it is; none where views cannot be made
ACROSS, TURN = 1.0, math.radians(8.0)  # to either side: those of training when this version was fixed
STRETCH, SQUEEZE = (0.85, 1.2), (0.7, 1.1)


def draw_exam(dataset: Dataset) -> tuple[Indices, list[View | None]]:
    """The rows of the exam, a row after the other with its views, and what each is seen from; None: as it was taken."""
    held_out = dataset.held_out
    rows = held_out[np.linspace(0, len(held_out) - 1, min(len(held_out), MOST_ROWS)).astype(np.intp)]
    low, high = zip((-ACROSS, ACROSS), (-TURN, TURN), STRETCH, SQUEEZE, strict=True)
    count = VIEWS if dataset.shiftable else 0
    draws = np.random.default_rng(VERSION).uniform(low, high, size=(len(rows), VIEWS, 4))[:, :count].tolist()
    return np.repeat(rows, 1 + count), [view for row in draws for view in (None, *(View(*draw) for draw in row))]


def describe_exam(dataset: Dataset) -> dict[str, Any]:
    """What a card says of the exam: its version, its size, and a digest of its rows, labels and views."""
    rows, views = draw_exam(dataset)
    examples = dataset.examples
    exam = hashlib.sha256(f"{VERSION} {rows.tolist()} {views}".encode())
    for values in (examples.curvature[rows], examples.goals[rows]):
        exam.update(np.round(values, 9).astype("<f8").tobytes())
    return {
        "version": VERSION,
        "rows": len(np.unique(rows)),
        "views": sum(view is not None for view in views),
        "sha256": exam.hexdigest(),
    }
