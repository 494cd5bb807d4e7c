"""The covariate shift, drawn (plotly): where training frames lie and where each policy went; what correcting is worth.

A clone is trained where its teacher went and drives where it itself goes. Both are places in a plane of offset and
heading error; corrections bring them together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from alvinn.metrics.summary import percentile_interval
from alvinn.visualization.figures import COLOURS

RESAMPLES = 2000
REACH = (0.8, 15.0)  # m, degrees: what is drawn to either side
BINS = (41, 31)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """Where some frames were taken: offset [m] and heading error [rad], shape (n,) each."""

    offset: Floats
    heading: Floats

    def __post_init__(self) -> None:
        if self.offset.shape != self.heading.shape or self.offset.ndim != 1:
            raise ValueError(f"places want as many offsets as headings, not {self.offset.shape}, {self.heading.shape}")


@dataclass(frozen=True)
class Rate:
    """Departures per km of a way of teaching after a round, over seeds."""

    middle: float
    low: float
    high: float
    """ends of the 95% interval of a bootstrap over seeds"""


def rate(departures: Sequence[int], km: Sequence[float], rng: np.random.Generator) -> Rate:
    """Departures per km, pooled over seeds; one seed alone has no interval.

    Raises:
        ValueError: the sequences differ in length, or nothing was driven.
    """
    if len(departures) != len(km) or not sum(km) > 0.0:
        raise ValueError(f"{len(departures)} counts of departures over {len(km)} ways of {sum(km)} km")
    lost, way = np.asarray(departures, dtype=np.float64), np.asarray(km, dtype=np.float64)
    middle = float(lost.sum() / way.sum())
    if len(departures) < 2:
        return Rate(middle, middle, middle)
    drawn = rng.integers(len(lost), size=(RESAMPLES, len(lost)))
    return Rate(middle, *percentile_interval(lost[drawn].sum(axis=1) / way[drawn].sum(axis=1)))


def plot_rates(found: Mapping[str, Sequence[Rate]]) -> go.Figure:
    """Departures per km by round: a line for each way of teaching, with its band."""
    figure = go.Figure()
    for colour, (name, rates) in zip(COLOURS, found.items(), strict=False):
        rounds = list(range(len(rates)))
        band = [one.high for one in rates] + [one.low for one in reversed(rates)]
        figure.add_trace(
            go.Scatter(
                x=rounds + rounds[::-1],
                y=band,
                mode="lines",
                fill="toself",
                fillcolor=colour,
                opacity=0.15,
                line={"width": 0},
                hoverinfo="skip",
                legendgroup=name,
                showlegend=False,
            )
        )
        line = {"color": colour, "width": 2.5}
        figure.add_trace(
            go.Scatter(
                x=rounds, y=[one.middle for one in rates], mode="lines+markers", name=name, legendgroup=name, line=line
            )
        )
    figure.update_xaxes(title_text="round (0: the clone)", dtick=1)
    figure.update_yaxes(title_text="departures per km on unseen circuits", rangemode="tozero")
    return figure.update_layout(
        template="plotly_white", height=460, margin={"t": 20}, legend={"orientation": "h", "y": -0.2}
    )


def plot_places(learned: Sequence[Places], driven: Sequence[Places]) -> go.Figure:
    """Round by round, side by side: the frames that the network learned from above, where it then went below."""
    titles = [f"round {number}" for number in range(len(learned))]
    figure = make_subplots(
        rows=2,
        cols=len(learned),
        shared_xaxes=True,
        shared_yaxes=True,
        column_titles=titles,
        row_titles=["learned from", "went"],
        horizontal_spacing=0.015,
        vertical_spacing=0.04,
    )
    for row, places in ((1, learned), (2, driven)):
        for column, one in enumerate(places, start=1):
            figure.add_trace(_density(one), row=row, col=column)
    figure.update_xaxes(title_text="offset [m]", row=2)
    figure.update_yaxes(title_text="heading error [degrees]", col=1)
    scale = {"colorscale": "Viridis", "colorbar": {"title": "share of<br>frames", "tickvals": [-4, -3, -2, -1]}}
    scale["colorbar"] |= {"ticktext": ["0.01%", "0.1%", "1%", "10%"]}  # type: ignore[operator]
    return figure.update_layout(
        template="plotly_white", height=560, margin={"t": 40}, coloraxis=scale | {"cmin": -4.0, "cmax": -1.0}
    )


def uncovered(learned: Places, driven: Places) -> float:
    """The share of the frames driven that lie in cells of the plane with no frame learned from: the covariate shift."""
    counts = _counts(driven)
    return float(counts[_counts(learned) == 0.0].sum() / max(1.0, counts.sum()))


def _edges() -> tuple[Floats, Floats]:
    """Of the cells: offset [m] and heading error [degrees]."""
    across, turned = (np.linspace(-reach, reach, bins + 1) for reach, bins in zip(REACH, BINS, strict=True))
    return across.astype(np.float64), turned.astype(np.float64)


def _counts(places: Places) -> Floats:
    """Frames in each cell of the plane, shape (offsets, headings); what lies outside counts at the edge."""
    offset = np.clip(places.offset, -REACH[0], REACH[0])
    heading = np.clip(np.degrees(places.heading), -REACH[1], REACH[1])
    return np.asarray(np.histogram2d(offset, heading, bins=_edges())[0])


def _density(places: Places) -> go.Heatmap:
    """The share of frames in each cell of the plane, as a power of ten."""
    (across, turned), count = _edges(), _counts(places)
    share = count.T / max(1.0, float(count.sum()))
    shown = np.log10(share, out=np.full(share.shape, math.nan), where=share > 0.0)
    return go.Heatmap(
        x=(across[1:] + across[:-1]) / 2.0,
        y=(turned[1:] + turned[:-1]) / 2.0,
        z=shown,
        coloraxis="coloraxis",
        hovertemplate="offset %{x:.2f} m, heading %{y:.1f} degrees<extra></extra>",
    )
