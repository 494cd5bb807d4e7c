"""Strips cover a road's cross-section once, with paint where the map says."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.roads.track import LaneMarking, Stretch
from sim.scene.road_surface import (
    DETAIL_LEVELS,
    DetailLevel,
    Strip,
    choose_rows,
    compute_curvature,
    cut_into_strips,
    resample,
)

STYLES = st.sampled_from(("NONE", "SOLID", "BROKEN", "SOLIDSOLID", "CURB"))
MARKS = st.builds(LaneMarking, STYLES, st.just("White"), st.floats(0.1, 0.4), st.floats(1, 6), st.floats(1, 9))


def make_straight(markings: list[LaneMarking], widths: list[float], length: float = 60.0) -> Stretch:
    s = np.linspace(0.0, length, round(length) + 1, dtype=np.float64)
    offsets = np.cumsum([0.0, *widths]) - sum(widths) / 2
    return Stretch(
        s=s,
        centre=np.column_stack((s, 0 * s, 0 * s)),
        right=np.tile([0.0, 1.0, 0.0], (len(s), 1)),
        offsets=np.tile(offsets, (len(s), 1)),
        kinds=("Driving",) * len(widths),
        markings=tuple(markings),
        speed_limits=np.full(len(s), 30.0),
    )


def across(strip: Strip, stretch: Stretch) -> tuple[float, float]:
    low, high = (float(stretch.offsets[0, edge] + shift) for edge, shift in (strip.left, strip.right))
    return low, high


@given(st.lists(MARKS, min_size=4, max_size=4), st.lists(st.floats(2.5, 5.0), min_size=3, max_size=3))
def test_strips_lie_side_by_side_without_gap_or_overlap(markings: list[LaneMarking], widths: list[float]) -> None:
    stretch = make_straight(markings, widths)
    for level in DETAIL_LEVELS:
        spans = sorted(across(strip, stretch) for strip in cut_into_strips(stretch, level))
        assert [low for low, _ in spans[1:]] == pytest.approx([high for _, high in spans[:-1]])


def test_only_the_nearest_level_draws_paint_in_its_width() -> None:
    stretch = make_straight([LaneMarking(), LaneMarking("SOLID", "White", 0.2), LaneMarking()], [3.5, 3.5])
    widths = [
        [across(strip, stretch) for strip in cut_into_strips(stretch, level) if strip.marking]
        for level in DETAIL_LEVELS
    ]
    assert np.allclose(widths[0], [(-0.1, 0.1)])
    assert widths[1:] == [[]] * (len(DETAIL_LEVELS) - 1)


def test_the_line_at_a_road_s_border_is_painted_inside_the_lane() -> None:
    solid = LaneMarking("SOLID", "White", 0.15)
    stretch = make_straight([solid, LaneMarking(), solid], [3.5, 3.5])
    spans = sorted(across(strip, stretch) for strip in cut_into_strips(stretch, DETAIL_LEVELS[0]) if strip.marking)
    assert np.allclose(spans, [(-3.5, -3.35), (3.35, 3.5)])


def test_resampling_keeps_to_the_line_and_unit_normals() -> None:
    stretch = make_straight([LaneMarking(), LaneMarking()], [3.5])
    lines = resample(stretch, np.array([0.25, 17.75]))
    assert np.allclose(lines.centre, [[0.25, 0, 0], [17.75, 0, 0]])
    assert np.allclose(np.linalg.norm(lines.right, axis=1), 1)
    assert np.allclose(lines.points(lines.offsets)[1], [[17.75, -1.75, 0], [17.75, 1.75, 0]])


def test_a_chunk_s_dashes_cost_the_same_wherever_along_the_road_it_is() -> None:
    dense = LaneMarking("BROKEN", "White", 0.15, 0.1, 0.1)
    stretch = make_straight([LaneMarking(), dense, LaneMarking()], [3.5, 3.5], length=20_000.0)
    rows, peaks = [], []
    for start in (40.0, 19_960.0):
        tracemalloc.start()
        rows.append(choose_rows(stretch, compute_curvature(stretch), start, start + 24.0, DETAIL_LEVELS[0]))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert rows[1] - 19_960.0 == pytest.approx(rows[0] - 40.0)
    assert len(rows[0]) > 240
    assert peaks[1] < 2 * peaks[0]


@pytest.mark.parametrize("level", DETAIL_LEVELS)
def test_rows_are_close_enough_for_a_bend_and_no_closer(level: DetailLevel) -> None:
    radius, s = 20.0, np.linspace(0.0, 59.0, 60, dtype=np.float64)
    bend = replace(make_straight([LaneMarking(), LaneMarking()], [3.5], length=59.0), s=s)
    turned = np.column_stack((-np.sin(s / radius), np.cos(s / radius), 0 * s))
    bend = replace(
        bend, right=turned, centre=radius * np.column_stack((np.sin(s / radius), 1 - np.cos(s / radius), 0 * s))
    )
    curvature = compute_curvature(bend)
    assert curvature == pytest.approx(1 / radius)
    gaps = np.diff(choose_rows(bend, curvature, 5.0, 55.0, level))
    assert gaps.min() == pytest.approx(gaps.max())
    error = gaps.max() ** 2 / 8 / radius
    assert 0.7 * level.tolerance < error <= level.tolerance or gaps.max() == pytest.approx(level.step)
    straight = make_straight([LaneMarking(), LaneMarking()], [3.5], length=64.0)
    assert np.diff(choose_rows(straight, compute_curvature(straight), 0.0, 64.0, level)) == pytest.approx(level.step)
