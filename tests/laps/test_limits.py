from __future__ import annotations

import json
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError
from tests.laps.limits import WAYS, Limits, tabulate_beside, tabulate_groups


def test_the_figures_of_an_exam_are_grouped_by_lane_by_bend_and_by_weather() -> None:
    run = {"ticks": 100, "offset_sd_m": 0.03, "distance_m": 500.0, "departures": 0, "jerk_rms_mps3": 0.5}
    runs = [
        run | {"map": "random:244", "weather": "ClearNoon", "offset_mean_m": 0.04},
        run | {"map": "random:223", "weather": "ClearNoon", "offset_mean_m": -0.04, "departures": 2},
    ]
    lines = tabulate_groups(runs, WAYS).splitlines()[2:]
    together = "1.0 | 2 | +0.000 m | 0.030 m | 0.050 m | 0.50 |"
    wide = "0.5 | 2 | -0.040 m | 0.030 m | 0.030 m | 0.50 |"  # random:223 has lanes of 3.93 m, and a bend of 22 m
    narrow = "0.5 | 0 | +0.040 m | 0.030 m | 0.030 m | 0.50 |"
    assert lines == [
        f"| all | 2 | {together}",
        f"| lane below 3.2 m | 1 | {narrow}",
        f"| lane from 3.8 m | 1 | {wide}",
        f"| tightest radius from 20 m to 25 m | 1 | {wide}",
        f"| tightest radius from 25 m | 1 | {narrow}",
        f"| ClearNoon | 2 | {together}",
    ]


def test_two_drivers_are_told_of_on_the_runs_that_both_drove() -> None:
    run = {"ticks": 100, "offset_mean_m": 0.0, "distance_m": 500.0, "departures": 0, "weather": "ClearNoon"}
    one, other = (
        [
            run | {"map": f"random:{number}", "direction": "forward", "offset_sd_m": sd, "jerk_rms_mps3": 10.0 * sd}
            for number, sd in zip(numbers, spreads, strict=True)
        ]
        for numbers, spreads in (((400, 401), (0.03, 0.09)), ((402, 400), (0.09, 0.02)))
    )
    lines = tabulate_beside({"network": one, "expert": other}).splitlines()[2:]
    assert lines == [
        "| network | 1 | 0.5 | 0 | +0.000 m | 0.030 m | 0.030 m | 0.30 |",
        "| expert | 1 | 0.5 | 0 | +0.000 m | 0.020 m | 0.020 m | 0.20 |",
    ]
    with pytest.raises(AlvinnError, match="network and expert have no circuit"):
        tabulate_beside({"network": one[1:], "expert": other})


def test_cells_of_two_models_in_a_folder_are_not_pooled(tmp_path: Path) -> None:
    for name, digest in (("a", "1"), ("b", "2")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"digest": digest, "runs": []}), encoding="utf-8")
    with pytest.raises(AlvinnError, match="cells of several programs or models"):
        Limits(tmp_path).run()
