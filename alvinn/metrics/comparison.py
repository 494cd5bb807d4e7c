"""Better, worse or the same beyond noise: two sets of judged laps, compared from their `laps.json` alone.

Bootstrap over whole circuits (B. Efron, 1979), as runs that share a circuit are no independent samples. Where both sets
have runs in common (same map, direction, weather, seed and start), these alone are compared and their circuits are
drawn in pairs, since what a circuit costs is then the same on both sides; sets with no such run are drawn each by
itself. Fewer than six circuits decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from alvinn.errors import ResultsError
from alvinn.metrics.referee import Run
from alvinn.metrics.results import parse_run
from alvinn.metrics.summary import RESAMPLES, Floats, percentile_interval, pool_sd

Entry = dict[str, Any]
Judgement = Literal["better", "worse", "the same", "undecided"]
LEAST_CIRCUITS = 6  # where all of n circuits change alike, luck alone does that once in 2^(n - 1): once in 32 with six


@dataclass(frozen=True)
class Metric:
    """A figure of several runs; less is better.

    `of` takes the columns of the runs, key -> shape (runs,), and how often each run counts, shape (..., runs); it
    returns shape (...).
    """

    key: str
    text: str
    least: float
    """a smaller difference does not matter"""
    of: Callable[[dict[str, Floats], Floats], Floats]


def _departures_per_km(runs: dict[str, Floats], weights: Floats) -> Floats:
    return np.asarray(1000.0 * (weights @ runs["departures"]) / np.maximum(weights @ runs["distance_m"], 1e-6))


def _offset_sd(runs: dict[str, Floats], weights: Floats) -> Floats:
    return pool_sd(weights * np.maximum(runs["duration_s"], 1e-6), runs["offset_mean_m"], runs["offset_sd_m"])


def _unfinished_pct(runs: dict[str, Floats], weights: Floats) -> Floats:
    return np.asarray(100.0 * (1.0 - (weights @ runs["completed"]) / weights.sum(axis=-1)))


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
    circuits: int
    """how many it rests on"""

    @property
    def judgement(self) -> Judgement:
        """What that means."""
        if self.circuits < LEAST_CIRCUITS:
            return "undecided"
        if self.low > self.metric.least:
            return "worse"
        return "better" if self.high < -self.metric.least else "the same"

    def __str__(self) -> str:
        change = f"{self.metric.text}: {self.before:.3f} before, {self.after:.3f} now"
        if self.judgement == "undecided":
            return f"{change}: undecided, as {LEAST_CIRCUITS} circuits are the fewest that decide, not {self.circuits}"
        return f"{change} ({self.low:+.3f} to {self.high:+.3f}): {self.judgement}"


def compare_runs(before: Sequence[Entry], after: Sequence[Entry], rng: np.random.Generator) -> list[Change]:
    """How the runs of one `laps.json` differ from those of another, figure by figure.

    Raises:
        ResultsError: nothing was driven on a side.
    """
    old, new = (list_driven(entries) for entries in (before, after))
    if not old or not new:
        raise ResultsError("there is nothing to compare: no run was driven " + ("before" if not old else "now"))
    shared = [run for run in old if run in new]
    first, second = (_stack_columns([runs[run] for run in (shared or runs)]) for runs in (old, new))
    circuits = [_group_by_circuit(shared or list(runs)) for runs in (old, new)]
    drawn = _draw(circuits[0], rng)
    others = drawn if shared else _draw(circuits[1], rng)
    fewest = min(map(len, circuits))
    return [_change(metric, first, second, drawn, others, fewest) for metric in METRICS]


def _group_by_circuit(runs: Sequence[Run]) -> list[list[int]]:
    """Which of the runs each circuit has."""
    groups: dict[str, list[int]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(run.map, []).append(number)
    return list(groups.values())


def _draw(circuits: Sequence[Sequence[int]], rng: np.random.Generator) -> Floats:
    """How often each run is in a resample of whole circuits, shape (RESAMPLES, runs)."""
    often = rng.multinomial(len(circuits), np.full(len(circuits), 1.0 / len(circuits)), size=RESAMPLES)
    weights = np.zeros((RESAMPLES, sum(map(len, circuits))))
    for number, runs in enumerate(circuits):
        weights[:, list(runs)] = often[:, number : number + 1]
    return weights


def _change(
    metric: Metric, old: dict[str, Floats], new: dict[str, Floats], drawn: Floats, others: Floats, circuits: int
) -> Change:
    low, high = percentile_interval(metric.of(new, others) - metric.of(old, drawn))
    before, after = (float(metric.of(runs, np.ones(len(runs["completed"])))) for runs in (old, new))
    return Change(metric, before, after, low, high, circuits)


def describe_comparison(first: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]]) -> list[str]:
    """Who drives better, on what both drove, and where that was not the same: a sentence each.

    Args:
        first: name and content of a `laps.json`.
        other: name and content of another one.
    """
    (one, before), (two, after) = first, other
    try:
        changes = compare_runs(before["runs"], after["runs"], np.random.default_rng(0))
    except ResultsError:
        return [f"{one} and {two} cannot be compared, as one of them drove nothing."]
    return [f"{_describe_judgement(one, two, changes)}: {_describe_changes(changes)}.", *list_differences(first, other)]


def list_differences(first: tuple[str, dict[str, Any]], other: tuple[str, dict[str, Any]]) -> list[str]:
    """What two drivers did not drive alike, a sentence each; arguments as for `describe_comparison`."""
    (one, before), (two, after), sentences = first, other, list[str]()
    old, new = (list_driven(entries["runs"]) for entries in (before, after))
    both = [run for run in old if run in new]
    shared = len(both)
    if not shared:
        sentences.append(f"Beware: {one} and {two} drove no run alike, so circuits may explain the difference.")
    elif shared < max(len(old), len(new)):
        sentences.append(
            f"Compared on the {shared} runs that both drove; {len(old) - shared} more of {one} and "
            f"{len(new) - shared} more of {two} do not count here, though they do in the table."
        )
    conditions = [_select_maps(laps.get("settings", {}), {run.map for run in both}) for laps in (before, after)]
    if unlike := _list_differing_conditions(*conditions):
        sentences.append(f"Beware: {one} and {two} were driven with another {' and '.join(unlike)}.")
    return sentences


CONDITIONS = ("speed", "laps", "km", "camera", "maps", "handicap")
"""Settings of a `laps.json` that change what is driven."""


def _select_maps(settings: Mapping[str, Any], driven: Collection[str]) -> dict[str, Any]:
    """The settings, with the digests of only those map files that were driven."""
    digests = settings.get("maps", {})
    return {**settings, "maps": {name: digest for name, digest in digests.items() if name in driven}}


def _list_differing_conditions(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The conditions that differ; a recording, whose laps nobody set up, has none."""
    if "recording" in one or "recording" in other:
        return []
    return [key for key in CONDITIONS if one.get(key) != other.get(key)]


