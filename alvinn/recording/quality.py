"""The quality of a recording, counted from its rows: missing frames, distance, how it was steered.

Kept in `session.json` and shown when a recording is done.
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
PAUSE = 1.5  # usual steps of time between two rows: more is a gap
KEYBOARD_VALUES, KEYBOARD_ZEROS = 30, 0.4  # at most so many values, at least such a share of zeros
FEW_ROWS = 100  # too few to say anything of the device
LOPSIDED = 3.0  # times as much to one side as to the other

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RecordingQuality:
    """The figures; None where they are not known."""

    rows: int
    left_out: int
    segments: int
    seconds: float
    distance_m: float | None
    """driven, along the path of the car"""
    gaps: int
    """places within a segment where frames are missing"""
    missing: int
    """frames that are missing there"""
    duplicates: int
    """frames that are there twice"""
    frozen: int | None
    """pictures that are the same to the byte as the one before, though the car moved"""
    late: int | None
    """ticks that came late; None where nobody drove against the clock"""
    steering_values: int
    """distinct ones: of the device's axis where there is one, else of the steer as meant"""
    steering_zeros_pct: float
    left_pct: float
    straight_pct: float
    right_pct: float
    curvature_mean: float
    """1/m, right positive"""
    departures: int | None
    """by the referee's rule"""
    doubts: tuple[str, ...] = ()
    """what a person should think about, in sentences"""

    def as_json(self) -> dict[str, Any]:
        """As `session.json` keeps it."""
        return asdict(self)


def measure_quality(
    rows: Sequence[Row], car_width: float, *, left_out: int = 0, frozen: int | None = None, late: int | None = None
) -> RecordingQuality:
    """Count what the rows of a recording measure_quality.

    Args:
        rows: all of them.
        car_width: m.
        left_out: how many of them are not to be used.
        frozen: pictures that stood still, where somebody looked.
        late: ticks that came late, where somebody measured.
    """
    stretches = [list(group) for _, group in groupby(rows, key=lambda row: row.segment)]
    jumps = [jump for stretch in stretches for jump in _jumps(stretch)]
    steers = np.round([row.steer_meant if row.axis is None else row.axis for row in rows], 6)
    curvature = np.array([row.curvature for row in rows])
    zeros = 100.0 * float((steers == 0).mean()) if rows else 0.0
    shares = _shares(curvature)
    distinct = len(np.unique(steers))
    return RecordingQuality(
        rows=len(rows),
        left_out=left_out,
        segments=len(stretches),
        seconds=sum(stretch[-1].time - stretch[0].time for stretch in stretches),
        distance_m=_distance(stretches),
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
        departures=_departures(stretches, car_width),
        doubts=(*_device(len(rows), distinct, zeros), *_balance(len(rows), shares)),
    )


def _jumps(stretch: Sequence[Row]) -> Iterator[int]:
    """Between neighbours of a segment: how many frames are missing, 0 for none, -1 where a frame is there twice."""
    usual = float(np.median([b.time - a.time for a, b in pairwise(stretch)])) if len(stretch) > 1 else 0.0
    for a, b in pairwise(stretch):
        passed = b.time - a.time
        if b.frame == a.frame or passed <= 0:
            yield -1
        elif usual > 0 and passed > PAUSE * usual:
            yield max(1, round(passed / usual) - 1)
        else:
            yield 0


def _distance(stretches: Sequence[Sequence[Row]]) -> float | None:
    steps = [math.dist((a.x, a.y), (b.x, b.y)) for stretch in stretches for a, b in pairwise(stretch)]
    known = [step for step in steps if not math.isnan(step)]
    return sum(known) if known else None


def _departures(stretches: Sequence[Sequence[Row]], car_width: float) -> int | None:
    found = known = 0
    for stretch in stretches:
        outs = [
            abs(row.offset) > departure_margin(row.lane_width, car_width)
            for row in stretch
            if not math.isnan(row.offset)
        ]
        known += len(outs)
        found += sum(now and not before for before, now in pairwise([False, *outs]))
    return found if known else None


def _shares(curvature: Doubles) -> tuple[float, float, float]:
    """Percent of rows that bend left, go straight, bend right."""
    if not curvature.size:
        return 0.0, 0.0, 0.0
    left, right = (100.0 * float((sign * curvature > STRAIGHT).mean()) for sign in (-1.0, 1.0))
    return left, 100.0 - left - right, right


def _device(rows: int, distinct: int, zeros: float) -> Iterator[str]:
    if rows < FEW_ROWS:
        return
    found = f"{distinct} distinct steering values, {zeros:.0f}% zeros"
    if distinct == 1:
        yield "the steering never moves: a network would learn to hold it for ever"
    elif distinct <= KEYBOARD_VALUES and zeros >= 100.0 * KEYBOARD_ZEROS:
        yield f"{found}: this looks like a plain keyboard; graded steering teaches more (a wheel, the mouse)"
    elif distinct <= KEYBOARD_VALUES:
        yield f"{found}: this looks like a coarse device"


def _balance(rows: int, shares: tuple[float, float, float]) -> Iterator[str]:
    left, _, right = shares
    if rows >= FEW_ROWS and max(left, right) > 10.0 and max(left, right) > LOPSIDED * min(left, right):
        yield (
            f"{left:.0f}% left and {right:.0f}% right bends: drive the circuit the other way round too "
            "(--both-directions)"
        )
