"""Tables of the page on the covariate shift: each method's figures by round, and what `alvinn accept` found."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvinn.errors import ResultsError
from alvinn.visualization.covariate_shift import Rate
from alvinn.visualization.page import HtmlTable


def tabulate_rates(rates: dict[str, list[Rate]]) -> list[list[str]]:
    """The rows of a table: departures per km of each teaching method (rows) after each round (columns)."""
    return [[name, *map(_format_rate, line)] for name, line in rates.items()]


def tabulate_seeds(figures: Mapping[str, Sequence[Sequence[float]]], form: str) -> list[list[str]]:
    """The rows of a table: of each method (rows) after each round (columns) the mean over seeds, and its range.

    Args:
        figures: of each method, by round and seed.
        form: how a figure is written.
    """
    return [[name, *(_format_seeds(seeds, form) for seeds in line)] for name, line in figures.items()]


def _format_seeds(seeds: Sequence[float], form: str) -> str:
    low, middle, high = (form.format(figure) for figure in (min(seeds), sum(seeds) / len(seeds), max(seeds)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _format_rate(one: Rate) -> str:
    return f"{one.middle:.2f}" + (f" ({one.low:.2f} to {one.high:.2f})" if one.high > one.low else "")


@dataclass(frozen=True)
class CorrectionResults:
    """What corrections reached on circuits that nothing was ever tuned on."""

    circuits: str
    table: HtmlTable


def read_corrections(path: Path, *, named: bool) -> CorrectionResults | None:
    """Read the file that `alvinn accept` writes; None where it is not made yet.

    Args:
        path: of the file.
        named: whether the user named it, so that it must be there.

    Raises:
        ResultsError: it is another file, or is missing though it was named.
    """
    if not path.is_file():
        if named:
            raise ResultsError(f"there is no {path}: `alvinn accept` writes such files, or leave --proof out")
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return CorrectionResults(", ".join(found["circuits"]), tabulate_corrections(found["seeds"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path} is no file that `alvinn accept` writes: leave --proof out") from error


def tabulate_corrections(seeds: Sequence[dict[str, Any]]) -> HtmlTable:
    """What each seed reached, as `corrections.json` holds it, in a row."""
    headings = ("seed", "the clone", "corrections", "laps passed", "departures", "largest offset", "failed on")
    rows = [
        [
            str(one["seed"]),
            f"departed {one['clone_departures']} times in {one['clone_km']:g} km",
            " + ".join(map(str, one["corrections"])),
            f"{one['faultless']} of {one['laps']}, {one['km']:g} km",
            str(one["departures"]),
            f"{one['largest_offset_m']:.2f} m",
            ", ".join(one["failed"]) or "none",
        ]
        for one in seeds
    ]
    return HtmlTable(headings, rows)
