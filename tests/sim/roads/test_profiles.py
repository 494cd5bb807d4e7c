"""Heights along a lap are smooth, as steep as asked, and the same after being cut into roads."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.roads.profiles import Cubic, Knot, Profile, Wave, drape

LAP = 600.0
RADIUS = LAP / (2 * math.pi)


def ring(steepest: float, seed: int = 3) -> Profile:
    """A circular lap over a landscape of three waves."""
    random = Random(seed)
    angles = [2 * math.pi * i / 60 for i in range(61)]
    places = [(RADIUS * a, RADIUS * math.sin(a), -RADIUS * math.cos(a), a) for a in angles]
    return drape(places, [Wave.draw(random, 150.0, 400.0) for _ in range(3)], steepest)


@given(st.floats(0.005, 0.1), st.integers(0, 99))
def test_the_steepest_grade_is_nearly_reached_and_never_passed(steepest: float, seed: int) -> None:
    lap = ring(steepest, seed)
    grades = [abs(lap.at(s)[1]) for s in np.arange(0.0, LAP, 1.0).tolist()]
    assert 0.95 * steepest < max(grades) <= steepest


def test_a_grade_of_nothing_is_level() -> None:
    assert {lap for s in range(600) for lap in ring(0.0).at(s)} == {0.0}


def test_the_lowest_knot_is_at_zero() -> None:
    assert min(knot.z for knot in ring(0.08).knots) == 0.0


@given(st.floats(0, 2 * LAP))
def test_the_grade_is_what_the_heights_rise_by(s: float) -> None:
    lap = ring(0.1)
    rise = (lap.at(s + 0.01)[0] - lap.at(s - 0.01)[0]) / 0.02
    assert lap.at(s)[1] == pytest.approx(rise, abs=1e-5)


def test_neither_height_nor_grade_jumps_anywhere_round_the_lap() -> None:
    lap = ring(0.1)
    table = np.array([lap.at(s) for s in np.arange(0.0, 2 * LAP, 0.5).tolist()])
    assert np.abs(np.diff(table[:, 0])).max() < 0.1 * 0.5 * 1.01
    assert np.abs(np.diff(table[:, 1])).max() < 0.1 * 0.5 * 2 * math.pi / 100


@given(st.floats(0, LAP - 40), st.floats(0.5, 39), st.floats(0, 1))
def test_a_part_is_the_same_curve_told_from_its_own_start(start: float, length: float, share: float) -> None:
    lap = ring(0.1)
    pieces = list(lap.part(start, start + length))
    assert pieces[0].s == 0.0
    u = share * length
    piece = max((p for p in pieces if p.s <= u), key=lambda p: p.s)
    assert piece.at(u) == pytest.approx(lap.at(start + u), abs=1e-9)


def test_a_cubic_moved_along_itself_is_still_the_same() -> None:
    cubic = Cubic(5.0, 1.0, 0.1, -0.02, 0.003)
    shifted = cubic.shift(9.0, 2.0)
    assert shifted.s == 2.0
    assert shifted.at(4.5) == pytest.approx(cubic.at(11.5))


def test_a_lap_that_does_not_end_as_it_began_is_refused() -> None:
    with pytest.raises(ValueError, match=r"begins at 0\.000 m.*ends at 1\.000 m"):
        Profile((Knot(0.0, 0.0, 0.0), Knot(100.0, 1.0, 0.0)))


@given(st.floats(-500, 500), st.floats(-500, 500), st.integers(0, 50))
def test_a_wave_s_slopes_are_what_its_height_changes_by(x: float, y: float, seed: int) -> None:
    wave = Wave.draw(Random(seed), 100.0, 300.0)
    _, east, south = wave.at(x, y)
    assert east == pytest.approx((wave.at(x + 0.01, y)[0] - wave.at(x - 0.01, y)[0]) / 0.02, abs=1e-4)
    assert south == pytest.approx((wave.at(x, y + 0.01)[0] - wave.at(x, y - 0.01)[0]) / 0.02, abs=1e-4)
    assert math.hypot(east, south) <= 1.0 + 1e-9
