"""The table of a `driving_log.csv`, whoever wrote or saved it: what its columns are is looked at, not assumed.

Spreadsheets save with `;` or tabs, decimal commas and UTF-16; scripts add an index, drop cameras, rename columns.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog, list_columns, require_column
from alvinn.formats.reading import Reading
from alvinn.formats.sample import number_or

COLUMNS = ("center", "left", "right", "steering", "throttle", "brake", "speed")
PICTURES = ("center", "centre", "centerimage", "image", "img", "filename", "frame")
STEERING = ("steering", "steeringangle", "steer", "angle")
SUFFIXES = (".jpg", ".jpeg", ".png")
MOST = 0.9  # of the rows: what holds for so many is taken to hold for the table
DECIMAL_COMMA = re.compile(r"-?\d+,\d+(e-?\d+)?", re.IGNORECASE)
INTEGER = re.compile(r"-?\d+")

Rows = Sequence[tuple[int, list[str]]]
"""(line number, cells) of each row."""


@dataclass(frozen=True, slots=True)
class LogTable:
    """A log, its rows of equal width."""

    columns: tuple[str, ...]
    """as they are written in the file"""
    rows: Rows
    has_header: bool


def read_table(path: Path, log: ConversionLog) -> LogTable:
    """Read a log.

    Raises:
        RecordingError: it is empty, or its numbers have decimal commas that cannot be told from the separators.
    """
    lines = [(at, text.strip("\r")) for at, text in enumerate(_decode(path.read_bytes()).split("\n"), start=1)]
    separator = _find_separator([text for _, text in lines], log)
    rows: list[tuple[int, list[str]]] = []
    for line, text in lines:
        try:
            cells = _split(text, separator)
        except (ValueError, csv.Error):
            log.leave_out("damaged line", f"line {line}")
            continue
        if any(cell.strip() for cell in cells):
            rows.append((line, cells))
    if not rows:
        raise RecordingError(f"{path} is empty")
    return _make_table(_keep_even(rows, log), log)


def _decode(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _find_separator(lines: Sequence[str], log: ConversionLog) -> str:
    """What stands between cells: `;` or a tab where most lines have the same number of them, else a comma.

    A comma followed by a space separates where the other commas stand in decimals.
    """
    lines = [line for line in lines if line.strip() and "\0" not in line]
    for mark in (";", "\t"):
        ((count, often),) = Counter(line.count(mark) for line in lines).most_common(1) or [(0, 0)]
        if count and often >= MOST * len(lines):
            return mark
    cells = [cell.strip() for line in lines for cell in line.split(", ") if cell.strip()]
    numbers = [cell for cell in cells if not cell.lower().endswith(SUFFIXES)]
    if lines and numbers and all(", " in line for line in lines):
        decimals = sum(bool(DECIMAL_COMMA.fullmatch(cell)) for cell in numbers)
        if decimals and all(DECIMAL_COMMA.fullmatch(cell) or INTEGER.fullmatch(cell) for cell in numbers):
            log.note("numbers have decimal commas; cells are separated by a comma and a space")
            return ", "
    return ","


def _split(line: str, separator: str) -> list[str]:
    """Raises ValueError where a power cut left NUL bytes: they may stand for the digits of a number."""
    if "\0" in line:
        raise ValueError("NUL")
    if len(separator) > 1:
        cells = line.split(separator)
    else:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=separator != "\t"), [])
    return [cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell.strip()) else cell for cell in cells]


def _keep_even(rows: Rows, log: ConversionLog) -> Rows:
    """The rows with as many cells as most have: in a torn one, the last number may have lost its end."""
    ((width, _),) = Counter(len(cells) for _, cells in rows).most_common(1)
    for line, cells in rows:
        if len(cells) != width:
            log.leave_out(f"it has other than {width} cells", f"line {line}")
    return [(line, cells) for line, cells in rows if len(cells) == width]


def _make_table(rows: Rows, log: ConversionLog) -> LogTable:
    first = tuple(cell.strip() for cell in rows[0][1])
    if _is_header(first):
        return LogTable(first, rows[1:], has_header=True)
    _refuse_decimal_commas(rows)
    width = len(first)
    if width > 1 and INTEGER.fullmatch(first[0]) and _is_picture(first[1]):
        log.note("the first column is a row number: it is left out")
        rows = [(line, cells[1:]) for line, cells in rows]
        width -= 1
    if _all_pictures(rows, 0) and width > 3 and _all_pictures(rows, 1) and _all_pictures(rows, 2):
        extra = (f"column {at + 1}" for at in range(len(COLUMNS), width))
        return LogTable((*COLUMNS[:width], *extra), rows, has_header=False)
    return LogTable(tuple(f"column {at + 1}" for at in range(width)), rows, has_header=False)


def _refuse_decimal_commas(rows: Rows) -> None:
    """Raises RecordingError where digits on both sides of separators look like halves of numbers."""
    numbers = [[cell.strip() for cell in cells if cell.strip() and not _is_picture(cell)] for _, cells in rows]
    halves = [cells for cells in numbers if len(cells) > 4 and all(INTEGER.fullmatch(cell) for cell in cells)]
    if halves and len(halves) >= MOST * len(rows) and any(len(cell.lstrip("-")) > 2 for cell in halves[0]):
        raise RecordingError(
            f"the numbers seem to have decimal commas, which cannot be told from the separators (line {rows[0][0]}: "
            f"{','.join(rows[0][1])[:120]}): save the log with decimal points, or with ; between cells"
        )


def _is_picture(cell: str) -> bool:
    return cell.strip().strip('"').lower().endswith(SUFFIXES)


def _all_pictures(rows: Rows, at: int) -> bool:
    """Whether a column names pictures, or nothing, in most rows."""
    return sum(_is_picture(cells[at]) or not cells[at].strip() for _, cells in rows) >= MOST * len(rows)


def _is_header(cells: Sequence[str]) -> bool:
    """A header has neither a picture nor a number in it."""
    return not any("." in cell or not math.isnan(number_or(math.nan, cell)) for cell in cells)


def find_columns(table: LogTable, reading: Reading, log: ConversionLog) -> dict[str, int]:
    """Our name of each column -> where it stands.

    Raises:
        RecordingError: the picture or the steering is not among them, or cannot be told.
    """
    written = [column.lower() for column in table.columns]
    places = {name: written.index(name) for name in COLUMNS if name in written}
    steering = _find_steering(table, reading, log)
    center = _find_picture(table, reading, log)
    return places | {"center": center, "steering": steering}


def _simplify(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _find_named(table: LogTable, wanted: Sequence[str]) -> int | None:
    plain = [_simplify(column) for column in table.columns]
    return next((plain.index(name) for name in wanted if name in plain), None)


def _find_picture(table: LogTable, reading: Reading, log: ConversionLog) -> int:
    if reading.picture is not None:
        return require_column(reading.picture, table.columns, "--picture")
    found = _find_named(table, PICTURES)
    if found is not None:
        return found
    pictures = [at for at in range(len(table.columns)) if any(_is_picture(cells[at]) for _, cells in table.rows)]
    if len(pictures) == 1:
        log.note(f"{table.columns[pictures[0]]} names the pictures")
        return pictures[0]
    raise RecordingError(f"there is no center column. {list_columns(table.columns, '--picture')}")


def _find_steering(table: LogTable, reading: Reading, log: ConversionLog) -> int:
    if reading.steering is not None:
        return require_column(reading.steering, table.columns, "--steering")
    found = _find_named(table, STEERING)
    if found is None:  # a unit in the name: steering_deg
        found = next((at for at, name in enumerate(table.columns) if _simplify(name).startswith("steer")), None)
    if found is not None:
        return found
    if not table.has_header:
        return _find_steering_by_sight(table, log)
    raise RecordingError(f"there is no steering column. {list_columns(table.columns)}")


def _find_steering_by_sight(table: LogTable, log: ConversionLog) -> int:
    """The first number after the pictures, if it alone takes both signs: pedals and speeds do not.

    Raises:
        RecordingError: it does not, or others do too.
    """
    numbers = [
        [number_or(math.nan, cells[at]) for _, cells in table.rows] if not _all_pictures(table.rows, at) else []
        for at in range(len(table.columns))
    ]
    both = [at for at, column in enumerate(numbers) if column and min(column) < 0.0 < max(column)]
    first = next((at for at, column in enumerate(numbers) if column), None)
    if len(both) == 1 and both[0] == first:
        log.note(f"there is no header: {table.columns[both[0]]} is taken as the steering, it alone takes both signs")
        return both[0]
    raise RecordingError(
        f"there is no header, and which column is the steering cannot be told (line {table.rows[0][0]}: "
        f"{', '.join(table.rows[0][1])[:120]}). {list_columns(table.columns)}"
    )
