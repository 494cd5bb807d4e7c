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
from alvinn.views import ACROSS, STRETCH, TURN, View, Views, pursuit

PLAIN = 0.2  # of the frames are shown from where they were taken
EXAMINED_LOOKS = 4  # at each of them
EXAMINED = 1500  # held-out rows at most, evenly chosen, that a network is examined on


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
            yield self._batch(rows, np.random.default_rng((self._plan.seed, number, index)), light=self._plan.light)

    def examination(self) -> Iterator[tuple[Image, Floats]]:
        """Batches of held-out rows, always the same, from where they were taken and from beside the lane.

        A network that is only asked about frames of a well driven car is not asked what it does after a mistake.
        """
        held_out = self._dataset.held_out
        rows = held_out[np.linspace(0, len(held_out) - 1, min(len(held_out), EXAMINED)).astype(np.intp)]
        for start in range(0, len(rows), self._plan.batch):
            part = rows[start : start + self._plan.batch]
            for look in range(EXAMINED_LOOKS if self._plan.views else 1):
                yield self._batch(part, np.random.default_rng((start, look)), light=False)

    def _batch(self, rows: Indices, rng: np.random.Generator, *, light: bool) -> tuple[Image, Floats]:
        preprocessing = self._dataset.preprocessing
        images = np.empty((len(rows), *preprocessing.shape), dtype=np.uint8)
        labels = np.empty(len(rows), dtype=np.float32)
        for slot, row in enumerate(rows):
            image, labels[slot] = self._shown(int(row), rng)
            if light:
                image = self._light(image, rng)
            images[slot] = preprocessing.coloured(image)
        return images, labels

    def _shown(self, row: int, rng: np.random.Generator) -> tuple[Image, float]:
        examples = self._dataset.examples
        image, curvature = examples.image(row), float(examples.curvature[row])
        if self._plan.views and rng.random() >= PLAIN:
            view = View(
                across=rng.uniform(-ACROSS, ACROSS), turn=rng.uniform(-TURN, TURN), stretch=rng.uniform(*STRETCH)
            )
            image = self._views.seen_from(image, view)
            curvature = corrected(curvature, examples.goals[row], view)
        return image, curvature


def corrected(curvature: float, goal: Doubles, view: View) -> float:
    """A label [1/m] seen from a view: its arc to the goal for the real car's, and bends stretched with the road."""
    moved = pursuit(goal[None], view) - pursuit(goal[None], View(0.0, 0.0))
    return (curvature + float(moved[0])) * view.stretch
