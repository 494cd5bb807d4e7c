"""Where rollouts begin: before bends, the tight ones most often."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.dagger.ledger import Rollout
from alvinn.dagger.rollouts import RUN_UP, choose_start
from alvinn.drivers.gates import DRIFT_SHARE
from alvinn.driving.lane import Lane
from tests.alvinn.fakes import circle, straight

SHARES = np.arange(0.005, 1.0, 0.01)
CAR = 1.9  # width [m]
WIDE, TIGHT = (200.0, 263.0), (463.0, 494.0)  # where the bends of `bending` lie [m]


def bending() -> Lane:
    """200 m straight on between bends of 40 and 20 m radius, a quarter of a circle each."""
    curvature = np.zeros(700)
    curvature[slice(*map(int, WIDE))], curvature[slice(*map(int, TIGHT))] = 1 / 40, -1 / 20
    heading = np.cumsum(curvature)
    points = np.column_stack((np.cumsum(np.cos(heading)), np.cumsum(np.sin(heading)), np.zeros(700)))
    return Lane(points, np.full(700, 3.5), closed=False)


def place(lane: Lane, share: float) -> float:
    return choose_start(Rollout("country", "forward", share, 5.0), lane, CAR)[0]


def test_rollouts_begin_a_run_up_before_a_bend_and_twice_as_often_before_one_of_half_the_radius() -> None:
    places = np.array([place(bending(), share) for share in SHARES.tolist()]) + RUN_UP
    wide, tight = (((places > start - 3) & (places < end + 3)).mean() for start, end in (WIDE, TIGHT))
    assert wide + tight == 1.0
    assert tight == pytest.approx(2 * wide, abs=0.05)


@given(st.floats(0.0, 1.0, exclude_max=True), st.booleans())
def test_a_rollout_begins_on_its_lane_whatever_its_shape(share: float, bends: bool) -> None:
    lane = bending() if bends else straight(5.0)
    assert 0.0 <= place(lane, share) <= lane.length


@pytest.mark.parametrize("lane", [straight(600.0), circle(30.0)])
def test_where_all_of_a_lane_is_alike_rollouts_begin_all_over_it(lane: Lane) -> None:
    places = np.array([place(lane, share) for share in SHARES.tolist()])
    assert np.ptp(places) > 0.85 * lane.length


@given(st.floats(-1.0, 1.0))
def test_a_rollout_begins_no_farther_aside_than_the_gate_lets_pass(aside: float) -> None:
    begun = choose_start(Rollout("country", "forward", 0.5, 5.0, aside), straight(100.0, width=3.5), CAR)[1]
    assert begun == pytest.approx(aside * DRIFT_SHARE * 0.8)
