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
    if recording.session.proof:
        CONSOLE.print(proof_table(recording.session.proof))
    CONSOLE.print(f"{len(recording.rows)} frames are in {folder}")


def proof_table(proof: Mapping[str, Any]) -> Table:
    """What a recording proves, as a person reads it.

    Args:
        proof: as `session.json` keeps it.
    """
    table = Table("what", "figure", title="the recording", title_justify="left")
    for what, figure in _lines(proof):
        table.add_row(what, figure)
    for doubt in proof["doubts"]:
        table.add_row(Text("think about", "yellow"), Text(doubt, "yellow"))
    return table


def _lines(proof: Mapping[str, Any]) -> list[tuple[str, str]]:
    frames = f"{proof['rows']} in {proof['segments']} segments, {proof['seconds']:.1f} s"
    if proof["left_out"]:
        frames += f", {proof['left_out']} left out"
    missing = f"{proof['missing']} frames in {proof['gaps']} gaps, {proof['duplicates']} twice"
    bends = f"left {proof['left_pct']:.0f}%, straight {proof['straight_pct']:.0f}%, right {proof['right_pct']:.0f}%"
    values = f"{proof['steering_values']} distinct values, {proof['steering_zeros_pct']:.0f}% zeros"
    return [
        ("frames", frames),
        ("missing", missing),
        ("pictures that stood still", _known(proof["frozen"])),
        ("late ticks", _known(proof["late"], "not driven against the clock")),
        ("distance", _known(proof["distance_m"], form="{:.0f} m")),
        ("departures", _known(proof["departures"])),
        ("steering", f"{bends}, mean {proof['curvature_mean']:+.4f} 1/m"),
        ("device", values),
    ]


def _known(figure: float | None, otherwise: str = "not known", form: str = "{}") -> str:
    return otherwise if figure is None else form.format(figure)
