"""Pages that open offline and can be printed: a template in `templates/` and the values it shows (Jinja2).

Every value is escaped unless it is a figure, which plotly has escaped itself: names of maps, models and recordings come
from outside. A page holds plotly and everything that it draws; it fetches nothing.
"""

from __future__ import annotations

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

PLOTLY_SETTINGS = {
    "displaylogo": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["sendDataToCloud", "lasso2d", "select2d"],
}


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

    html: Markup
    caption: str


def embed_figure(figure: go.Figure, caption: str) -> HtmlFigure:
    """A plotly figure for a page."""
    html = figure.to_html(include_plotlyjs=False, full_html=False, config=PLOTLY_SETTINGS)
    return HtmlFigure(Markup(html), caption)  # noqa: S704 - plotly escapes all text in it


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
    plotly = Markup(get_plotlyjs())  # noqa: S704 - the library itself
    text = _environment().get_template(template).render(title=title, plotly=plotly, **values)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, text.encode())


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
    environment.globals["pluralize"] = pluralize
    return environment


def pluralize(number: int, noun: str) -> str:
    """A number of things: 1 departure, 2 departures."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_figure(figures: Mapping[str, Any], key: str, form: str) -> str:
    """A figure as text; a dash where nothing was measured."""
    value = figures.get(key)
    return "\N{EN DASH}" if value is None else format(value, form)
