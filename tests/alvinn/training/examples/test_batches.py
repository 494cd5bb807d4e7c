from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.networks.preprocessing import Preprocessing
from alvinn.training.examples.batches import TRAIL, Batches, BatchSettings, correct_label
from alvinn.training.examples.dataset import Dataset, Examples
from alvinn.training.examples.examination import VIEWS
from alvinn.training.examples.views import View
from tests.alvinn.fakes import CAMERA
from tests.alvinn.fixtures import toy_dataset

PLAIN = BatchSettings(batch=16, views=False, light=False)


def test_an_epoch_shows_every_training_row_once_and_no_held_out_one() -> None:
    dataset = toy_dataset(40)
    labels = np.concatenate([batch.curvature for batch in Batches(dataset, PLAIN).epoch(0)])
    assert sorted(labels) == pytest.approx(sorted(dataset.examples.curvature[dataset.training]))


def test_with_nothing_drawn_a_picture_is_shown_as_it_is() -> None:
    dataset = toy_dataset(40)
    kept = {float(np.float32(dataset.examples.curvature[row])): row for row in range(40)}
    for images, curvature, *_ in Batches(dataset, PLAIN).epoch(0):
        for image, label in zip(images, curvature, strict=True):
            assert np.array_equal(image, dataset.examples.image(kept[float(label)]))


def test_the_same_seed_and_epoch_give_the_same_batches_whoever_asked_before() -> None:
    plan = BatchSettings(batch=8, seed=3)
    first, second = Batches(toy_dataset(40), plan), Batches(toy_dataset(40), plan)
    list(second.epoch(0))
    for one, other in zip(first.epoch(1), second.epoch(1), strict=True):
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])


def test_without_squeeze_the_views_are_the_same_but_for_that() -> None:
    drawn = [
        Batches(toy_dataset(40), BatchSettings(squeeze=squeeze))._draw_views(np.random.default_rng(0), 40)
        for squeeze in (True, False)
    ]
    for one, other in zip(*drawn, strict=True):
        assert other == (None if one is None else replace(one, squeeze=1.0))
    assert any(view is not None and view.squeeze != 1.0 for view in drawn[0])


def test_every_epoch_shows_the_frames_anew() -> None:
    batches = Batches(toy_dataset(40), BatchSettings(batch=40))
    (first,), (second,) = list(batches.epoch(0)), list(batches.epoch(1))
    assert not np.array_equal(np.sort(first[1]), np.sort(second[1])), "other views, so other labels"


def test_a_fifth_of_the_frames_is_shown_as_it_was_taken() -> None:
    dataset = toy_dataset(40)
    batches = Batches(dataset, BatchSettings(batch=30, light=False))
    shown = [batch for number in range(60) for batch in batches.epoch(number)]
    images, rows = (np.concatenate([getattr(batch, name) for batch in shown]) for name in ("images", "rows"))
    plain = [np.array_equal(image, dataset.examples.image(row)) for image, row in zip(images, rows, strict=True)]
    assert np.mean(plain) == pytest.approx(0.2, abs=0.03)
    labels = np.concatenate([batch.curvature for batch in shown])
    assert labels[plain] == pytest.approx(dataset.examples.curvature[rows[plain]])


def test_the_examination_is_the_same_whatever_the_settings_of_the_training() -> None:
    dataset = toy_dataset(40)
    plans = (BatchSettings(batch=64, seed=1), PLAIN, BatchSettings(batch=7, views=False, seed=9, blind=3))
    first, *others = (list(Batches(dataset, plan).examination()) for plan in plans)
    for other in others:
        for one, again in zip(first, other, strict=True):
            np.testing.assert_equal(one, again)


def test_the_examination_shows_every_held_out_row_as_it_was_taken_and_from_beside_the_lane() -> None:
    dataset = toy_dataset(40)
    shown = list(Batches(dataset, PLAIN).examination())
    images, labels, _, rows, plain = (np.concatenate(part) for part in zip(*shown, strict=True))
    assert rows[plain].tolist() == dataset.held_out.tolist()
    assert labels[plain] == pytest.approx(dataset.examples.curvature[dataset.held_out])
    for image, row, as_taken in zip(images, rows, plain, strict=True):
        assert np.array_equal(image, dataset.examples.image(row)) == as_taken
    assert np.unique(rows[~plain], return_counts=True)[1].tolist() == [VIEWS] * len(dataset.held_out)


