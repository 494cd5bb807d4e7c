from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.batches import EXAMINED_LOOKS, Batches, Plan, corrected
from alvinn.views import View
from tests.alvinn.fixtures import toy_dataset

PLAIN = Plan(batch=16, views=False, light=False)


def test_an_epoch_shows_every_training_row_once_and_no_held_out_one() -> None:
    dataset = toy_dataset(40)
    labels = np.concatenate([curvature for _, curvature in Batches(dataset, PLAIN).epoch(0)])
    assert sorted(labels) == pytest.approx(sorted(dataset.examples.curvature[dataset.training]))


def test_with_nothing_drawn_a_picture_is_shown_as_it_is() -> None:
    dataset = toy_dataset(40)
    kept = {float(np.float32(dataset.examples.curvature[row])): row for row in range(40)}
    for images, curvature in Batches(dataset, PLAIN).epoch(0):
        for image, label in zip(images, curvature, strict=True):
            assert np.array_equal(image, dataset.examples.image(kept[float(label)]))


def test_the_same_seed_and_epoch_give_the_same_batches_whoever_asked_before() -> None:
    plan = Plan(batch=8, seed=3)
    first, second = Batches(toy_dataset(40), plan), Batches(toy_dataset(40), plan)
    list(second.epoch(0))
    for one, other in zip(first.epoch(1), second.epoch(1), strict=True):
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])


def test_every_epoch_shows_the_frames_anew() -> None:
    batches = Batches(toy_dataset(40), Plan(batch=40))
    (first,), (second,) = list(batches.epoch(0)), list(batches.epoch(1))
    assert not np.array_equal(np.sort(first[1]), np.sort(second[1])), "other views, so other labels"


def test_the_examination_is_always_the_same_and_looks_from_beside_the_lane_too() -> None:
    dataset = toy_dataset(40)
    batches = Batches(dataset, Plan(batch=64, seed=1))
    first, again = list(batches.examination()), list(batches.examination())
    assert len(first) == EXAMINED_LOOKS
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one[0], other[0])
        assert len(one[1]) == len(dataset.held_out)
    assert not np.array_equal(first[0][1], first[1][1])


def test_nothing_held_out_is_no_examination() -> None:
    dataset = replace(toy_dataset(40), held_out=np.array([], dtype=np.intp))
    assert not list(Batches(dataset, PLAIN).examination())


@given(curvature=st.floats(-0.1, 0.1), stretch=st.floats(0.85, 1.2))
def test_a_road_twice_as_wide_bends_twice_as_much(curvature: float, stretch: float) -> None:
    goal = np.array([8.0, 32.0 * curvature])
    assert corrected(curvature, goal, View(0.0, 0.0, stretch)) == pytest.approx(curvature * stretch)


@given(across=st.floats(-1.0, 1.0), turn=st.floats(-0.14, 0.14))
def test_beside_the_path_or_turned_away_the_label_leads_back(across: float, turn: float) -> None:
    label = corrected(0.0, np.array([8.0, 0.0]), View(across, turn))
    seen = -across - 8.0 * turn
    if abs(seen) > 0.05:
        assert label * seen > 0.0
