"""The figures of the report (plotly): paths, offsets and steering.

The colours of M. Okabe and K. Ito are distinguishable with any colour vision; departures are crosses, so that nothing
depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from alvinn.metrics.referee import Result
from alvinn.metrics.summary import measure_distance

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LEFT, CENTRE, RIGHT, INK = "#0072B2", "#BDBDBD", "#D55E00", "#000000"
SPACING = 1.0  # m between plotted points: a screen shows no more
SHOWN = 6  # runs in one figure, the worst; more cannot be distinguished
BINS = 81


def label_run(result: Result) -> str:
    """The name of a run in legends and tables."""
    one = result.run
    return f"{one.map} {one.direction}, {one.weather}, seed {one.seed}" + (f", start {one.start}" if one.start else "")


def select_worst(results: Sequence[Result], most: int = SHOWN) -> list[Result]:
    """Select the worst driven runs: by departures, then by the standard deviation of the offset."""
    driven = [result for result in results if result.trace.time]
    return sorted(driven, key=lambda r: (-len(r.trace.departures), -float(np.std(r.trace.offset))))[:most]


def plot_path(results: Sequence[Result]) -> go.Figure:
    """Plot a circuit, north up: a panel per direction, with the path of its worst run coloured by offset."""
    ways = sorted({result.run.direction for result in results if result.trace.time})
    runs = [select_worst([r for r in results if r.run.direction == way], 1)[0] for way in ways]
    figure = make_subplots(rows=1, cols=max(1, len(runs)), subplot_titles=[label_run(r) for r in runs])
    for column, result in enumerate(runs, start=1):
        _draw_path(figure, column, result)
        axis = "" if column == 1 else str(column)
        figure.update_yaxes(autorange="reversed", scaleanchor=f"x{axis}", title_text="y [m]", row=1, col=column)
        figure.update_xaxes(title_text="x [m]", row=1, col=column)
    limit = max((max(r.trace.limit) for r in runs), default=1.0)
    figure.update_layout(
        template="plotly_white",
        height=460,
        margin={"t": 50},
        legend={"orientation": "h", "y": -0.2},
        coloraxis={
            "colorscale": [[0.0, LEFT], [0.5, CENTRE], [1.0, RIGHT]],
            "cmin": -limit,
            "cmax": limit,
            "colorbar": {"title": "offset [m]<br>right +"},
        },
    )
    return figure


def _draw_path(figure: go.Figure, column: int, result: Result) -> None:
    trace = result.trace
    some = _select_ticks(result)
    x, y, offset = (np.asarray(values)[some] for values in (trace.x, trace.y, trace.offset))
    marker = {"color": offset, "coloraxis": "coloraxis", "size": 5}
    hover = "offset %{marker.color:.3f} m<extra></extra>"
    path = go.Scatter(x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, showlegend=False)
    figure.add_trace(path, row=1, col=column)
    _mark(figure, column, trace.x[:1], trace.y[:1], name="start", symbol="diamond")
    if trace.departures:
        lost_x, lost_y = ([values[t] for t in trace.departures] for values in (trace.x, trace.y))
        _mark(figure, column, lost_x, lost_y, name="departure", symbol="x")


def _mark(
    figure: go.Figure, column: int, x: Sequence[float], y: Sequence[float], *, name: str, symbol: str, colour: str = INK
) -> None:
    marker = {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 1, "color": "#FFFFFF"}}
    known = {trace.name for trace in figure.data}
    mark = go.Scatter(
        x=x, y=y, mode="markers", name=name, marker=marker, legendgroup=name, showlegend=name not in known
    )
    figure.add_trace(mark, row=1, col=column)


def plot_distance(results: Sequence[Result]) -> go.Figure:
    """Plot offset and steering of a circuit's worst runs over distance."""
    runs = select_worst(results)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for colour, result in zip(COLOURS, runs, strict=False):
        trace, some, name = result.trace, _select_ticks(result), label_run(result)
        along = np.asarray(trace.progress)[some]
        for row, values in ((1, trace.offset), (2, trace.steer)):
            line = go.Scatter(
                x=along,
                y=np.asarray(values)[some],
                mode="lines",
                name=name,
                legendgroup=name,
                showlegend=row == 1,
                line={"color": colour, "width": 1.5},
            )
            figure.add_trace(line, row=row, col=1)
        x, y = ([values[t] for t in trace.departures] for values in (trace.progress, trace.offset))
        if x:
            _mark(figure, 1, x, y, name="departure", symbol="x", colour=colour)
    limit = max((max(r.trace.limit) for r in runs), default=1.0)
    for edge in (-limit, limit):
        figure.add_hline(y=edge, row=1, col=1, line={"color": "#666", "dash": "dash", "width": 1})
    figure.update_yaxes(title_text="offset [m], right +", range=[-1.4 * limit, 1.4 * limit], row=1, col=1)
    figure.update_yaxes(title_text="steer (-1 to 1), right +", row=2, col=1)
    figure.update_xaxes(title_text="distance driven [m]", row=2, col=1)
    return figure.update_layout(
        template="plotly_white", height=520, margin={"t": 20}, legend={"orientation": "h", "y": -0.15}
    )


