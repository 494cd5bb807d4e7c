"""Examples on their way into training: every time a frame is shown, from another place and under another light.

Pure numpy and OpenCV. What is drawn depends on the seed, the epoch and the batch alone, never on which thread ran.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats
from alvinn.networks.preprocessing import UNKNOWN_INTENSITY
from alvinn.training.dataset import Dataset, Doubles, Indices
from alvinn.training.photometric import Light
from alvinn.training.views import ACROSS, SQUEEZE, STRETCH, TURN, View, Views, pursuit

PLAIN = 0.2  # of the frames are shown from where they were taken
TRAIL = 1.1  # m from a car's middle to where it moves the way it points, at 8 m/s; see `drivers.expert`
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
    blind: int = 0
    """epochs at the beginning in which what is fed back of the road's intensity is random"""
    seed: int = 0


class Batch(NamedTuple):
    """Examples that are shown together."""

    images: Image
    """network inputs, shape (b, height, width, channels)"""
    curvature: Floats
    """labels, shape (b,) [1/m]"""
    intensity: Floats
    """whether the road is lighter than its surroundings, shape (b,); 0.5 where no network asks"""
    rows: Indices
    """which examples they are, shape (b,)"""


class Batches:
    """Shuffled batches of examples.

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

    def epoch(self, number: int) -> Iterator[Batch]:
        """The batches of an epoch."""
        blind = number < self._plan.blind
        order = np.random.default_rng((self._plan.seed, number)).permutation(self._dataset.training)
        for index in range(len(self)):
            rows = order[index * self._plan.batch : (index + 1) * self._plan.batch]
            rng = np.random.default_rng((self._plan.seed, number, index))
            yield self._batch(rows, rng, light=self._plan.light, blind=blind)

    def examination(self) -> Iterator[Batch]:
        """Batches of held-out rows, always the same, from where they were taken and from beside the lane.

        A network that is only asked about frames of a well driven car is not asked what it does after a mistake.
        """
        held_out = self._dataset.held_out
        rows = held_out[np.linspace(0, len(held_out) - 1, min(len(held_out), EXAMINED)).astype(np.intp)]
        for start in range(0, len(rows), self._plan.batch):
            part = rows[start : start + self._plan.batch]
            for look in range(EXAMINED_LOOKS if self._plan.views else 1):
                yield self._batch(part, np.random.default_rng((start, look)), light=False, blind=False)

    def steer(self, rows: Indices, curvature: Floats) -> Doubles:
        """CARLA's steer for curvatures driven at some examples; see `Examples.steer`."""
        return self._dataset.examples.steer(rows, curvature)

    def _batch(self, rows: Indices, rng: np.random.Generator, *, light: bool, blind: bool) -> Batch:
        preprocessing = self._dataset.preprocessing
        images = np.empty((len(rows), *preprocessing.shape), dtype=np.uint8)
        labels, intensity = np.empty((2, len(rows)), dtype=np.float32)
        for slot, row in enumerate(rows):
            image, labels[slot] = self._shown(int(row), rng)
            if light:
                image = self._lit(image, rng)
            intensity[slot] = (
                self._told(image, int(row), rng, blind=blind) if preprocessing.range_rows else UNKNOWN_INTENSITY
            )
            images[slot] = preprocessing.convert_colours(image)
        return Batch(images, labels, intensity, rows)

    def _lit(self, image: Image, rng: np.random.Generator) -> Image:
        """A picture under another light; ranges stay what they are."""
        retina = self._dataset.preprocessing.height
        lit = self._light(image[:retina], rng)
        return lit if len(image) == retina else np.concatenate([lit, image[retina:]])

    def _told(self, image: Image, row: int, rng: np.random.Generator, *, blind: bool) -> float:
        """The intensity to answer; the picture's last row, which holds it, is told that of the row before instead.

        Anything at random while `blind`: a network that was told the truth from the start would only copy it.
        """
        truth = float(image[-1, 0, 0]) / 255.0
        image[-1] = 255 * rng.integers(2) if blind else self._dataset.examples.image(max(0, row - 1))[-1]
        return truth

    def _shown(self, row: int, rng: np.random.Generator) -> tuple[Image, float]:
        examples = self._dataset.examples
        image, curvature = examples.image(row).copy(), float(examples.curvature[row])
        if self._plan.views and rng.random() >= PLAIN:
            view = View(
                across=rng.uniform(-ACROSS, ACROSS),
                turn=rng.uniform(-TURN, TURN),
                stretch=rng.uniform(*STRETCH),
                squeeze=rng.uniform(*SQUEEZE),
            )
            retina = self._dataset.preprocessing.height  # ranges stay: the ground's are the same from anywhere
            image[:retina] = self._views.seen_from(image[:retina], view)
            curvature = corrected(curvature, examples.goals[row], view)
        return image, curvature


def corrected(curvature: float, goal: Doubles, view: View) -> float:
    """A label [1/m] seen from a view: its arc to the goal for the real car's, and bends made tighter with the road.

    Across, all lengths grow with the stretch: bends, offsets and angles alike. Along, a bend's curvature goes with the
    square of the squeeze and an angle with the squeeze, but to be beside the lane stays what it was. So a nose that
    pointed outwards as it should in the real bend points less so than it should in the tighter one.
    """
    short = 1.0 / view.squeeze
    turn = math.atan(math.tan(view.turn) * short) + TRAIL * curvature * (short**2 - short)
    moved = pursuit(goal[None], View(view.across, turn)) - pursuit(goal[None], View(0.0, 0.0))
    return (curvature * short**2 + float(moved[0])) * view.stretch
