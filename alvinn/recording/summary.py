"""What the jobs say of a recording: that it was cut short, and what it proves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.recording import Recording


def recording_at(folder: Path) -> Recording:
    """A recording with something in it; whether it was cut short is said.

    Raises:
        RecordingError: there is none, or it has no frames.
    """
    recording = Recording(folder)
    if recording.cut_short:
        CONSOLE.print(recording.cut_short, markup=False)
    return recording.require_frames()


def tell_if_cut_short(folder: Path) -> None:
    """Print that a recording which is to be added to was cut short; nothing where there is none yet."""
    if (folder / "session.json").is_file() and (said := Recording(folder).cut_short):
        CONSOLE.print(said, markup=False)


def tell_of(folder: Path) -> None:
    """Print what a recording that was just closed proves, and where it is."""
    recording = Recording(folder)
    if recording.session.quality:
        CONSOLE.print(tabulate_quality(recording.session.quality))
    CONSOLE.print(f"{len(recording.rows)} frames are in {folder}")


def tabulate_quality(quality: Mapping[str, Any]) -> Table:
    """What a recording proves, as a person reads it.

    Args:
        quality: as `session.json` keeps it.
    """
    table = Table("what", "figure", title="the recording", title_justify="left")
    for what, figure in _lines(quality):
        table.add_row(what, figure)
    for doubt in quality["doubts"]:
        table.add_row(Text("think about", "yellow"), Text(doubt, "yellow"))
    return table


def _lines(quality: Mapping[str, Any]) -> list[tuple[str, str]]:
    frames = f"{quality['rows']} in {quality['segments']} segments, {quality['seconds']:.1f} s"
    if quality["left_out"]:
        frames += f", {quality['left_out']} left out"
    missing = f"{quality['missing']} frames in {quality['gaps']} gaps, {quality['duplicates']} twice"
    bends = ", ".join(f"{side} {quality[f'{side}_pct']:.0f}%" for side in ("left", "straight", "right"))
    values = f"{quality['steering_values']} distinct values, {quality['steering_zeros_pct']:.0f}% zeros"
    return [
        ("frames", frames),
        ("missing", missing),
        ("pictures that stood still", _known(quality["frozen"])),
        ("late ticks", _known(quality["late"], "not driven against the clock")),
        ("distance", _known(quality["distance_m"], form="{:.0f} m")),
        ("departures", _known(quality["departures"])),
        ("steering", f"{bends}, mean {quality['curvature_mean']:+.4f} 1/m"),
        ("device", values),
    ]


def _known(figure: float | None, otherwise: str = "not known", form: str = "{}") -> str:
    return otherwise if figure is None else form.format(figure)
