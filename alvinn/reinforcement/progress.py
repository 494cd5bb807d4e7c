"""The bar of a refinement: one line of at most 80 columns."""

from __future__ import annotations

from collections.abc import Mapping

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from alvinn.console import CONSOLE


def bars() -> Progress:
    """How far it is in simulated minutes, the time left, and the figures of this minute so far."""
    return Progress(
        TextColumn("[bold]refine"),
        BarColumn(bar_width=8),
        TextColumn("{task.completed:.1f}/{task.total:.0f} min"),
        TimeRemainingColumn(compact=True),
        TextColumn("left {task.fields[note]}"),
        console=CONSOLE,
    )


class Bar:
    """The bar, told of what is driven."""

    def __init__(self, progress: Progress, minutes: int, done: int) -> None:
        self._progress = progress
        self._task: TaskID = progress.add_task("refine", total=minutes, completed=done, note="")

    def drove(self, minutes: float, figures: Mapping[str, float]) -> None:
        """So many minutes are driven; the figures are those of the last of them."""
        note = (
            f"return {figures['return']:+.2f} sd {figures['offset_sd_m']:.2f} m {figures['departures']:.0f} departures"
        )
        self._progress.update(self._task, completed=minutes, note=note)
