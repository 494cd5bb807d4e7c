"""Judged runs for the tests, with no simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from alvinn.driving.protocols import Verdict
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.metrics.summary import summarize
from tests.alvinn.fakes import CAR, DT, circle, step, truth

HEAD: dict[str, Any] = {"model": "mine", "settings": {}}
"""Of a `laps.json`."""
RUN = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)
LANE = circle(50.0)


def sum_up(*results: Result) -> dict[str, Any]:
    """The summary of a `laps.json` with these runs."""
    return summarize(results, np.random.default_rng(0))


def judged(offsets: Sequence[float], run: Run = RUN) -> Result:
    """A run on a circle at 8 m/s with these offsets; every departure is followed by a recovery."""
    referee = Referee(LANE, CAR.width, laps=1, cruise=8.0)
    for number, offset in enumerate(offsets):
        s = number * DT * 8.0 % LANE.length
        x, y, _, _ = LANE.at(s)
        where = replace(truth(lane_s=s, offset=offset), x=x, y=y)
        if referee.see(step(number, where)) is Verdict.RECOVER:
            referee.on_recovery()
    return judge(referee, run, [0.001, 0.003], wall_seconds=2.0)
