from __future__ import annotations

import statistics

import numpy as np
import pytest

from alvinn.formats.lerobot_statistics import (
    STATISTICS,
    list_episode_columns,
    summarize_numbers,
    summarize_pictures,
)

VALUES = [[1.0, -1.0], [2.0, 0.0], [4.0, 10.0], [9.0, 3.0]]


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
    found = summarize_pictures([red, np.zeros_like(red)])
    assert found["mean"] == [[[0.5]], [[0.0]], [[0.0]]]
    assert found["count"] == [2]


@pytest.mark.parametrize("nested", [False, True])
def test_the_columns_of_an_episode_have_the_types_of_their_values(*, nested: bool) -> None:
    one = summarize_pictures([np.zeros((4, 4, 3), np.uint8)]) if nested else summarize_numbers(VALUES)
    columns = list_episode_columns("action", [one, one])
    assert set(columns) == {f"stats/action/{key}" for key in STATISTICS}
    assert columns["stats/action/count"][0] == "int64s"
    assert columns["stats/action/mean"] == ("float64sss" if nested else "float64s", [one["mean"]] * 2)
