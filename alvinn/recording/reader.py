"""Read a recording: all of it but the pictures, which are read on demand. Reading changes nothing on disk."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from copy import copy
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
from alvinn.recording.quality import measure_quality
from alvinn.recording.rows import COLUMNS, HEADER, Row, decode_row, encode_row, parse_header
from alvinn.recording.session import MEND, read_session, write_session
from alvinn.recording.session import NAME as SESSION
from alvinn.util.files import write_bytes
from alvinn.util.images import PictureError, decode_image, read_inside

TABLE = "drive.csv"


class Recording:
    """A recording on disk.

    Attributes:
        folder: where it is stored.
        session: how it was made.
        rows: all rows, excluded ones too; see `kept_rows`.
        left_out: the excluded row ranges, in the order in which they were marked.
        numbers: of each row, its number in the whole recording, shape (rows,).
        selection: a digest of the choice of rows, see `select`; empty for the whole recording.

    Raises:
        RecordingError: the folder is not a recording, or more of it is damaged than a torn last row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = read_session(folder / SESSION)
        self._torn_at: int | None = None
        self._older = False  # an earlier version wrote the table, with fewer columns
        self.rows = tuple(self._read_rows(folder / TABLE))
        self.left_out = exclusions.clip_ranges(len(self.rows), read_left_out(folder))
        self.numbers: npt.NDArray[np.intp] = np.arange(len(self.rows))
        self.selection = ""
        self._whole = self

    def _read_rows(self, path: Path) -> Iterator[Row]:
        data = path.read_bytes() if path.is_file() else b""
        *lines, rest = data.split(b"\n")  # rest: an incomplete last line
        if not lines and HEADER.startswith(data):
            self._torn_at = 0
            return
        columns = parse_header(path, lines[0] if lines else data)
        self._older = columns != COLUMNS
        for number, line in enumerate(lines[1:], start=2):
            try:
                yield decode_row(line, columns)
            except (ValueError, csv.Error) as error:
                if number < len(lines) or rest:
                    mend = "restore it from a copy, or delete that line"
                    raise RecordingError(f"{path}, line {number}: {error}; {mend}") from error
                rest = line + b"\n"
        self._torn_at = len(data) - len(rest) if rest else None

    @property
    def unclosed_warning(self) -> str:
        """A sentence on a recording that was not closed; empty if it was."""
        if self.session.closed and self._torn_at is None:
            return ""
        files = {name for row in self.rows for name in (row.center, row.left, row.right, row.depth, row.segmentation)}
        more = sum(f"frames/{path.name}" not in files for path in (self.folder / "frames").glob("*"))
        lost = f", {more} later pictures without a row are not" if more else ""
        return (
            f"{self.folder} was not closed: the program that wrote it was killed or is still running. "
            f"Its {len(self.rows)} complete rows are used{lost}"
        )

    def repair(self) -> None:
        """Make the table ready for more rows: remove a torn last row, add columns that an earlier version lacked."""
        table = self.folder / TABLE
        if self._torn_at is not None:
            with table.open("r+b") as file:
                file.truncate(self._torn_at)
            self._torn_at = None
        if self._older:
            write_bytes(table, HEADER + b"\n" + b"".join(map(encode_row, self.rows)))
            self._older = False
        if self.left_out != read_left_out(self.folder):  # excluded rows that were never written
            write_left_out(self.folder, self.left_out)

    def kept_mask(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows that are not excluded, shape (rows,)."""
        return exclusions.mask_kept(len(self.rows), self.left_out)

    def split_rows(self) -> tuple[Row, ...]:
        """All rows, their segments renumbered so that each is either kept or excluded as a whole."""
        if not self.left_out:
            return self.rows
        marks = list(zip((row.segment for row in self.rows), self.kept_mask().tolist(), strict=True))
        number = np.cumsum([False, *(a != b for a, b in pairwise(marks))])
        return tuple(replace(row, segment=int(n)) for row, n in zip(self.rows, number, strict=True))

    def kept_rows(self) -> tuple[Row, ...]:
        """The rows that are not excluded; a segment ends where rows are excluded."""
        return tuple(row for row, keep in zip(self.split_rows(), self.kept_mask(), strict=True) if keep)

    def select(self, mask: npt.NDArray[np.bool_]) -> Recording:
        """This recording with some of its rows only, by a mask of shape (rows,); nothing on disk changes.

        A segment ends where rows are missing. The digests remain those of the whole recording.
        """
        if mask.all():
            return self
        part, chosen = copy(self), np.flatnonzero(mask)
        segments = np.array([row.segment for row in self.rows])[chosen]
        cuts = (np.diff(chosen, prepend=chosen[:1]) > 1) | (np.diff(segments, prepend=segments[:1]) != 0)
        numbers = np.cumsum(cuts).tolist()
        part.rows = tuple(
            replace(self.rows[at], segment=number) for at, number in zip(chosen.tolist(), numbers, strict=True)
        )
        part.left_out = exclusions.find_ranges(~self.kept_mask()[chosen])
        part.numbers = self.numbers[chosen]
        part.selection = hashlib.sha256(f"{self.selection} {mask.tobytes().hex()}".encode()).hexdigest()
        return part

    def leave_out(self, first: int, last: int, why: str = "") -> None:
        """Exclude the rows `first` to `last`; their files stay as they are.

        Raises:
            RecordingError: there are no such rows, or the file cannot be written.
        """
        if not 0 <= first <= last < len(self.rows):
            raise RecordingError(f"{self.folder} has rows 0 to {len(self.rows) - 1}, not {first} to {last}")
        self._mark((*self.left_out, Range(first, last, why)))

    def take_back(self) -> Range | None:
        """Undo the last exclusion and return it; None if there is none."""
        if not self.left_out:
            return None
        last = self.left_out[-1]
        self._mark(self.left_out[:-1])
        return last

    def _mark(self, ranges: tuple[Range, ...]) -> None:
        write_left_out(self.folder, ranges)
        self.left_out = ranges
        if self.session.closed and (before := self.session.quality):
            kept = self.kept_rows()
            counted = {name: before[name] for name in ("frozen", "late")}  # while it was written, excluded rows too
            found = measure_quality(kept, self.session.vehicle["width"], left_out=len(self.rows) - len(kept), **counted)
            self.session = replace(self.session, quality=found.as_json())
            write_session(self.folder, self.session)

    def digest(self) -> str:
        """SHA-256 of the table and the excluded rows: it changes when the rows in use do."""
        if self._whole is not self:
            return self._whole.digest()
        if not self.left_out:
            return self.table_digest()
        return hashlib.sha256(f"{self.table_digest()} {self.kept_mask().tobytes().hex()}".encode()).hexdigest()

    def table_digest(self) -> str:
        """SHA-256 of the table alone."""
        return hashlib.sha256((self.folder / TABLE).read_bytes()).hexdigest()

    def require_frames(self) -> Recording:
        """Return this recording if it has frames.

        Raises:
            RecordingError: it has none.
        """
        if not self.rows:
            raise RecordingError(
                f"{self.folder} has no frames: record something first (alvinn record {self.folder.name})"
            )
        return self

    def vehicle(self) -> VehicleGeometry:
        """The car that it was recorded with.

        Raises:
            RecordingError: the session does not describe a car.
        """
        try:
            return VehicleGeometry.from_dict(self.session.vehicle)
        except (ValueError, LookupError, TypeError) as error:
            raise RecordingError(f"{self.folder / SESSION} does not describe the car: {error!r}; {MEND}") from error

    def read_observation(self, row: Row) -> Observation:
        """Read what the driver of a row saw, with all cameras of the car; raises as `read_picture` does."""
        others = {
            name: self.read_picture(row, name)
            for name in get_args(CameraName)
            if name != "center" and getattr(row, name)
        }
        return Observation(frame=row.frame, time=row.time, image=self.read_picture(row), speed=row.speed, others=others)

    def read_picture(self, row: Row, camera: CameraName = "center") -> Image:
        """Read a picture of a row, shape (height, width, 3) RGB.

        Raises:
            RecordingError: it is missing, damaged, too large or outside the recording, or the car had no such camera.
        """
        name: str = getattr(row, camera)
        if not name:
            raise RecordingError(f"{self.folder} has no {camera} pictures: record with --cameras center,{camera}")
        try:
            return decode_image(read_inside(self.folder, name))
        except PictureError as error:
            mend = f"restore it from a copy, or delete its line from {TABLE}"
            raise RecordingError(f"{self.folder}, frame {row.frame}, {name}: {error}; {mend}") from error
