from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step
from alvinn.errors import MapError
from alvinn.metrics.referee import Referee, Result, Run, judge, name_map, unfinished_result
from alvinn.metrics.summary import summarize
from tests.alvinn.fakes import CAR, DT, circle, step, straight, truth

RUN = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)
LIMIT = (3.5 - CAR.width) / 2.0
LANE = circle(50.0)


def referee(laps: int = 1, *, start: float = 0.0) -> Referee:
    return Referee(LANE, CAR.width, laps, cruise=8.0, start=start)


def tick(number: int, offset: float = 0.0, *, speed: float = 8.0, start: float = 0.0) -> Step:
    """The `number`th tick of a car that drives around at 8 m/s."""
    return step(number, truth(lane_s=(start + number * DT * 8.0) % LANE.length, offset=offset), speed=speed)


def judged(offsets: list[float], steers: list[float] | None = None, run: Run = RUN) -> Result:
    """A run with these offsets; every departure is followed by a recovery."""
    judge_of = referee()
    for number, offset in enumerate(offsets):
        moment = step(
            number, truth(lane_s=number * DT * 8.0 % LANE.length, offset=offset), steer=steers[number] if steers else 0
        )
        if judge_of.see(moment) is Verdict.RECOVER:
            judge_of.on_recovery()
    return judge(judge_of, run, [0.001, 0.003], wall_seconds=2.0)


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_side_over_the_edge_is_a_departure_and_asks_for_help(side: float) -> None:
    one = referee()
    assert one.see(tick(0, side * (LIMIT - 0.01))) is Verdict.CONTINUE
    assert one.see(tick(1, side * (LIMIT + 0.01))) is Verdict.RECOVER
    assert (one.trace.departures, one.interventions) == ([1], 1)


def test_a_departure_counts_once() -> None:
    one = referee()
    verdicts = [one.see(tick(number, 1.0)) for number in range(5)]
    assert verdicts == [Verdict.RECOVER] + [Verdict.CONTINUE] * 4
    assert (one.trace.departures, one.interventions) == ([0], 1)


def test_after_a_recovery_the_next_departure_counts_again() -> None:
    one = referee()
    for number in range(3):
        assert one.see(tick(number, 1.0)) is Verdict.RECOVER
        one.on_recovery()
    assert one.trace.departures == [0, 1, 2]


def test_back_on_the_lane_unaided_the_next_departure_counts_again() -> None:
    one = referee()
    for number, offset in enumerate((1.0, 0.0, 1.0)):
        one.see(tick(number, offset))
    assert one.trace.departures == [0, 2]


@pytest.mark.parametrize("start", [0.0, 100.0, LANE.length - 0.1])
@pytest.mark.parametrize("laps", [1, 2])
def test_a_run_ends_when_its_laps_are_driven_wherever_it_began(start: float, laps: int) -> None:
    one = referee(laps, start=start)
    number = 0
    while one.see(tick(number, start=start)) is not Verdict.STOP:
        number += 1
    assert number * DT * 8.0 == pytest.approx(laps * LANE.length, abs=0.5)
    assert one.completed
    assert judge(one, RUN, [], 1.0).completion_pct == 100.0


@pytest.mark.parametrize("length", [5.0, 16.0, 25.5])
def test_an_open_road_with_no_room_to_drive_is_refused_instead_of_faultless(length: float) -> None:
    with pytest.raises(MapError, match=r"ends \d+ m after the start: a run at 8 m/s needs 26 m"):
        Referee(straight(length + 10.0), 2.1, 1, 8.0, start=10.0)
    assert Referee(straight(length + 40.0), 2.1, 1, 8.0, start=10.0).goal == pytest.approx(length + 14.0, abs=0.5)


def test_half_a_run_is_half_completed() -> None:
    one = referee()
    for number in range(round(LANE.length / 2.0 / 0.4) + 1):
        one.see(tick(number))
    assert judge(one, RUN, [], 1.0).completion_pct == pytest.approx(50.0, abs=0.2)


def test_driving_backwards_is_no_progress() -> None:
    one = referee()
    for number in range(200):
        one.see(step(number, truth(lane_s=-number * 0.4 % LANE.length)))
    assert one.progress == pytest.approx(-199 * 0.4)
    assert judge(one, RUN, [], 1.0).completion_pct == 0.0


def test_a_car_that_stands_still_is_helped_after_five_seconds() -> None:
    one = referee()
    verdicts = [one.see(step(number, truth(), speed=0.1)) for number in range(102)]
    assert verdicts.index(Verdict.RECOVER) == 101
    assert (one.interventions, one.trace.departures) == (1, [])
    one.on_recovery()
    assert one.see(step(103, truth(), speed=0.1)) is Verdict.CONTINUE


def test_a_run_that_takes_far_too_long_is_given_up() -> None:
    one = referee()
    patience = 3.0 * LANE.length / 8.0 + 30.0
    assert one.see(step(0, truth(), time=100.0)) is Verdict.CONTINUE
    assert one.see(step(1, truth(), time=100.0 + patience - 1.0, speed=8.0)) is Verdict.CONTINUE
    assert one.see(step(2, truth(), time=100.0 + patience + 1.0)) is Verdict.STOP
    assert not one.completed


def test_an_open_lane_is_driven_to_its_end() -> None:
    lane = straight(200.0)
    one = Referee(lane, CAR.width, laps=3, cruise=8.0, start=20.0)
    number = 0
    while one.see(step(number, truth(lane_s=min(20.0 + number * 0.4, lane.length)))) is not Verdict.STOP:
        number += 1
    assert one.completed
    assert 150.0 < number * 0.4 < 180.0


