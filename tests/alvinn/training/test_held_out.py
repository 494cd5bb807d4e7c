from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats, Hill
from alvinn.training.examples.batches import Batches, BatchSettings
from alvinn.training.held_out import Errors, measure_errors
from tests.alvinn.fakes import CAR
from tests.alvinn.fixtures import toy_dataset

HILL = Hill(units=15)


class Answering:
    """A network that answers the same curvature to every image."""

    def __init__(self, curvature: float) -> None:
        self.curvature = curvature

    def __call__(self, images: Image, *, training: bool) -> Floats:
        return HILL.encode(np.full(len(images), self.curvature))


def test_a_steering_error_is_in_carlas_units_and_is_none_where_no_car_is_known() -> None:
    dataset = toy_dataset(32)
    batches = Batches(dataset, BatchSettings(batch=16, views=False))
    assert measure_errors(Answering(0.0), batches.examination(), HILL, batches.steer).steer is None
    known = replace(dataset, shiftable=False, examples=replace(dataset.examples, cars=(CAR,), speed=np.full(32, 8.0)))
    batches = Batches(known, BatchSettings(batch=16, views=False))
    found = measure_errors(Answering(0.0), batches.examination(), HILL, batches.steer)
    labels = known.examples.curvature[known.held_out]
    assert found.mae == found.plain == pytest.approx(np.abs(labels).mean(), rel=1e-3)
    assert found.steer == pytest.approx(np.mean([abs(CAR.steer(label, 8.0)) for label in labels]), rel=1e-3)


def test_the_relative_error_is_the_share_of_labels_missed_by_over_a_tenth() -> None:
    dataset = toy_dataset(32)
    label = float(dataset.examples.curvature[dataset.held_out[0]])
    alone = Batches(
        replace(dataset, shiftable=False, held_out=dataset.held_out[:1]), BatchSettings(batch=16, views=False)
    )
    for answer, share in ((label, 0.0), (1.05 * label, 0.0), (1.3 * label, 1.0)):
        found = measure_errors(Answering(answer), alone.examination(), HILL, alone.steer)
        assert found.relative == share
        assert found.mae == pytest.approx(abs(answer - label), abs=2e-3)


def test_where_nothing_is_held_out_there_is_no_error() -> None:
    dataset = replace(toy_dataset(32), held_out=np.array([], dtype=np.intp))
    batches = Batches(dataset, BatchSettings(batch=16, views=False))
    assert measure_errors(Answering(0.0), batches.examination(), HILL, batches.steer) == Errors()
