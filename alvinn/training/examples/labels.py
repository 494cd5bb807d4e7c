"""Labels from late and coarse hands.

What a person at the keys steers now answers to what they saw a moment ago, and is too much or too little until the next
press. So each frame gets the mean of what was steered around a moment later. Labels of a wheel or a mouse, which are
turned continuously and ahead of a bend, are left as they were driven.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

import numpy as np
import numpy.typing as npt

from alvinn.console import CONSOLE
from alvinn.controls.selection import KEYBOARD
from alvinn.recording import Recording, Row
from alvinn.recording.quality import looks_like_keys

REACTION = 0.2  # s from what is seen to what is pressed
WINDOW = 1.0  # s of steering that a label is the mean of: some presses

LabelName = Literal["auto", "driven", "keys"]
"""How frames are labelled: as driven, as from keys, or by what each recording was steered with."""

Doubles = npt.NDArray[np.float64]


def is_by_keys(recording: Recording) -> bool:
    """Whether a recording was steered by keys: by its device, or where that is unknown by its steering."""
    if recording.session.device:
        return recording.session.device == KEYBOARD
    return looks_like_keys([row.steer_meant if row.axis is None else row.axis for row in recording.rows])


def find_labels(recording: Recording, wanted: LabelName = "auto") -> Doubles:
    """Curvatures [1/m] of all rows of a recording, shape (n,)."""
    rows = recording.split_rows()
    if wanted == "driven" or (wanted == "auto" and not is_by_keys(recording)):
        return np.array([row.curvature for row in rows])
    if wanted == "auto":
        CONSOLE.print(
            f"{recording.folder.name} was steered by keys: each frame is labelled with the mean of what was steered "
            f"over {WINDOW:g} s, around {REACTION:g} s later (--labels driven keeps what was driven)",
        )
    return smooth_late_labels(rows)


def smooth_late_labels(rows: Sequence[Row]) -> Doubles:
    """The mean curvature [1/m] over WINDOW around REACTION after each row, within its segment, shape (n,)."""
    found = []
    for _, group in groupby(rows, key=lambda row: row.segment):
        segment = list(group)
        times = np.array([row.time for row in segment])
        sums = np.concatenate([[0.0], np.cumsum([row.curvature for row in segment])])
        middle = np.minimum(times + REACTION, times[-1])
        first = np.searchsorted(times, middle - WINDOW / 2 - 1e-6)
        last = np.searchsorted(times, middle + WINDOW / 2 + 1e-6)
        found.append((sums[last] - sums[first]) / (last - first))
    return np.concatenate(found) if found else np.empty(0)
