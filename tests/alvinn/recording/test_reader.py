from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import RecordingError
from alvinn.recording import COLUMNS, Recording, RecordingWriter
from tests.alvinn.fakes import SMALL, picture, session, step, write_recording


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A recording of four frames."""
    write_recording(tmp_path / "drive", 4)
    return tmp_path / "drive"


def lines_of(folder: Path) -> list[str]:
    return (folder / "drive.csv").read_text(encoding="utf-8").splitlines()


def rewrite(folder: Path, lines: list[str], end: str = "\n") -> None:
    (folder / "drive.csv").write_bytes(("\n".join(lines) + end).encode())


def test_what_was_written_is_read_back_exactly(tmp_path: Path) -> None:
    steps = write_recording(tmp_path, 5)
    recording = Recording(tmp_path)
    assert replace(recording.session, quality=None) == session()
    for row, said in zip(recording.rows, steps, strict=True):
        told = asdict(said.truth) | asdict(said.control)
        told |= {"curvature": said.decision.curvature, "disturbance": said.decision.disturbance}
        told |= {"time": said.observation.time, "speed": said.observation.speed, "frame": said.observation.frame}
        told |= {"steer_meant": said.steer_meant, "lane": "oval/forward", "weather": "ClearNoon", "who": "somebody"}
        assert {key: getattr(row, key) for key in told} == told
        assert (row.segment, row.axis, row.correction, row.why) == (0, None, 0, "")


def test_pictures_come_back_as_jpeg_left_them(tmp_path: Path) -> None:
    write_recording(tmp_path, 2)
    recording = Recording(tmp_path)
    for number, row in enumerate(recording.rows):
        seen = recording.read_picture(row)
        assert seen.shape == (SMALL.height, SMALL.width, 3)
        own, other = (np.abs(seen.astype(float) - picture(n)).mean() for n in (number, 1 - number))
        assert own < 12.0 < other


def test_what_an_import_does_not_know_is_an_empty_cell_and_no_number(tmp_path: Path) -> None:
    write_recording(tmp_path / "a", 1)
    source = Recording(tmp_path / "a")
    jpeg = (source.folder / source.rows[0].center).read_bytes()
    with RecordingWriter(tmp_path / "b", replace(session(), camera_known=False)) as writer:
        writer.add_row(replace(source.rows[0], x=math.nan, lane_s=math.nan, speed=math.nan, lane=""), {"center": jpeg})
        writer.start_segment()
        writer.add_row(source.rows[0], {"center": jpeg})
    unknown, known = Recording(tmp_path / "b").rows
    assert all(math.isnan(number) for number in (unknown.x, unknown.lane_s, unknown.speed))
    assert unknown.y == known.y == source.rows[0].y
    assert (known.segment, known.center) == (1, "frames/00000001_center.jpg")
    assert "nan" not in (tmp_path / "b" / "drive.csv").read_text(encoding="utf-8")
    assert Recording(tmp_path / "b").session.camera_known is False
    assert (tmp_path / "b" / known.center).read_bytes() == jpeg


def test_a_session_that_says_nothing_of_its_camera_knows_it(folder: Path) -> None:
    path = folder / "session.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["camera_known"]
    path.write_text(json.dumps(told), encoding="utf-8")
    assert Recording(folder).session.camera_known is True


def test_a_number_of_numpys_is_written_as_a_number(tmp_path: Path) -> None:
    one = step(speed=np.float64(7.5), curvature=np.float64(0.0125))
    with RecordingWriter(tmp_path, session()) as writer:
        writer.add(one, lane="oval/forward", weather="ClearNoon")
    assert (Recording(tmp_path).rows[0].speed, Recording(tmp_path).rows[0].curvature) == (7.5, 0.0125)


def test_names_with_commas_quotes_and_line_ends_survive(tmp_path: Path) -> None:
    lane = 'C:\\maps\\my "best", map\u2028\x0c.xodr/forward'
    with RecordingWriter(tmp_path, session()) as writer:
        for number in range(2):
            writer.add(step(number), lane=lane, weather="ClearNoon")
    assert [row.lane for row in Recording(tmp_path).rows] == [lane, lane]


def test_a_new_segment_begins_where_it_is_said(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        writer.add(step(0), lane="a", weather="b")
        writer.start_segment()
        writer.add(step(1), lane="a", weather="b")
    assert [row.segment for row in Recording(tmp_path).rows] == [0, 1]


@pytest.mark.parametrize("torn", [1, 10, 60])
def test_a_torn_last_row_is_left_out_and_mended_on_append(folder: Path, torn: int) -> None:
    table = folder / "drive.csv"
    whole = table.read_bytes()
    table.write_bytes(whole[:-torn])
    assert len(Recording(folder).rows) == 3
    assert table.read_bytes() == whole[:-torn], "reading must not change a recording"
    write_recording(folder, 2, append=True)
    rows = Recording(folder).rows
    assert [row.segment for row in rows] == [0, 0, 0, 1, 1]
    assert len({row.center for row in rows}) == 5
    assert all(np.array_equal(Recording(folder).read_picture(row).shape, (32, 64, 3)) for row in rows)


def test_a_row_torn_after_a_spreadsheet_saved_the_table_is_mended_too(folder: Path) -> None:
    """Line ends of Windows take a byte more each: the cut must still be where the last row begins."""
    lines = lines_of(folder)
    (folder / "drive.csv").write_bytes("\r\n".join([*lines[:-1], lines[-1][:20]]).encode())
    assert len(Recording(folder).rows) == 3
    write_recording(folder, 1, append=True)
    assert [row.segment for row in Recording(folder).rows] == [0, 0, 0, 1]


@pytest.mark.parametrize("left", [0, 5, len(",".join(COLUMNS))])
def test_killed_before_its_first_row_a_recording_is_empty_and_can_be_continued(tmp_path: Path, left: int) -> None:
    write_recording(tmp_path, 0)
    table = tmp_path / "drive.csv"
    table.write_bytes(table.read_bytes()[:left])
    assert Recording(tmp_path).rows == ()
    write_recording(tmp_path, 2, append=True)
    assert len(Recording(tmp_path).rows) == 2


@pytest.mark.parametrize(
    ("cell", "value"), [("speed", "fast"), ("time", ""), ("curvature", "nan"), ("steer", "inf"), ("frame", "1.5")]
)
def test_a_damaged_row_in_the_middle_is_an_error_that_names_its_line(folder: Path, cell: str, value: str) -> None:
    lines = lines_of(folder)
    cells = lines[2].split(",")
    cells[COLUMNS.index(cell)] = value
    rewrite(folder, [*lines[:2], ",".join(cells), *lines[3:]])
    with pytest.raises(RecordingError, match=r"drive\.csv, line 3"):
        Recording(folder)


def test_a_row_with_too_few_cells_in_the_middle_is_an_error(folder: Path) -> None:
    lines = lines_of(folder)
    rewrite(folder, [*lines[:2], lines[2].rsplit(",", 3)[0], *lines[3:]])
    with pytest.raises(RecordingError, match=rf"line 3: \d+ cells where {len(COLUMNS)} columns"):
        Recording(folder)


LATER = ("axis", "correction", "why", "left", "right", "depth", "segmentation")


@pytest.mark.parametrize("lacking", [LATER, LATER[3:], LATER[-1:]])
def test_a_table_of_before_some_columns_came_opens_and_is_brought_up_to_date_on_append(
    folder: Path, lacking: tuple[str, ...]
) -> None:
    rows = Recording(folder).rows
    left = [at for at, name in enumerate(COLUMNS) if name not in lacking]
    rewrite(folder, [",".join(line.split(",")[at] for at in left) for line in lines_of(folder)])
    before = (folder / "drive.csv").read_bytes()
    assert Recording(folder).rows == rows
    assert (folder / "drive.csv").read_bytes() == before, "reading must not change a recording"
    write_recording(folder, 2, append=True)
    assert Recording(folder).rows[:4] == rows
    assert [row.segment for row in Recording(folder).rows] == [0, 0, 0, 0, 1, 1]
    assert lines_of(folder)[0] == ",".join(COLUMNS)


@pytest.mark.parametrize(
    "columns",
    ["a,b,c", ",".join(COLUMNS[1:]), ",".join([*COLUMNS, "more"]), ",".join([*COLUMNS[:-1], COLUMNS[0]])],
)
def test_other_columns_are_an_error(folder: Path, columns: str) -> None:
    rewrite(folder, [columns, *lines_of(folder)[1:]])
    with pytest.raises(RecordingError, match="other columns"):
        Recording(folder)


def test_a_recording_without_frames_says_so(tmp_path: Path) -> None:
    write_recording(tmp_path, 0)
    with pytest.raises(RecordingError, match="has no frames"):
        Recording(tmp_path).require_frames()


def test_a_folder_that_is_no_recording_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no session\.json"):
        Recording(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1}', '{"schema": 99}', "null"])
def test_a_damaged_session_is_an_error(folder: Path, text: str) -> None:
    (folder / "session.json").write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=r"(damaged.*restore it from a copy, or record|schema 99.*update alvinn)"):
        Recording(folder)


def test_a_session_of_an_earlier_version_is_read_with_its_quality(folder: Path) -> None:
    path = folder / "session.json"
    session, content = Recording(folder).session, json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"proof": content.pop("quality")}), encoding="utf-8")
    assert Recording(folder).session == session
    assert session.quality is not None


def test_a_name_that_is_taken_is_refused(folder: Path) -> None:
    with pytest.raises(RecordingError, match="--append"):
        write_recording(folder, 1)
    assert len(Recording(folder).rows) == 4


def test_appending_with_another_camera_is_refused_and_both_are_said(folder: Path) -> None:
    other = replace(SMALL, width=128)
    with pytest.raises(RecordingError, match=r"64x32.*128x32"):
        write_recording(folder, 1, camera=other, append=True)
    assert len(Recording(folder).rows) == 4


def test_appending_on_another_map_is_told_in_the_session(folder: Path) -> None:
    more = replace(session(), maps=("country", "oval"), weathers=("HardRainNoon",))
    with RecordingWriter(folder, more, append=True) as writer:
        writer.add(step(9), lane="country/forward", weather="HardRainNoon")
    told = Recording(folder).session
    assert replace(told, quality=None) == replace(
        session(), maps=("oval", "country"), weathers=("ClearNoon", "HardRainNoon"), seeds=(0,)
    )


@pytest.mark.parametrize(
    ("data", "why"), [(None, "missing"), (b"", "damaged"), (b"no picture", "neither JPEG nor PNG")]
)
def test_a_lost_or_damaged_picture_is_named(folder: Path, data: bytes | None, why: str) -> None:
    recording = Recording(folder)
    path = folder / recording.rows[1].center
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(RecordingError, match=rf"00000001_center\.jpg: its picture is {why}"):
        recording.read_picture(recording.rows[1])


def test_where_a_picture_is_lost_the_other_rows_are_used_once_its_line_is_deleted(folder: Path) -> None:
    lost = Recording(folder).rows[1]
    (folder / lost.center).unlink()
    with pytest.raises(RecordingError, match=r"is missing; restore it from a copy, or delete its line from drive\.csv"):
        Recording(folder).read_picture(lost)
    rewrite(folder, [line for line in lines_of(folder) if lost.center not in line])
    rest = Recording(folder)
    assert [row.frame for row in rest.rows] == [0, 2, 3]
    assert all(rest.read_picture(row).any() for row in rest.rows)


def test_where_a_line_is_damaged_the_others_are_used_once_it_is_deleted(folder: Path) -> None:
    lines = lines_of(folder)
    rewrite(folder, [*lines[:2], "1,2,3", *lines[3:]])
    with pytest.raises(RecordingError, match=r"line 3: 3 cells .*; restore it from a copy, or delete that line"):
        Recording(folder)
    rewrite(folder, [*lines[:2], *lines[3:]])
    assert [row.frame for row in Recording(folder).rows] == [0, 2, 3]
    rewrite(folder, ["1,2,3", *lines[1:]])
    with pytest.raises(RecordingError, match="or its first line is damaged: restore it from a copy"):
        Recording(folder)


def test_a_row_names_the_pictures_of_every_camera_and_coded_ones_come_back_exactly(tmp_path: Path) -> None:
    plain = step(0)
    coded = picture(7)
    seen = replace(plain.observation, others={"left": picture(5), "depth": coded})
    with RecordingWriter(tmp_path / "a", session()) as writer:
        writer.add(replace(plain, observation=seen), lane="oval/forward", weather="ClearNoon")
    recording = Recording(tmp_path / "a")
    (row,) = recording.rows
    assert (row.left, row.right, row.depth) == ("frames/00000000_left.jpg", "", "frames/00000000_depth.png")
    assert (recording.read_picture(row, "depth") == coded).all()
    with pytest.raises(RecordingError, match="no right pictures"):
        recording.read_picture(row, "right")


def test_some_rows_of_a_recording_are_one_too_with_its_digest_and_a_segment_ends_where_rows_are_missing(
    folder: Path,
) -> None:
    whole = Recording(folder)
    whole.leave_out(1, 2)
    mask = np.ones(len(whole.rows), dtype=np.bool_)
    mask[1] = False
    part = whole.select(mask)
    assert [(row.frame, row.segment) for row in part.rows] == [(0, 0), (2, 1), (3, 1)]
    assert part.kept_mask().tolist() == [True, False, True]
    assert (part.digest(), part.selection == "") == (whole.digest(), False)
    assert whole.select(np.ones_like(mask)) is whole
