"""`compare`: judged laps side by side, each against the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.markup import escape as rich_escape
from rich.table import Table

from alvinn.errors import ResultsError
from alvinn.figures import comparison_figure, drawn
from alvinn.jobs.common import CONSOLE, Home
from alvinn.regression import compared, overall
from alvinn.report import cell, figure, html_table, write_page
from alvinn.results import read_laps

ROWS = (
    ("km", "driven [km]", ".2f"),
    ("completed_pct", "runs to the end [%]", ".0f"),
    ("departures_per_km", "departures per km", ".3f"),
    ("autonomy_pct", "autonomy [%]", ".2f"),
    ("offset_mean_m", "offset mean [m]", "+.3f"),
    ("offset_sd_m", "offset sd [m]", ".3f"),
    ("offset_p95_m", "offset p95 [m]", ".3f"),
    ("offset_max_m", "offset, largest [m]", ".2f"),
    ("steer_suddenness_per_km", "steering per km", ".1f"),
    ("latency_ms_p99", "p99 latency [ms]", ".1f"),
)


@dataclass(frozen=True)
class Compare(Home):
    """Put judged models side by side: a table, and a page to look at."""

    laps: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """models, or laps.json files, or folders that hold one"""
    out: Path = Path("compare.html")
    """the page"""

    def __post_init__(self) -> None:
        if len(self.laps) < 2:
            raise ValueError(f"compare wants two or more, not {len(self.laps)}")

    def run(self) -> None:
        """Do the job.

        Raises:
            ResultsError: there are no judged laps by such a name.
        """
        told = [read_laps(self._found(name)) for name in self.laps]
        rows = list(side_by_side(told))
        grid = Table("", *map(rich_escape, self.laps))
        for row in rows:
            grid.add_row(*map(rich_escape, row))
        CONSOLE.print(grid)
        drawing = drawn(comparison_figure(self.laps, [one["summary"] for one in told]))
        caption = "Each with its 95% interval over runs: bootstrap."
        write_page(self.out, "Side by side", [html_table(["", *self.laps], rows), figure(drawing, caption)])
        CONSOLE.print(f"the page is {self.out}")

    def _found(self, name: str) -> Path:
        judged = self.model_folder(name) / "laps"
        return judged if judged.is_dir() else Path(name)


def side_by_side(told: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The rows of the table: a figure each, and what the runs say against the first."""
    rows = [[text, *(cell(one["summary"], key, form) for one in told)] for key, text, form in ROWS]
    return [*rows, ["against the first", "", *(_against(told[0], other) for other in told[1:])]]


def _against(first: dict[str, Any], other: dict[str, Any]) -> str:
    try:
        return overall(compared(first["runs"], other["runs"], np.random.default_rng(0)))
    except ResultsError:
        return "too few runs to tell"
