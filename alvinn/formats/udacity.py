"""The Udacity simulator's `driving_log.csv`, in and out.

Seven columns: center, left, right, steering [-1, 1], throttle, brake, speed [mph]; usually without a header, with the
absolute paths of somebody's PC and a space after each comma. The time stands in the pictures' names.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from alvinn.driving.types import CameraName
from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import Account, columns_found, require_steering
from alvinn.formats.sample import Kept, Moment, Tell, base_name, cannot_hold, leaving, number, number_or, read_picture
from alvinn.recording import Recording

LOG = "driving_log.csv"
COLUMNS = ("center", "left", "right", "steering", "throttle", "brake", "speed")
SIDES: tuple[CameraName, ...] = ("left", "right")
STEERING = ("steering", "steering_angle", "steer", "angle")
MPH = 0.44704  # m/s
START = datetime(2000, 1, 1, tzinfo=timezone.utc)  # recordings have no date: an export begins here
TIME = re.compile(r"(\d{4})_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d{3})(?!\d)")


@dataclass(frozen=True, slots=True)
class _Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]
    """(line number, cells)"""


def read(source: Path, steering: str | None, account: Account, tell: Tell) -> Iterator[Moment]:
    """The rows of a log whose center picture is whole.

    Args:
        source: the log, or the folder that holds it.
        steering: name of the steering column, where it is not the usual one.
        account: where it is told what was left out.
        tell: called once a row.

    Raises:
        RecordingError: there is no log, or its steering column is missing or something else.
    """
    log = source / LOG if source.is_dir() else source
    if not log.is_file():
        raise RecordingError(f"{source} holds no {LOG}: it is not a recording of the Udacity simulator")
    table = _read_table(log, account)
    place = _places(table, steering)
    _check_steering(table, place["steering"])
    missing = 0
    for line, cells in table.rows:
        tell()
        named = {column: cells[at].strip() for column, at in place.items()}
        try:
            moment = _moment(line, named, log.parent)
        except ValueError as error:
            account.leave_out(str(error), f"line {line}")
            continue
        missing += sum(bool(named.get(side)) for side in SIDES) - len(moment.others)
        yield moment
    if missing:
        account.note(f"{missing} left or right pictures are missing or damaged: their rows came without them")


def _read_table(log: Path, account: Account) -> _Table:
    rows = []
    for line, text in enumerate(log.read_bytes().decode("utf-8-sig", errors="replace").split("\n"), start=1):
        try:
            cells = _cells(text.strip("\r"))
        except (ValueError, csv.Error):
            account.leave_out("damaged line", f"line {line}")
            continue
        if any(cell.strip() for cell in cells):
            rows.append((line, cells))
    if not rows:
        raise RecordingError(f"{log} is empty")
    return _even(rows, account)


def _cells(line: str) -> list[str]:
    """Raises ValueError where a power cut left NUL bytes: they may stand for the digits of a number."""
    if "\0" in line:
        raise ValueError("NUL")
    return next(csv.reader([line], skipinitialspace=True), [])


def _even(rows: Sequence[tuple[int, list[str]]], account: Account) -> _Table:
    """The rows with as many cells as most have: in a torn one, the last number may have lost its end."""
    ((width, _),) = Counter(len(cells) for _, cells in rows).most_common(1)
    for line, cells in rows:
        if len(cells) != width:
            account.leave_out(f"it has other than {width} cells", f"line {line}")
    even = tuple((line, cells) for line, cells in rows if len(cells) == width)
    first = tuple(cell.strip().lower() for cell in even[0][1])
    if _is_header(first):
        return _Table(first, even[1:])
    extra = (f"column {at + 1}" for at in range(len(COLUMNS), width))
    return _Table((*COLUMNS[:width], *extra), even)


def _is_header(cells: Sequence[str]) -> bool:
    """A header has neither a picture nor a number in it."""
    return not any("." in cell or not math.isnan(number_or(math.nan, cell)) for cell in cells)


def _places(table: _Table, steering: str | None) -> dict[str, int]:
    """Our name of each column -> where it stands."""
    wanted = [steering.strip().lower()] if steering is not None else STEERING
    found = [table.columns.index(name) for name in wanted if name in table.columns]
    if not found:
        raise RecordingError(f"there is no steering column. {columns_found(table.columns)}")
    if "center" not in table.columns:
        raise RecordingError(f"there is no center column; the columns found are: {', '.join(table.columns)}")
    places = {name: table.columns.index(name) for name in COLUMNS if name in table.columns}
    return places | {"steering": found[0]}


def _check_steering(table: _Table, at: int) -> None:
    cells = [row[at] for _, row in table.rows]
    damaged = [cell for cell in cells if math.isnan(number_or(math.nan, cell, -1.0, 1.0))]
    require_steering(table.columns[at], damaged, len(cells), table.columns)


def _moment(line: int, named: dict[str, str], folder: Path) -> Moment:
    """Raises ValueError, which says why the row is left out."""
    try:
        steer = number(named["steering"], -1.0, 1.0)
    except ValueError as error:
        raise ValueError("its steering is no number in [-1, 1]") from error
    name = base_name(named["center"])
    gas = number_or(0.0, named.get("throttle"), -1.0, 1.0)
    brake = number_or(0.0, named.get("brake"), 0.0, 1.0)
    return Moment(
        number=line,
        jpeg=read_picture(_beside(folder), name),
        steer=steer,
        time=_time_in(name),
        throttle=max(0.0, gas),
        brake=max(brake, -gas),
        speed=number_or(math.nan, named.get("speed"), 0.0, 1e3) * MPH,
        drive=named["center"].strip()[: -len(name)],
        others=_others(_beside(folder), named),
    )


def _others(images: Path, named: dict[str, str]) -> dict[CameraName, bytes]:
    """The left and right pictures that are whole."""
    found: dict[CameraName, bytes] = {}
    for side in SIDES:
        with suppress(ValueError):
            found[side] = read_picture(images, base_name(named.get(side, "")))
    return found


def _beside(folder: Path) -> Path:
    images = folder / "IMG"
    return images if images.is_dir() else folder


def _time_in(name: str) -> float:
    """Seconds since 1970 as a picture's name tells them, NaN where it does not."""
    found = TIME.search(name)
    if found is None:
        return math.nan
    *parts, milliseconds = (int(part) for part in found.groups())
    year, month, day, hour, minute, second = parts
    try:
        return datetime(year, month, day, hour, minute, second, milliseconds * 1000, timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def write(recording: Recording, folder: Path, account: Account, tell: Tell) -> None:
    """Write a recording as the simulator would have: no header, pictures in IMG/.

    Raises:
        AlvinnError: nothing of it could be read.
    """
    (folder / "IMG").mkdir(parents=True)
    last = -1
    with (folder / LOG).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        for kept in leaving(recording, account, tell):
            last = max(last + 1, round(kept.time * 1000.0))  # a name a picture: no two in one millisecond
            pictures: dict[str, bytes] = {"center": kept.jpeg} | _sides(recording, kept)
            names = {camera: f"IMG/{camera}_{_name_of(last)}.jpg" for camera in pictures}
            for camera, jpeg in pictures.items():
                (folder / names[camera]).write_bytes(jpeg)
            table.writerow([*(names.get(camera, "") for camera in COLUMNS[:3]), *_numbers(kept)])
    corrections = any(row.correction for row in recording.rows)
    coded = any(row.depth or row.segmentation for row in recording.rows)
    facts = {"corrections": corrections, "depth and segmentation pictures": coded}
    also = ["time below a millisecond", *(fact for fact, there in facts.items() if there)]
    account.lost += cannot_hold(recording, *also)


def _sides(recording: Recording, kept: Kept) -> dict[str, bytes]:
    """The left and right pictures of a row that are whole."""
    found = {}
    for side in SIDES:
        with suppress(ValueError):
            found[str(side)] = read_picture(recording.folder, getattr(kept.row, side))
    return found


def _name_of(milliseconds: int) -> str:
    moment = START + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y_%m_%d_%H_%M_%S}_{moment.microsecond // 1000:03d}"


def _numbers(kept: Kept) -> list[str]:
    row = kept.row
    speed = "" if math.isnan(row.speed) else repr(row.speed / MPH)
    return [repr(row.steer_meant), repr(row.throttle), repr(row.brake), speed]
