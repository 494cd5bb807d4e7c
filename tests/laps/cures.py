"""What can be done to labels that come late from keys, before a network learns from them; see `tests.laps.hands`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.steering import lookahead
from alvinn.recording import Row
from alvinn.training.examples.views import find_path_goals
from alvinn.world.carla_world import DT

Labels = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cure:
    """Another view of the same recording."""

    labels: Callable[[Sequence[Row]], Labels]
    """curvatures [1/m] of a segment's rows"""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """of the training"""


def driven(rows: Sequence[Row]) -> Labels:
    """The labels as they were driven."""
    return np.array([row.curvature for row in rows])


def early(seconds: float) -> Callable[[Sequence[Row]], Labels]:
    """What was steered some seconds later: the reaction to this frame."""
    ticks = round(seconds / DT)
    return lambda rows: driven(rows)[np.minimum(np.arange(len(rows)) + ticks, len(rows) - 1)]


def smooth(labels: Callable[[Sequence[Row]], Labels], seconds: float) -> Callable[[Sequence[Row]], Labels]:
    """Each label the mean over a window around it."""
    half = round(seconds / DT / 2)

    def mean(rows: Sequence[Row]) -> Labels:
        sums = np.concatenate([[0.0], np.cumsum(labels(rows))])
        first, last = np.maximum(np.arange(len(rows)) - half, 0), np.minimum(np.arange(len(rows)) + half + 1, len(rows))
        return np.asarray((sums[last] - sums[first]) / (last - first))

    return mean


def path(seconds: float) -> Callable[[Sequence[Row]], Labels]:
    """The arc to where the car was some seconds later, whatever the keys did on the way."""

    def arcs(rows: Sequence[Row]) -> Labels:
        places, yaws = np.array([(row.x, row.y) for row in rows]), np.array([row.yaw for row in rows])
        goals = find_path_goals(places, yaws, np.array([lookahead(row.speed) * seconds for row in rows]))
        found = 2.0 * goals[:, 1] / (goals**2).sum(axis=1)
        return np.where(np.isfinite(found), found, smooth(driven, seconds)(rows))

    return arcs


CURES = {
    "as driven": Cure(driven),
    "0.2 s early": Cure(early(0.2)),
    "smoothed over 1 s, 0.2 s early": Cure(smooth(early(0.2), 1.0)),
    "arc to the path 1.2 s ahead": Cure(path(1.2)),
    "smoothed over 1 s": Cure(smooth(driven, 1.0)),
    "0.4 s early": Cure(early(0.4)),
    "rare curvatures four times": Cure(driven, {"balance": 4}),
    "without views": Cure(driven, {"views": "off"}),
}
