"""Attempts with corrections: which of their frames a training learns from.

Rounds of DAgger record the network's own driving beside the teacher's corrections, and how each segment ended. By
default only the corrections are labels; to imitate oneself teaches nothing new, but may keep what was right already.
Frames of other recordings are learned from whatever the choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

import numpy as np
import numpy.typing as npt

from alvinn.driving.departure import departure_margin
from alvinn.errors import RecordingError
from alvinn.recording import Recording, Row

Use = Literal["corrections", "recoveries", "first-second", "faultless", "all"]
"""What of an attempt is learned from: the corrections; of each, only the way back to the lane's centre, or its first
second; the corrections and what the network drove without help; or everything, faults too."""

OWN_DRIVING: tuple[Use, ...] = ("faultless", "all")  # the choices that need the network's own frames
BACK_SHARE = 0.1  # of the distance to a departure: so near the lane's centre ...
BACK_HEADING = math.radians(2.0)  # ... and so nearly along it, a recovery is over
FIRST_SECONDS = 1.0


def require_marks(recordings: Sequence[Recording], use: Use) -> None:
    """See that there is something to choose from.

    Raises:
        RecordingError: none of the recordings has the frames that the choice is about.
    """
    rows = [row for recording in recordings for row in recording.rows]
    marked = any(row.outcome if use in OWN_DRIVING else row.correction for row in rows)
    if use == "corrections" or marked:
        return
    names = ", ".join(recording.folder.name for recording in recordings)
    lacking = "frames of a network's own driving" if use in OWN_DRIVING else "corrections"
    raise RecordingError(
        f"--use {use} chooses among the frames of rounds of corrections, but there are no {lacking} in {names}: add a "
        "round that this version of alvinn correct drove, such as --data data/NAME/round-001, or leave out --use"
    )


def select_used(recordings: Sequence[Recording], use: Use) -> list[Recording]:
    """The recordings, each with the rows that are to be used; those without any are left out.

    Raises:
        RecordingError: a recovery cannot be told, as the car's place in its lane is not known.
    """
    used = [recording.select(_mask_used(recording, use)) for recording in recordings]
    return [recording for recording in used if recording.rows]


def _mask_used(recording: Recording, use: Use) -> npt.NDArray[np.bool_]:
    """Mask of the rows to use, shape (rows,)."""
    found: list[bool] = []
    for correction, group in groupby(recording.rows, key=lambda row: row.correction and (row.segment, row.correction)):
        rows = list(group)
        if not correction:
            found += [use == "all" or row.outcome in ("", use) for row in rows]  # `faultless` is an outcome too
            continue
        count = len(rows)
        if use == "recoveries":
            count = _count_recovery(rows, recording)
        elif use == "first-second":
            count = sum(row.time - rows[0].time < FIRST_SECONDS - 1e-6 for row in rows)
        found += [at < count for at in range(len(rows))]
    return np.array(found, dtype=np.bool_)


def _count_recovery(rows: Sequence[Row], recording: Recording) -> int:
    """Number of a correction's rows before the car is back near the centre of its lane, and along it."""
    if any(math.isnan(row.offset) for row in rows):
        raise RecordingError(
            f"{recording.folder} does not tell where in its lane the car was, so a recovery has no end: "
            "leave out --use recoveries, or use --use first-second"
        )
    width = recording.vehicle().width
    back = (
        abs(row.offset) <= BACK_SHARE * departure_margin(row.lane_width, width)
        and abs(row.heading_error) <= BACK_HEADING
        for row in rows
    )
    return next((at for at, is_back in enumerate(back) if is_back), len(rows))
