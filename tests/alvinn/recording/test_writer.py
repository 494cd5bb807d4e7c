"""Who may write a recording, and what becomes of one that is there; after a kill: test_writer_thread.py."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import BusyError, RecordingError
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.rows import make_row
from alvinn.recording.writer import require_free
from alvinn.util.images import encode_jpeg
from alvinn.util.locks import LOCK
from tests.alvinn.fakes import CAR, picture, session, step, write_recording


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
    with RecordingWriter(tmp_path, session(), overwrite=True) as writer:
        add(writer, 0)
    assert {path.name for path in tmp_path.iterdir()} == {"session.json", "drive.csv", "frames", LOCK}
    assert len(list((tmp_path / "frames").iterdir())) == len(Recording(tmp_path).rows) == 1


@pytest.mark.parametrize("keep_empty", [True, False])
def test_a_recording_is_replaced_by_nothing_less_than_a_row(tmp_path: Path, keep_empty: bool) -> None:
    """As where somebody asks to replace it, and leaves before the drive begins."""
    write_recording(tmp_path, 5)
    Recording(tmp_path).leave_out(0, 1)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    with RecordingWriter(tmp_path, session(), overwrite=True, keep_empty=keep_empty):
        assert Recording(tmp_path).rows == ()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == files
    with pytest.raises(OSError, match="no weather"), RecordingWriter(tmp_path, session(), overwrite=True):
        raise OSError("no weather")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == files


def test_a_kill_before_the_first_row_loses_no_recording_that_was_to_be_replaced(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    rows = Recording(tmp_path).rows
    code = (
        "import os, sys; from pathlib import Path; from alvinn.recording import RecordingWriter; "
        "from tests.alvinn.fakes import session; "
        "RecordingWriter(Path(sys.argv[1]), session(), overwrite=True); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert Recording(tmp_path).rows == ()
    with RecordingWriter(tmp_path, session(), append=True) as writer:
        assert writer.rows == 5
    assert Recording(tmp_path).rows == rows


def test_a_folder_that_is_no_recording_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(RecordingError, match="is not a recording and is not replaced"):
        RecordingWriter(tmp_path, session(), overwrite=True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_recording_that_failed_before_its_first_row_does_not_block_its_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no weather"), RecordingWriter(tmp_path, session()):
        raise OSError("no weather")
    with RecordingWriter(tmp_path, session()) as writer:
        add(writer, 0)
    assert len(Recording(tmp_path).rows) == 1


def test_an_error_after_the_first_row_keeps_what_was_driven(tmp_path: Path) -> None:
    def unplug(writer: RecordingWriter) -> None:
        add(writer, 0)
        raise OSError("unplugged")

    with pytest.raises(OSError, match="unplugged"), RecordingWriter(tmp_path, session()) as writer:
        unplug(writer)
    assert len(Recording(tmp_path).rows) == 1


def add(writer: RecordingWriter, number: int) -> None:
    writer.add(step(number), lane="oval/forward", weather="ClearNoon")


def test_a_recording_is_open_while_it_is_written_and_closed_with_its_quality(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        add(writer, 0)
        assert not Recording(tmp_path).session.closed
        assert writer.quality == {}
    assert Recording(tmp_path).session.closed
    assert writer.quality["rows"] == writer.rows == 1


def test_appended_rows_are_numbered_on_in_a_new_segment(tmp_path: Path) -> None:
    for append in (False, True):
        with RecordingWriter(tmp_path, session(), append=append) as writer:
            add(writer, 5)
    rows = Recording(tmp_path).rows
    assert [(row.segment, row.center) for row in rows] == [
        (0, "frames/00000000_center.jpg"),
        (1, "frames/00000001_center.jpg"),
    ]


def test_appending_after_a_line_was_deleted_overwrites_no_picture_of_an_older_row(tmp_path: Path) -> None:
    write_recording(tmp_path, 4)
    table = tmp_path / "drive.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:2] + lines[3:]), encoding="utf-8")
    kept = {row.center: (tmp_path / row.center).read_bytes() for row in Recording(tmp_path).rows}
    write_recording(tmp_path, 2, append=True)
    rows = Recording(tmp_path).rows
    assert [row.center for row in rows[:3]] == list(kept)
    assert {name: (tmp_path / name).read_bytes() for name in kept} == kept
    assert [row.center for row in rows[3:]] == ["frames/00000004_center.jpg", "frames/00000005_center.jpg"]


def test_an_imported_row_gets_files_of_its_own_and_its_pictures_are_not_encoded_again(tmp_path: Path) -> None:
    jpeg = encode_jpeg(picture(3))
    row = replace(make_row(step(3), 9, "elsewhere.jpg", "", ""), left="elsewhere too.jpg")
    with RecordingWriter(tmp_path, session()) as writer:
        writer.start_segment()
        writer.add_row(row, {"center": jpeg, "left": jpeg})
    recording = Recording(tmp_path)
    (found,) = recording.rows
    assert (found.segment, found.center, found.left) == (
        1,
        "frames/00000000_center.jpg",
        "frames/00000000_left.jpg",
    )
    assert (tmp_path / found.left).read_bytes() == jpeg
    assert recording.session.cameras == ("center", "left")


def test_after_an_error_of_the_drive_the_recording_is_closed_and_the_error_goes_on(tmp_path: Path) -> None:
    def drive() -> None:
        with RecordingWriter(tmp_path, session()) as writer:
            add(writer, 0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        drive()
    assert Recording(tmp_path).session.closed


def test_a_recording_with_corrections_below_it_is_not_replaced(tmp_path: Path) -> None:
    for folder in (tmp_path / "mine", tmp_path / "mine" / "round-001"):
        write_recording(folder, 3)
    with pytest.raises(RecordingError, match="holds the corrections of round-001, too"):
        RecordingWriter(tmp_path / "mine", session(), overwrite=True)
    assert len(Recording(tmp_path / "mine").rows) == len(Recording(tmp_path / "mine" / "round-001").rows) == 3


def test_a_recording_with_a_model_in_its_folder_is_not_replaced(tmp_path: Path) -> None:
    write_recording(tmp_path, 3)
    (tmp_path / "card.json").touch()
    with pytest.raises(RecordingError, match="holds a model, too, which would go with it"):
        RecordingWriter(tmp_path, session(), overwrite=True)
    assert len(Recording(tmp_path).rows) == 3


def test_an_empty_recording_is_kept_for_whoever_counts_it_and_else_leaves_its_name_free(tmp_path: Path) -> None:
    for name, keep in (("kept", True), ("gone", False)):
        with RecordingWriter(tmp_path / name, session(), keep_empty=keep):
            pass
    assert Recording(tmp_path / "kept").rows == ()
    require_free(tmp_path / "gone", append=False, overwrite=False)


def test_a_session_names_the_weathers_that_were_driven(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "r", session()) as writer:
        writer.add(step(0), lane="oval/forward", weather="HardRainNoon")
    assert Recording(tmp_path / "r").session.weathers[-1] == "HardRainNoon"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"server": "full"}, "with the server embedded, now it is full"),
        ({"device": "keyboard"}, "with the device none, now it is keyboard"),
        ({"vehicle": asdict(replace(CAR, wheelbase=2.0))}, "with another car"),
    ],
)
def test_one_recording_has_one_server_one_device_and_one_car(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    write_recording(tmp_path, 3)
    with pytest.raises(RecordingError, match=said):
        RecordingWriter(tmp_path, replace(session(), **changed), append=True)
    measured_anew = asdict(replace(CAR, wheelbase=CAR.wheelbase + 1e-6))
    with RecordingWriter(tmp_path, replace(session(), vehicle=measured_anew), append=True) as writer:
        assert writer.rows == 3
