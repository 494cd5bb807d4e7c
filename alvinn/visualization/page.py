"""Pages that open offline and can be printed: a template in `templates/` and the values it shows (Jinja2).

Every value is escaped unless it is a figure, which plotly has escaped itself: names of maps, models and recordings come
from outside. A page holds plotly and everything that it draws; it fetches nothing.
"""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from alvinn.util.files import write_bytes

KM = "km"
"""Format of a distance in km, which is shown in metres where it is short."""
TERMS = {
    "departures": "a side of the car crossed the lane's edge; it counts once, and the car is put back",
    "departures per km": "over all runs; without one, the rule of three says what can be excluded",
    "interventions": "the car was put back on its lane; each costs 6 s of autonomy",
    "autonomy": "share of the time without an intervention, each counted as 6 s (NVIDIA's measure)",
    "autonomy, 1 m": "the same, where only interventions beyond 1 m from the centre count, as for NVIDIA; one "
    "nearer counts too if the car was put back, since nobody knows where it would have gone",
    "offset": "distance of the car from the lane's centre, right positive",
    "offset mean": "a steady lean to one side, right positive",
    "offset sd": "standard deviation of the offset: how far the car weaves",
    "offset p95": "the car was nearer than this to the lane's centre 95% of the time",
    "heading sd": "standard deviation of the angle between car and lane",
    "steering per km": "sum of all changes of steer per km: low is smooth",
    "lines crossed": "a wheel touched a marking, as CARLA's sensor counts it",
    "95%": "interval from a bootstrap over circuits",
    "latency p99": "99% of the network's answers took less than this",
}
"""What the terms of the pages mean, shown where one is pointed at, and in their glossary."""


@dataclass(frozen=True)
class HtmlTable:
    """A table of text; the first cell of a row is its heading."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: Collection[int] = ()
    """numbers of the rows that stand out"""


@dataclass(frozen=True)
class HtmlFigure:
    """A figure with a sentence on what it shows, for those who cannot see it too."""

    json: Markup
    """data and layout, for `page.js` to draw"""
    caption: str


@dataclass(frozen=True)
class LargeNumber:
    """A figure that a reader sees first."""

    name: str
    figure: str
    meaning: str


def embed_figure(figure: go.Figure, caption: str) -> HtmlFigure:
    """A plotly figure for a page."""
    text = str(figure.to_json()).replace("<", "\\u003c")  # nothing in it can end its script
    return HtmlFigure(Markup(text), caption)  # noqa: S704 - JSON without markup


def write_page(path: Path, template: str, title: str, values: Mapping[str, Any]) -> None:
    """Fill a template and write the page.

    Args:
        path: of the page; its folder is made if it is missing.
        template: name of a file in `templates/`.
        title: of the page.
        values: what the template shows, by name.

    Raises:
        OSError: the page cannot be written.
    """
    text = _environment().get_template(template).render(title=title, plotly=_pack_plotly(), **values)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text.encode())


@cache
def _pack_plotly() -> str:
    """Plotly for a page, compressed, as letters: 1.9 MB instead of 4.8; every browser of the last years unpacks it."""
    return b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("alvinn.visualization"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"pluralize": pluralize, "terms": TERMS}
    return environment


def pluralize(number: int, noun: str) -> str:
    """A number of things: 1 departure, 2 departures."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_figure(figures: Mapping[str, Any], key: str, form: str) -> str:
    """A figure as text; a dash where nothing was measured."""
    value = figures.get(key)
    if value is None:
        return "\N{EN DASH}"
    return format_distance(value) if form == KM else format(value, form)


def format_distance(km: float) -> str:
    """A distance as people say it: 9 m, 320 m, 1.28 km."""
    return f"{1000.0 * km:.0f} m" if km < 0.9995 else f"{km:.2f} km"
