"""The quality of a recording, computed from its rows: missing frames, distance, how it was steered.

Stored in `session.json` and printed when a recording ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.departure import departure_margin
from alvinn.recording.rows import Row

STRAIGHT = 0.002  # 1/m: bends of a larger radius than 500 m count as straight
PAUSE = 1.5  # median time steps between two rows: more is a gap
OFF_ROAD = 0.8  # of half a lane, from where on a recorder rests until the car is back
KEYBOARD_VALUES, KEYBOARD_ZEROS = 30, 0.4  # at most so many distinct values, at least such a share of zeros
FEW_ROWS = 100  # too few to judge the device
LOPSIDED = 3.0  # ratio of bends to one side and to the other

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RecordingQuality:
    """Quality figures; None where unknown."""

    rows: int
    """the excluded ones too, on which no other figure depends"""
    left_out: int
    segments: int
    seconds: float
    distance_m: float | None
    """along the path of the car"""
    gaps: int
    """places within a segment where frames are missing"""
    missing: int
    """frames missing in the gaps"""
    duplicates: int
    """frames that appear twice"""
    frozen: int | None
    """pictures identical to the one before although the car moved"""
    late: int | None
    """late ticks; None if not driven in real time"""
    steering_values: int
    """distinct values of the device's axis, or of the intended steer where there is no device"""
    steering_zeros_pct: float
    left_pct: float
    straight_pct: float
    right_pct: float
    curvature_mean: float
    """1/m, right positive"""
    departures: int | None
    """counted as the referee does"""
    doubts: tuple[str, ...] = ()
    """warnings, in sentences"""

    def as_json(self) -> dict[str, Any]:
        """The figures as `session.json` stores them."""
        return asdict(self)


def measure_quality(
    rows: Sequence[Row], car_width: float, *, left_out: int = 0, frozen: int | None = None, late: int | None = None
) -> RecordingQuality:
    """Compute the quality figures of a recording.

    Args:
        rows: those that are not excluded, see `Recording.kept_rows`.
        car_width: m.
        left_out: number of excluded rows.
        frozen: number of repeated pictures, if counted.
        late: number of late ticks, if counted.
    """
    segments = [list(group) for _, group in groupby(rows, key=lambda row: row.segment)]
    jumps = [jump for segment in segments for jump in _jumps(segment)]
    steers = np.round([row.steer_meant if row.axis is None else row.axis for row in rows], 6)
    curvature = np.array([row.curvature for row in rows])
    zeros = 100.0 * float((steers == 0).mean()) if rows else 0.0
    shares = _shares(curvature)
    distinct = len(np.unique(steers))
    return RecordingQuality(
        rows=len(rows) + left_out,
        left_out=left_out,
        segments=len(segments),
        seconds=sum(segment[-1].time - segment[0].time for segment in segments),
        distance_m=_distance(segments),
        gaps=sum(jump > 0 for jump in jumps),
        missing=sum(jump for jump in jumps if jump > 0),
        duplicates=sum(jump < 0 for jump in jumps),
        frozen=frozen,
        late=late,
        steering_values=distinct,
        steering_zeros_pct=zeros,
        left_pct=shares[0],
        straight_pct=shares[1],
        right_pct=shares[2],
        curvature_mean=float(curvature.mean()) if rows else 0.0,
        departures=_departures(segments, car_width),
        doubts=(*_device(len(rows), distinct, zeros), *_balance(len(rows), shares)),
    )


def looks_like_keys(steers: Sequence[float]) -> bool:
    """Whether steering has few values, many of them zero, as on-off keys have."""
    found = np.round(steers, 6)
    few = len(np.unique(found)) <= KEYBOARD_VALUES
    return len(found) >= FEW_ROWS and len(np.unique(found)) > 1 and few and bool((found == 0).mean() >= KEYBOARD_ZEROS)


def _jumps(segment: Sequence[Row]) -> Iterator[int]:
    """Frames missing between neighbouring rows of a segment: 0 for none, -1 where a frame appears twice."""
    usual = float(np.median([b.time - a.time for a, b in pairwise(segment)])) if len(segment) > 1 else 0.0
    for a, b in pairwise(segment):
        passed = b.time - a.time
        if b.frame == a.frame or passed <= 0:
            yield -1
        elif usual > 0 and passed > PAUSE * usual:
            yield max(1, round(passed / usual) - 1)
        else:
            yield 0


def _distance(segments: Sequence[Sequence[Row]]) -> float | None:
    steps = [math.dist((a.x, a.y), (b.x, b.y)) for segment in segments for a, b in pairwise(segment)]
    known = [step for step in steps if not math.isnan(step)]
    return sum(known) if known else None


def _departures(segments: Sequence[Sequence[Row]], car_width: float) -> int | None:
    """As a recording's laps are judged."""
    found, last = 0, None
    for segment in segments:
        rows = [row for row in segment if not math.isnan(row.offset)]
        outs = [abs(row.offset) > departure_margin(row.lane_width, car_width) for row in rows]
        was_out = last is not None and bool(rows) and last.lane == rows[0].lane and is_off_road(last)
        found += sum(now and not before for before, now in pairwise([was_out, *outs]))
        last = rows[-1] if rows else last
    return found if last is not None else None


def is_off_road(row: Row) -> bool:
    """Whether a segment that ends with this row ends because the car left its lane.

    Where it is back, the same departure continues.
    """
    return abs(row.offset) > OFF_ROAD * row.lane_width / 2.0


def _shares(curvature: Doubles) -> tuple[float, float, float]:
    """Percentage of rows that bend left, go straight, bend right."""
    if not curvature.size:
        return 0.0, 0.0, 0.0
    left, right = (100.0 * float((sign * curvature > STRAIGHT).mean()) for sign in (-1.0, 1.0))
    return left, 100.0 - left - right, right


def _device(rows: int, distinct: int, zeros: float) -> Iterator[str]:
    if rows < FEW_ROWS:
        return
    found = f"{distinct} distinct steering values, {zeros:.0f}% zeros"
    if distinct == 1:
        yield "the steering never changes: a network would learn a constant"
    elif distinct <= KEYBOARD_VALUES and zeros >= 100.0 * KEYBOARD_ZEROS:
        yield f"{found}: this looks like on-off keys; graded steering (a wheel, the mouse) teaches more"
    elif distinct <= KEYBOARD_VALUES:
        yield f"{found}: this looks like a coarse device"


def _balance(rows: int, shares: tuple[float, float, float]) -> Iterator[str]:
    left, _, right = shares
    if rows >= FEW_ROWS and max(left, right) > 10.0 and max(left, right) > LOPSIDED * min(left, right):
        yield (
            f"{left:.0f}% left and {right:.0f}% right bends: drive the circuit the other way round too "
            "(--both-directions)"
        )
