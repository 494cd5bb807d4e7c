"""Circuits close, bend as they say, and refuse what cannot be built; checked against plain integration of curvature."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.geometry.poses import wrap_angle
from sim.roads.curves import Bend, Circuit, Segment, Straight, chain, round_corners

ANGLES = st.floats(0.1, 2.8).flatmap(lambda a: st.sampled_from((a, -a)))


@given(ANGLES, st.floats(15, 400), st.floats(0.05, 0.95))
def test_a_bend_turns_through_its_angle_and_never_tighter_than_its_radius(
    angle: float, radius: float, share: float
) -> None:
    parts = chain((3.0, -7.0, 0.4), [Bend(angle, radius, share * abs(angle) * radius)])
    ends = [k for g in parts for k in (g.curvature, g.curvature + g.rate * g.length)]
    assert parts[-1].at(parts[-1].length)[2] == pytest.approx(0.4 + angle)
    assert max(abs(k) for k in ends) == pytest.approx(1 / radius)
    assert [ends[0], ends[-1]] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert all(k * angle >= -1e-12 for k in ends)


@given(st.floats(-0.06, 0.06), st.floats(-0.002, 0.002), st.floats(1, 60))
def test_a_segment_runs_where_its_curvature_integrates_to(curvature: float, rate: float, length: float) -> None:
    s = np.linspace(0, length, 20001)
    step = s[1]
    middle = s[:-1] + step / 2
    heading = 0.7 + curvature * middle + rate * middle**2 / 2
    x, y, end = Segment(5.0, 2.0, 0.7, curvature, rate, length).at(length)
    assert x == pytest.approx(5 + step * np.cos(heading).sum(), abs=1e-5)
    assert y == pytest.approx(2 + step * np.sin(heading).sum(), abs=1e-5)
    assert end == pytest.approx(0.7 + curvature * length + rate * length**2 / 2)


@given(st.integers(5, 12), st.lists(st.floats(0.8, 1.2), min_size=12, max_size=12), st.floats(15, 30))
def test_a_rounded_polygon_closes_whatever_its_corners(count: int, stretch: list[float], radius: float) -> None:
    turns = [2 * math.pi * i / count for i in range(count)]
    corners = [(200 * f * math.cos(t), 200 * f * math.sin(t), radius) for f, t in zip(stretch, turns, strict=False)]
    circuit = Circuit(round_corners(corners))
    assert circuit.min_radius == pytest.approx(radius)
    assert sum(g.curvature * g.length + g.rate * g.length**2 / 2 for g in circuit.segments) == pytest.approx(
        2 * math.pi
    )


@given(st.floats(100, 2500))
def test_a_circuit_is_cut_into_equal_roads_that_join(straight: float) -> None:
    bend = Bend(math.pi, 40.0, 30.0)
    circuit = Circuit(chain((0, 0, 0), [Straight(straight), bend, Straight(straight), bend]))
    roads = circuit.roads()
    lengths = [sum(g.length for g in road) for road in roads]
    assert len(roads) >= 4
    assert lengths == pytest.approx([circuit.length / len(roads)] * len(roads))
    every = [g for road in roads for g in road]
    for before, after in pairwise([*every, every[0]]):
        x, y, heading = before.at(before.length)
        assert math.hypot(after.x - x, after.y - y) < 1e-3
        assert abs(wrap_angle(after.heading - heading)) < 1e-4


def test_curvature_is_looked_up_along_the_lap_and_round_again() -> None:
    bend = Bend(math.pi, 50.0, 40.0)
    circuit = Circuit(chain((0, 0, 0), [Straight(100.0), bend, Straight(100.0), bend]))
    assert circuit.curvature(50.0) == 0.0
    assert circuit.curvature(120.0) == pytest.approx(0.5 / 50.0)
    assert circuit.curvature(160.0 + circuit.length) == pytest.approx(1 / 50.0)


def test_a_curve_that_does_not_close_is_refused_with_its_gap() -> None:
    bend = Bend(math.pi, 50.0, 40.0)
    with pytest.raises(ValueError, match=r"gap of 5 m"):
        Circuit(chain((0, 0, 0), [Straight(100.0), bend, Straight(105.0), bend]))


def test_a_curve_whose_curvature_jumps_is_refused() -> None:
    arc = Segment(0.0, 0.0, 0.0, 0.02, 0.0, 50 * math.pi)
    x, y, heading = arc.at(arc.length)
    with pytest.raises(ValueError, match=r"0\.01 1/m"):
        Circuit((arc, Segment(x, y, heading, 0.01, 0.0, 10.0)))


def test_a_bend_without_room_for_its_transitions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"below 25\.0 m, not 30\.0 m"):
        Bend(0.5, 50.0, 30.0)


def test_corners_too_near_for_their_bends_are_refused() -> None:
    with pytest.raises(ValueError, match=r"100\.0 m apart, but their bends need"):
        round_corners([(0, 0, 80), (100, 0, 80), (100, 100, 80), (0, 100, 80)])
