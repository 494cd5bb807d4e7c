"""What a conversion reports at its end: what was read, what was left out and why, what the target cannot hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from alvinn.errors import RecordingError
from alvinn.util.nearest import find_name, find_nearest

FEW = 2  # rows with damaged steering that are no reason yet to doubt the column
SHARE = 10  # nor is one in this many
LISTED = 30  # columns that a message lists at most


@dataclass(slots=True)
class ConversionLog:
    """Kept while a conversion runs."""

    rows: int = 0
    """converted"""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """why -> which rows"""
    notes: list[str] = field(default_factory=list)
    """what was assumed, or not imported as a whole"""
    counts: dict[str, int] = field(default_factory=dict)
    """what was changed on the way -> in how many rows"""
    lost: list[str] = field(default_factory=list)
    """what the target format cannot hold"""

    def leave_out(self, why: str, which: str) -> None:
        """A row, or what may have been one, is not converted."""
        self.left_out.setdefault(why, []).append(which)

    def note(self, text: str) -> None:
        """Something a person should know, reported once however often it is met."""
        if text not in self.notes:
            self.notes.append(text)

    def count(self, what: str) -> None:
        """A row was changed on the way."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def summarize_reasons(self) -> str:
        """Why rows were left out, in one line."""
        return "; ".join(f"{len(rows)} x {why}, first {rows[0]}" for why, rows in self.left_out.items())


def require_steering(name: str, damaged: Sequence[str], rows: int, found: Sequence[str]) -> None:
    """Check that a column is the steering and not something else.

    Args:
        name: of the column.
        damaged: those of its cells that hold no number in [-1, 1].
        rows: how many rows there are.
        found: all columns there are.

    Raises:
        RecordingError: more cells than damage explains are no steering.
    """
    few = len(damaged) <= FEW or len(damaged) * SHARE <= rows
    if damaged and (not few or len(damaged) == rows):
        raise RecordingError(
            f"{name} is not the steering: {len(damaged)} of {rows} rows hold no number in [-1, 1] there "
            f"(the first: {damaged[0][:40]!r}). {list_columns(found)}"
        )


def require_column(asked: str, found: Sequence[str], flag: str) -> int:
    """Where the column stands that a person named, whatever its capitals.

    Args:
        asked: its name.
        found: all columns there are.
        flag: that named it.

    Raises:
        RecordingError: there is none; the message names the nearest one.
    """
    name = asked if asked in found else find_name(asked.strip(), found)
    if name is not None:
        return found.index(name)
    near = find_nearest(asked, found)
    hint = f": did you mean {_shorten(near)}?" if near else "."
    raise RecordingError(f"there is no column {asked}{hint} {list_columns(found, flag)}")


def list_columns(found: Sequence[str], flag: str = "--steering") -> str:
    """The columns of a file, and with which flag to say which one is the right one."""
    names = map(_shorten, found[:LISTED])
    return f"The columns found are: {', '.join(names) or 'none'}; name the right one with {flag}"


def _shorten(name: str) -> str:
    """A name as it can be printed, whatever a damaged file holds."""
    return name[:40].encode("utf-8", errors="replace").decode()
