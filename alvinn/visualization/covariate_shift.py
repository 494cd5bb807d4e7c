"""Figures of the covariate shift (plotly): states in the training data and states visited; benefit of corrections.

A clone is trained on the states that its teacher visits and drives through those that it visits itself. Here a state is
a point in the plane of offset and heading error; corrections bring the two distributions together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from alvinn.metrics.summary import bound_rate, percentile_interval
from alvinn.visualization.figures import COLOURS, make_band
from alvinn.visualization.page import pluralize

RESAMPLES = 2000
REACH = (0.8, 15.0)  # m, degrees: limits of the plane to either side
BINS = (41, 31)
FEWEST_SEEDS = 5  # that can tell whether a difference is chance

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StateSamples:
    """States of frames: offset [m] and heading error [rad], shape (n,) each."""

    offset: Floats
    heading: Floats

    def __post_init__(self) -> None:
        if self.offset.shape != self.heading.shape or self.offset.ndim != 1:
            raise ValueError(
                f"states require as many offsets as headings, not {self.offset.shape}, {self.heading.shape}"
            )


@dataclass(frozen=True)
class Rate:
    """Departures per km of a teaching method after a round, over seeds."""

    middle: float
    low: float
    high: float
    """ends of the 95% interval of a bootstrap over seeds"""
    departures: tuple[int, ...] = ()
    """by seed"""
    km: tuple[float, ...] = ()
    """driven, by seed"""


def estimate_rate(departures: Sequence[int], km: Sequence[float], rng: np.random.Generator) -> Rate:
    """Estimate departures per km, pooled over seeds; a single seed has no interval, unless nothing departed.

    Raises:
        ValueError: the sequences differ in length, or nothing was driven.
    """
    if len(departures) != len(km) or not sum(km) > 0.0:
        raise ValueError(
            f"{len(departures)} counts of departures do not match {len(km)} distances of {sum(km)} km in total"
        )
    lost, way = np.asarray(departures, dtype=np.float64), np.asarray(km, dtype=np.float64)
    middle = float(lost.sum() / way.sum())
    low, high = middle, middle
    if not lost.any():
        high = bound_rate(0, float(way.sum()))  # a bootstrap would know no other seed than these
    elif len(departures) > 1:
        drawn = rng.integers(len(lost), size=(RESAMPLES, len(lost)))
        low, high = percentile_interval(lost[drawn].sum(axis=1) / way[drawn].sum(axis=1))
    return Rate(middle, low, high, tuple(departures), tuple(km))


def describe_rates(rates: Mapping[str, Sequence[Rate]], plain: str) -> str:
    """Which teaching method is worth most, beside plain driving, in a sentence."""
    last = {name: line[-1] for name, line in rates.items()}
    best = min(last, key=lambda name: last[name].middle)
    rounds, clone = len(rates[best]) - 1, rates[best][0].middle
    after = f"after {pluralize(rounds, 'round')}"
    if plain in last and len(last) > 1 and last[plain].middle == last[best].middle:
        left = f"{last[plain].middle:.2f} {after}"
        return f"{plain}: {clone:.2f} departures per km before, {left}; no other method leaves fewer."
    said = f"{best}: {clone:.2f} departures per km before, {last[best].middle:.2f} {after}"
    if best == plain or plain not in last:
        return f"{said}."
    return f"{said}; {plain} leaves {last[plain].middle:.2f}, {_judge_difference(last[best], last[plain])}."


def _judge_difference(best: Rate, plain: Rate) -> str:
    if (seeds := len(best.departures)) < FEWEST_SEEDS:  # intervals of few seeds are apart by luck
        return f"of which {pluralize(seeds, 'seed')} cannot tell whether it is chance"
    apart = best.high < plain.low
    return "more than chance explains" if apart else "which may be chance: the intervals overlap"


def plot_rates(found: Mapping[str, Sequence[Rate]]) -> go.Figure:
    """Plot departures per km by round: a line with its interval for each teaching method."""
    figure = go.Figure()
    for colour, (name, rates) in zip(COLOURS, found.items(), strict=False):
        rounds = list(range(len(rates)))
        figure.add_trace(make_band(rounds, [one.low for one in rates], [one.high for one in rates], colour, name))
        line = {"color": colour, "width": 2.5}
        figure.add_trace(
            go.Scatter(
                x=rounds, y=[one.middle for one in rates], mode="lines+markers", name=name, legendgroup=name, line=line
            )
        )
    figure.update_xaxes(title_text="round (0: the clone)", dtick=1)
    figure.update_yaxes(title_text="departures per km", rangemode="tozero")
    return figure.update_layout(
        template="plotly_white",
        height=460,
        margin={"t": 20},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )


def plot_states(learned: Sequence[StateSamples], driven: Sequence[StateSamples]) -> go.Figure:
    """Plot states by round: those in the training data above, those visited below."""
    titles = [f"round {number}" for number in range(len(learned))]
    figure = make_subplots(
        rows=2,
        cols=len(learned),
        shared_xaxes=True,
        shared_yaxes=True,
        column_titles=titles,
        row_titles=["training data", "visited"],
        horizontal_spacing=0.015,
        vertical_spacing=0.04,
    )
    for row, states in ((1, learned), (2, driven)):
        for column, one in enumerate(states, start=1):
            figure.add_trace(_density(one), row=row, col=column)
    figure.update_xaxes(title_text="offset [m]", row=2)
    figure.update_yaxes(title_text="heading [deg]", col=1)
    scale = {"colorscale": "Viridis", "colorbar": {"title": "share of<br>frames", "tickvals": [-4, -3, -2, -1]}}
    scale["colorbar"] |= {"ticktext": ["0.01%", "0.1%", "1%", "10%"]}  # type: ignore[operator] # mypy: object; it is the inner dict
    return figure.update_layout(
        template="plotly_white", height=560, margin={"t": 40}, coloraxis=scale | {"cmin": -4.0, "cmax": -1.0}
    )


def join_states(samples: Sequence[StateSamples]) -> StateSamples:
    """The states of several samples as one."""
    return StateSamples(
        np.concatenate([one.offset for one in samples]), np.concatenate([one.heading for one in samples])
    )


def uncovered_share(seeds: Sequence[tuple[StateSamples, StateSamples]]) -> float:
    """Share of visited states in cells of the plane without training data: a measure of the covariate shift.

    Args:
        seeds: what each seed's network learned from, and what it visited: none knows the data of another one.
    """
    counts = [(_counts(driven), _counts(learned) == 0.0) for learned, driven in seeds]
    uncovered = sum(driven[where].sum() for driven, where in counts)
    return float(uncovered / max(1.0, sum(driven.sum() for driven, _ in counts)))


def _edges() -> tuple[Floats, Floats]:
    """Edges of the cells: offset [m] and heading error [degrees]."""
    across, turned = (np.linspace(-reach, reach, bins + 1) for reach, bins in zip(REACH, BINS, strict=True))
    return across.astype(np.float64), turned.astype(np.float64)


def _counts(states: StateSamples) -> Floats:
    """Frames in each cell of the plane, shape (offsets, headings); frames outside count at the edge."""
    offset = np.clip(states.offset, -REACH[0], REACH[0])
    heading = np.clip(np.degrees(states.heading), -REACH[1], REACH[1])
    return np.asarray(np.histogram2d(offset, heading, bins=_edges())[0])


def _density(states: StateSamples) -> go.Heatmap:
    """Share of frames in each cell of the plane, as a power of ten."""
    (across, turned), count = _edges(), _counts(states)
    share = count.T / max(1.0, float(count.sum()))
    shown = np.log10(share, out=np.full(share.shape, math.nan), where=share > 0.0)
    return go.Heatmap(
        x=(across[1:] + across[:-1]) / 2.0,
        y=(turned[1:] + turned[:-1]) / 2.0,
        z=shown,
        coloraxis="coloraxis",
        hovertemplate="offset %{x:.2f} m, heading %{y:.1f} degrees<extra></extra>",
    )
