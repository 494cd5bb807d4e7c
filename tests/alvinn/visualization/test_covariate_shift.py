from __future__ import annotations

import numpy as np
import pytest

from alvinn.metrics.summary import bound_rate
from alvinn.visualization.covariate_shift import (
    Rate,
    StateSamples,
    describe_rates,
    estimate_rate,
    join_states,
    plot_rates,
    plot_states,
    uncovered_share,
)


def test_departures_are_pooled_over_seeds_and_the_band_is_as_wide_as_seeds_differ() -> None:
    rng = np.random.default_rng(0)
    calm, wild = estimate_rate([4, 4, 4], [2.0, 2.0, 2.0], rng), estimate_rate([0, 0, 12], [2.0, 2.0, 2.0], rng)
    assert calm == Rate(2.0, 2.0, 2.0, (4, 4, 4), (2.0, 2.0, 2.0))
    assert wild.middle == 2.0
    assert (wild.low, wild.high) == (0.0, 6.0)


def test_one_seed_has_no_band_and_nothing_driven_is_no_rate() -> None:
    assert estimate_rate([3], [1.5], np.random.default_rng(0)) == Rate(2.0, 2.0, 2.0, (3,), (1.5,))
    with pytest.raises(ValueError, match="0 counts of departures do not match 0 distances"):
        estimate_rate([], [], np.random.default_rng(0))


def test_a_line_and_a_band_are_drawn_for_each_way_of_teaching() -> None:
    figure = plot_rates({"plain": [Rate(3.0, 2.0, 4.0), Rate(2.5, 2.0, 3.0)], "drift": [Rate(3.0, 2.0, 4.0)]})
    lines = [trace for trace in figure.data if not trace.fill]
    assert [(trace.name, list(trace.y)) for trace in lines] == [("plain", [3.0, 2.5]), ("drift", [3.0])]
    assert [list(trace.y) for trace in figure.data if trace.fill] == [[4.0, 3.0, 2.0, 2.0], [4.0, 2.0]]


def test_places_are_drawn_where_they_are_and_those_far_out_at_the_edge() -> None:
    middle = StateSamples(np.zeros(90), np.zeros(90))
    aside = StateSamples(np.array([0.4] * 9 + [5.0]), np.radians([-6.0] * 9 + [40.0]))
    figure = plot_states([middle], [aside])
    above, below = figure.data
    assert np.nanmax(above.z) == pytest.approx(0.0), "all frames in one cell: a share of 1"
    row, column = np.unravel_index(np.nanargmax(below.z), below.z.shape)
    assert (below.x[column], below.y[row]) == (pytest.approx(0.4, abs=0.02), pytest.approx(-6.0, abs=0.5))
    assert below.z[-1, -1] == pytest.approx(-1.0), "a tenth of them"


def test_places_want_an_offset_and_a_heading_each() -> None:
    with pytest.raises(ValueError, match="as many offsets as headings"):
        StateSamples(np.zeros(3), np.zeros(2))


def test_the_share_of_frames_where_nothing_was_learned_is_counted_cell_by_cell() -> None:
    middle, aside = StateSamples(np.zeros(50), np.zeros(50)), StateSamples(np.full(50, 0.5), np.zeros(50))
    both = StateSamples(np.concatenate([middle.offset, aside.offset]), np.zeros(100))
    assert uncovered_share([(middle, middle)]) == 0.0
    assert uncovered_share([(middle, both)]) == 0.5
    assert uncovered_share([(both, aside)]) == 0.0
    far = StateSamples(np.full(3, 9.0), np.full(3, 2.0))
    assert uncovered_share([(middle, far)]) == 1.0, "beyond what is drawn too"


def test_what_only_another_seed_learned_does_not_cover_what_a_seed_visits() -> None:
    middle, aside = StateSamples(np.zeros(50), np.zeros(50)), StateSamples(np.full(50, 0.5), np.zeros(50))
    assert uncovered_share([(middle, aside), (aside, aside)]) == 0.5
    joined = join_states([middle, aside])
    assert uncovered_share([(joined, joined)]) == 0.0
    assert joined.offset.tolist() == [0.0] * 50 + [0.5] * 50


def test_the_verdict_names_the_best_method_and_whether_chance_explains_it() -> None:
    five = ((1,) * 5, (1.0,) * 5)
    plain, drift = [Rate(3.0, 2.5, 3.5, *five)] * 2, [Rate(3.0, 2.5, 3.5, *five), Rate(0.5, 0.2, 0.9, *five)]
    said = describe_rates({"plain": plain, "drift": drift}, "plain")
    assert said == (
        "drift: 3.00 departures per km before, 0.50 after 1 round; plain leaves 3.00, more than chance explains."
    )
    assert "may be chance" in describe_rates({"plain": plain, "drift": [plain[0], Rate(2.9, 2.0, 3.4, *five)]}, "plain")
    assert describe_rates({"plain": plain}, "plain").endswith("after 1 round.")
    assert describe_rates({"plain": plain, "drift": plain}, "plain").endswith("no other method leaves fewer.")


@pytest.mark.parametrize(("seeds", "told"), [(1, "1 seed cannot tell"), (4, "4 seeds cannot tell"), (5, "more than")])
def test_few_seeds_do_not_tell_whether_a_method_is_better(seeds: int, told: str) -> None:
    rng = np.random.default_rng(0)
    drift, plain = ([estimate_rate([lost] * seeds, [2.0] * seeds, rng)] * 2 for lost in (2, 3))
    said = describe_rates({"plain": plain, "drift": drift}, "plain").replace("of which ", "")
    assert f"plain leaves 1.50, {told}" in said


def test_no_departure_is_a_bound() -> None:
    rng = np.random.default_rng(0)
    for seeds in (1, 5):
        found = estimate_rate([0] * seeds, [2.0] * seeds, rng)
        assert (found.middle, found.low, found.high) == (0.0, 0.0, bound_rate(0, 2.0 * seeds))