def test_nothing_held_out_is_no_examination() -> None:
    dataset = replace(toy_dataset(40), held_out=np.array([], dtype=np.intp))
    assert not list(Batches(dataset, PLAIN).examination())


@given(curvature=st.floats(-0.1, 0.1), stretch=st.floats(0.85, 1.2))
def test_a_road_twice_as_wide_bends_twice_as_much(curvature: float, stretch: float) -> None:
    goal = (8.0, 32.0 * curvature)
    assert correct_label(curvature, goal, View(0.0, 0.0, stretch)) == pytest.approx(curvature * stretch)


@given(across=st.floats(-1.0, 1.0), turn=st.floats(-0.14, 0.14))
def test_beside_the_path_or_turned_away_the_label_leads_back(across: float, turn: float) -> None:
    label = correct_label(0.0, (8.0, 0.0), View(across, turn))
    seen = -across - 8.0 * turn
    if abs(seen) > 0.05:
        assert label * seen > 0.0


@given(radius=st.floats(20.0, 200.0), squeeze=st.floats(0.8, 1.1))
def test_a_road_squeezed_along_bends_by_the_square_and_a_nose_turned_as_there_gets_its_curvature(
    radius: float, squeeze: float
) -> None:
    real, wanted, goal = 1.0 / radius, 1.0 / radius / squeeze**2, (8.0, 32.0 / radius)
    lacking = math.tan(TRAIL * (wanted - real / squeeze)) * squeeze  # what the nose must be turned outwards by
    assert correct_label(real, goal, View(0.0, -math.atan(lacking), squeeze=squeeze)) == pytest.approx(wanted, rel=1e-6)


def test_to_be_beside_a_squeezed_road_asks_for_the_same_way_back() -> None:
    goal = (8.0, 0.0)
    assert correct_label(0.0, goal, View(0.5, 0.0, squeeze=0.8)) == correct_label(0.0, goal, View(0.5, 0.0))
    turned, more = correct_label(0.0, goal, View(0.0, 0.05)), correct_label(0.0, goal, View(0.0, 0.05, squeeze=0.8))
    assert more == pytest.approx(turned / 0.8, rel=0.01)


def ranging(n: int = 24) -> Dataset:
    """Pictures with ranges, each with a road that is as light as its number says."""
    prepare = Preprocessing.for_camera(CAMERA, 32, 30, "blue", range_rows=8)
    images = np.full((n, *prepare.shape[:2], 3), 90, dtype=np.uint8)
    images[:, -1] = (255 * (np.arange(n) // 4 % 2))[:, None, None]
    labels, goals, opening = np.arange(n) / 115.0 - 0.1, np.tile([8.0, 0.0], (n, 1)), frozenset({0, 12})
    examples = Examples((images,), np.array([0]), labels, goals, opening=opening)
    return Dataset(examples, np.arange(n), np.arange(0), CAMERA, prepare)


def test_the_intensity_to_answer_is_the_rows_own_and_the_one_told_that_of_the_row_before_in_its_segment() -> None:
    dataset = ranging()
    (batch,) = Batches(dataset, BatchSettings(batch=24, views=False, light=True)).epoch(0)
    rows = np.rint((batch.curvature + 0.1) * 115.0).astype(int)
    assert batch.intensity.tolist() == [float(row // 4 % 2) for row in rows]
    told = [128 if row in dataset.examples.opening else 255 * ((row - 1) // 4 % 2) for row in rows]
    assert batch.images[:, -1, 0, 0].tolist() == told, "where a segment begins it is not known, as when driving begins"
    assert (batch.images[:, 30:38] == 90).all(), "light changes no ranges"
    assert (batch.images[:, :30] != 90).any()


def test_at_first_what_is_told_of_the_intensity_is_random() -> None:
    batches = Batches(ranging(), BatchSettings(batch=24, views=False, light=False, blind=1))
    (blind,), (told,) = batches.epoch(0), batches.epoch(1)
    order = [np.argsort(batch.curvature) for batch in (blind, told)]
    first, second = (batch.images[rows, -1, 0, 0] for batch, rows in zip((blind, told), order, strict=True))
    assert set(first.tolist()) == {0, 255}
    assert (first != second).any()