def test_the_measures_are_what_a_recount_by_hand_gives() -> None:
    figures = judged([0.1, -0.2, 0.3, 0.9, 0.0], [0.0, 0.1, -0.1, -0.1, 0.0]).as_json()
    assert figures["duration_s"] == pytest.approx(0.2)
    assert figures["distance_m"] == pytest.approx(1.6)
    assert (figures["departures"], figures["interventions"]) == (1, 1)
    assert figures["offset_mean_m"] == pytest.approx(1.1 / 5)
    assert figures["offset_sd_m"] == pytest.approx(math.sqrt((0.01 + 0.04 + 0.09 + 0.81) / 5 - 0.22**2))
    assert figures["offset_max_m"] == pytest.approx(0.9)
    assert figures["steer_suddenness_per_km"] == pytest.approx(
        (0.1 + 0.2 + 0.0) / 1.6 * 1000.0
    )  # not across the recovery
    assert figures["speed_mean_mps"] == pytest.approx(8.0)
    assert figures["realtime_factor"] == pytest.approx(0.1)
    assert figures["latency_ms_p50"] == pytest.approx(2.0)


def test_by_nvidias_rule_a_car_put_back_before_a_metre_counts_and_one_a_metre_off_within_a_wide_lane_too() -> None:
    for width, offset, ours, theirs in ((3.5, 0.8, 1, 1), (3.5, 1.1, 1, 1), (5.0, 1.1, 0, 1), (5.0, 0.9, 0, 0)):
        one = referee()
        for number, off in enumerate((0.0, offset, offset, 0.0)):
            if one.see(step(number, truth(lane_s=number * 0.4, offset=off, lane_width=width))) is Verdict.RECOVER:
                one.on_recovery()
                break
        assert (one.interventions, one.wide) == (ours, theirs), (width, offset)


def test_autonomy_loses_six_seconds_an_intervention_but_never_falls_below_nothing() -> None:
    offsets = [0.0] * 401
    assert judged(offsets).as_json()["autonomy_pct"] == 100.0
    offsets[100] = 0.8
    once = judged(offsets).as_json()
    assert once["autonomy_pct"] == pytest.approx(100.0 * (1.0 - 6.0 / 20.0))
    assert judged([1.0] * 50).as_json()["autonomy_pct"] == 0.0


def test_only_a_lap_without_help_is_faultless() -> None:
    whole = [0.0] * 800
    assert judged(whole).faultless
    assert not judged(whole[:400]).faultless
    assert not judged([*whole[:50], 1.0, *whole[50:]]).faultless
    assert not unfinished_result(RUN, "interrupted").faultless


RUNS = st.lists(st.lists(st.floats(-1.2, 1.2), min_size=30, max_size=60), min_size=2, max_size=5)


@settings(max_examples=25)
@given(RUNS, st.integers(0, 2**32 - 1))
def test_confidence_intervals_are_in_order_and_hold_the_pooled_value_of_like_runs(
    runs: list[list[float]], seed: int
) -> None:
    results = [judged(runs[0], run=replace(RUN, map=str(number))) for number in range(len(runs))]
    told = summarize(results, np.random.default_rng(seed))
    for key, (low, high) in told["ci"].items():
        assert low <= high
        assert low - 1e-9 <= told[key] <= high + 1e-9
    mixed = summarize(
        [judged(run, run=replace(RUN, map=str(n))) for n, run in enumerate(runs)], np.random.default_rng(seed)
    )
    assert all(low <= high for low, high in mixed["ci"].values())


def test_the_interval_of_many_runs_holds_the_pooled_value() -> None:
    rng = np.random.default_rng(3)
    shifts = enumerate(rng.normal(0.0, 0.1, 30))
    results = [judged(rng.normal(shift, 0.1, 60).tolist(), run=replace(RUN, map=str(n))) for n, shift in shifts]
    told = summarize(results, np.random.default_rng(0))
    for key in ("offset_mean_m", "offset_sd_m"):
        low, high = told["ci"][key]
        assert low < told[key] < high


def test_a_summary_pools_ticks_not_runs() -> None:
    told = summarize([judged([0.0] * 30), judged([0.6] * 10)], np.random.default_rng(0))
    assert told["offset_mean_m"] == pytest.approx(0.15)
    assert told["km"] == pytest.approx((29 + 9) * 0.4 / 1000.0)


def test_runs_that_were_not_driven_are_listed_with_nothing_measured() -> None:
    entry = unfinished_result(RUN, "interrupted").as_json()
    assert (entry["status"], entry["completed"], entry["map"]) == ("interrupted", False, "oval")
    assert entry["offset_sd_m"] is None
    assert entry["autonomy_pct"] is None
    json.dumps(entry, allow_nan=False)


@pytest.mark.parametrize("runs", [[[0.0]], [[0.0], [0.1, 0.2]], [[]], [[], [0.0]]])
def test_whatever_was_driven_the_json_has_no_nan(runs: list[list[float]]) -> None:
    results = [judged(run) if run else unfinished_result(RUN, "failed") for run in runs]
    json.dumps(summarize(results, np.random.default_rng(0)), allow_nan=False)
    json.dumps([result.as_json() for result in results], allow_nan=False)


def test_a_map_file_is_shown_by_its_name_alone() -> None:
    assert str(Run("/home/me/tracks/Ring.csv", "forward", "ClearNoon", 0, 0)) == "Ring forward, ClearNoon"
    assert name_map("maps/Town02.XODR") == "Town02"
    assert name_map("random:7") == "random:7"
