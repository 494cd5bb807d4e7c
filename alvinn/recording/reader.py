"""A recording as it lies on disk, read whole but for its pictures. Reading changes nothing."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import numpy.typing as npt

from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import CameraName, Image, Observation
from alvinn.errors import RecordingError
from alvinn.recording import exclusions
from alvinn.recording.exclusions import Range, read_left_out, write_left_out
from alvinn.recording.rows import COLUMNS, HEADER, Row, columns_of, decoded, encoded
from alvinn.recording.session import NAME as SESSION
from alvinn.recording.session import read_session
from alvinn.util.files import write_bytes
from alvinn.util.images import PictureError, pixels_of, read_inside

TABLE = "drive.csv"


class Recording:
    """A recording as it lies on disk.

    Attributes:
        folder: where it lies.
        session: how it was made.
        rows: all rows, those that are left out too; see `kept`.
        left_out: the ranges of rows that are not to be used, in the order in which they were marked.

    Raises:
        RecordingError: there is none, or it is damaged beyond a torn last row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = read_session(folder / SESSION)
        self._torn_at: int | None = None
        self._older = False  # the table has not all of today's columns
        self.rows = tuple(self._read_rows(folder / TABLE))
        self.left_out = exclusions.within(len(self.rows), read_left_out(folder))

    def _read_rows(self, path: Path) -> Iterator[Row]:
        data = path.read_bytes() if path.is_file() else b""
        *lines, rest = data.split(b"\n")  # rest: what was begun and not finished
        if not lines and HEADER.startswith(data):
            self._torn_at = 0
            return
        columns = columns_of(path, lines[0] if lines else data)
        self._older = columns != COLUMNS
        for number, line in enumerate(lines[1:], start=2):
            try:
                yield decoded(line, columns)
            except (ValueError, csv.Error) as error:
                if number < len(lines) or rest:
                    raise RecordingError(f"{path}, line {number}: {error}") from error
                rest = line + b"\n"
        self._torn_at = len(data) - len(rest) if rest else None

    @property
    def cut_short(self) -> str:
        """What a person should know of a recording that was not closed, in a sentence; empty where all is well."""
        if self.session.closed and self._torn_at is None:
            return ""
        files = {name for row in self.rows for name in (row.center, row.left, row.right, row.depth, row.segmentation)}
        more = sum(f"frames/{path.name}" not in files for path in (self.folder / "frames").glob("*"))
        lost = f", {more} pictures after them have no row and are not" if more else ""
        return (
            f"{self.folder} was not closed: whatever wrote it was killed or still runs. "
            f"{len(self.rows)} whole rows are used{lost}"
        )

    def mend(self) -> None:
        """Make the table ready for more rows: whole to its last row, and with all of today's columns."""
        table = self.folder / TABLE
        if self._torn_at is not None:
            with table.open("r+b") as file:
                file.truncate(self._torn_at)
            self._torn_at = None
        if self._older:
            write_bytes(table, HEADER + b"\n" + b"".join(map(encoded, self.rows)))
            self._older = False
        if self.left_out != read_left_out(self.folder):  # rows that were discarded and then lost
            write_left_out(self.folder, self.left_out)

    def keeps(self) -> npt.NDArray[np.bool_]:
        """Which rows are to be used, shape (rows,)."""
        return exclusions.keeps(len(self.rows), self.left_out)

    def parted(self) -> tuple[Row, ...]:
        """All rows, their segments counted anew so that none reaches into or across what is left out."""
        if not self.left_out:
            return self.rows
        marks = list(zip((row.segment for row in self.rows), self.keeps().tolist(), strict=True))
        number = np.cumsum([False, *(a != b for a, b in pairwise(marks))])
        return tuple(replace(row, segment=int(n)) for row, n in zip(self.rows, number, strict=True))

    def kept(self) -> tuple[Row, ...]:
        """The rows that are to be used; a segment ends where something is left out."""
        return tuple(row for row, keep in zip(self.parted(), self.keeps(), strict=True) if keep)

    def leave_out(self, first: int, last: int, why: str = "") -> None:
        """Mark rows, `first` to `last`, as not to be used; the files stay as they are.

        Raises:
            RecordingError: there are no such rows, or the disk takes no more.
        """
        if not 0 <= first <= last < len(self.rows):
            raise RecordingError(f"{self.folder} has rows 0 to {len(self.rows) - 1}, not {first} to {last}")
        self._mark((*self.left_out, Range(first, last, why)))

    def take_back(self) -> Range | None:
        """Undo the last mark; returns what it was, or None where there is none."""
        if not self.left_out:
            return None
        last = self.left_out[-1]
        self._mark(self.left_out[:-1])
        return last

    def _mark(self, ranges: tuple[Range, ...]) -> None:
        write_left_out(self.folder, ranges)
        self.left_out = ranges

    def digest(self) -> str:
        """The SHA-256 of the table, and of what is left out of it: another one means other rows."""
        if not self.left_out:
            return self.table_digest()
        return hashlib.sha256(f"{self.table_digest()} {self.keeps().tobytes().hex()}".encode()).hexdigest()

    def table_digest(self) -> str:
        """The SHA-256 of the table alone."""
        return hashlib.sha256((self.folder / TABLE).read_bytes()).hexdigest()

    def require_frames(self) -> Recording:
        """This recording, if there is something in it.

        Raises:
            RecordingError: it has no frames.
        """
        if not self.rows:
            raise RecordingError(
                f"{self.folder} has no frames: record something first (alvinn record {self.folder.name})"
            )
        return self

    def vehicle(self) -> VehicleGeometry:
        """The car that it was recorded with.

        Raises:
            RecordingError: the session does not say it as it should.
        """
        try:
            return VehicleGeometry.from_dict(self.session.vehicle)
        except (ValueError, LookupError, TypeError) as error:
            raise RecordingError(f"{self.folder / SESSION} does not say which car drove: {error!r}") from error

    def observation(self, row: Row) -> Observation:
        """What the driver of a row saw, with all the cameras that the car carried; raises as `picture` does."""
        others = {
            name: self.picture(row, name) for name in get_args(CameraName) if name != "center" and getattr(row, name)
        }
        return Observation(frame=row.frame, time=row.time, image=self.picture(row), speed=row.speed, others=others)

    def picture(self, row: Row, camera: CameraName = "center") -> Image:
        """The picture of a row, shape (height, width, 3) RGB.

        Raises:
            RecordingError: it is missing, damaged, too large or outside the recording, or there was no such camera.
        """
        name: str = getattr(row, camera)
        if not name:
            raise RecordingError(f"{self.folder} has no {camera} pictures: record with --cameras center,{camera}")
        try:
            return pixels_of(read_inside(self.folder, name))
        except PictureError as error:
            raise RecordingError(f"{self.folder}, frame {row.frame}, {name}: {error}") from error
