"""`compare`: judged laps side by side, each compared with the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.errors import ResultsError
from alvinn.metrics.comparison import compare_runs, describe_comparison, overall_judgement
from alvinn.metrics.referee import Run
from alvinn.metrics.results import parse_run, read_laps
from alvinn.metrics.summary import rank_correlation
from alvinn.networks.inference import read_card
from alvinn.settings import Home
from alvinn.util.files import require_replaceable
from alvinn.util.opening import OpenFlag, open_file
from alvinn.visualization.figures import plot_comparison, plot_offline
from alvinn.visualization.films import Clip, pair_films
from alvinn.visualization.page import KM, HtmlFigure, HtmlTable, embed_figure, format_figure, write_page

ROWS = (
    ("km", "driven", KM),
    ("completed_pct", "runs to the end [%]", ".0f"),
    ("departures_per_km", "departures per km", ".3f"),
    ("autonomy_pct", "autonomy [%]", ".2f"),
    ("offset_mean_m", "offset mean [m]", "+.3f"),
    ("offset_sd_m", "offset sd [m]", ".3f"),
    ("offset_p95_m", "offset p95 [m]", ".3f"),
    ("offset_max_m", "largest offset [m]", ".2f"),
    ("steer_suddenness_per_km", "steering per km", ".1f"),
    ("latency_ms_p99", "latency p99 [ms]", ".1f"),
)

OFFLINE = {
    "held_out_mae": "held-out error [1/m]",
    "held_out_relative_error": "held-out frames wrong by over a tenth",
    "held_out_steer_mae": "held-out error [steer]",
    "held_out_plain_mae": "held-out error, frames as taken [1/m]",
}
TITLE = "Side by side"
LEAST_MODELS = 5  # any two models are ranked alike or opposite; of the 120 orders of five, two are as extreme


@dataclass(frozen=True)
class Compare(Home):
    """Compare judged models: a table, and a page with figures."""

    laps: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """models, laps.json files, or folders that contain one"""
    out: Path = Path("compare.html")
    """file of the page"""
    overwrite: bool = False
    """replace a file that exists (an earlier compare.html is replaced anyway)"""
    open_it: OpenFlag = False
    """open the page when it is written"""

    def __post_init__(self) -> None:
        if len(self.laps) < 2:
            raise ValueError(f"compare requires at least two models or laps.json files, not {len(self.laps)}")

    def run(self) -> None:
        """Do the job.

        Raises:
            ResultsError: a name has no judged laps.
            TakenError: another file would be replaced.
        """
        ours = f"<title>{TITLE}</title>".encode() if self.out == Compare.out else None
        require_replaceable(self.out, overwrite=self.overwrite, ours=ours)
        laps = [read_laps(self.find_laps(name)) for name in self.laps]
        others = list(zip(self.laps, laps, strict=True))[1:]
        verdicts = [line for other in others for line in describe_comparison((self.laps[0], laps[0]), other)]
        rows = compare_laps(laps)
        grid = Table("", *self.laps)
        for row in rows:
            grid.add_row(*row)
        CONSOLE.print(grid)
        for sentence in verdicts:
            CONSOLE.print(sentence)
        chart = plot_comparison(self.laps, [one["summary"] for one in laps])
        values = {
            "verdicts": verdicts,
            "films": self._pair_films(laps),
            "summary": HtmlTable(["", *self.laps], rows),
            "chart": embed_figure(chart, "Each with its 95% interval over circuits: bootstrap."),
            "offline": self._compare_offline(laps),
        }
        write_page(self.out, "compare.html", TITLE, values)
        CONSOLE.print(f"the page is {self.out}")
        if self.open_it:
            open_file(self.out)

    def _compare_offline(self, laps: Sequence[dict[str, Any]]) -> OfflineComparison | None:
        """Metrics on held-out frames beside those of the laps; None where fewer than two have any.

        A refined model has none: it was examined by driving.
        """
        folders = {name: self.find_model(name) for name in self.laps}
        pairs = [
            (name, one) for name, one in zip(self.laps, laps, strict=True) if (folders[name] / "card.json").exists()
        ]
        judged = [
            Judged(name, card.metrics, one["summary"], (card.exam or {}).get("sha256"))
            for name, one in pairs
            if one["summary"]["offset_sd_m"] is not None and (card := read_card(folders[name])).refined is None
        ]
        if len(judged) < 2:
            return None
        comparison = compare_offline(judged)
        for sentence in comparison.correlations:
            CONSOLE.print(sentence)
        return comparison

    def _pair_films(self, laps: Sequence[dict[str, Any]]) -> list[list[Clip]]:
        """Films of the runs that all drove, side by side; those with most departures first."""
        folders = {name: self.find_laps(name) for name in self.laps}
        folders = {name: path if path.is_dir() else path.parent for name, path in folders.items()}
        lost: dict[Run, int] = {}
        for one in laps:
            for entry in one["runs"]:
                lost[parse_run(entry)] = lost.get(parse_run(entry), 0) + entry["departures"]
        return pair_films(folders, sorted(lost, key=lambda run: -lost[run]))


def compare_laps(laps: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The rows of the table: a figure each, and how the runs compare with the first."""
    rows = [[text, *(format_figure(one["summary"], key, form) for one in laps)] for key, text, form in ROWS]
    return [*rows, ["against the first", "", *(_judge_against(laps[0], other) for other in laps[1:])]]