def plot_offsets(groups: Sequence[tuple[str, Sequence[Result]]]) -> go.Figure:
    """Plot the distribution of the offset over all ticks: a stepped line per group, in percent of its ticks."""
    pooled = [(name, np.concatenate([np.asarray(r.trace.offset) for r in runs])) for name, runs in groups if runs]
    pooled = [(name, values) for name, values in pooled if values.size]
    reach = max((float(np.percentile(np.abs(values), 99.8)) for _, values in pooled), default=0.1)
    edges = np.linspace(-reach, reach, BINS + 1)
    figure = go.Figure()
    for number, (name, values) in enumerate(pooled):
        share = np.histogram(values, edges)[0] / values.size * 100.0
        line = {"color": COLOURS[number % len(COLOURS)], "shape": "hvh", "width": 2}
        figure.add_trace(go.Scatter(x=(edges[1:] + edges[:-1]) / 2.0, y=share, mode="lines", name=name, line=line))
    figure.update_xaxes(title_text="offset from the lane's centre [m], right +")
    figure.update_yaxes(title_text="share of ticks [%]", rangemode="tozero")
    return figure.update_layout(template="plotly_white", height=340, margin={"t": 20}, showlegend=True)


def plot_comparison(names: Sequence[str], summed: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Plot departures and offset sd of several models with their intervals: a panel each."""
    panels = (("departures_per_km", "departures per km"), ("offset_sd_m", "offset sd [m]"))
    figure = make_subplots(rows=1, cols=len(panels), subplot_titles=[text for _, text in panels])
    for column, (key, _) in enumerate(panels, start=1):
        values = [one[key] for one in summed]
        ends = [one["ci"].get(key, (value, value)) for one, value in zip(summed, values, strict=True)]
        above, below = (
            [abs(end[side] - value) if value is not None else None for end, value in zip(ends, values, strict=True)]
            for side in (1, 0)
        )
        bars = {"type": "data", "color": INK, "symmetric": False, "array": above, "arrayminus": below}
        marker = {"size": 12, "color": list(COLOURS * len(names))[: len(names)]}
        dots = go.Scatter(x=list(names), y=values, mode="markers", error_y=bars, marker=marker, showlegend=False)
        figure.add_trace(dots, row=1, col=column)
        figure.update_yaxes(rangemode="tozero", row=1, col=column)
    return figure.update_layout(template="plotly_white", height=420, margin={"t": 40})


def plot_offline(names: Sequence[str], offline: Sequence[float], online: Sequence[float], key: str) -> go.Figure:
    """Plot an offline metric against offset sd in laps: a point per model."""
    marker = {"size": 12, "color": COLOURS[0]}
    dots = go.Scatter(x=offline, y=online, text=names, mode="markers+text", textposition="top center", marker=marker)
    figure = go.Figure(dots)
    figure.update_xaxes(title_text=f"{key}, offline", rangemode="tozero")
    figure.update_yaxes(title_text="offset sd [m], online", rangemode="tozero")
    return figure.update_layout(template="plotly_white", height=420, margin={"t": 40})


def make_band(
    across: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str, name: str
) -> go.Scatter:
    """The shaded interval of a line, to be added before it; shown and hidden with the line of the same name."""
    return go.Scatter(
        x=[*across, *reversed(across)],
        y=[*high, *reversed(low)],
        mode="lines",
        fill="toself",
        fillcolor=colour,
        opacity=0.15,
        line={"width": 0},
        hoverinfo="skip",
        legendgroup=name,
        showlegend=False,
    )


def _select_ticks(result: Result) -> list[int]:
    """Ticks to plot: a metre apart, and every departure."""
    kept = list(_apart(result.trace.progress))
    return sorted({*kept, *result.trace.departures}) if measure_distance(result) else kept


def _apart(progress: Sequence[float]) -> Iterator[int]:
    last = -SPACING
    for tick, along in enumerate(progress):
        if abs(along - last) >= SPACING:
            last = along
            yield tick
