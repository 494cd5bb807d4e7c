"""Batches of augmented examples: each time a frame is shown, it is from another view and in another light.

Only NumPy and OpenCV. The augmentation depends on seed, epoch and batch alone, never on which thread ran.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats
from alvinn.networks.preprocessing import UNKNOWN_INTENSITY
from alvinn.training.dataset import Dataset, Doubles, Indices
from alvinn.training.examination import draw_exam
from alvinn.training.photometric import LightAugmentation
from alvinn.training.views import ACROSS, SQUEEZE, STRETCH, TURN, View, Views, pursuit_curvature

PLAIN = 0.2  # share of the frames that are shown without a shifted view
TRAIL = 1.1  # m from a car's centre back to the point that moves along its axis, at 8 m/s; see `drivers.expert`
EXAMINED = 64  # frames at a time in the examination


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Batch size and augmentation."""

    batch: int = 64
    views: bool = True
    """apply shifted views"""
    light: bool = True
    """apply photometric augmentation"""
    blind: int = 0
    """first epochs, in which the fed-back road intensity is random"""
    seed: int = 0


class Batch(NamedTuple):
    """A batch of examples."""

    images: Image
    """network inputs, shape (b, height, width, channels)"""
    curvature: Floats
    """labels, shape (b,) [1/m]"""
    intensity: Floats
    """whether the road is lighter than its surroundings, shape (b,); 0.5 if not used"""
    rows: Indices
    """indices of the examples, shape (b,)"""
    plain: npt.NDArray[np.bool_]
    """whether each is shown as it was taken, shape (b,)"""


class Batches:
    """Shuffled batches of examples.

    Args:
        dataset: source of the examples.
        plan: batch size and augmentation.
    """

    def __init__(self, dataset: Dataset, plan: BatchSettings) -> None:
        self._dataset = dataset
        self._plan = plan
        self._views = Views(dataset.camera, dataset.preprocessing)
        shape = (dataset.preprocessing.height, dataset.preprocessing.width, 3)
        self._light = LightAugmentation(shape, np.random.default_rng(plan.seed))

    def __len__(self) -> int:
        return math.ceil(len(self._dataset.training) / self._plan.batch)

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        blind = number < self._plan.blind
        order = np.random.default_rng((self._plan.seed, number)).permutation(self._dataset.training)
        for index in range(len(self)):
            rows = order[index * self._plan.batch : (index + 1) * self._plan.batch]
            rng = np.random.default_rng((self._plan.seed, number, index))
            yield self._batch(rows, rng, light=self._plan.light, blind=blind)

    def examination(self) -> Iterator[Batch]:
        """Batches of the exam on held-out rows, which does not depend on the settings; see `training.examination`."""
        rows, views = draw_exam(self._dataset)
        for start in range(0, len(rows), EXAMINED):
            part = slice(start, start + EXAMINED)
            yield self._batch(rows[part], np.random.default_rng(0), light=False, blind=False, views=views[part])

    def steer(self, rows: Indices, curvature: Floats) -> Doubles:
        """CARLA's steer for curvatures driven at some examples; see `Examples.steer`."""
        return self._dataset.examples.steer(rows, curvature)

    def _batch(
        self,
        rows: Indices,
        rng: np.random.Generator,
        *,
        light: bool,
        blind: bool,
        views: Sequence[View | None] | None = None,
    ) -> Batch:
        """The batch of some rows; the views are drawn unless they are given."""
        preprocessing = self._dataset.preprocessing
        images = np.empty((len(rows), *preprocessing.shape), dtype=np.uint8)
        labels, intensity = np.empty((2, len(rows)), dtype=np.float32)
        plain = np.empty(len(rows), dtype=np.bool_)
        for slot, row in enumerate(rows):
            view = self._draw_view(rng) if views is None else views[slot]
            plain[slot] = view is None
            image, labels[slot] = self._show(int(row), view)
            if light:
                image = self._change_light(image, rng)
            intensity[slot] = (
                self._feed_back(image, int(row), rng, blind=blind) if preprocessing.range_rows else UNKNOWN_INTENSITY
            )
            images[slot] = preprocessing.convert_colours(image)
        return Batch(images, labels, intensity, rows, plain)

    def _change_light(self, image: Image, rng: np.random.Generator) -> Image:
        """A picture in another light; ranges do not change."""
        retina = self._dataset.preprocessing.height
        lit = self._light(image[:retina], rng)
        return lit if len(image) == retina else np.concatenate([lit, image[retina:]])

    def _feed_back(self, image: Image, row: int, rng: np.random.Generator, *, blind: bool) -> float:
        """The target intensity; the picture's last row, which holds it, gets the previous row's intensity instead.

        While `blind` it is random: a network that gets the truth from the start would only copy it.
        """
        truth = float(image[-1, 0, 0]) / 255.0
        image[-1] = 255 * rng.integers(2) if blind else self._dataset.examples.image(max(0, row - 1))[-1]
        return truth

    def _draw_view(self, rng: np.random.Generator) -> View | None:
        if not self._plan.views or rng.random() < PLAIN:
            return None
        return View(
            across=rng.uniform(-ACROSS, ACROSS),
            turn=rng.uniform(-TURN, TURN),
            stretch=rng.uniform(*STRETCH),
            squeeze=rng.uniform(*SQUEEZE),
        )

    def _show(self, row: int, view: View | None) -> tuple[Image, float]:
        """An example's picture and label, from a view or as it was taken."""
        examples = self._dataset.examples
        image, curvature = examples.image(row).copy(), float(examples.curvature[row])
        if view is None:
            return image, curvature
        retina = self._dataset.preprocessing.height  # ranges stay: those of flat ground do not depend on the view
        image[:retina] = self._views.warp(image[:retina], view)
        return image, correct_label(curvature, examples.goals[row], view)


def correct_label(curvature: float, goal: Doubles, view: View) -> float:
    """Correct a label [1/m] for a view: its arc to the goal instead of the car's, and bends scaled with the road.

    Across the car, all lengths scale with the stretch: curvature, offset and angle alike. Along it, curvature scales
    with the inverse square of the squeeze and an angle with its inverse, but an offset does not. So the outward heading
    that is right in the real bend is too small in the tighter one.
    """
    short = 1.0 / view.squeeze
    turn = math.atan(math.tan(view.turn) * short) + TRAIL * curvature * (short**2 - short)
    moved = pursuit_curvature(goal[None], View(view.across, turn)) - pursuit_curvature(goal[None], View(0.0, 0.0))
    return (curvature * short**2 + float(moved[0])) * view.stretch
