"""Who may write a recording, and what becomes of one that is there; after a kill: test_writer_thread.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.errors import BusyError, RecordingError
from alvinn.recording import Recording, RecordingWriter
from alvinn.util.locks import LOCK
from tests.alvinn.fakes import session, write_recording


def test_two_writers_in_one_recording_exclude_each_other(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()), pytest.raises(BusyError, match="is being recorded by another process"):
        RecordingWriter(tmp_path, session(), append=True)
    with RecordingWriter(tmp_path, session(), append=True):
        pass


def test_a_writer_that_was_refused_holds_nothing(tmp_path: Path) -> None:
    write_recording(tmp_path, 3)
    with pytest.raises(RecordingError, match=r"holds a recording already: .* --append .* --overwrite"):
        RecordingWriter(tmp_path, session())
    with RecordingWriter(tmp_path, session(), append=True) as writer:
        assert writer.rows == 3


def test_a_recording_is_replaced_with_all_that_was_made_of_it(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    Recording(tmp_path).leave_out(0, 1)
    (tmp_path / "cache").mkdir()
    with RecordingWriter(tmp_path, session(), overwrite=True):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"session.json", "drive.csv", "frames", LOCK}
    assert not list((tmp_path / "frames").iterdir())
    assert Recording(tmp_path).rows == ()


def test_a_folder_that_is_no_recording_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(RecordingError, match="is no recording and is not replaced"):
        RecordingWriter(tmp_path, session(), overwrite=True)
    assert (tmp_path / "thesis.txt").exists()
