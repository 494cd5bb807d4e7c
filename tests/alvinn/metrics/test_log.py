from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from alvinn.driving.protocols import Verdict
from alvinn.metrics.log import LOG_COLUMNS, LogWriter
from tests.alvinn.fakes import step


def test_the_log_has_what_it_takes_to_count_again(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one" / "log.csv"
    steps = [step(number, steer=0.01 * number, curvature=math.pi / 1000.0) for number in range(3)]
    with LogWriter(path) as log:
        assert [log.see(one) for one in steps] == [Verdict.CONTINUE] * 3
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == LOG_COLUMNS
    for row, one in zip(rows, steps, strict=True):
        assert float(row["time"]) == pytest.approx(one.observation.time)
        assert (float(row["x"]), float(row["y"])) == pytest.approx((one.truth.x, one.truth.y))
        assert float(row["steer"]) == pytest.approx(one.control.steer)
        assert float(row["curvature"]) == pytest.approx(one.decision.curvature, abs=1e-6)
        assert float(row["lane_width"]) == one.truth.lane_width
        assert row["who"] == "somebody"
