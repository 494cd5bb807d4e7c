from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alvinn.driving.types import Image
from alvinn.formats.lerobot_statistics import (
    QUANTILES,
    STATISTICS,
    Brightness,
    list_episode_columns,
    summarize_numbers,
)

VALUES = [[1.0, -1.0], [2.0, 0.0], [4.0, 10.0], [9.0, 3.0]]


def brightness_of(*pictures: Image) -> Brightness:
    found = Brightness()
    for picture in pictures:
        found.add(picture)
    return found


def test_each_element_of_a_column_has_its_own_statistics() -> None:
    found = summarize_numbers(VALUES)
    for place, column in enumerate(zip(*VALUES, strict=True)):
        assert found["min"][place] == min(column)
        assert found["max"][place] == max(column)
        assert found["mean"][place] == pytest.approx(statistics.fmean(column))
        assert found["std"][place] == pytest.approx(statistics.pstdev(column))
        assert found["q50"][place] == pytest.approx(statistics.median(column))
    assert found["count"] == [4]


def test_a_column_of_single_numbers_has_one_element() -> None:
    assert summarize_numbers([3, 5])["mean"] == [4.0]


def test_quantiles_are_in_order() -> None:
    found = summarize_numbers(np.random.default_rng(0).normal(size=1000).tolist())
    values = [found[key][0] for key in ("min", "q01", "q10", "q50", "q90", "q99", "max")]
    assert values == sorted(values)
    assert values[3] == pytest.approx(0.0, abs=0.1)


def test_pictures_are_summarized_for_each_colour_in_shares_of_white() -> None:
    red = np.zeros((8, 8, 3), dtype=np.uint8)
    red[:, :, 0] = 255
    found = brightness_of(red, np.zeros_like(red)).summarize()
    assert found["mean"] == [[[0.5]], [[0.0]], [[0.0]]]
    assert found["count"] == [2]


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3))),
    arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3))),
)
def test_statistics_of_pictures_are_those_of_all_their_pixels(one: Image, other: Image) -> None:
    pixels = np.concatenate([picture[::2, ::2].reshape(-1, 3) for picture in (one, other)]) / 255.0
    found = (brightness_of(one) + brightness_of(other)).summarize()
    expected = {"min": pixels.min(0), "max": pixels.max(0), "mean": pixels.mean(0), "std": pixels.std(0)}
    expected |= {key: np.quantile(pixels, share, axis=0) for key, share in QUANTILES.items()}
    for key, values in expected.items():
        assert np.ravel(found[key]) == pytest.approx(values, abs=1e-9), key
    assert found["count"] == [2]


@pytest.mark.parametrize("nested", [False, True])
def test_the_columns_of_an_episode_have_the_types_of_their_values(*, nested: bool) -> None:
    one = brightness_of(np.zeros((4, 4, 3), np.uint8)).summarize() if nested else summarize_numbers(VALUES)
    columns = list_episode_columns("action", [one, one])
    assert set(columns) == {f"stats/action/{key}" for key in STATISTICS}
    assert columns["stats/action/count"][0] == "int64s"
    assert columns["stats/action/mean"] == ("float64sss" if nested else "float64s", [one["mean"]] * 2)
