"""The figures of the report (plotly): paths, offsets and steering.

The colours of M. Okabe and K. Ito are distinguishable with any colour vision; departures are crosses, so that nothing
depends on colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from alvinn.metrics.referee import Result
from alvinn.metrics.results import run_folder
from alvinn.metrics.summary import measure_distance
from alvinn.metrics.worst import find_worst_stretch

COLOURS = ("#0072B2", "#E69F00", "#CC79A7", "#56B4E9", "#8C6BB1", "#B5A400")
"""Of runs, models and methods; green and vermilion are for good and bad."""
BAD = "#D55E00"
LEFT, CENTRE, RIGHT = "#7B3FA0", "#BDBDBD", "#1B9E9E"
"""Of the offset to the left, at the centre, to the right."""
INK = "#7A7F85"
"""Neutral, and seen on white as on black."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
APART = 15.0  # m between two crosses on a path: closer ones would hide it
SPACING = 1.0  # m between plotted points: a screen shows no more
SHOWN = 6  # runs in one figure, the worst; more cannot be distinguished
BINS = 81


def label_run(result: Result) -> str:
    """The name of a run in legends and tables."""
    one = result.run
    return f"{one}, seed {one.seed}" + (f", start {one.start}" if one.start else "")


def select_worst(results: Sequence[Result], most: int = SHOWN) -> list[Result]:
    """Select the worst driven runs: by departures, then by the standard deviation of the offset."""
    driven = [result for result in results if result.trace.time]
    return sorted(driven, key=lambda r: (-len(r.trace.departures), -float(np.std(r.trace.offset))))[:most]


def plot_path(results: Sequence[Result], *, filmed: bool) -> go.Figure:
    """Plot a circuit, north up: the path of the worst run coloured by offset, its departures and its worst stretch.

    Args:
        results: of the circuit.
        filmed: whether the page holds a film of that stretch.
    """
    (result,) = select_worst(results, 1)
    trace, some = result.trace, _select_ticks(result)
    figure = go.Figure()
    first, last = find_worst_stretch(trace.offset)
    worst = [tick for tick in some if first <= tick <= last]
    _draw_stretch(figure, result, worst, filmed=filmed)
    x, y, offset = (np.asarray(values)[some] for values in (trace.x, trace.y, trace.offset))
    marker = {"color": offset, "coloraxis": "coloraxis", "size": 5}
    hover = "offset %{marker.color:.3f} m<extra></extra>"
    figure.add_trace(go.Scatter(x=x, y=y, mode="markers", marker=marker, hovertemplate=hover, showlegend=False))
    _mark(figure, trace.x[:1], trace.y[:1], name="start", symbol="diamond", colour=INK)
    if trace.departures:
        shown = thin_departures(result)
        _mark(figure, [trace.x[t] for t in shown], [trace.y[t] for t in shown], name="departure", symbol="x")
    limit = find_reach([result])
    figure.update_yaxes(autorange="reversed", scaleanchor="x", title_text="y [m]")
    figure.update_xaxes(title_text="x [m]")
    return figure.update_layout(
        template="plotly_white",
        height=420,
        title={"text": label_run(result), "font": {"size": 14}},
        margin={"t": 50},
        legend={"orientation": "h", "y": -0.2},
        coloraxis={
            "colorscale": [[0.0, LEFT], [0.5, CENTRE], [1.0, RIGHT]],
            "cmin": -limit,
            "cmax": limit,
            "colorbar": {"title": "offset [m]<br>right +", "thickness": 14},
        },
    )


def _draw_stretch(figure: go.Figure, result: Result, ticks: Sequence[int], *, filmed: bool) -> None:
    """The worst ten seconds as a broad line below the path; a click on it finds the film by the run's anchor."""
    x, y = ([values[t] for t in ticks] for values in (result.trace.x, result.trace.y))
    anchor = run_folder(Path(), result.run).name
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            line={"color": INK, "width": 16},
            opacity=0.35,
            name="worst ten seconds",
            customdata=[anchor] * len(x),
            hovertemplate=f"the worst ten seconds{': click for the film' if filmed else ''}<extra></extra>",
        )
    )


