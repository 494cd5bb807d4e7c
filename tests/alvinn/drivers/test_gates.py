from __future__ import annotations

import math

import numpy as np
import pytest

from alvinn.drivers.gates import (
    AlwaysGate,
    DoubtGate,
    DriftGate,
    Gate,
    HumanGate,
    decay_beta,
    estimate_threshold,
    fit_threshold,
)
from alvinn.driving.types import GroundTruth, Observation
from tests.alvinn.fakes import DT, picture, truth


def seen(number: int = 0) -> Observation:
    return Observation(frame=number, time=number * DT, image=picture(0), speed=8.0)


def asked_of(gate: Gate, n: int) -> list[bool]:
    return [bool(gate.request(seen(number))) for number in range(n)]


class Told:
    """Says one thing of a list after the other."""

    def __init__(self, *values: float) -> None:
        self._values = list(values)

    def truth(self) -> GroundTruth:
        return truth(offset=self._values.pop(0))

    def doubt(self, _: Observation) -> float:
        return self._values.pop(0)


def test_the_drift_gate_asks_past_the_limit_and_lets_go_well_within_it() -> None:
    """A car 2.1 m wide on a lane of 3.5 m departs at 0.7 m: half of that is 0.35 m, three tenths of it 0.105 m."""
    told = Told(0.34, 0.36, 0.2, -0.2, 0.11, 0.1, 0.34, -0.36)
    gate = DriftGate(told.truth, car_width=2.1, share=0.5, back=0.3, least=0.0)
    assert asked_of(gate, 8) == [False, True, True, True, True, False, False, True]


def test_on_a_narrow_lane_the_drift_gate_asks_earlier() -> None:
    narrow = DriftGate(lambda: truth(offset=0.25, lane_width=3.0), car_width=2.1, share=0.5)
    wide = DriftGate(lambda: truth(offset=0.25, lane_width=4.0), car_width=2.1, share=0.5)
    assert (bool(narrow.request(seen())), bool(wide.request(seen()))) == (True, False)


def test_the_drift_gate_says_which_way_the_car_drifts_and_asks_for_a_wrong_heading_too() -> None:
    turned = DriftGate(lambda: truth(heading_error=math.radians(-9.0)), car_width=2.1)
    assert turned.request(seen()) == "drift: heading -9.0 degrees"
    aside = DriftGate(lambda: truth(offset=0.5), car_width=2.1)
    assert aside.request(seen()) == "drift: offset +0.50 m"


def test_the_drift_gate_gives_nothing_back_before_its_least_time() -> None:
    told = Told(0.4, *[0.0] * 9)
    gate = DriftGate(told.truth, car_width=2.1, share=0.5, least=6 * DT)
    assert asked_of(gate, 10) == [True] * 6 + [False] * 4


def test_the_least_time_of_the_drift_gate_counts_from_where_it_began_to_ask() -> None:
    told = Told(*[0.4] * 4, *[0.0] * 6)
    gate = DriftGate(told.truth, car_width=2.1, share=0.5, least=6 * DT)
    assert asked_of(gate, 10) == [True] * 6 + [False] * 4


@pytest.mark.parametrize(
    ("offset", "degrees", "asks"),
    [(0.34, 0.0, False), (0.36, 0.0, True), (-0.36, 0.0, True), (0.0, 9.9, False), (0.0, -10.1, True)],
)
def test_where_people_teach_or_watch_the_drift_gate_asks_at_half_the_way_to_a_departure_or_ten_degrees(
    offset: float, degrees: float, asks: bool
) -> None:
    """A car 2.1 m wide on a lane of 3.5 m departs at 0.7 m."""
    gate = DriftGate.for_people(lambda: truth(offset=offset, heading_error=math.radians(degrees)), car_width=2.1)
    assert bool(gate.request(seen())) == asks


@pytest.mark.parametrize(("degrees", "asks"), [(5.9, False), (6.1, True), (-6.1, True)])
def test_the_drift_gate_asks_beyond_six_degrees(degrees: float, asks: bool) -> None:
    gate = DriftGate(lambda: truth(heading_error=math.radians(degrees)), car_width=2.1)
    assert bool(gate.request(seen())) == asks


def test_after_a_reset_a_gate_has_forgotten_that_it_was_asking() -> None:
    told = Told(0.5, 0.2)
    gate = DriftGate(told.truth, car_width=2.1, share=0.5)
    assert gate.request(seen())
    gate.reset()
    assert not gate.request(seen())


def test_the_doubt_gate_asks_above_its_threshold_and_lets_go_at_a_lower_one() -> None:
    gate = DoubtGate(Told(0.9, 1.1, 0.8, 0.7, 0.8).doubt, threshold=1.0, back=0.7)
    assert asked_of(gate, 5) == [False, True, True, False, False]


def test_the_threshold_is_the_mean_of_the_last_quarter_of_the_doubts_at_take_over() -> None:
    assert estimate_threshold([9.0] * 6 + [1.0, 2.0]) == 1.5
    assert estimate_threshold([0.4]) == 0.4
    with pytest.raises(ValueError, match="no take-over"):
        estimate_threshold([])


def test_a_budget_of_interventions_sets_the_threshold_that_so_many_ticks_are_above() -> None:
    doubts = list(np.random.default_rng(0).normal(size=1000))
    assert sum(doubt > fit_threshold(doubts, 0.1) for doubt in doubts) == 100
    with pytest.raises(ValueError, match="a threshold requires a budget between 0 and 1"):
        fit_threshold(doubts, 1.0)


def test_always_gives_the_teacher_its_share_of_the_turns_and_holds_a_turn() -> None:
    gate = AlwaysGate(0.25, np.random.default_rng(0))
    asked = asked_of(gate, 20 * 1000)
    assert np.mean(asked) == pytest.approx(0.25, abs=0.04)
    assert np.diff(asked).sum() < 1000


@pytest.mark.parametrize("beta", [0.0, 1.0])
def test_a_teacher_may_have_no_turn_or_every_turn(beta: float) -> None:
    assert asked_of(AlwaysGate(beta, np.random.default_rng(0)), 100) == [bool(beta)] * 100


def test_the_share_of_the_teacher_halves_from_round_to_round() -> None:
    assert [decay_beta(number) for number in (1, 2, 3)] == [0.5, 0.25, 0.125]
    with pytest.raises(ValueError, match="beta must be between 0 and 1"):
        AlwaysGate(1.5, np.random.default_rng(0))


def test_a_person_has_the_wheel_as_long_as_they_hold_it() -> None:
    held = [False, True, True, False]
    assert asked_of(HumanGate(lambda: held.pop(0)), 4) == [False, True, True, False]
