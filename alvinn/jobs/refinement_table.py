"""The table and the curves of `refine --study`, of the figures in its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alvinn.metrics.summary import bound_rate
from alvinn.reinforcement.reward import Reward
from alvinn.visualization.learning_curves import Curve


@dataclass
class MethodSummary:
    """The results of one teaching method, over all seeds."""

    cells: list[dict[str, Any]] = field(default_factory=list)

    def mean(self, *keys: str) -> str:
        """The mean over seeds, and the range."""
        values = [_at(cell, keys) for cell in self.cells]
        known = [value for value in values if value is not None]
        if not known:
            return "-"
        between = f" ({min(known):.3g} to {max(known):.3g})" if len(known) > 1 else ""
        return f"{np.mean(known):.3g}{between}"


def _at(cell: dict[str, Any], keys: Sequence[str]) -> float | None:
    value: Any = cell
    for key in keys:
        value = value[key]
    return None if value is None else float(value)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


HEADINGS = (
    *("taught by", "seeds", "minutes", "faultless", "departures per km", "offset sd [m]", "largest [m]"),
    *("jerk [m/s3]", "steering rate [1/s]", "mean residual [1/m]", "worst minute's return [share of the greatest]"),
)


def tabulate(found: Sequence[dict[str, Any]]) -> list[list[str]]:
    """One row for each teaching method."""
    rows: dict[str, MethodSummary] = {}
    for cell in found:
        rows.setdefault(cell["way"], MethodSummary()).cells.append(cell)
    return [list(_columns(way, row)) for way, row in rows.items()]


def curves(found: Sequence[dict[str, Any]], kind: str) -> dict[str, list[Curve]]:
    """The returns of each seed, for each method that has minutes of a kind.

    They are shares of the greatest possible return of a tick, which is the weight of the middle: methods have different
    weights. Without a middle there is no such share, and no curve.
    """
    lines: dict[str, list[Curve]] = {}
    for cell in found:
        greatest = (cell["settings"]["reward"] | change_reward(cell["way"]))["middle"]
        driven = [entry for entry in cell["history"] if entry["kind"] == kind]
        curve = [(entry["minute"], entry["return"] / greatest) for entry in driven if greatest > 0.0]
        if curve:
            lines.setdefault(cell["way"], []).append(curve)
    return lines


def change_reward(way: str) -> dict[str, float]:
    """The weights that are not the settings' own: random weights must first stay on the road, however they jerk."""
    if way == "scratch":
        return {"middle": Reward().middle, "smooth": Reward().smooth}
    return {way.removeprefix("no-"): 0.0} if way.startswith("no-") else {}


def find_best_exam(cell: dict[str, Any]) -> dict[str, Any] | None:
    """The exam of the model that was judged: the first of those with the highest return, which may be the clone's."""
    exams = [entry for entry in cell["history"] if entry["kind"] == "exam"]
    return max(exams, key=lambda entry: float(entry["return"])) if exams else None


def _columns(way: str, row: MethodSummary) -> Iterator[str]:
    cells = row.cells
    km, departures = (sum(cell["summary"][key] for cell in cells) for key in ("km", "departures"))
    yield from (way, str(len(cells)), str(cells[0]["minutes"]))
    yield f"{sum(cell['faultless'] for cell in cells)} of {sum(cell['laps'] for cell in cells)}"
    yield f"{departures / km:.2f} (up to {bound_rate(departures, km):.2f})" if km else "-"
    yield from (row.mean("summary", "offset_sd_m"), row.mean("summary", "offset_max_m"))
    yield from (row.mean("jerk_rms_mps3"), row.mean("steering_rate_ps"))
    residual = [exam["residual_mean_1pm"] for cell in cells if (exam := find_best_exam(cell)) is not None]
    worst = [share for curve in curves(cells, "learning").get(way, ()) for _, share in curve]
    yield f"{np.mean(residual):.4f}" if residual else "-"
    yield f"{min(worst):.2f}" if worst else "-"
