"""Examples on their way into training: every time a frame is shown, from another place and under another light.

Pure numpy and OpenCV. What is drawn depends on the seed, the epoch and the batch alone, never on which thread ran.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from alvinn.augment import Light
from alvinn.dataset import Dataset, Doubles, Indices
from alvinn.driving import Image
from alvinn.hill import Floats
from alvinn.views import ACROSS, TURN, View, Views, pursuit

PLAIN = 0.2  # of the frames are shown from where they were taken


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done to the examples."""

    batch: int = 64
    views: bool = True
    """draw frames as seen from beside the lane"""
    light: bool = True
    """draw frames under other lights"""
    seed: int = 0


class Batches:
    """Shuffled batches of (network inputs, curvatures).

    Args:
        dataset: what to draw from.
        plan: what is done to it.
    """

    def __init__(self, dataset: Dataset, plan: Plan) -> None:
        self._dataset = dataset
        self._plan = plan
        self._views = Views(dataset.camera, dataset.preprocessing)
        shape = (dataset.preprocessing.height, dataset.preprocessing.width, 3)
        self._light = Light(shape, np.random.default_rng(plan.seed))

    def __len__(self) -> int:
        return math.ceil(len(self._dataset.training) / self._plan.batch)

    def epoch(self, number: int) -> Iterator[tuple[Image, Floats]]:
        """The batches of an epoch: shapes (b, height, width, channels) uint8 and (b,) [1/m]."""
        order = np.random.default_rng((self._plan.seed, number)).permutation(self._dataset.training)
        for index in range(len(self)):
            rows = order[index * self._plan.batch : (index + 1) * self._plan.batch]
            yield self._batch(rows, np.random.default_rng((self._plan.seed, number, index)))

    def _batch(self, rows: Indices, rng: np.random.Generator) -> tuple[Image, Floats]:
        preprocessing = self._dataset.preprocessing
        images = np.empty((len(rows), *preprocessing.shape), dtype=np.uint8)
        labels = np.empty(len(rows), dtype=np.float32)
        for slot, row in enumerate(rows):
            image, labels[slot] = self._shown(int(row), rng)
            images[slot] = preprocessing.coloured(image)
        return images, labels

    def _shown(self, row: int, rng: np.random.Generator) -> tuple[Image, float]:
        examples = self._dataset.examples
        image, curvature = examples.image(row), float(examples.curvature[row])
        if self._plan.views and rng.random() >= PLAIN:
            view = View(across=rng.uniform(-ACROSS, ACROSS), turn=rng.uniform(-TURN, TURN))
            image = self._views.seen_from(image, view)
            curvature += corrected(examples.goals[row], view)
        if self._plan.light:
            image = self._light(image, rng)
        return image, curvature


def corrected(goal: Doubles, view: View) -> float:
    """What a view adds to the label [1/m]: its arc to the goal instead of the real car's."""
    return float(pursuit(goal[None], view)[0] - pursuit(goal[None], View(0.0, 0.0))[0])
