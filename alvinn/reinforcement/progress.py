"""The progress bar of a refinement: one line of at most 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from rich.progress import BarColumn, Progress, TaskID, TextColumn

from alvinn.console import CONSOLE


def make_progress() -> Progress:
    """A progress display with simulated minutes, the time left, and the figures of the present minute."""
    return Progress(
        TextColumn("refine", style="bold"),
        BarColumn(bar_width=8),
        TextColumn("{task.completed:.1f}/{task.total:.0f} min"),
        TextColumn("{task.fields[note]}"),
        console=CONSOLE,
    )


class RefinementBar:
    """The progress bar of one refinement.

    Args:
        progress: display to add the bar to.
        minutes: to be driven in all.
        done: already, by an interrupted run.
        clock: returns seconds.
    """

    def __init__(self, progress: Progress, minutes: int, done: int, clock: Callable[[], float]) -> None:
        self._progress, self._minutes, self._done, self._clock = progress, minutes, done, clock
        self._began = clock()
        self._task: TaskID = progress.add_task("refine", total=minutes, completed=done, note="")

    def update(self, minutes: float, figures: Mapping[str, float]) -> None:
        """Show the minutes driven and the figures of the last one."""
        left = (self._clock() - self._began) / (minutes - self._done) * (self._minutes - minutes)
        note = (
            f"{timedelta(seconds=round(left))} left, return {figures['return']:+.2f}, "
            f"sd {figures['offset_sd_m']:.2f} m, {figures['departures']:.0f} dep."
        )
        self._progress.update(self._task, completed=minutes, note=note)

    def announce(self, note: str) -> None:
        """Show what is being done in place of figures."""
        self._progress.update(self._task, note=note)
