"""One row of somebody else's recording, and the clock that makes segments of many.

Whatever the format, a row has a picture, a time and a steering angle in [-1, 1], right positive; the rest may be
unknown. Pictures that are JPEG files already travel as they are, byte by byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from alvinn.driving.types import CameraName
from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.recording import Recording, Row
from alvinn.util.images import convert_to_jpeg, read_inside

QUALITY = 97  # of pictures that must be encoded anew: what is lost stays far below what is visible
PAUSE = 1.0  # s: a longer silence ends a segment
BETWEEN_SEGMENTS = 10.0  # s, on the clock of an export: its import finds the segments again
USUAL_STEP = 0.05  # s between rows that do not tell their time

OnRow = Callable[[], None]
"""Called once a row, for progress bars."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A row as it was read.

    Raises:
        ValueError: a number is not finite, or out of range.
    """

    number: int
    """of the row, as its source counts"""
    jpeg: bytes
    steer: float
    """-1 (left) to 1 (right)"""
    time: float = math.nan
    """s on the source's clock"""
    throttle: float = 0.0
    brake: float = 0.0
    speed: float = math.nan
    """m/s"""
    drive: str = ""
    """which of the source's sessions; no segment crosses from one to another"""
    who: str = "somebody"
    intervention: bool = False
    others: Mapping[CameraName, bytes] = field(default_factory=dict)
    """JPEG files of the left and right cameras, where the source has them"""

    def __post_init__(self) -> None:
        if not -1.0 <= self.steer <= 1.0:
            raise ValueError(f"the steering {self.steer} is outside [-1, 1]")


def number(value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number in a range, from a cell or a JSON value.

    Raises:
        ValueError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - a damaged file, not a wrong call
    try:
        found = float(value)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{str(value)[:40]!r} is not a number") from error
    if not (math.isfinite(found) and low <= found <= high):
        raise ValueError(f"{value!r} is not a number in [{low:g}, {high:g}]")
    return found


def number_or(otherwise: float, value: object, low: float = -math.inf, high: float = math.inf) -> float:
    """A number, or another one where there is none."""
    try:
        return number(value, low, high)
    except ValueError:
        return otherwise


def base_name(path: str) -> str:
    """The last part of somebody's path, from Windows or not."""
    return PurePosixPath(path.strip().strip('"').replace("\\", "/")).name


def read_picture(folder: Path, name: str) -> bytes:
    """The picture of that name in a folder, as JPEG.

    Raises:
        ValueError: it is missing, damaged, absurdly large or outside the folder.
    """
    if not name:
        raise ValueError("no picture is named")
    return convert_to_jpeg(read_inside(folder, name), QUALITY)


class Clock:
    """Makes one clock and segments of the times of many rows: it starts at 0 and never goes back."""

    def __init__(self, log: ConversionLog) -> None:
        self._log = log
        self._before: Sample | None = None
        self._source = math.nan  # the last time that a row told
        self._now = 0.0

    def read(self, sample: Sample) -> tuple[float, bool]:
        """The time [s] of a row, and whether a new segment begins with it."""
        before, self._before = self._before, sample
        told = not math.isnan(sample.time)
        if not told:
            self._log.note(f"rows that do not tell their time follow {USUAL_STEP:g} s after the one before")
        passed = sample.time - self._source if told else USUAL_STEP
        if told:
            self._source = sample.time
        if before is None:
            return 0.0, False
        other_drive = sample.drive != before.drive  # LeRobot's time begins anew in each episode
        backwards = passed < 0 and not other_drive
        if backwards:
            self._log.note("time runs backwards in places: a new segment begins at each")
        self._now += USUAL_STEP if passed < 0 or math.isnan(passed) else passed
        return self._now, backwards or passed > PAUSE or other_drive


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """A row of ours on its way out."""

    index: int
    """among the rows that go out"""
    row: Row
    time: float
    """s since the beginning, the segments BETWEEN_SEGMENTS apart"""
    segment: int
    """counted from 0"""
    jpeg: bytes


def read_outgoing(recording: Recording, log: ConversionLog, on_row: OnRow) -> Iterator[OutgoingRow]:
    """The rows of a recording that are to be used, with their pictures; those without one are left out.

    Raises:
        AlvinnError: none has a picture.
    """
    time, segment, before = 0.0, 0, None
    for row, keep in zip(recording.split_rows(), recording.kept_mask(), strict=True):
        on_row()
        if not keep:
            log.leave_out("left out in the recording", f"frame {row.frame}")
            continue
        try:
            jpeg = read_picture(recording.folder, row.center)
        except ValueError as error:
            log.leave_out(str(error), f"frame {row.frame}")
            continue
        if before is not None:
            cut = row.segment != before.segment or row.time < before.time
            time += BETWEEN_SEGMENTS if cut else row.time - before.time
            segment += cut
        before = row
        yield OutgoingRow(log.rows, row, time, segment, jpeg)
        log.rows += 1
    if not log.rows:
        raise AlvinnError(
            f"nothing of {recording.folder} could be converted: {log.summarize_reasons() or 'it has no rows'}"
        )


def find_lost_facts(recording: Recording, *also: str) -> list[str]:
    """What of a recording has no place in any of the other formats, and what else not in one of them."""
    rows = recording.rows
    facts = {
        "pose, lane and offset": any(not math.isnan(row.offset) for row in rows),
        "disturbances (the driver's own steer is what was written)": any(r.steer != r.steer_meant for r in rows),
        "the raw axis of the device": any(row.axis is not None for row in rows),
        "the weather of each row": len({row.weather for row in rows}) > 1,
        "who drove each row": len({row.who for row in rows}) > 1,
        "why a correction was made": any(row.why for row in rows),
        "how segments ended (faultless, corrected, departed)": any(row.outcome for row in rows),
    }
    return [*(fact for fact, there in facts.items() if there), *also]
