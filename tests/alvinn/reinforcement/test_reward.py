from __future__ import annotations

import math
from typing import Any

import pytest

from alvinn.reinforcement.reward import Reward, lateral_jerk

ALL = Reward(middle=1.0, smooth=0.5, residual=0.25, departure=20.0)


def test_the_middle_of_the_lane_is_worth_most_and_its_edge_nothing() -> None:
    assert ALL(0.0, 0.0, 0.0, departed=False) == 1.0
    assert ALL(0.5, 0.0, 0.0, departed=False) == ALL(-0.5, 0.0, 0.0, departed=False) == 0.75
    assert ALL(1.0, 0.0, 0.0, departed=False) == ALL(3.0, 0.0, 0.0, departed=False) == 0.0


def test_jerk_residual_and_a_departure_cost() -> None:
    assert ALL(0.0, 10.0, 0.0, departed=False) == 0.5
    assert ALL(0.0, -5.0, 0.0, departed=False) == 0.875
    assert ALL(0.0, -20.0, 0.0, departed=False) == ALL(0.0, 2000.0, 0.0, departed=False) == 0.5
    assert ALL(0.0, 0.0, 1.0, departed=False) == 0.75
    assert ALL(1.2, 0.0, 0.0, departed=True) == -20.0


def test_a_weight_of_nothing_leaves_its_term_out() -> None:
    none = Reward(middle=0.0, smooth=0.0, residual=0.0, departure=0.0)
    assert none(0.3, 55.0, 0.7, departed=True) == 0.0


def test_jerk_is_what_a_change_of_curvature_does_to_a_car_at_its_speed() -> None:
    """From 0 to 0.01 1/m in half a second at 8 m/s the lateral acceleration goes from 0 to 0.64 m/s2."""
    assert lateral_jerk(0.0, 0.01, 8.0, 0.5) == pytest.approx(1.28)


@pytest.mark.parametrize("weight", [-1.0, math.nan, math.inf, "much", None])
def test_a_weight_is_a_number_from_0_up(weight: Any) -> None:
    with pytest.raises(ValueError, match="the weight of smooth must be a number from 0 up, not"):
        Reward(smooth=weight)
