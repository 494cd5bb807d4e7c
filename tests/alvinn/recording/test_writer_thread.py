"""What is left of a recording whose writer ends in every bad way: killed, the disk full, a file too large."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import RecordingError
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.rows import make_row
from alvinn.recording.writer_thread import WriterThread
from tests.alvinn.fakes import picture, session, step

LOST = 20
"""Rows that a kill may cost."""
KILLS_A_RECORDING, INTERRUPTED = 5, 500


def write_for_ever(folder: Path, said: Connection) -> None:
    """A recorder that nobody stops: it says every row that it was handed."""
    with RecordingWriter(folder, session(), append=True) as writer:
        for number in range(1_000_000):
            writer.add(step(number), lane="oval/forward", weather="ClearNoon")
            said.send_bytes(b"1")


def killed_after(rows: int, folder: Path) -> int:
    """Let a process of its own record, kill it after so many rows; returns how many it had been handed by then."""
    ours, theirs = multiprocessing.get_context("forkserver").Pipe(duplex=False)
    recorder = multiprocessing.get_context("forkserver").Process(target=write_for_ever, args=(folder, theirs))
    recorder.start()
    theirs.close()
    said = 0
    with suppress(EOFError):
        while True:
            if said == rows:
                recorder.kill()
            ours.recv_bytes()
            said += 1
    recorder.join()
    assert recorder.exitcode == -signal.SIGKILL
    return said


def require_whole(recording: Recording) -> None:
    """Every row has its picture, and it is the right one."""
    for row in recording.rows:
        seen = recording.read_picture(row)
        assert np.abs(seen.astype(float) - picture(row.frame)).mean() < 12.0


@pytest.mark.skipif(sys.platform == "win32", reason="a fork server, which makes 100 processes cheap, is POSIX's")
@pytest.mark.parametrize("kills", [30, pytest.param(100, marks=pytest.mark.long)])
def test_killed_often_at_random_it_opens_again_with_a_few_rows_lost_and_says_so(tmp_path: Path, kills: int) -> None:
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.alvinn.recording.test_writer_thread"])
    rng, worst = np.random.default_rng(0), 0
    for kill in range(kills):
        folder = tmp_path / str(kill % (kills // KILLS_A_RECORDING))
        before = len(Recording(folder).rows) if folder.exists() else 0
        handed = killed_after(int(rng.integers(1, 50)), folder)
        recording = Recording(folder)
        worst = max(worst, before + handed - len(recording.rows))
        assert "was not closed" in recording.unclosed_warning
        assert len(recording.rows) >= before
        require_whole(recording)
    assert worst <= LOST
    segments = [row.segment for row in Recording(tmp_path / "0").rows]
    assert sorted(set(segments)) == list(range(max(segments) + 1)), "each continuation is a segment"


def record(folder: Path, rows: int, *, append: bool = False, lane: str = "oval/forward") -> None:
    with RecordingWriter(folder, session(), append=append) as writer:
        for number in range(rows):
            writer.add(step(number), lane=lane, weather="ClearNoon")


def test_a_recording_that_was_closed_says_nothing(tmp_path: Path) -> None:
    record(tmp_path, 1)
    assert not Recording(tmp_path).unclosed_warning


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 512 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, check=False).returncode:
        pytest.skip("a full disk is made by mounting a small one, which only root may do, and not in every container")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S607 - the system's own


def test_on_a_full_disk_it_ends_in_a_sentence_and_goes_on_when_there_is_room_again(small_disk: Path) -> None:
    ballast, folder = small_disk / "ballast", small_disk / "drive"
    ballast.write_bytes(bytes(200_000))
    with pytest.raises(RecordingError, match="No space left on device"):
        record(folder, 100_000)
    cut = Recording(folder)
    assert len(cut.rows) > 20
    assert len(list((folder / "frames").iterdir())) == len(cut.rows), "no half picture is left"
    assert "was not closed" in cut.unclosed_warning
    require_whole(cut)
    ballast.unlink()
    record(folder, 10, append=True)
    again = Recording(folder)
    assert not again.unclosed_warning
    assert [row.segment for row in again.rows] == [0] * len(cut.rows) + [1] * 10
    require_whole(again)


@pytest.mark.skipif(sys.platform == "win32", reason="limits on files are POSIX's")
def test_a_row_that_is_not_written_whole_is_not_left_torn(tmp_path: Path) -> None:
    """The table may not grow beyond a limit: the operating system takes only the beginning of a row."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(RecordingError, match=r"row of .* File too large"):
            record(tmp_path, 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    data = (tmp_path / "drive.csv").read_bytes()
    assert data.endswith(b"\n")
    assert 9_000 < len(data) <= 10_000
    require_whole(Recording(tmp_path))


def test_whatever_stops_the_writing_is_told_to_whoever_drives_who_never_waits_for_ever(tmp_path: Path) -> None:
    unspeakable = "a lone half of a character: \udc00"  # which no UTF-8 can say

    def drive() -> None:
        with pytest.raises(RecordingError, match=r"row of .* UnicodeEncodeError.*what was recorded before is kept"):
            record(tmp_path, 1000, lane=unspeakable)
        told.set()

    told = threading.Event()
    threading.Thread(target=drive, daemon=True).start()
    assert told.wait(30.0)
    assert not Recording(tmp_path).rows


@pytest.mark.skipif(sys.platform == "win32", reason="timers that raise are POSIX's")
def test_whenever_ctrl_c_comes_the_pen_still_ends(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    row, pause = make_row(step(1), 0, "", "oval/forward", "ClearNoon"), np.random.default_rng(1)
    try:
        for _ in range(INTERRUPTED):
            thread = WriterThread(tmp_path / "drive.csv")
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, pause.uniform(1e-4, 2e-3))
                while True:
                    thread.write(row, {})
            ending = threading.Thread(target=thread.close, daemon=True)
            ending.start()
            ending.join(30.0)
            assert not ending.is_alive()
    finally:
        signal.signal(signal.SIGALRM, before)
