from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alvinn.errors import ResultsError
from alvinn.metrics.comparison import compare_runs, overall_judgement
from alvinn.metrics.referee import unfinished_result
from tests.alvinn.judged import RUN, judged

LAP = 800  # ticks of a whole lap


def laps(sd: float, *, runs: int = 6, lost: int = 0, first_seed: int = 0, noise: int = 0) -> list[dict[str, Any]]:
    """Entries of runs whose offset spreads by about `sd`, with `lost` departures in each."""
    entries = []
    for seed in range(first_seed, first_seed + runs):
        offsets = np.clip(np.random.default_rng([seed, noise]).normal(0.0, sd, LAP), -0.6, 0.6)
        offsets[100 : 100 + 2 * lost : 2] = 0.9
        entries.append(judged(offsets.tolist(), replace(RUN, seed=seed)).as_json())
    return entries


def judgement(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    return overall_judgement(compare_runs(before, after, np.random.default_rng(0)))


@pytest.mark.parametrize("first_seed", [0, 100], ids=["the same runs", "other runs"])
def test_better_worse_and_the_same_are_told_apart(first_seed: int) -> None:
    before = laps(0.10)
    assert judgement(before, laps(0.20, first_seed=first_seed)) == "worse"
    assert judgement(before, laps(0.03, first_seed=first_seed)) == "better"
    assert judgement(before, laps(0.10, first_seed=first_seed, noise=1)) == "the same"
    assert judgement(before, laps(0.10, first_seed=first_seed, lost=1)) == "worse"


def test_a_departure_more_is_worse_even_where_the_offset_is_better() -> None:
    assert judgement(laps(0.10), laps(0.03, lost=1)) == "worse"


def test_what_happened_in_one_run_of_many_is_noise() -> None:
    before = laps(0.1)
    assert judgement(before, [*before[:-1], *laps(0.1, runs=1, first_seed=5, lost=1)]) == "the same"


def test_runs_that_are_not_driven_to_the_end_are_worse() -> None:
    before = laps(0.1)
    assert judgement(before, [entry | {"completed": False} for entry in before]) == "worse"


def test_a_millimetre_does_not_matter() -> None:
    before = laps(0.1)
    assert judgement(before, [entry | {"offset_sd_m": entry["offset_sd_m"] + 0.001} for entry in before]) == "the same"


def test_one_run_says_nothing_and_runs_not_driven_count_for_none() -> None:
    idle = unfinished_result(replace(RUN, seed=9), "interrupted").as_json()
    with pytest.raises(ResultsError, match="wants 2 driven runs on either side, there are 1"):
        compare_runs(laps(0.1), [*laps(0.1, runs=1), idle], np.random.default_rng(0))
