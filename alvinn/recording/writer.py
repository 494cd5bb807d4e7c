"""Write a new recording, or append segments to an existing one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from alvinn.driving.types import CameraName, Step
from alvinn.errors import RecordingError
from alvinn.recording.exclusions import Range, mask_kept, read_left_out, write_left_out
from alvinn.recording.quality import RecordingQuality, measure_quality
from alvinn.recording.reader import TABLE, Recording
from alvinn.recording.rows import Outcome, Row, make_row
from alvinn.recording.session import NAME as SESSION
from alvinn.recording.session import Session, find_difference, merge_sessions, write_session
from alvinn.recording.writer_thread import KEPT, Pictures, WriterThread
from alvinn.util.images import image_suffix
from alvinn.util.locks import LOCK, locked
from alvinn.util.replaced import Replaced

CARD = "card.json"  # of a model
DISCARDED = "discarded while driving"
PAUSE = 1.0  # s: longer steps between two rows do not count as driving


def is_free(folder: Path) -> bool:
    """Whether nothing is in the place of a new recording; the lock of one that came to nothing does not count."""
    return not folder.exists() or (folder.is_dir() and all(path.name == LOCK for path in folder.iterdir()))


def require_free(folder: Path, *, append: bool | None, overwrite: bool) -> None:
    """See that nothing is in the place of a new recording, unless it is to be continued or replaced.

    Args:
        folder: of the recording.
        append: whether it is to be continued; None: that cannot be asked for.
        overwrite: whether it is to be replaced.

    Raises:
        RecordingError: there is something.
    """
    if append or overwrite or is_free(folder):
        return
    how = "" if append is None else "--append to continue it, or "
    raise RecordingError(
        f"{folder} holds a recording already: choose another name, or add {how}--overwrite to replace it"
    )


def require_only_a_recording(folder: Path) -> None:
    """See that no corrections and no model lie in the folder of a recording that is to be replaced and go with it.

    Raises:
        RecordingError: some do.
    """
    if (folder / CARD).exists():
        raise RecordingError(f"{folder} holds a model, too, which would go with it: choose another name, or remove it")
    if rounds := sorted(path.parent.name for path in folder.glob(f"[!.]*/{SESSION}")):
        raise RecordingError(
            f"{folder} holds the corrections of {', '.join(rounds)}, too, which would go with it: choose another name, "
            "or remove that folder"
        )


class RecordingWriter(AbstractContextManager["RecordingWriter"]):
    """Writes a recording.

    Attributes:
        rows: number of rows, including those still being written.
        late: number of late ticks, set by a driver in real time.

    Raises:
        RecordingError: the folder is not empty, or was recorded with another camera, or cannot be written.
        BusyError: another process records there.
    """

    def __init__(
        self,
        folder: Path,
        session: Session,
        *,
        append: bool = False,
        overwrite: bool = False,
        keep_empty: bool = True,
        kept: str = KEPT,
    ) -> None:
        self._folder, self._keep_empty = folder, keep_empty
        self._weathers: dict[str, None] = {}  # that were driven
        self.rows = 0
        self._renumbered = 0  # from a row's number to that in its files
        self.late: int | None = None
        self._segment = 0
        self._session = session
        with ExitStack() as undo:
            undo.enter_context(locked(folder, "recorded"))
            self._replaced = undo.enter_context(Replaced(folder))
            if any(path.name != LOCK for path in folder.iterdir()):
                self._continue(session, append=append, overwrite=overwrite)
            self._times: list[float] = []  # of the rows that this writer wrote
            self._first = self.rows
            self._discarded: list[Range] = []
            (folder / "frames").mkdir(exist_ok=True)
            write_session(folder, replace(self._session, closed=False, quality=None))
            self._thread = WriterThread(folder / TABLE, kept)
            self._held = undo.pop_all()

    def _continue(self, session: Session, *, append: bool, overwrite: bool) -> None:
        if overwrite:
            self._require_recording()
            self._replaced.set_aside()
            return
        require_free(self._folder, append=append, overwrite=overwrite)
        before = Recording(self._folder)
        if difference := find_difference(before.session, session):
            raise RecordingError(f"{self._folder} {difference}: one recording has one, choose another name")
        before.repair()
        self._session = merge_sessions(before.session, session)
        self.rows = len(before.rows)
        self._renumbered = _find_next_number(before.rows) - self.rows
        self._segment = before.rows[-1].segment + 1 if before.rows else 0

    def _require_recording(self) -> None:
        """See that what is to be replaced is a recording and no more.

        Raises:
            RecordingError: it is not.
        """
        if not (self._folder / SESSION).is_file():
            raise RecordingError(f"{self._folder} is not a recording and is not replaced: choose another name")
        require_only_a_recording(self._folder)

    @property
    def added(self) -> int:
        """Number of rows of this writer."""
        return self.rows - self._first

    def start_segment(self) -> None:
        """Begin a new segment: the next row does not continue the last one."""
        self._segment += 1

    def add(
        self, step: Step, *, lane: str, weather: str, outcome: Outcome = "", encoded: Pictures | None = None
    ) -> None:
        """Write a tick: its pictures, then its row. A thread does it, so they reach the disk a little later.

        Args:
            step: the tick.
            lane: map and direction.
            weather: the preset.
            outcome: of its segment.
            encoded: the files of its pictures, where the step no longer has the pixels.

        Raises:
            RecordingError: an earlier row could not be written.
        """
        seen = step.observation
        pictures = {**seen.others, "center": seen.image} if encoded is None else encoded
        files: dict[str, Any] = {name: self._file(name, image_suffix(name)) for name in pictures if name != "center"}
        row = make_row(step, self._segment, self._file("center", "jpg"), lane, weather, outcome)
        self._write(replace(row, **files), pictures)

    def add_row(self, row: Row, jpegs: Mapping[CameraName, bytes]) -> None:
        """Write an imported row with its pictures as they are; its files and segment are set here.

        Args:
            row: of the table.
            jpegs: the pictures by camera, the centre camera's among them.

        Raises:
            RecordingError: an earlier row could not be written.
        """
        files: dict[str, Any] = {name: self._file(name, "jpg") for name in jpegs}
        cameras = tuple(dict.fromkeys((*self._session.cameras, *jpegs)))
        self._session = replace(self._session, cameras=cameras)
        self._write(replace(row, segment=self._segment, **files), dict(jpegs))

    def discard(self, seconds: float) -> int:
        """Exclude the last seconds of driving, counted over rows of this writer not excluded yet; a new segment begins.

        Returns:
            The number of excluded rows; `take_back` undoes it.

        Raises:
            RecordingError: the exclusion cannot be written.
        """
        ranges = read_left_out(self._folder)
        kept = mask_kept(self.rows, ranges)[self._first :]
        steps = np.clip(np.diff(self._times, prepend=self._times[:1]), 0.0, PAUSE) * kept
        driven_after = steps.sum() - steps.cumsum()  # s, for each row
        (chosen,) = np.nonzero(kept & (driven_after < seconds - 1e-6))
        if chosen.size:
            discarded = Range(self._first + int(chosen[0]), self._first + int(chosen[-1]), DISCARDED)
            write_left_out(self._folder, (*ranges, discarded))
            self._discarded.append(discarded)
            self.start_segment()
        return int(chosen.size)

    def take_back(self) -> bool:
        """Undo the last `discard` of this writer; returns whether there was one."""
        if not self._discarded:
            return False
        last = self._discarded.pop()
        write_left_out(self._folder, tuple(one for one in read_left_out(self._folder) if one != last))
        return True

    @property
    def quality(self) -> dict[str, Any]:
        """Quality of the recording once it is closed; see `alvinn.recording.quality`."""
        return self._session.quality or {}

    def _measure_quality(self) -> RecordingQuality:
        recording, before = Recording(self._folder), self._session.quality or {}
        return measure_quality(
            recording.kept_rows(),
            self._session.vehicle["width"],
            left_out=int((~recording.kept_mask()).sum()),
            frozen=_sum(before.get("frozen"), self._thread.frozen),
            late=_sum(before.get("late"), self.late),
        )

    def _file(self, camera: str, suffix: str) -> str:
        """File of a picture of the next row, relative to the recording."""
        return f"frames/{self.rows + self._renumbered:08d}_{camera}.{suffix}"

    def _write(self, row: Row, pictures: Pictures) -> None:
        if self.rows == self._first:
            self._replaced.give_up()
        self._thread.write(row, pictures)
        self._weathers[row.weather] = None
        self._times.append(row.time)
        self.rows += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._held:
            try:
                self._thread.close()
                weathers = tuple(dict.fromkeys((*self._session.weathers, *filter(None, self._weathers))))
                quality = self._measure_quality().as_json()
                self._session = replace(self._session, closed=True, quality=quality, weathers=weathers)
                write_session(self._folder, self._session)
            except RecordingError:
                if error is None:
                    raise
            if not self.rows and (error is not None or not self._keep_empty):
                self._replaced.clear()  # an empty recording would only block its name


def _find_next_number(rows: Sequence[Row]) -> int:
    """The first number that no picture has: after a line of the table was deleted, more than there are rows."""
    taken = [int(found[1]) for row in rows if (found := re.search(r"(\d+)_[a-z]+\.\w+$", row.center))]
    return max([len(rows) - 1, *taken]) + 1


def _sum(before: int | None, now: int | None) -> int | None:
    return now if before is None else before + (now or 0)
