"""Pages show what people named as text, and nothing of it becomes markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from jinja2 import UndefinedError

from alvinn.jobs.shift_figures import StatesShown
from alvinn.metrics.referee import unfinished_result
from alvinn.metrics.results import FILM, run_folder
from alvinn.metrics.summary import summarize
from alvinn.metrics.worst import CLIP
from alvinn.util.video import FilmWriter
from alvinn.visualization.page import (
    KM,
    HtmlTable,
    embed_figure,
    format_distance,
    format_figure,
    pluralize,
    write_page,
)
from alvinn.visualization.report import write_report
from alvinn.visualization.shift_tables import CorrectionResults
from tests.alvinn.judged import RUN, judged

EVIL = """</script></td></style><script>evil()</script><img src=x onerror=evil()>" onload="evil()' {{ 7 * 6 }}"""
HARMLESS = {"html", "head", "meta", "title", "link", "style", "script", "body", "h1", "h2", "p", "div", "figure"} | {
    *("section", "strong", "dl", "dt", "dd", "abbr"),
    *("figcaption", "table", "thead", "tbody", "tr", "th", "td", "ol", "li", "code", "a", "video", "img", "br"),
}


class Tags(HTMLParser):
    """What a page is made of: its scripts, its elements, their attributes and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = self.images = 0
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.scripts += tag == "script"
        self.images += tag == "img"

    def handle_data(self, data: str) -> None:
        self.text += data


def compare_with_tame(evil: str, tame: str) -> None:
    """A page with an evil name has the elements of the same page with a tame one, and shows the name."""
    found, expected = Tags(evil), Tags(tame)
    assert (found.scripts, found.images) == (expected.scripts, expected.images)
    assert found.names == expected.names <= HARMLESS
    assert found.attributes == expected.attributes
    assert EVIL in found.text


def report(folder: Path, name: str) -> str:
    runs = [
        judged([0.05, -0.02] * 40, replace(RUN, map=name, weather=name)),
        judged([0.05, -0.02] * 40, replace(RUN, map=name, seed=2)),
        unfinished_result(replace(RUN, map=f"{name}2"), "failed", f"there is no map called {name}"),
    ]
    for run in runs[:1]:
        with FilmWriter(run_folder(folder, run.run) / CLIP, fps=10) as film:
            film.add(np.zeros((64, 96, 3), dtype=np.uint8))
    (folder / FILM).touch()
    summed = summarize(runs, np.random.default_rng(0))
    write_report(folder / "report.html", name, runs, summed, [name] * 3, [(name, runs[:2])], name)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_markup_in_the_name_of_a_map_or_a_recording_is_harmless_in_a_report(tmp_path: Path) -> None:
    compare_with_tame(report(tmp_path / "evil", EVIL), report(tmp_path / "tame", "oval"))


def page(folder: Path, template: str, name: str) -> str:
    table = HtmlTable(["model", name], [[name, name]])
    chart = go.Figure(go.Scatter(x=[0], y=[1], name=name, text=[name]))
    figure = embed_figure(chart, name)
    values = {
        "compare.html": {
            "summary": table,
            "chart": figure,
            "verdicts": [name],
            "films": [],
            "offline": {"table": table, "correlations": [name], "figure": figure},
        },
        "shift.html": {
            "verdict": name,
            "rounds": 3,
            "round_seconds": 60.0,
            "seconds": 120.0,
            "km": 0.4,
            "seeds": 2,
            "maps": name,
            "judge": name,
            "rates": figure,
            "departures": table,
            "offsets": table,
            "labels": table,
            "places": [StatesShown(name, figure)],
            "corrections": CorrectionResults(name, table),
        },
    }
    write_page(folder / "page.html", template, name, values[template])
    return (folder / "page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("template", ["compare.html", "shift.html"])
def test_markup_in_a_name_is_harmless_on_the_other_pages(tmp_path: Path, template: str) -> None:
    compare_with_tame(page(tmp_path, template, EVIL), page(tmp_path, template, "oval"))


def test_a_value_that_a_template_lacks_is_an_error_and_leaves_the_old_page(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(UndefinedError, match="verdicts"):
        write_page(path, "compare.html", "mine", {})
    assert path.read_text(encoding="utf-8") == "old"


def test_numbers_are_shown_as_people_write_them() -> None:
    assert (pluralize(1, "run"), pluralize(0, "run")) == ("1 run", "0 runs")
    assert format_figure({"sd": 0.12345}, "sd", ".3f") == "0.123"
    assert format_figure({"sd": None}, "sd", ".3f") == format_figure({}, "sd", ".3f") == "\N{EN DASH}"


def test_distances_are_in_metres_where_they_are_short() -> None:
    assert [format_distance(km) for km in (0.009, 0.32, 0.9999, 12.345)] == ["9 m", "320 m", "1.00 km", "12.35 km"]
    assert format_figure({"km": 0.009}, "km", KM) == "9 m"
