"""Learning curves over simulated minutes and seeds (plotly)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from alvinn.visualization.figures import COLOURS, make_band

Curve = Sequence[tuple[float, float]]
"""(minute, value), minute by minute."""


def plot_curves(found: Mapping[str, Sequence[Curve]], y: str) -> go.Figure:
    """Plot the mean over seeds for each learning method, with a band from minimum to maximum.

    Args:
        found: for each method, a curve per seed; seeds that ended earlier do not count in later means.
        y: title of the axis.
    """
    figure = go.Figure()
    for colour, (name, curves) in zip(COLOURS, found.items(), strict=False):
        values: dict[float, list[float]] = {}
        for minute, value in (point for curve in curves for point in curve):
            values.setdefault(minute, []).append(value)
        minutes = sorted(values)
        low, high = ([end(values[m]) for m in minutes] for end in (min, max))
        figure.add_trace(make_band(minutes, low, high, colour, name))
        means = [sum(values[m]) / len(values[m]) for m in minutes]
        line = {"color": colour, "width": 2.5}
        figure.add_trace(go.Scatter(x=minutes, y=means, mode="lines+markers", name=name, legendgroup=name, line=line))
    figure.update_xaxes(title_text="simulated minutes", rangemode="tozero")
    figure.update_yaxes(title_text=y)
    return figure.update_layout(
        template="plotly_white", height=420, margin={"t": 20}, legend={"orientation": "h", "y": -0.2}
    )
