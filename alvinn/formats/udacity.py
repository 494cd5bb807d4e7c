"""The Udacity simulator's `driving_log.csv`, in and out.

Seven columns: center, left, right, steering [-1, 1], throttle, brake, speed [mph]; usually without a header, with the
absolute paths of somebody's PC and a space after each comma. The time stands in the pictures' names.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

from alvinn.driving.types import CameraName
from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading, SteeringScale, choose_scale
from alvinn.formats.sample import (
    OnRow,
    OutgoingRow,
    Sample,
    base_name,
    find_lost_facts,
    number_or,
    read_outgoing,
    read_picture,
)
from alvinn.formats.udacity_table import COLUMNS, find_columns, read_table
from alvinn.recording import Recording

LOG = "driving_log.csv"
SIDES: tuple[CameraName, ...] = ("left", "right")
MPH = 0.44704  # m/s
START = datetime(2000, 1, 1, tzinfo=timezone.utc)  # recordings have no date: an export begins here
TIME = re.compile(r"(\d{4})_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d{3})(?!\d)")


def read(source: Path, reading: Reading, log: ConversionLog, on_row: OnRow) -> Iterator[Sample]:
    """The rows of a log whose center picture is whole.

    Args:
        source: the log, or the folder that holds it.
        reading: what a person says of it.
        log: where it is reported what was left out.
        on_row: called once a row.

    Raises:
        RecordingError: there is no log, or its steering column is missing or something else.
    """
    path = source / LOG if source.is_dir() else source
    if not path.is_file():
        raise RecordingError(f"{source} holds no {LOG}: it is not a recording of the Udacity simulator")
    table = read_table(path, log)
    place = find_columns(table, reading, log)
    scale = choose_scale(table.columns[place["steering"]], "", reading, log)
    scale.check([cells[place["steering"]] for _, cells in table.rows], table.columns)
    missing, seen = 0, set[str]()
    for line, cells in table.rows:
        on_row()
        named = {column: cells[at].strip() for column, at in place.items()}
        if named["center"] and named["center"] in seen:
            log.leave_out("a second row of that picture", f"line {line}")
            continue
        seen.add(named["center"])
        try:
            sample = _make_sample(line, named, scale, path.parent)
        except ValueError as error:
            log.leave_out(str(error), f"line {line}")
            continue
        missing += sum(bool(named.get(side)) for side in SIDES) - len(sample.others)
        yield sample
    if missing:
        log.note(f"{missing} left or right pictures are missing or damaged: their rows came without them")


def _make_sample(line: int, named: dict[str, str], scale: SteeringScale, folder: Path) -> Sample:
    """Raises ValueError, which says why the row is left out."""
    steer = scale.of(named["steering"])
    name = base_name(named["center"])
    gas = number_or(0.0, named.get("throttle"), -1.0, 1.0)
    brake = number_or(0.0, named.get("brake"), 0.0, 1.0)
    return Sample(
        number=line,
        jpeg=read_picture(_find_pictures(folder), name),
        steer=steer,
        time=_read_time(name),
        throttle=max(0.0, gas),
        brake=max(brake, -gas),
        speed=number_or(math.nan, named.get("speed"), 0.0, 1e3) * MPH,
        drive=named["center"].strip()[: -len(name)],
        others=_read_side_pictures(_find_pictures(folder), named),
    )


def _read_side_pictures(images: Path, named: dict[str, str]) -> dict[CameraName, bytes]:
    """The left and right pictures that are whole."""
    found: dict[CameraName, bytes] = {}
    for side in SIDES:
        with suppress(ValueError):
            found[side] = read_picture(images, base_name(named.get(side, "")))
    return found


def _find_pictures(folder: Path) -> Path:
    images = folder / "IMG"
    return images if images.is_dir() else folder


def _read_time(name: str) -> float:
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


def write(recording: Recording, folder: Path, log: ConversionLog, on_row: OnRow, *, header: bool = False) -> None:
    """Write a recording as the simulator would have: pictures in IMG/, and no header unless it is asked for.

    Raises:
        AlvinnError: nothing of it could be read.
    """
    (folder / "IMG").mkdir(parents=True)
    last = -1
    with (folder / LOG).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        if header:
            table.writerow(COLUMNS)
        for kept in read_outgoing(recording, log, on_row):
            last = max(last + 1, round(kept.time * 1000.0))  # a name a picture: no two in one millisecond
            pictures: dict[str, bytes] = {"center": kept.jpeg} | _read_sides(recording, kept)
            names = {camera: f"IMG/{camera}_{_name_picture(last)}.jpg" for camera in pictures}
            for camera, jpeg in pictures.items():
                (folder / names[camera]).write_bytes(jpeg)
            table.writerow([*(names.get(camera, "") for camera in COLUMNS[:3]), *_format_numbers(kept)])
    _note_differences(recording, log)
    corrections = any(row.correction for row in recording.rows)
    coded = any(row.depth or row.segmentation for row in recording.rows)
    facts = {"corrections": corrections, "depth and segmentation pictures": coded}
    also = ["time below a millisecond", *(fact for fact, there in facts.items() if there)]
    log.lost += find_lost_facts(recording, *also)


def _note_differences(recording: Recording, log: ConversionLog) -> None:
    """What loaders of the simulator's logs trip over."""
    if lacking := [side for side in SIDES if not all(getattr(row, side) for row in recording.rows)]:
        log.note(
            f"the columns {' and '.join(lacking)} are empty where that camera was not recorded: loaders that use all "
            "three cameras fail on it, and must read the column center alone"
        )
    angle = recording.session.vehicle.get("max_wheel_angle")
    full = f" ({math.degrees(angle):g} degrees at the front wheels)" if isinstance(angle, float) else ""
    log.note(f"steering is a share of full lock{full}, right positive; the simulator's own full lock is 25 degrees")


def _read_sides(recording: Recording, kept: OutgoingRow) -> dict[str, bytes]:
    """The left and right pictures of a row that are whole."""
    found = {}
    for side in SIDES:
        with suppress(ValueError):
            found[str(side)] = read_picture(recording.folder, getattr(kept.row, side))
    return found


def _name_picture(milliseconds: int) -> str:
    at = START + timedelta(milliseconds=milliseconds)
    return f"{at:%Y_%m_%d_%H_%M_%S}_{at.microsecond // 1000:03d}"


def _format_numbers(kept: OutgoingRow) -> list[str]:
    row = kept.row
    speed = "" if math.isnan(row.speed) else repr(row.speed / MPH)
    return [repr(row.steer_meant), repr(row.throttle), repr(row.brake), speed]
