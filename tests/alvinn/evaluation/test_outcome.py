from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.evaluation.outcome import describe_departures, describe_verdict
from alvinn.metrics.referee import unfinished_result
from alvinn.metrics.summary import summarize
from tests.alvinn.judged import RUN, judged

STEADY = [0.0, 0.01] * 1250  # 1 km at 8 m/s
LOST = [*STEADY[:100], 1.0, *STEADY[101:]]


@pytest.mark.parametrize(
    ("circuits", "sentence"),
    [
        ([STEADY, STEADY], "no departure in 2.00 km (95%: fewer than 1.50 per km)"),
        ([STEADY], "no departure in 1.00 km (95%: fewer than 3.00 per km)"),
        ([LOST], "1 departure in 1.00 km: 1.00 per km (one circuit: no interval)"),
        ([LOST, LOST], "2 departures in 2.00 km: 1.00 per km (95%: 1.00 to 1.00)"),
    ],
)
def test_the_rate_of_departures_is_said_with_its_bound(circuits: list[list[float]], sentence: str) -> None:
    runs = [judged(offsets, replace(RUN, map=f"random:{n}")) for n, offsets in enumerate(circuits)]
    assert describe_departures(summarize(runs, np.random.default_rng(0))) == sentence


def test_of_nothing_driven_no_rate_is_said() -> None:
    assert describe_departures(summarize([unfinished_result(RUN, "failed")], np.random.default_rng(0))) == (
        "nothing was driven"
    )


def test_the_verdict_over_all_runs_is_one_word_with_its_reason() -> None:
    passed, lost = judged(STEADY), judged(LOST)
    assert describe_verdict([passed]) == "PASSED: 1 run to the end without a departure"
    assert describe_verdict([lost, passed]).startswith("FAILED: 1 of 2 runs with a departure")
    assert describe_verdict([unfinished_result(RUN, "failed")]).startswith("FAILED: 1 of 1 run ")
