"""The rows of `drive.csv`, and how they are written and read as text.

Numbers have enough digits to be read back exactly.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from alvinn.driving.types import Direction, Step
from alvinn.errors import RecordingError

MaybeKnown: TypeAlias = float
"""A number that may be unknown in imports: NaN in memory, an empty cell in the table."""

Outcome = Literal["", "faultless", "corrected", "departed"]
"""How a segment ended, by the referee. faultless: nobody helped. corrected: with a take-over, or it is the correction.
departed: with the car put back on its lane. Empty: nobody judged."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `drive.csv`: frame t and the control decided on seeing it. Units: m, rad, s."""

    frame: int
    time: float
    segment: int
    center: str
    """file of the picture, relative to the recording"""
    steer: float
    """as applied"""
    steer_meant: float
    """as the driver intended, before any disturbance"""
    curvature: float
    """as the driver intended [1/m], right positive: the label"""
    disturbance: float
    throttle: float
    brake: float
    speed: MaybeKnown
    x: MaybeKnown
    y: MaybeKnown
    z: MaybeKnown
    yaw: MaybeKnown
    lane: str
    """map, starting point and direction, see `name_lane`: rows of one lane share `lane_s`; empty if unknown"""
    lane_s: MaybeKnown
    lane_width: MaybeKnown
    offset: MaybeKnown
    heading_error: MaybeKnown
    weather: str
    who: str
    axis: float | None = None
    """raw axis of the device; None if there is no device"""
    correction: int = 0
    """number of the correction that the row belongs to, from 1; 0 for none"""
    why: str = ""
    """which gate triggered the correction"""
    left: str = ""
    """files of the other cameras' pictures; empty if the car did not have them"""
    right: str = ""
    depth: str = ""
    segmentation: str = ""
    outcome: Outcome = ""
    """of the row's segment"""


def name_lane(map_name: str, direction: Direction, start: int = 0) -> str:
    """The lane through a starting point: MAP/DIRECTION, or MAP@START/DIRECTION where it is not the first one."""
    return f"{map_name}@{start}/{direction}" if start else f"{map_name}/{direction}"


def parse_lane(lane: str) -> tuple[str, Direction, int]:
    """Map, direction and starting point of a lane's name."""
    place, _, direction = lane.rpartition("/")
    map_name, at, start = place.rpartition("@")
    if at and start.isdecimal():
        return map_name, cast("Direction", direction), int(start)
    return place, cast("Direction", direction), 0


COLUMNS = tuple(field.name for field in fields(Row))
REQUIRED = frozenset(field.name for field in fields(Row) if field.default is MISSING)
"""Columns of every table; the others came later and are empty if a table lacks them."""
HEADER = ",".join(COLUMNS).encode()


def make_row(step: Step, segment: int, picture: str, lane: str, weather: str, outcome: Outcome = "") -> Row:
    """Make the row of a tick, with the file of the centre camera's picture only."""
    seen, truth, decision, control = step.observation, step.truth, step.decision, step.control
    return Row(
        frame=seen.frame,
        time=seen.time,
        segment=segment,
        center=picture,
        steer=control.steer,
        steer_meant=step.steer_meant,
        curvature=decision.curvature,
        disturbance=decision.disturbance,
        throttle=control.throttle,
        brake=control.brake,
        speed=seen.speed,
        x=truth.x,
        y=truth.y,
        z=truth.z,
        yaw=truth.yaw,
        lane=lane,
        lane_s=truth.lane_s,
        lane_width=truth.lane_width,
        offset=truth.offset,
        heading_error=truth.heading_error,
        weather=weather,
        who=decision.who,
        axis=decision.axis,
        correction=decision.correction,
        why=decision.why,
        outcome=outcome,
    )


def encode_row(row: Row) -> bytes:
    """Encode a row as a line of the table, newline included."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(_cells(row))
    return text.getvalue().encode()


def _cells(row: Row) -> Iterator[str]:
    for name in COLUMNS:
        value = getattr(row, name)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            yield ""
        else:
            yield repr(float(value)) if isinstance(value, float) else str(value)


def parse_header(path: Path, header: bytes) -> tuple[str, ...]:
    """Parse the columns of a table, in the file's order.

    Raises:
        RecordingError: they are not those of a recording.
    """
    columns = tuple(header.decode(errors="replace").rstrip("\r").split(","))
    if not set(columns) >= REQUIRED or not set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
        raise RecordingError(
            f"{path} has other columns than {', '.join(COLUMNS)}: it was not written by this program, or its first "
            "line is damaged: restore it from a copy"
        )
    return columns


def decode_row(line: bytes, columns: tuple[str, ...]) -> Row:
    """Decode a line of a table with these columns.

    Raises:
        ValueError: a cell is missing or damaged.
        csv.Error: the line is damaged.
    """
    (cells,) = csv.reader([line.decode()])
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells where {len(columns)} columns were expected")
    return Row(**{name: _CONVERTER_OF[name](cell) for name, cell in zip(columns, cells, strict=True)})


def _number(cell: str) -> float:
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError(f"{cell} is not a number")
    return number


def _outcome(cell: str) -> str:
    if cell not in get_args(Outcome):
        raise ValueError(f"{cell} is not an outcome: there are {', '.join(filter(None, get_args(Outcome)))}")
    return cell


_CONVERTERS: dict[str, Any] = {
    "int": int,
    "float": _number,
    "str": str,
    "MaybeKnown": lambda cell: _number(cell) if cell else math.nan,
    "Outcome": _outcome,
    "float | None": lambda cell: _number(cell) if cell else None,
}
_CONVERTER_OF = {field.name: _CONVERTERS[str(field.type)] for field in fields(Row)}
