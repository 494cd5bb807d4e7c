"""Open a recording and print what a user should know: whether it was closed, and its quality."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.recording import Recording

SHORT = 60.0  # s: of driving, less than what a network learned to drive from in any experiment


def open_recording(folder: Path) -> Recording:
    """Open a recording that has frames, with a warning if it was not closed.

    Raises:
        RecordingError: it is missing, damaged, or has no frames.
    """
    recording = Recording(folder)
    if recording.unclosed_warning:
        CONSOLE.print(recording.unclosed_warning)
    return recording.require_frames()


def warn_if_unclosed(folder: Path) -> None:
    """Print a warning if a recording exists and was not closed."""
    if (folder / "session.json").is_file() and (warning := Recording(folder).unclosed_warning):
        CONSOLE.print(warning)


def print_quality(folder: Path) -> None:
    """Print the quality of a recording that was just closed, and where it is."""
    recording = Recording(folder)
    if recording.session.quality:
        CONSOLE.print(tabulate_quality(recording.session.quality))
    CONSOLE.print(f"{len(recording.rows)} frames are in {folder}: {judge_quality(recording.session.quality)}")


def judge_quality(quality: Mapping[str, Any] | None) -> str:
    """Whether a recording is any good to learn from, in a sentence.

    Args:
        quality: as `session.json` stores it.
    """
    if not quality:
        return "its quality is not known"
    if quality["seconds"] < SHORT:
        return f"only {quality['seconds']:.0f} s, a network that drives needs about two minutes"
    if quality["doubts"]:
        return "it can be learned from, but mind the warnings above"
    if quality["departures"]:
        return f"it shows {quality['departures']} departures, and teaches those too: replay can leave them out"
    return "good to learn from"


def tabulate_quality(quality: Mapping[str, Any]) -> Table:
    """Tabulate the quality of a recording.

    Args:
        quality: as `session.json` stores it.
    """
    table = Table("what", "figure", title="the recording", title_justify="left")
    for what, figure in _lines(quality):
        table.add_row(what, figure)
    for doubt in quality["doubts"]:
        table.add_row(Text("warning", "yellow"), Text(doubt, "yellow"))
    return table


def _lines(quality: Mapping[str, Any]) -> list[tuple[str, str]]:
    frames = f"{quality['rows']} in {quality['segments']} segments, {quality['seconds']:.1f} s"
    if quality["left_out"]:
        frames += f", {quality['left_out']} left out"
    missing = f"{quality['missing']} frames in {quality['gaps']} gaps, {quality['duplicates']} duplicates"
    bends = ", ".join(f"{side} {quality[f'{side}_pct']:.0f}%" for side in ("left", "straight", "right"))
    values = f"{quality['steering_values']} distinct values, {quality['steering_zeros_pct']:.0f}% zeros"
    return [
        ("frames", frames),
        ("missing", missing),
        ("frozen pictures", _known(quality["frozen"])),
        ("late ticks", _known(quality["late"], "not driven in real time")),
        ("distance", _known(quality["distance_m"], form="{:.0f} m")),
        ("departures", _known(quality["departures"])),
        ("steering", f"{bends}, mean {quality['curvature_mean']:+.4f} 1/m"),
        ("device", values),
    ]


def _known(figure: float | None, otherwise: str = "unknown", form: str = "{}") -> str:
    return otherwise if figure is None else form.format(figure)
