from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.measures import interval, measures, pooled_sd, summary
from alvinn.referee import Run, unfinished

RUN = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)


def test_the_pooled_spread_is_that_of_all_ticks_together() -> None:
    rng = np.random.default_rng(0)
    runs = [rng.normal(shift, 0.1, size) for shift, size in ((0.0, 50), (0.4, 200), (-0.2, 7))]
    n, mean, sd = (np.array([of(run) for run in runs], dtype=np.float64) for of in (len, np.mean, np.std))
    assert pooled_sd(n, mean, sd) == pytest.approx(np.std(np.concatenate(runs)))


def test_an_interval_leaves_a_fortieth_out_at_either_end() -> None:
    assert interval(np.arange(100_001, dtype=np.float64) / 100_000) == pytest.approx((0.025, 0.975))


def test_a_sensor_that_no_run_had_is_none_and_those_that_some_had_are_summed() -> None:
    bare = unfinished(RUN, "failed")
    told = replace(bare, collisions=2)
    assert measures([bare])["collisions"] is None
    assert measures([bare, told, told])["collisions"] == 4


def test_of_nothing_driven_nothing_is_said() -> None:
    told = summary([unfinished(RUN, "failed")], np.random.default_rng(0))
    assert (told["ci"], told["departures_per_km"], told["offset_sd_m"]) == ({}, None, None)
