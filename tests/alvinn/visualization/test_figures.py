from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from alvinn.metrics.referee import unfinished_result
from alvinn.visualization.figures import (
    SHOWN,
    SPACING,
    find_reach,
    make_band,
    plot_comparison,
    plot_distance,
    plot_offline,
    plot_offsets,
    plot_path,
    select_worst,
    thin_departures,
)
from alvinn.visualization.films import make_anchor
from tests.alvinn.judged import RUN, judged

QUIET, LOST = [0.1, -0.1] * 100, [0.1] * 99 + [0.9] + [0.1] * 100


def test_the_runs_with_most_departures_are_shown_first_and_those_not_driven_never() -> None:
    calm, lost = judged(QUIET), judged(LOST)
    spread = judged([0.3, -0.3] * 100)
    assert select_worst([calm, spread, unfinished_result(RUN, "failed"), lost]) == [lost, spread, calm]
    assert len(select_worst([calm] * 20)) == SHOWN


def test_the_map_has_a_point_a_metre_and_every_departure_where_it_was() -> None:
    lost = judged(LOST)
    figure = plot_path([lost, judged(QUIET, replace(RUN, direction="reverse"))], filmed=True)
    stretch, path, start, departures = figure.data
    steps = np.hypot(np.diff(path.x), np.diff(path.y))
    assert np.median(steps) == pytest.approx(SPACING, abs=0.25)
    assert (departures.x[0], departures.y[0]) == (lost.trace.x[99], lost.trace.y[99])
    assert 0.9 in path.marker.color
    assert (start.x[0], start.y[0]) == (lost.trace.x[0], lost.trace.y[0])
    assert set(stretch.customdata) == {make_anchor(lost.run)}


def test_departures_close_together_share_a_cross_so_that_the_path_stays_visible() -> None:
    often = judged(([0.1] * 9 + [0.9]) * 40)  # one every 4 m
    assert len(often.trace.departures) == 40
    shown = thin_departures(often)
    assert shown[0] == often.trace.departures[0]
    assert 8 <= len(shown) <= 11


def test_the_scale_of_the_offset_fits_what_was_driven() -> None:
    assert find_reach([judged([0.1, -0.1] * 50)]) == pytest.approx(0.115)
    assert find_reach([judged([0.01] * 50)]) == 0.1
    assert find_reach([judged(LOST)]) < 0.9 * 1.2


def test_offset_and_steering_share_the_distance() -> None:
    figure = plot_distance([judged(LOST)])
    offset, steer, mark = figure.data
    assert list(offset.x) == list(steer.x)
    assert max(offset.y) == 0.9
    assert list(mark.y) == [0.9]


def test_a_single_run_is_named_in_the_title_and_several_in_a_legend_above_the_lines() -> None:
    single, several = plot_distance([judged(QUIET)]), plot_distance([judged(QUIET), judged(QUIET)])
    assert single.layout.title.text == "oval forward, ClearNoon, seed 0"
    assert not any(line.showlegend for line in single.data)
    assert several.layout.title.text == ""
    assert sum(bool(line.showlegend) for line in several.data) == 2
    assert several.layout.legend.y == 1.0


def test_a_model_keeps_its_colour_from_figure_to_figure() -> None:
    told = {"departures_per_km": 1.0, "offset_sd_m": 0.1, "ci": {}}
    beside, _ = plot_comparison(["a", "b"], [told, told]).data
    (offline,) = plot_offline(["a", "b"], [0.01, 0.02], [0.1, 0.2], "held_out_mae").data
    assert offline.marker.color == beside.marker.color
    assert len(set(offline.marker.color)) == 2


def test_the_histogram_holds_all_ticks_of_a_group() -> None:
    figure = plot_offsets([("oval", [judged(QUIET), judged(QUIET)]), ("none", [unfinished_result(RUN, "failed")])])
    (line,) = figure.data
    assert sum(line.y) == pytest.approx(100.0)
    assert line.name == "oval"


def test_models_side_by_side_have_their_intervals_and_nothing_measured_leaves_a_gap() -> None:
    told = {"departures_per_km": 1.0, "offset_sd_m": 0.1, "ci": {"offset_sd_m": (0.08, 0.15)}}
    bare: dict[str, Any] = {"departures_per_km": None, "offset_sd_m": None, "ci": {}}
    _, spread = plot_comparison(["a", "b"], [told, bare]).data
    assert list(spread.y) == [0.1, None]
    assert spread.error_y.array[0] == pytest.approx(0.05)
    assert spread.error_y.arrayminus[0] == pytest.approx(0.02)


def test_a_band_goes_out_along_its_upper_edge_and_back_along_its_lower_one() -> None:
    band = make_band([0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], "#000000", "drift")
    assert list(band.x) == [0.0, 1.0, 2.0, 2.0, 1.0, 0.0]
    assert list(band.y) == [4.0, 5.0, 6.0, 3.0, 2.0, 1.0]
    assert band.legendgroup == "drift"
