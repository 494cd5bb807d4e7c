"""Better, worse or the same beyond noise: two sets of judged laps, compared from their `laps.json` alone.

Bootstrap over whole runs (B. Efron, 1979), as ticks of one run are no independent samples. Runs that both sets have
(same map, direction, weather, seed and start) are drawn in pairs, since what a circuit costs is then the same on both
sides; sets with fewer than two in common are drawn each by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from alvinn.errors import ResultsError
from alvinn.metrics.results import run_of
from alvinn.metrics.summary import RESAMPLES, Floats, percentile_interval, pool_sd

Entry = dict[str, Any]
Judgement = Literal["better", "worse", "the same"]
LEAST_RUNS = 2


@dataclass(frozen=True)
class Metric:
    """A figure of several runs; less is better.

    `of` takes the columns of the runs, key -> shape (..., runs), and returns shape (...).
    """

    key: str
    text: str
    least: float
    """a smaller difference does not matter"""
    of: Callable[[dict[str, Floats]], Floats]


def _departures_per_km(runs: dict[str, Floats]) -> Floats:
    return np.asarray(1000.0 * runs["departures"].sum(axis=-1) / np.maximum(runs["distance_m"].sum(axis=-1), 1e-6))


def _offset_sd(runs: dict[str, Floats]) -> Floats:
    return pool_sd(np.maximum(runs["duration_s"], 1e-6), runs["offset_mean_m"], runs["offset_sd_m"])


def _unfinished_pct(runs: dict[str, Floats]) -> Floats:
    return np.asarray(100.0 * (1.0 - runs["completed"].mean(axis=-1)))


METRICS = (
    Metric("departures_per_km", "departures per km", 0.0, _departures_per_km),
    Metric("offset_sd_m", "offset sd [m]", 0.005, _offset_sd),
    Metric("unfinished_pct", "runs not driven to the end [%]", 0.0, _unfinished_pct),
)
COLUMNS = ("departures", "distance_m", "duration_s", "offset_mean_m", "offset_sd_m", "completed")


@dataclass(frozen=True)
class Change:
    """How one figure differs."""

    metric: Metric
    before: float
    after: float
    low: float
    high: float
    """ends of the difference's interval"""

    @property
    def judgement(self) -> Judgement:
        """What that means."""
        if self.low > self.metric.least:
            return "worse"
        return "better" if self.high < -self.metric.least else "the same"

    def __str__(self) -> str:
        span = f"{self.low:+.3f} to {self.high:+.3f}"
        return f"{self.metric.text}: {self.before:.3f} before, {self.after:.3f} now ({span}): {self.judgement}"


def compare_runs(before: Sequence[Entry], after: Sequence[Entry], rng: np.random.Generator) -> list[Change]:
    """How the runs of one `laps.json` differ from those of another, figure by figure.

    Raises:
        ResultsError: fewer than two driven runs on a side: one run says nothing of noise.
    """
    old, new = (_driven_runs(entries) for entries in (before, after))
    shared = [run for run in old if run in new]
    paired = len(shared) >= LEAST_RUNS
    first, second = (_stack_columns([runs[run] for run in (shared if paired else runs)]) for runs in (old, new))
    sizes = [len(columns["departures"]) for columns in (first, second)]
    if min(sizes) < LEAST_RUNS:
        raise ResultsError(f"a comparison wants {LEAST_RUNS} driven runs on either side, there are {min(sizes)}")
    drawn = rng.integers(sizes[0], size=(RESAMPLES, sizes[0]))
    others = drawn if paired else rng.integers(sizes[1], size=(RESAMPLES, sizes[1]))
    return [_change(metric, first, second, drawn, others) for metric in METRICS]


def _change(metric: Metric, first: dict[str, Floats], second: dict[str, Floats], drawn: Any, others: Any) -> Change:
    old, new = (
        metric.of({key: values[which] for key, values in columns.items()})
        for columns, which in ((first, drawn), (second, others))
    )
    low, high = percentile_interval(new - old)
    return Change(metric, float(metric.of(first)), float(metric.of(second)), low, high)


def overall_judgement(changes: Sequence[Change]) -> Judgement:
    """Worse if any figure is worse; else better if any is better."""
    words = {change.judgement for change in changes}
    return "worse" if "worse" in words else "better" if "better" in words else "the same"


def _driven_runs(entries: Sequence[Entry]) -> dict[Any, Entry]:
    return {run_of(entry): entry for entry in entries if entry["status"] == "done" and entry["duration_s"]}


def _stack_columns(entries: Sequence[Entry]) -> dict[str, Floats]:
    return {key: np.array([entry[key] for entry in entries], dtype=np.float64) for key in COLUMNS}
