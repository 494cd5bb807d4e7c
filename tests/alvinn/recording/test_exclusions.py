from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.sample import read_outgoing
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Range, Recording, RecordingWriter
from alvinn.training.examples.dataset import load_dataset
from tests.alvinn.fakes import SMALL, session, step, write_recording


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of ten frames."""
    write_recording(tmp_path / "drive", 10)
    return tmp_path / "drive"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def frames(recording: Recording) -> list[int]:
    return [row.frame for row in recording.kept_rows()]


def test_what_is_left_out_stays_in_the_folder_and_in_the_rows(folder: Path) -> None:
    changed = {"left_out.json", "session.json"}  # the session has its quality without them
    before, rows = (
        {name: data for name, data in files_in(folder).items() if name not in changed},
        Recording(folder).rows,
    )
    Recording(folder).leave_out(3, 5, "the car stood in a field")
    again = Recording(folder)
    assert {name: data for name, data in files_in(folder).items() if name not in changed} == before
    assert again.rows == rows
    assert frames(again) == [0, 1, 2, 6, 7, 8, 9]
    assert again.left_out == (Range(3, 5, "the car stood in a field"),)


def test_every_mark_can_be_taken_back_the_last_one_first(folder: Path) -> None:
    recording = Recording(folder)
    recording.leave_out(0, 1)
    recording.leave_out(1, 4)
    assert recording.take_back() == Range(1, 4)
    assert frames(Recording(folder)) == list(range(2, 10))
    assert recording.take_back() == Range(0, 1)
    assert recording.take_back() is None
    assert frames(Recording(folder)) == list(range(10))
    assert not (folder / "left_out.json").exists()


def test_no_segment_reaches_across_what_is_left_out(folder: Path) -> None:
    write_recording(folder, 3, append=True)
    recording = Recording(folder)
    recording.leave_out(3, 5)
    assert [row.segment for row in recording.rows] == [0] * 10 + [1] * 3
    assert [row.segment for row in recording.split_rows()] == [0] * 3 + [1] * 3 + [2] * 4 + [3] * 3
    assert [row.segment for row in recording.kept_rows()] == [0] * 3 + [2] * 4 + [3] * 3


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (5, 10)])
def test_rows_that_there_are_not_cannot_be_left_out(folder: Path, first: int, last: int) -> None:
    with pytest.raises(RecordingError, match="has rows 0 to 9"):
        Recording(folder).leave_out(first, last)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"schema": 9, "ranges": []}', '{"schema": 1, "ranges": [{"first": 5, "last": 2}]}']
)
def test_a_damaged_file_is_an_error_as_using_what_was_left_out_would_be_worse(folder: Path, text: str) -> None:
    (folder / "left_out.json").write_text(text, encoding="utf-8")
    how = "update alvinn" if "9" in text else "remove it and exclude the rows again in replay"
    with pytest.raises(RecordingError, match=rf"left_out\.json .*{how}"):
        Recording(folder)
    (folder / "left_out.json").unlink()
    assert Recording(folder).kept_mask().all()


def test_the_digest_tells_that_other_rows_are_used(folder: Path) -> None:
    recording = Recording(folder)
    before = recording.digest()
    recording.leave_out(2, 2)
    assert recording.digest() != before
    recording.take_back()
    assert recording.digest() == before


def test_nothing_that_is_left_out_is_trained_on_or_held_out(folder: Path) -> None:
    write_recording(folder, 200, append=True)
    whole = load_dataset([Recording(folder)], Preprocessing.for_camera(SMALL))
    Recording(folder).leave_out(150, 189)
    parted = load_dataset([Recording(folder)], Preprocessing.for_camera(SMALL))
    used = np.concatenate([parted.training, parted.held_out])
    assert len(np.concatenate([whole.training, whole.held_out])) - len(used) == 40
    assert not np.isin(np.arange(150, 190), used).any()
    goals, before = parted.examples.goals, whole.examples.goals
    assert np.allclose(goals[100], before[100])
    assert not np.allclose(goals[140], before[140]), "where the car was a second later is left out"


def test_what_is_left_out_is_not_exported_and_the_report_says_so(folder: Path) -> None:
    Recording(folder).leave_out(2, 4)
    account = ConversionLog()
    kept = list(read_outgoing(Recording(folder), account, lambda: None))
    assert [one.row.frame for one in kept] == [0, 1, 5, 6, 7, 8, 9]
    assert [one.segment for one in kept] == [0] * 2 + [1] * 5
    assert account.left_out == {"left out in the recording": ["frame 2", "frame 3", "frame 4"]}


def add(writer: RecordingWriter, numbers: range) -> None:
    for number in numbers:
        writer.add(step(number), lane="oval/forward", weather="ClearNoon")


def test_the_last_seconds_are_discarded_while_driving_and_a_segment_ends(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        add(writer, range(100))
        assert writer.discard(2.0) == 40
        add(writer, range(100, 110))
    recording = Recording(tmp_path)
    assert recording.left_out == (Range(60, 99, "discarded while driving"),)
    assert [row.segment for row in recording.rows] == [0] * 100 + [1] * 10
    assert frames(recording) == [*range(60), *range(100, 110)]


def test_discarding_again_goes_further_back_and_is_undone_step_by_step(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        add(writer, range(100))
        assert (writer.discard(1.0), writer.discard(1.0), writer.discard(60.0)) == (20, 20, 60)
        assert writer.discard(1.0) == 0, "nothing is left"
        assert [writer.take_back() for _ in range(2)] == [True, True]
    assert frames(Recording(tmp_path)) == list(range(80))


def test_seconds_are_counted_over_what_is_not_discarded_yet(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        add(writer, range(100))
        writer.discard(1.0)
        add(writer, range(100, 110))
        assert writer.discard(1.0) == 20
    assert frames(Recording(tmp_path)) == list(range(70))


def test_only_what_this_run_recorded_is_discarded(folder: Path) -> None:
    with RecordingWriter(folder, session(), append=True) as writer:
        add(writer, range(10, 20))
        assert writer.discard(60.0) == 10
    assert frames(Recording(folder)) == list(range(10))


def test_what_an_earlier_run_left_out_is_not_taken_back_while_driving(folder: Path) -> None:
    Recording(folder).leave_out(2, 4)
    with RecordingWriter(folder, session(), append=True) as writer:
        add(writer, range(10, 20))
        assert not writer.take_back()
        writer.discard(60.0)
        assert [writer.take_back() for _ in range(2)] == [True, False]
    assert Recording(folder).left_out == (Range(2, 4),)


def test_rows_that_were_discarded_and_then_lost_do_not_leave_out_what_comes_in_their_place(folder: Path) -> None:
    content = {"schema": 1, "ranges": [{"first": 8, "last": 14, "why": ""}, {"first": 12, "last": 13, "why": ""}]}
    (folder / "left_out.json").write_text(json.dumps(content), encoding="utf-8")
    write_recording(folder, 10, append=True)
    assert Recording(folder).left_out == (Range(8, 9),)
