from __future__ import annotations

from tests.laps.limits import WAYS, tabulate_groups


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
