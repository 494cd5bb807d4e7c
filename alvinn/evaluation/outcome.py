"""Compare, tabulate and film judged runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.errors import ResultsError
from alvinn.metrics.comparison import compare_runs, list_differences, list_driven, overall_judgement
from alvinn.metrics.recorded import read_worst_steps
from alvinn.metrics.referee import Result
from alvinn.metrics.results import read_laps, run_folder
from alvinn.metrics.worst import CLIP, RATE
from alvinn.recording import Recording
from alvinn.util.video import SMALL, FilmWriter
from alvinn.visualization.figures import label_run
from alvinn.visualization.network_view import NetworkView
from alvinn.visualization.page import format_distance, pluralize


def read_earlier(path: Path) -> dict[str, Any]:
    """Read the laps that later ones are to be compared with.

    Raises:
        ResultsError: they are missing or damaged, or nothing was driven.
    """
    before = read_laps(path)
    if not list_driven(before["runs"]):
        raise ResultsError(f"{path} has no run that was driven, so there is nothing to compare with: name other laps")
    return before


def compare_with_earlier(before: dict[str, Any], now: dict[str, Any]) -> None:
    """Print how results differ from earlier ones; both are contents of a `laps.json`.

    Raises:
        ResultsError: they are worse, or there is nothing to compare.
    """
    changes = compare_runs(before["runs"], now["runs"], np.random.default_rng(0))
    for change in changes:
        CONSOLE.print(str(change))
    for sentence in list_differences(("the earlier laps", before), ("these", now)):
        CONSOLE.print(sentence)
    judgement = overall_judgement(changes)
    CONSOLE.print(Text.assemble(f"against {before['model']}: ", (judgement, "bold")))
    if judgement == "worse":
        raise ResultsError("; ".join(str(change) for change in changes if change.judgement == "worse"))


def describe_departures(summary: dict[str, Any]) -> str:
    """How often the car departed over all runs, with what that rules out (95%), in a sentence."""
    km, count = summary["km"], summary["departures"]
    if not km:
        return "nothing was driven"
    interval = summary["ci"].get("departures_per_km")
    if not count:
        return f"no departure in {format_distance(km)} (95%: fewer than {interval[1]:.2f} per km)"
    spread = f" (95%: {interval[0]:.2f} to {interval[1]:.2f})" if interval else " (one circuit: no interval)"
    return (
        f"{pluralize(count, 'departure')} in {format_distance(km)}: {summary['departures_per_km']:.2f} per km{spread}"
    )


def describe_verdict(results: Sequence[Result]) -> str:
    """Whether all runs passed, in a sentence that begins with PASSED or FAILED."""
    passed = sum(result.faultless for result in results)
    if passed == len(results):
        return f"PASSED: {pluralize(passed, 'run')} to the end without a departure"
    return f"FAILED: {len(results) - passed} of {pluralize(len(results), 'run')} with a departure or not to the end"


def tabulate(results: list[Result]) -> Table:
    """The results as a table for the terminal."""
    seeds = len({result.run.seed for result in results}) > 1
    starts = len({result.run.start for result in results}) > 1
    grid = Table("run", "driven", "departures", "offset sd", "largest", "verdict")
    for result in results:
        one = result.run
        figures = result.as_json()
        sd, largest = figures["offset_sd_m"], figures["offset_max_m"]
        grid.add_row(
            str(one) + (f", seed {one.seed}" if seeds else "") + (f", start {one.start}" if starts else ""),
            f"{result.completion_pct:.0f}%",
            str(figures["departures"]),
            "-" if sd is None else f"{sd:.3f} m",
            "-" if largest is None else f"{largest:.2f} m",
            Text("passed", "green") if result.faultless else Text("failed", "red"),
        )
    return grid


def film_recording(recording: Recording, results: Sequence[Result], folder: Path) -> None:
    """Film the worst stretch of every run of a judged recording.

    Args:
        recording: the judged recording.
        results: the results of its runs.
        folder: folder of the results.
    """
    for result in results:
        drawn = NetworkView(label_run(result))
        with FilmWriter(run_folder(folder, result.run) / CLIP, RATE, SMALL) as film:
            for step in read_worst_steps(recording, result):
                film.add(drawn(step))
