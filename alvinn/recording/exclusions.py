"""`left_out.json`: the excluded row ranges. Nothing is deleted, and each exclusion can be undone.

Rows are numbered from 0 in table order; rows are only ever appended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from alvinn.errors import RecordingError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
NAME = "left_out.json"


@dataclass(frozen=True, slots=True)
class Range:
    """Rows `first` to `last`, both included.

    Raises:
        ValueError: `first` is negative, or `last` is smaller.
    """

    first: int
    last: int
    why: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(f"rows {self.first} to {self.last} are not a range")


@dataclass(frozen=True, slots=True)
class _ExclusionsFile:
    ranges: tuple[Range, ...]


def mask_kept(rows: int, left_out: Sequence[Range]) -> npt.NDArray[np.bool_]:
    """Mask of the rows that are not excluded, shape (rows,)."""
    kept = np.ones(rows, dtype=np.bool_)
    for one in left_out:
        kept[one.first : one.last + 1] = False
    return kept


def find_ranges(left_out: npt.NDArray[np.bool_]) -> tuple[Range, ...]:
    """The ranges of the rows that a mask, shape (rows,), names."""
    edges = np.flatnonzero(np.diff(left_out, prepend=False, append=False))
    return tuple(Range(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2))


def clip_ranges(rows: int, left_out: Sequence[Range]) -> tuple[Range, ...]:
    """The ranges, cut off at the number of rows."""
    return tuple(Range(one.first, min(one.last, rows - 1), one.why) for one in left_out if one.first < rows)


def write_left_out(folder: Path, left_out: Sequence[Range]) -> None:
    """Write `left_out.json` atomically, or remove it if there are no ranges.

    Raises:
        RecordingError: the file cannot be written.
    """
    path = folder / NAME
    try:
        if left_out:
            write_json(path, {"schema": SCHEMA, "ranges": [asdict(one) for one in left_out]})
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(f"{path} could not be written: {error.strerror}") from error


def read_left_out(folder: Path) -> tuple[Range, ...]:
    """Read the excluded ranges of a recording, in the order in which they were marked.

    Raises:
        RecordingError: the file is damaged: to use excluded rows would be worse than to stop.
    """
    path = folder / NAME
    if not path.is_file():
        return ()
    mend = "restore it from a copy, or remove it and exclude the rows again in replay"
    return read_json(path, _ExclusionsFile, SCHEMA, RecordingError, mend).ranges
