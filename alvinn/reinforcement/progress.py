"""The bar of a refinement: one line of at most 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from alvinn.console import CONSOLE


def bars() -> Progress:
    """How far it is in simulated minutes, the time left, and the figures of this minute so far."""
    return Progress(
        TextColumn("[bold]refine"),
        BarColumn(bar_width=8),
        TextColumn("{task.completed:.1f}/{task.total:.0f} min"),
        TextColumn("{task.fields[note]}"),
        console=CONSOLE,
    )


class Bar:
    """The bar, told of what is driven.

    Args:
        progress: to draw on.
        minutes: that are to be driven.
        done: of these, before.
        clock: seconds, from anywhere.
    """

    def __init__(self, progress: Progress, minutes: int, done: int, clock: Callable[[], float]) -> None:
        self._progress, self._minutes, self._done, self._clock = progress, minutes, done, clock
        self._began = clock()
        self._task: TaskID = progress.add_task("refine", total=minutes, completed=done, note="")

    def drove(self, minutes: float, figures: Mapping[str, float]) -> None:
        """So many minutes are driven; the figures are those of the last of them."""
        left = (self._clock() - self._began) / (minutes - self._done) * (self._minutes - minutes)
        note = (
            f"{timedelta(seconds=round(left))} left, return {figures['return']:+.2f}, "
            f"sd {figures['offset_sd_m']:.2f} m, {figures['departures']:.0f} dep."
        )
        self._progress.update(self._task, completed=minutes, note=note)
