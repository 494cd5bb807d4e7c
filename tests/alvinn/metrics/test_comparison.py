from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from alvinn.errors import ResultsError
from alvinn.metrics.comparison import compare_runs, describe_comparison, overall_judgement
from alvinn.metrics.referee import unfinished_result
from tests.alvinn.judged import RUN, judged

LAP = 800  # ticks of a whole lap


@cache
def laps(sd: float, *, runs: int = 6, lost: int = 0, first_seed: int = 0, noise: int = 0) -> list[dict[str, Any]]:
    """Entries of runs, a circuit each, whose offset spreads by about `sd`, with `lost` departures in each."""
    entries = []
    for seed in range(first_seed, first_seed + runs):
        offsets = np.clip(np.random.default_rng([seed, noise]).normal(0.0, sd, LAP), -0.6, 0.6)
        offsets[100 : 100 + 2 * lost : 2] = 0.9
        entries.append(judged(offsets.tolist(), replace(RUN, map=f"random:{seed}")).as_json())
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


@pytest.mark.parametrize("runs", [1, 2, 5])
def test_a_few_circuits_decide_nothing_and_say_so(runs: int) -> None:
    changes = compare_runs(laps(0.1, runs=runs), laps(0.3, runs=runs, lost=1), np.random.default_rng(0))
    assert overall_judgement(changes) == "undecided"
    assert str(changes[1]).endswith(f"now: undecided, as 6 circuits are the fewest that decide, not {runs}")


def test_many_runs_on_one_circuit_are_one_circuit() -> None:
    lap = laps(0.1, runs=1)[0]
    before = [lap | {"seed": seed} for seed in range(40)]
    assert judgement(before, [entry | {"departures": 3} for entry in before]) == "undecided"


def test_runs_of_a_circuit_are_drawn_together() -> None:
    """Twice the runs on the same circuits are no second sample: the interval stays as wide."""
    before, after = laps(0.10, noise=1), laps(0.13)
    twice_before, twice_after = ([*runs, *(run | {"seed": 1} for run in runs)] for runs in (before, after))
    for one, two in zip(
        compare_runs(before, after, np.random.default_rng(0)),
        compare_runs(twice_before, twice_after, np.random.default_rng(0)),
        strict=True,
    ):
        assert (two.low, two.high) == pytest.approx((one.low, one.high))


def test_each_figure_is_told_for_either_side() -> None:
    whole = laps(0.1)
    half = [one | {"completed": number % 2 == 0} for number, one in enumerate(laps(0.1, lost=2))]
    told = {one.metric.key: (one.before, one.after) for one in compare_runs(whole, half, np.random.default_rng(0))}
    km = sum(one["distance_m"] for one in half) / 1000.0
    assert told["unfinished_pct"] == pytest.approx((0.0, 50.0))
    assert told["departures_per_km"] == pytest.approx((0.0, sum(one["departures"] for one in half) / km))


def test_a_run_that_failed_under_way_is_not_compared() -> None:
    before, after = laps(0.1, runs=8), laps(0.1, runs=8)
    lost = [one | {"status": "failed"} for one in laps(0.4, runs=4, first_seed=8, lost=5)]
    whole, cut = (compare_runs(before, entries, np.random.default_rng(0)) for entries in (after, [*after, *lost]))
    assert [one.after for one in cut] == [one.after for one in whole]
    with pytest.raises(ResultsError, match="no run was driven now"):
        compare_runs(before, lost, np.random.default_rng(0))


def test_a_side_where_nothing_was_driven_is_named() -> None:
    idle = [unfinished_result(RUN, "interrupted").as_json()]
    with pytest.raises(ResultsError, match="no run was driven now"):
        compare_runs(laps(0.1), idle, np.random.default_rng(0))
    with pytest.raises(ResultsError, match="no run was driven before"):
        compare_runs(idle, laps(0.1), np.random.default_rng(0))


def described(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Two laps.json compared, each as it is read from its file."""
    return describe_comparison(("a", json.loads(json.dumps(before))), ("b", json.loads(json.dumps(after))))


SETTINGS = {"speed": 8.5, "laps": 1, "km": None, "camera": {"width": 320}, "maps": {"a.xodr": "digest of some length"}}


def test_runs_alike_in_the_same_conditions_are_compared_without_a_warning() -> None:
    both = {"runs": laps(0.1), "settings": SETTINGS}
    (sentence,) = described(both, both)
    assert sentence.startswith("b drives as a does")
    assert "departures per km 0.000 in both" in sentence
    (sentence,) = described(both, both | {"runs": laps(0.3)})
    assert sentence.startswith("b is worse than a: ")


def test_other_conditions_and_other_runs_are_warned_of() -> None:
    both = {"runs": laps(0.1), "settings": SETTINGS}
    sentence = described(both, both | {"settings": SETTINGS | {"speed": 10.0, "camera": {"width": 640}}})[-1]
    assert sentence == "Beware: a and b were driven with another speed and camera."
    sentence = described(both, both | {"runs": laps(0.1, runs=8)})[-1]
    assert sentence.startswith("Compared on the 6 runs that both drove; 0 more of a and 2 more of b do not count")
    others = [run | {"map": f"other:{run['map']}"} for run in laps(0.1)]
    assert described(both, both | {"runs": others})[-1].startswith("Beware: a and b drove no run alike")


def test_a_map_file_that_only_one_of_two_drivers_drove_is_no_difference_in_the_runs_that_both_drove() -> None:
    on_file, elsewhere = ([run | {"map": file} for run in laps(0.1, runs=1)] for file in ("a.xodr", "b.xodr"))
    one = {"runs": on_file + elsewhere, "settings": SETTINGS | {"maps": {"a.xodr": "1", "b.xodr": "2"}}}
    two = {"runs": on_file, "settings": SETTINGS | {"maps": {"a.xodr": "1"}}}
    for both in ((one, two), (two, one)):
        assert "Beware" not in " ".join(described(*both))
    changed = two | {"settings": SETTINGS | {"maps": {"a.xodr": "3"}}}
    assert described(one, changed)[-1] == "Beware: a and b were driven with another maps."


def test_a_handicap_is_another_condition_and_a_recordings_laps_have_none() -> None:
    both = {"runs": laps(0.1), "settings": SETTINGS}
    late = both | {"settings": SETTINGS | {"handicap": {"latency": 0.1}}}
    assert described(both, late)[-1] == "Beware: a and b were driven with another handicap."
    assert len(described(both, both | {"settings": {"recording": "mine"}})) == 1, "nobody set up what was recorded"
