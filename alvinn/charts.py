"""Charts of laps: one page that opens offline, to hover over and zoom (plotly)."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from alvinn.referee import Result

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # M. Okabe and K. Ito's, told apart by all


def write_offset_chart(path: Path, results: list[Result], title: str) -> None:
    """Draw the offset from the lane's centre over the lap, one row a map.

    Args:
        path: of the page, written as HTML.
        results: judged runs.
        title: of the page.
    """
    maps = sorted({result.run.map for result in results})
    gap = min(0.16, 0.5 / len(maps))  # of the page's height; plotly refuses more than there is room for
    figure = make_subplots(rows=len(maps), cols=1, subplot_titles=maps, vertical_spacing=gap)
    for row, name in enumerate(maps, start=1):
        runs = [result for result in results if result.run.map == name and result.trace.time]
        for colour, result in zip(COLOURS * len(runs), runs, strict=False):
            _draw_run(figure, row, result, colour)
        limit = max((max(result.trace.limit) for result in runs), default=1.0)
        for edge in (-limit, limit):
            figure.add_hline(y=edge, row=row, col=1, line={"color": "#888", "dash": "dash", "width": 1})
        figure.update_xaxes(title_text="distance along the lane [m]", row=row, col=1)
        figure.update_yaxes(title_text="offset [m], right positive", range=[-1.5 * limit, 1.5 * limit], row=row, col=1)
    figure.update_layout(
        title=f"{title}<br><sup>dashed: a side of the car at the lane's edge; crosses: departures</sup>",
        template="plotly_white",
        height=360 * len(maps) + 120,
        hovermode="x unified",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.write_html(path, include_plotlyjs=True, full_html=True)


def _draw_run(figure: go.Figure, row: int, result: Result, colour: str) -> None:
    trace, name = result.trace, f"{result.run.map} {result.run.direction}"
    line = {"color": colour, "width": 1.5}
    figure.add_scatter(x=trace.progress, y=trace.offset, mode="lines", name=name, line=line, row=row, col=1)
    if trace.departures:
        figure.add_scatter(
            x=[trace.progress[t] for t in trace.departures],
            y=[trace.offset[t] for t in trace.departures],
            mode="markers",
            name=f"{name}: departures",
            marker={"color": colour, "symbol": "x", "size": 11},
            row=row,
            col=1,
        )