def find_reach(results: Sequence[Result]) -> float:
    """The largest offset to show [m], to either side: what was driven, and at most a little beyond the lane."""
    largest = max((abs(offset) for one in results for offset in one.trace.offset), default=0.0)
    limit = max((max(one.trace.limit) for one in results if one.trace.limit), default=1.0)
    return float(min(max(1.15 * largest, 0.1), 1.4 * limit))


def thin_departures(result: Result) -> list[int]:
    """Departures to mark: of those within a few metres the first, so that the marks do not hide the path."""
    shown: list[int] = []
    for tick in result.trace.departures:
        if not shown or abs(result.trace.progress[tick] - result.trace.progress[shown[-1]]) >= APART:
            shown.append(tick)
    return shown


def _mark(
    figure: go.Figure, x: Sequence[float], y: Sequence[float], *, name: str, symbol: str, colour: str = BAD, **at: int
) -> None:
    marker = {"symbol": symbol, "size": 9, "color": colour, "line": {"width": 1, "color": "#FFFFFF"}}
    known = {trace.name for trace in figure.data}
    mark = go.Scatter(
        x=x, y=y, mode="markers", name=name, marker=marker, legendgroup=name, showlegend=name not in known
    )
    figure.add_trace(mark, **at)


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
                showlegend=row == 1 and len(runs) > 1,
                line={"color": colour, "width": 1.5},
            )
            figure.add_trace(line, row=row, col=1)
        x, y = ([values[t] for t in thin_departures(result)] for values in (trace.progress, trace.offset))
        if x:
            _mark(figure, x, y, name="departure", symbol="x", row=1, col=1)
    limit, reach = max((max(r.trace.limit) for r in runs), default=1.0), find_reach(runs)
    for edge in (-limit, limit) if limit < reach else ():
        figure.add_hline(y=edge, row=1, col=1, line={"color": INK, "dash": "dash", "width": 1})
    figure.update_yaxes(title_text="offset [m]", range=[-reach, reach], row=1, col=1)
    figure.update_yaxes(title_text="steer (-1 to 1)", row=2, col=1)
    figure.update_xaxes(title_text="distance driven [m]", row=2, col=1)
    title = {"text": label_run(runs[0]) if len(runs) == 1 else "", "font": {"size": 14}}  # then there is no legend
    above = {"orientation": "h", "y": 1.0, "yanchor": "bottom"}  # below, a low figure's axis would be written over
    return figure.update_layout(template="plotly_white", height=520, title=title, margin={"t": 50}, legend=above)


def plot_offsets(groups: Sequence[tuple[str, Sequence[Result]]]) -> go.Figure:
    """Plot the distribution of the offset over all ticks: a stepped line per group, in percent of its ticks."""
    pooled = [(name, np.concatenate([np.asarray(r.trace.offset) for r in runs])) for name, runs in groups if runs]
    pooled = [(name, values) for name, values in pooled if values.size]
    reach = max((float(np.percentile(np.abs(values), 99.8)) for _, values in pooled), default=0.1)
    edges = np.linspace(-reach, reach, BINS + 1)
    figure = go.Figure()
    for number, (name, values) in enumerate(pooled):
        share = np.histogram(values, edges)[0] / values.size * 100.0
        line = {"color": INK, "dash": DASHES[number % len(DASHES)], "shape": "hvh", "width": 2}
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
    marker = {"size": 12, "color": list(COLOURS * len(names))[: len(names)]}
    dots = go.Scatter(x=offline, y=online, text=names, mode="markers+text", textposition="top center", marker=marker)
    figure = go.Figure(dots.update(cliponaxis=False))  # the name of the uppermost point too
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
