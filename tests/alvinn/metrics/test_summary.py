from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.metrics.referee import Run, unfinished_result
from alvinn.metrics.summary import bound_rate, percentile_interval, pool_metrics, pool_sd, rank_correlation, summarize
from tests.alvinn.judged import judged

RUN = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)


def test_the_pooled_spread_is_that_of_all_ticks_together() -> None:
    rng = np.random.default_rng(0)
    runs = [rng.normal(shift, 0.1, size) for shift, size in ((0.0, 50), (0.4, 200), (-0.2, 7))]
    n, mean, sd = (np.array([of(run) for run in runs], dtype=np.float64) for of in (len, np.mean, np.std))
    assert pool_sd(n, mean, sd) == pytest.approx(np.std(np.concatenate(runs)))


def test_an_interval_leaves_a_fortieth_out_at_either_end() -> None:
    assert percentile_interval(np.arange(100_001, dtype=np.float64) / 100_000) == pytest.approx((0.025, 0.975))


def test_a_sensor_that_no_run_had_is_none_and_those_that_some_had_are_summed() -> None:
    bare = unfinished_result(RUN, "failed")
    told = replace(bare, collisions=2)
    assert pool_metrics([bare])["collisions"] is None
    assert pool_metrics([bare, told, told])["collisions"] == 4


def test_the_95th_percentile_of_the_offset_is_exceeded_by_a_twentieth_of_the_ticks_on_either_side() -> None:
    offsets = [0.001 * n * (-1) ** n for n in range(1001)]
    assert pool_metrics([judged(offsets, RUN)])["offset_p95_m"] == pytest.approx(0.95)


def test_of_nothing_driven_nothing_is_said() -> None:
    told = summarize([unfinished_result(RUN, "failed")], np.random.default_rng(0))
    assert (told["ci"], told["departures_per_km"], told["offset_sd_m"]) == ({}, None, None)


def test_every_interval_holds_the_figure_that_it_belongs_to() -> None:
    rng = np.random.default_rng(1)
    runs = []
    for seed in range(12):
        offsets = rng.normal(0.02, 0.05 + 0.01 * seed, 300)
        offsets[50 * (seed % 3) :: 200] += 0.9 * (seed % 3 > 0)
        runs.append(judged(offsets.tolist(), replace(RUN, map=f"random:{seed}")))
    told = summarize(runs, np.random.default_rng(0))
    assert {"offset_sd_m", "departures_per_km", "autonomy_pct", "heading_sd_rad", "speed_mean_mps"} <= set(told["ci"])
    for key, (low, high) in told["ci"].items():
        assert low - 1e-9 <= told[key] <= high + 1e-9, key
    assert told["ci"]["offset_sd_m"][1] > told["ci"]["offset_sd_m"][0]


def test_ranks_that_agree_correlate_with_one_and_reversed_ones_with_minus_one() -> None:
    assert rank_correlation([1.0, 2.0, 9.0], [0.1, 0.2, 0.3]) == pytest.approx(1.0)
    assert rank_correlation([1.0, 2.0, 9.0], [3.0, 2.0, -5.0]) == pytest.approx(-1.0)
    assert rank_correlation([1.0, 1.0, 1.0], [3.0, 2.0, 1.0]) is None
    # with ties: the correlation of (1.5, 1.5, 3, 4) with (1, 2, 3, 4)
    assert rank_correlation([5.0, 5.0, 7.0, 8.0], [1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.9486833)


def test_intervals_are_over_circuits_so_a_second_run_on_each_makes_them_no_narrower() -> None:
    rng = np.random.default_rng(2)
    once = [judged(rng.normal(0.0, 0.05 + 0.02 * n, 300).tolist(), replace(RUN, map=f"random:{n}")) for n in range(6)]
    twice = [*once, *(replace(one, run=replace(one.run, direction="reverse")) for one in once)]
    first, second = (summarize(runs, np.random.default_rng(0))["ci"]["offset_sd_m"] for runs in (once, twice))
    assert second == pytest.approx(first)


def test_runs_that_share_one_circuit_have_no_interval_but_the_bound_where_none_departed() -> None:
    runs = [judged([0.1 * seed] * 100, replace(RUN, seed=seed)) for seed in range(4)]
    told = summarize(runs, np.random.default_rng(0))
    autonomy = (pytest.approx(100.0 * (1.0 - 6.0 * bound_rate(0, told["duration_s"]))), 100.0)
    assert told["ci"] == {
        "departures_per_km": (0.0, pytest.approx(3.0 / told["km"], rel=2e-3)),
        "autonomy_pct": autonomy,
        "autonomy_1m_pct": autonomy,
    }


def test_a_rate_of_nothing_seen_is_bounded_by_three_over_the_way() -> None:
    runs = [judged([0.0, 0.01] * 200, replace(RUN, map=f"random:{n}")) for n in range(8)]
    assert summarize(runs, np.random.default_rng(0))["ci"]["departures_per_km"] == (
        0.0,
        pytest.approx(3.0 / 1.28, rel=0.02),
    )


def test_a_car_that_stays_beside_the_centre_does_not_weave() -> None:
    """Its sd is 0 to the last bit in every resample, whatever is lost in sums of squares."""
    runs = [judged([0.3 + 0.01 * n] * 61, replace(RUN, map=f"random:{n}")) for n in range(8)]
    for n, run in enumerate(runs):
        found = summarize([run, replace(run, run=replace(run.run, map=f"random:{n + 50}"))], np.random.default_rng(0))
        assert found["ci"]["offset_sd_m"] == pytest.approx((0.0, 0.0), abs=1e-6)


def test_the_steering_across_a_recovery_is_no_steering() -> None:
    runs = [judged([0.0] * 61, replace(RUN, map=f"random:{n}")) for n in range(2)]
    for run in runs:
        run.trace.breaks[:] = [0, 20]
        run.trace.steer[:] = [0.0] * 20 + [0.5] * 41
    found = summarize(runs, np.random.default_rng(0))
    assert found["steer_suddenness_per_km"] == 0.0
    assert tuple(found["ci"]["steer_suddenness_per_km"]) == (0.0, 0.0)


def test_half_of_the_answers_took_longer_than_the_median() -> None:
    assert pool_metrics([judged([0.0] * 61)])["latency_ms_p50"] == pytest.approx(2.0)  # of 1 and 3 ms


@pytest.mark.parametrize(("count", "bound"), [(0, 2.996), (1, 4.744), (5, 10.513), (30, 40.691), (219, 244.95)])
def test_the_bound_of_a_rate_is_that_of_a_poisson_distribution(count: int, bound: float) -> None:
    """Half the 95% quantile of chi squared with 2 (count + 1) degrees of freedom."""
    assert bound_rate(count, 2.0) == pytest.approx(bound / 2.0, rel=1e-3)