def _describe_judgement(one: str, two: str, changes: Sequence[Change]) -> str:
    judgement = overall_judgement(changes)
    if judgement == "undecided":
        return (
            f"undecided between {two} and {one}: {LEAST_CIRCUITS} circuits are the fewest that decide, "
            f"not {changes[0].circuits}"
        )
    if judgement == "the same":
        return f"{two} drives as {one} does, beyond what chance explains"
    return f"{two} is {judgement} than {one}"


def _describe_changes(changes: Sequence[Change]) -> str:
    return "; ".join(_describe_change(one.metric.text, f"{one.before:.3f}", f"{one.after:.3f}") for one in changes)


def _describe_change(text: str, before: str, after: str) -> str:
    return f"{text} {after} in both" if after == before else f"{text} {after} rather than {before}"


def overall_judgement(changes: Sequence[Change]) -> Judgement:
    """Worse if any figure is worse, else better if any is better; undecided where too few circuits decide nothing."""
    words = {change.judgement for change in changes}
    return next((word for word in ("undecided", "worse", "better") if word in words), "the same")


def list_driven(entries: Sequence[Entry]) -> dict[Run, Entry]:
    """The entries of a `laps.json` that can be compared, as they were driven, by their runs."""
    return {parse_run(entry): entry for entry in entries if entry["status"] == "done" and entry["duration_s"]}


def _stack_columns(entries: Sequence[Entry]) -> dict[str, Floats]:
    return {key: np.array([entry[key] for entry in entries], dtype=np.float64) for key in COLUMNS}
