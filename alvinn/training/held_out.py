"""The errors of a network on frames that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from alvinn.networks.encodings import Encoding, Floats
from alvinn.training.examples.batches import Batch
from alvinn.training.examples.dataset import Doubles, Indices

THRESHOLD = 0.1  # alpha of the thresholded relative error

Steering = Callable[[Indices, Floats], Doubles]
"""Converts rows and curvatures to steer."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Prediction errors; None if there was nothing to compare.

    MAE and the thresholded relative error, not MSE: F. Codevilla et al., arXiv:1809.04843, found that MSE says little
    about driving.
    """

    mae: float | None = None
    """mean absolute error in curvature [1/m]"""
    relative: float | None = None
    """share of frames whose error exceeds a tenth of the label"""
    steer: float | None = None
    """mean absolute error in CARLA's steer, in [-1, 1], at the recorded speeds"""
    plain: float | None = None
    """`mae` over the frames as they were taken, without views"""


def measure_errors(model: Any, batches: Iterable[Batch], output: Encoding, steer: Steering) -> Errors:
    """Measure the errors of a network over batches.

    Args:
        model: the network.
        batches: with labels.
        output: its encoding.
        steer: converts rows and curvatures to steer, see `Batches.steer`.
    """
    labels, answers, rows, as_taken = [], [], [], []
    for batch in batches:
        labels.append(batch.curvature)
        answers.append(output.decode(np.asarray(model(batch.images, training=False))[:, : output.units]))
        rows.append(batch.rows)
        as_taken.append(batch.plain)
    if not labels:
        return Errors()
    label, answer, row = np.concatenate(labels), np.concatenate(answers), np.concatenate(rows)
    gap, turned = np.abs(answer - label), np.abs(steer(row, answer) - steer(row, label))
    known = turned[np.isfinite(turned)]
    return Errors(
        mae=float(gap.mean()),
        relative=float((gap > THRESHOLD * np.abs(label)).mean()),
        steer=float(known.mean()) if len(known) else None,
        plain=float(gap[plain].mean()) if (plain := np.concatenate(as_taken)).any() else None,
    )
