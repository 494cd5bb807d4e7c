"""Splits: which frames of recordings a training learns from, and which are held out to examine it.

Neighbouring frames are near copies, so frames held out at random would leak into training. On each lane one stretch in
every HOLD_EVERY metres is held out with all frames recorded there, and training frames keep a gap of five seconds of
driving to it; so do those of lanes from other starting points of a map, which may share its roads. For imports without
a known lane, blocks of time are held out; of many drives too short for a stretch, whole circuits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from alvinn.recording import Recording, Row, parse_lane

HOLD_EVERY = 500.0  # m of lane between the beginnings of held-out stretches
HOLD_FROM = 400.0  # m to the first one: two minutes of driving, half each way, pass it
HOLD_LENGTH = 40.0  # m held out
HOLD_CIRCUITS = 10  # where no drive passes such a stretch, one of so many circuits is held out
HOLD_EVERY_SECONDS = 60.0  # between the beginnings of held-out blocks of time, where no lane is known
HOLD_SECONDS = 6.0  # held out of them, in the middle: half a minute of driving already has one
GAP_SECONDS = 5.0  # of driving skipped on either side
ALIKE_HEADING = 0.5  # cosine of the angle between two headings on the same piece of road

BLOCK = 256  # rows that are compared with all around them at once

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


def hold_out(rows: Sequence[Row]) -> tuple[Mask, Mask]:
    """Masks of held-out and of training rows, shape (n,) each; rows in the gap are in neither."""
    held_out, training = _split_by_lane(rows)
    if not held_out.any():
        held_out = _hold_circuits_out(rows)
        training &= ~held_out
    training &= ~_on_held_out_roads(rows, held_out)
    if (blocks := np.isnan([row.lane_s for row in rows])).any():
        held_in_time, training_in_time = _split_by_time(np.array([row.time for row in rows]))
        return np.where(blocks, held_in_time, held_out), np.where(blocks, training_in_time, training)
    return held_out, training


def rows_learned_from(recordings: Sequence[Recording]) -> list[Row]:
    """The rows that a training on these recordings learns from: neither held out, nor in a gap, nor excluded."""
    rows = [row for recording in recordings for row in recording.split_rows()]
    kept = np.concatenate([recording.kept_mask() for recording in recordings])
    _, training = hold_out(rows)
    return [rows[index] for index in np.flatnonzero(training & kept)]


def _split_by_lane(rows: Sequence[Row]) -> tuple[Mask, Mask]:
    """Rows whose place is unknown are neither held out nor for training."""
    place = np.array([row.lane_s for row in rows])
    known = [row for row in rows if not math.isnan(row.lane_s)]
    gap = _measure_gap(rows)
    since = (place - HOLD_FROM) % HOLD_EVERY
    held_out = since < HOLD_LENGTH
    training = (since > HOLD_LENGTH + gap) & (since < HOLD_EVERY - gap)
    seams = _find_seams(known, gap)
    from_seam = np.array([row.lane_s - seams.get(row.lane, math.inf) for row in rows])
    return held_out, training & ~(np.abs(from_seam) <= gap)


def _hold_circuits_out(rows: Sequence[Row]) -> Mask:
    """Every tenth circuit with both its lanes; of fewer circuits none."""
    circuits = ["" if math.isnan(row.lane_s) else row.lane.rpartition("/")[0] for row in rows]
    names = [name for name in dict.fromkeys(circuits) if name]
    return np.isin(circuits, names[HOLD_CIRCUITS - 1 :: HOLD_CIRCUITS])


def _on_held_out_roads(rows: Sequence[Row], held_out: Mask) -> Mask:
    """Rows within the gap of a held-out one, headed alike, on a lane from another starting point of the same map."""
    found, gap = np.zeros(len(rows), dtype=bool), _measure_gap(rows)
    lanes = [(name, str(start)) for name, _, start in (parse_lane(row.lane) for row in rows)]
    if not lanes:
        return found
    names, starts = (np.unique(column, return_inverse=True)[1] for column in zip(*lanes, strict=True))
    places = np.array([(row.x, row.y, row.yaw) for row in rows])
    for cell, around in _pair_cells(places, names, max(gap, 1.0)):
        for some in np.array_split(cell[held_out[cell]], len(cell) // BLOCK + 1):
            apart = np.hypot(*(places[some, None, :2] - places[None, around, :2]).transpose(2, 0, 1))
            alike = np.cos(places[some, None, 2] - places[None, around, 2]) > ALIKE_HEADING
            found[around] |= ((apart <= gap) & alike & (starts[some, None] != starts[None, around])).any(axis=0)
    return found


def _pair_cells(places: Floats, names: Indices, size: float) -> Iterator[tuple[Indices, Indices]]:
    """The rows of each square cell of a map, and those of it and of the eight around it; unknown places are in none."""
    cells: dict[tuple[int, ...], list[int]] = {}
    for index in np.flatnonzero(np.isfinite(places).all(axis=1)).tolist():
        x, y, _ = places[index]
        cells.setdefault((int(names[index]), math.floor(x / size), math.floor(y / size)), []).append(index)
    for (name, i, j), cell in cells.items():
        near = [cells.get((name, i + right, j + down), []) for right in (-1, 0, 1) for down in (-1, 0, 1)]
        yield np.array(cell), np.array([index for one in near for index in one])


def _measure_gap(rows: Sequence[Row]) -> float:
    """Way [m] between training and held-out rows of a lane."""
    return GAP_SECONDS * float(np.median([row.speed for row in rows if not math.isnan(row.lane_s)] or [0.0]))


def _find_seams(rows: Sequence[Row], gap: float) -> dict[str, float]:
    """Position [m] to which lanes return whose end was reached with a held-out stretch within the gap.

    That is 0 for a closed loop; a lane with a lead-in returns to a later position.
    """
    lanes: dict[str, list[Row]] = {}
    for row in rows:
        lanes.setdefault(row.lane, []).append(row)
    found = {}
    for lane, group in lanes.items():
        last = max(group, key=lambda row: row.lane_s)
        if (last.lane_s - HOLD_FROM) % HOLD_EVERY > HOLD_LENGTH + gap:
            continue
        again = [row for row in group if row.lane_s < last.lane_s - 2.0 * gap and _beside(row, last, gap)]
        if again:
            found[lane] = min(again, key=lambda row: (_apart(row, last), row.lane_s)).lane_s
    return found


def _beside(one: Row, other: Row, gap: float) -> bool:
    """Whether two rows are on the same piece of road: close and headed alike, not where a lane crosses itself."""
    return _apart(one, other) <= gap and math.cos(one.yaw - other.yaw) > ALIKE_HEADING


def _apart(one: Row, other: Row) -> float:
    """Horizontal distance between two rows [m]."""
    return math.dist((one.x, one.y), (other.x, other.y))


def _split_by_time(times: npt.NDArray[np.float64]) -> tuple[Mask, Mask]:
    from_middle = np.abs(times % HOLD_EVERY_SECONDS - HOLD_EVERY_SECONDS / 2.0)
    return from_middle < HOLD_SECONDS / 2.0, from_middle > HOLD_SECONDS / 2.0 + GAP_SECONDS