@dataclass(frozen=True)
class Judged:
    """A model with its offline and online metrics."""

    name: str
    offline: Mapping[str, float | None]
    """metrics of its card, on held-out frames"""
    online: Mapping[str, Any]
    """summary of its laps"""
    exam: str | None = None
    """digest of the exam of the offline metrics; None: drawn for this model alone"""


def shared_metrics(judged: Sequence[Judged]) -> list[str]:
    """The errors on held-out frames that all of some models have."""
    return [key for key in OFFLINE if all(one.offline.get(key) is not None for one in judged)]


def describe_correlations(judged: Sequence[Judged]) -> list[str]:
    """Describe how well each offline metric ranks models as driving does, a sentence each."""
    if judged[0].exam is None or len({one.exam for one in judged}) > 1:
        return ["the models' errors are on different exams (alvinn card names them): they do not compare"]
    if len(judged) < LEAST_MODELS:
        return [f"{len(judged)} models are too few for a rank correlation, {LEAST_MODELS} are needed"]
    spread = [one.online["offset_sd_m"] for one in judged]
    lost = [one.online["departures_per_km"] for one in judged]
    return [
        f"{OFFLINE[key]}: rank correlation with offset sd {_format_correlation(rank_correlation(values, spread))}, "
        f"with departures per km {_format_correlation(rank_correlation(values, lost))}, over {len(judged)} models"
        for key, values in _columns(judged)
    ]


def _columns(judged: Sequence[Judged]) -> list[tuple[str, list[float]]]:
    return [(key, [float(one.offline[key] or 0.0) for one in judged]) for key in shared_metrics(judged)]


def _format_correlation(correlation: float | None) -> str:
    return "unknown: all are equal" if correlation is None else f"{correlation:+.2f}"


@dataclass(frozen=True)
class OfflineComparison:
    """Held-out frames beside laps."""

    table: HtmlTable
    correlations: Sequence[str]
    figure: HtmlFigure | None
    """the first metric against the laps; None where the models share none"""


def compare_offline(judged: Sequence[Judged]) -> OfflineComparison:
    """Put each model's metrics on held-out frames beside those of its laps."""
    columns = _columns(judged)
    online = (("offset_sd_m", ".3f"), ("departures_per_km", ".3f"))
    rows = [
        [one.name, *(f"{values[number]:.4g}" for _, values in columns)]
        + [format_figure(one.online, key, form) for key, form in online]
        for number, one in enumerate(judged)
    ]
    headings = ["model", *(OFFLINE[key] for key, _ in columns), "offset sd [m]", "departures per km"]
    figure = None
    if columns:
        key, values = columns[0]
        spread = [one.online["offset_sd_m"] for one in judged]
        chart = plot_offline([one.name for one in judged], values, spread, OFFLINE[key])
        figure = embed_figure(chart, "A point a model: its metric on held-out frames, and how it drives.")
    return OfflineComparison(HtmlTable(headings, rows), describe_correlations(judged), figure)


def _judge_against(first: dict[str, Any], other: dict[str, Any]) -> str:
    try:
        return overall_judgement(compare_runs(first["runs"], other["runs"], np.random.default_rng(0)))
    except ResultsError:
        return "nothing driven"
