"""What becomes of judged laps: kept for a sweep that goes on, held against earlier ones, told in a table, filmed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from alvinn.console import CONSOLE
from alvinn.errors import ResultsError
from alvinn.metrics.comparison import compared, overall
from alvinn.metrics.recorded import worst_steps
from alvinn.metrics.referee import Result, Run
from alvinn.metrics.results import load_run, read_laps, run_folder, run_of
from alvinn.metrics.worst import CLIP, RATE
from alvinn.recording import Recording
from alvinn.util.video import Mp4
from alvinn.visualization.figures import label
from alvinn.visualization.network_view import Insight


def kept(folder: Path, runs: list[Run], head: dict[str, Any]) -> dict[Run, Result]:
    """The runs that are done already.

    Raises:
        ResultsError: they were driven in another way.
    """
    path = folder / "laps.json"
    if not path.exists():
        return {}
    before = read_laps(path)
    for key, value in head.items():
        if before.get(key) != value:
            raise ResultsError(
                f"{path} was made with {key} {before.get(key)}, asked for is {value}: "
                "leave --resume out, or name another --out"
            )
    done = {run_of(entry) for entry in before["runs"] if entry["status"] == "done"}
    found = [load_run(folder, run) for run in runs if run in done]
    return {result.run: result for result in found if result is not None}


def hold_against(before: dict[str, Any], results: list[Result]) -> None:
    """Say how the results differ from earlier ones.

    Raises:
        ResultsError: they are worse, or too few to tell.
    """
    changes = compared(before["runs"], [result.as_json() for result in results], np.random.default_rng(0))
    for change in changes:
        CONSOLE.print(str(change), markup=False)
    word = overall(changes)
    CONSOLE.print(f"against {before['model']}: [bold]{word}[/]")
    if word == "worse":
        raise ResultsError("; ".join(str(change) for change in changes if change.word == "worse"))


def table(results: list[Result]) -> Table:
    """The results as a small table for the terminal."""
    seeds = len({result.run.seed for result in results}) > 1
    starts = len({result.run.start for result in results}) > 1
    grid = Table("run", "driven", "departures", "offset sd", "largest", "verdict")
    for result in results:
        one = result.run
        figures = result.as_json()
        sd, largest = figures["offset_sd_m"], figures["offset_max_m"]
        grid.add_row(
            f"{one.map} {one.direction}, {one.weather}"
            + (f", seed {one.seed}" if seeds else "")
            + (f", start {one.start}" if starts else ""),
            f"{result.completion_pct:.0f}%",
            str(figures["departures"]),
            "-" if sd is None else f"{sd:.3f} m",
            "-" if largest is None else f"{largest:.2f} m",
            "[green]passed[/]" if result.faultless else "[red]failed[/]",
        )
    return grid


def film_recorded(recording: Recording, results: Sequence[Result], folder: Path) -> None:
    """Film the worst stretch of every run of a recording that was judged, as those of a drive are filmed.

    Args:
        recording: that was judged.
        results: its runs.
        folder: of the results.
    """
    for result in results:
        drawn = Insight(label(result))
        with Mp4(run_folder(folder, result.run) / CLIP, RATE, crf=28) as film:
            for step in worst_steps(recording, result):
                film.add(drawn(step))
