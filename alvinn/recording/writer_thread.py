"""The thread that writes a recording, so that encoding and a slow disk do not hold up the drive.

Rows are written in order, each only after its pictures are closed. The queue is bounded, so that a kill costs a few
rows, and a disk that cannot keep up slows the drive down instead of filling the memory.
"""

from __future__ import annotations

import os
import queue
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from alvinn.driving.types import CameraName, Image
from alvinn.errors import RecordingError
from alvinn.recording.rows import HEADER, Row, encode_row
from alvinn.util.images import encode_image

STANDING = 0.5  # m/s: below it the road looks the same from tick to tick
KEPT = "what was recorded before is kept, and --append continues there"
WAITING = 16  # rows: 0.8 s of driving at 20 Hz
PAUSE = 0.001  # s between two checks whether there is room
Pictures = Mapping[CameraName, "Image | bytes"]
"""Pictures of a row, as pixels or as the bytes of a file."""


class WriterThread:
    """Appends rows to a table and writes pictures to the folder beside it.

    Args:
        table: file of the rows; an empty or new one gets a header.
        kept: end of the sentence about a failing disk: what is not lost.

    Raises:
        RecordingError: the table cannot be written.
    """

    def __init__(self, table: Path, kept: str = KEPT) -> None:
        self._folder, self._kept = table.parent, kept
        # Ctrl-C within the bounded Queue of Python loses a wake-up now and then; this one is whole at any moment.
        self._waiting: queue.SimpleQueue[tuple[Row, Pictures] | None] = queue.SimpleQueue()
        self._error: RecordingError | None = None
        self._last_picture: int | None = None
        self.frozen = 0
        """pictures identical to the one before although the car moved"""
        try:
            self._table = os.open(table, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise RecordingError(f"{table} could not be written: {error.strerror}") from error
        if not os.fstat(self._table).st_size:
            self._write_line(HEADER + b"\n")
        self._thread = threading.Thread(target=self._run, name="recording writer", daemon=True)
        self._thread.start()

    def write(self, row: Row, pictures: Pictures) -> None:
        """Enqueue a row and its pictures; blocks while the queue is full.

        Raises:
            RecordingError: an earlier row could not be written.
        """
        if self._error is not None:
            raise self._error
        while self._waiting.qsize() >= WAITING:
            time.sleep(PAUSE)
        self._waiting.put((row, pictures))

    def close(self) -> None:
        """Write what is queued, and end.

        Raises:
            RecordingError: a row could not be written.
        """
        self._waiting.put(None)
        self._thread.join()
        os.close(self._table)
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (entry := self._waiting.get()) is not None:
            if self._error is None:  # after an error the queue is only emptied, so that nobody blocks for ever
                try:
                    self._write(*entry)
                except RecordingError as error:
                    self._error = error
                except Exception as error:  # noqa: BLE001 - else the thread ends and the drive blocks for ever
                    self._error = RecordingError(
                        f"a row of {self._folder} could not be written: {error!r}; {self._kept}"
                    )
                    self._error.__cause__ = error

    def _write(self, row: Row, pictures: Pictures) -> None:
        line = encode_row(row)
        for camera, picture in pictures.items():
            data = picture if isinstance(picture, bytes) else encode_image(picture, camera)
            if camera == "center":
                self._count_frozen(data, row.speed)
            self._write_picture(self._folder / getattr(row, camera), data)
        self._write_line(line)

    def _count_frozen(self, data: bytes, speed: float) -> None:
        before, self._last_picture = self._last_picture, zlib.crc32(data)
        self.frozen += before == self._last_picture and not speed < STANDING

    def _write_picture(self, path: Path, data: bytes) -> None:
        try:
            path.write_bytes(data)
        except OSError as error:
            with suppress(OSError):
                path.unlink(missing_ok=True)  # half a picture
            raise RecordingError(f"the picture {path} could not be written: {error.strerror}; {self._kept}") from error

    def _write_line(self, line: bytes) -> None:
        """Append a line, completely or not at all."""
        size = os.fstat(self._table).st_size
        try:
            written = os.write(self._table, line)
            if written < len(line):
                written += os.write(self._table, line[written:])  # says why
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._table, size)
            raise RecordingError(
                f"a row of {self._folder} could not be written: {error.strerror}; {self._kept}"
            ) from error
