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
from alvinn.training.examples.dataset import Dataset, Doubles, Indices
from alvinn.training.examples.examination import draw_exam
from alvinn.training.examples.photometric import LightAugmentation
from alvinn.training.examples.views import ACROSS, SQUEEZE, STRETCH, TURN, View, Views, pursuit_curvature, warp_into

PLAIN = 0.2  # share of the frames that are shown without a shifted view
TRAIL = 1.1  # m from a car's centre back to the point that moves along its axis, at 8 m/s; see `drivers.expert`
EXAMINED = 64  # frames at a time in the examination


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """Batch size and augmentation."""

    batch: int = 64
    views: bool = True
    """apply shifted views"""
    squeeze: bool = True
    """squeeze the road in them, along the car"""
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
        """Batches of the exam on held-out rows, whatever the settings (see `training.examples.examination`)."""
        rows, views = draw_exam(self._dataset)
        for start in range(0, len(rows), EXAMINED):
            part = slice(start, start + EXAMINED)
            yield self._batch(rows[part], np.random.default_rng(0), light=False, blind=False, views=views[part])

    def steer(self, rows: Indices, curvature: Floats) -> Doubles:
        """CARLA's steer, shape (n,), for curvatures [1/m] driven at n examples; see `Examples.steer`."""
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
        views = self._draw_views(rng, len(rows)) if views is None else views
        images = self._show(rows, views)
        if light:
            retina = self._dataset.preprocessing.height  # ranges do not change
            images[:, :retina] = self._light(images[:, :retina], rng)
        intensity = self._feed_back(images, rows, rng, blind=blind)
        plain = np.array([view is None for view in views])
        return Batch(self._convert_colours(images), self._label(rows, views), intensity, rows, plain)

    def _draw_views(self, rng: np.random.Generator, count: int) -> list[View | None]:
        if not self._plan.views:
            return [None] * count
        plain = rng.random(count) < PLAIN
        squeeze = SQUEEZE if self._plan.squeeze else (1.0, 1.0)
        low, high = zip((-ACROSS, ACROSS), (-TURN, TURN), STRETCH, squeeze, strict=True)
        draws = rng.uniform(low, high, (count, 4))
        return [None if as_taken else View(*draw) for as_taken, draw in zip(plain, draws.tolist(), strict=True)]

    def _show(self, rows: Indices, views: Sequence[View | None]) -> Image:
        """The pictures of some rows, each from its view or as it was taken, shape (b, height, width, 3)."""
        preprocessing, examples = self._dataset.preprocessing, self._dataset.examples
        retina = preprocessing.height
        found = np.empty((len(rows), preprocessing.rows, preprocessing.width, 3), dtype=np.uint8)
        matrices = iter(self._views.matrices([view for view in views if view is not None]))
        for image, row, view in zip(found, rows.tolist(), views, strict=True):
            taken = examples.image(row)
            if view is None:
                image[:] = taken
            else:
                warp_into(image[:retina], taken[:retina], next(matrices))
                image[retina:] = taken[retina:]  # ranges stay: those of flat ground do not depend on the view
        return found

    def _label(self, rows: Indices, views: Sequence[View | None]) -> Floats:
        """The curvature [1/m] to drive at some rows, each seen from its view."""
        curvature, goals = (
            part[rows].tolist() for part in (self._dataset.examples.curvature, self._dataset.examples.goals)
        )
        labels = [
            driven if view is None else correct_label(driven, goal, view)
            for driven, goal, view in zip(curvature, goals, views, strict=True)
        ]
        return np.array(labels, dtype=np.float32)

    def _feed_back(self, images: Image, rows: Indices, rng: np.random.Generator, *, blind: bool) -> Floats:
        """The target intensities; the pictures' last row, which holds it, gets the previous row's intensity instead.

        While `blind` it is random: a network that gets the truth from the start would only copy it. Where a segment
        begins it is unknown, as when driving begins.
        """
        if not self._dataset.preprocessing.range_rows:
            return np.full(len(rows), UNKNOWN_INTENSITY, dtype=np.float32)
        truth = images[:, -1, 0, 0].astype(np.float32) / 255.0
        if blind:
            images[:, -1] = 255 * rng.integers(2, size=(len(rows), 1, 1))
        else:
            examples, unknown = self._dataset.examples, round(255 * UNKNOWN_INTENSITY)
            for image, row in zip(images, rows.tolist(), strict=True):
                image[-1] = unknown if row in examples.opening else examples.image(row - 1)[-1]
        return np.asarray(truth)

    def _convert_colours(self, images: Image) -> Image:
        """Convert pictures to the network's colours, as one tall picture."""
        preprocessing = self._dataset.preprocessing
        converted = preprocessing.convert_colours(images.reshape(-1, preprocessing.width, 3))
        return converted.reshape(len(images), *preprocessing.shape)


def correct_label(curvature: float, goal: Sequence[float], view: View) -> float:
    """Correct a label [1/m] for a view: its arc to the goal instead of the car's, and bends scaled with the road.

    Across the car, all lengths scale with the stretch: curvature, offset and angle alike. Along it, curvature scales
    with the inverse square of the squeeze and an angle with its inverse, but an offset does not. So the outward heading
    that is right in the real bend is too small in the tighter one.
    """
    short = 1.0 / view.squeeze
    turn = math.atan(math.tan(view.turn) * short) + TRAIL * curvature * (short**2 - short)
    ahead, right = goal
    moved = pursuit_curvature(ahead, right, view.across, turn) - pursuit_curvature(ahead, right, 0.0, 0.0)
    return (curvature * short**2 + moved) * view.stretch
