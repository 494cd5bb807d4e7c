"""Every format, out and in again: the same rows, steering, order and pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading
from alvinn.jobs.convert import READERS, WRITERS
from tests.alvinn.formats.drives import LEAST_PSNR, drive, exported, imported, psnr

PRECISION = {"udacity": 0.0, "tub": 0.0, "lerobot": 1e-7}
FORMATS = sorted(READERS)


@pytest.mark.parametrize("name", FORMATS)
def test_what_goes_out_comes_back(name: str, tmp_path: Path) -> None:
    ours = exported(name, tmp_path / "out")
    back, log = imported(name, tmp_path / "out")
    assert log.left_out == {}
    assert log.rows == len(back.rows) == 12
    assert len({row.steer for row in back.rows}) == 12
    for before, after in zip(ours.rows, back.rows, strict=True):
        assert after.steer == after.steer_meant == pytest.approx(before.steer_meant, abs=PRECISION[name])
        assert (after.segment, after.who) == (before.segment, "somebody")
        assert (after.throttle, after.brake, after.speed) == pytest.approx((0.5, 0.0, 8.0), abs=1e-6)
    assert psnr(ours, back) >= LEAST_PSNR
    within = [b.time - a.time for a, b in zip(back.rows, back.rows[1:], strict=False) if a.segment == b.segment]
    assert within == pytest.approx([0.05] * 10, abs=1e-3)


@pytest.mark.parametrize("name", FORMATS)
def test_a_recording_without_pictures_is_an_error_that_says_why(name: str, tmp_path: Path) -> None:
    recording = drive(tmp_path / "a", 3)
    for row in recording.rows:
        (recording.folder / row.center).unlink()
    (tmp_path / "b").mkdir()
    with pytest.raises(AlvinnError, match="3 x its picture is missing, first frame 0"):
        WRITERS[name](recording, tmp_path / "b", ConversionLog(), lambda: None)


@pytest.mark.parametrize("name", FORMATS)
def test_a_lost_picture_on_the_way_out_is_told_and_the_rest_goes(name: str, tmp_path: Path) -> None:
    recording, log = drive(tmp_path / "a", 5, cut_at=None), ConversionLog()
    (recording.folder / recording.rows[2].center).write_bytes(b"\xff\xd8 torn")
    (tmp_path / "b").mkdir()
    WRITERS[name](recording, tmp_path / "b", log, lambda: None)
    assert log.left_out == {"its picture is damaged": ["frame 2"]}
    back, _ = imported(name, tmp_path / "b")
    kept = [row.steer_meant for row in recording.rows if row.frame != 2]
    assert [row.steer for row in back.rows] == pytest.approx(kept, abs=PRECISION[name])


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_cannot_hold_is_told(name: str, tmp_path: Path) -> None:
    log = ConversionLog()
    (tmp_path / "b").mkdir()
    WRITERS[name](drive(tmp_path / "a", 3), tmp_path / "b", log, lambda: None)
    assert "pose, lane and offset" in log.lost
    assert any("disturbances" in lost for lost in log.lost)


@pytest.mark.parametrize("name", FORMATS)
def test_a_folder_of_something_else_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(AlvinnError, match=r"it is not a"):
        imported(name, tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_a_steering_that_is_not_there_lists_the_columns(name: str, tmp_path: Path) -> None:
    exported(name, tmp_path / "out", 3)
    with pytest.raises(AlvinnError, match=r"there is no column wheel\. The columns found are: .*throttle.*--steering"):
        imported(name, tmp_path / "out", Reading(steering="wheel"))


@pytest.mark.parametrize(
    ("name", "asked", "near"),
    [("udacity", "Steeering", "steering"), ("tub", "user/angel", "user/angle"), ("lerobot", "Steeering", "steering")],
)
def test_a_mistyped_column_is_answered_with_the_nearest(name: str, asked: str, near: str, tmp_path: Path) -> None:
    exported(name, tmp_path / "out", 3, **({"header": True} if name == "udacity" else {}))
    with pytest.raises(AlvinnError, match=f"there is no column {asked}: did you mean {near}[?] The columns found are"):
        imported(name, tmp_path / "out", Reading(steering=asked))
    recording, _ = imported(name, tmp_path / "out", Reading(steering=near.upper()))
    assert len(recording.rows) == 3, "capitals do not matter"


@pytest.mark.parametrize(("name", "column"), [("udacity", "speed"), ("tub", "cam/image_array"), ("lerobot", "speed")])
def test_a_column_that_is_something_else_is_not_taken_for_the_steering(name: str, column: str, tmp_path: Path) -> None:
    exported(name, tmp_path / "out", 4)
    with pytest.raises(AlvinnError, match=rf"{column} is not the steering: 4 of 4 rows.*columns found"):
        imported(name, tmp_path / "out", Reading(steering=column))


@pytest.mark.parametrize(("name", "column"), [("udacity", "throttle"), ("tub", "user/throttle")])
def test_steering_that_never_changes_is_a_warning(name: str, column: str, tmp_path: Path) -> None:
    exported(name, tmp_path / "out", 4)
    _, log = imported(name, tmp_path / "out", Reading(steering=column))
    assert any(note.startswith("WARNING: the steering is 0.5 in every row") for note in log.notes)
