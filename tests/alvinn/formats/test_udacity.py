from __future__ import annotations

import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading
from alvinn.formats.udacity import write
from alvinn.jobs.convert import WRITERS
from alvinn.util.images import encode_jpeg
from tests.alvinn.fakes import picture
from tests.alvinn.formats.drives import drive, imported, steer_of

WINDOWS = r"C:\Users\somebody\Desktop\data\IMG"
UNIX = "/home/somebody/data/IMG"


def name_of(number: int, camera: str = "center") -> str:
    return f"{camera}_2020_05_09_22_16_{18 + number // 10:02d}_{number % 10 * 100:03d}.jpg"


def line_of(number: int, root: str = WINDOWS, steer: object = None) -> str:
    join = "\\" if "\\" in root else "/"
    pictures = [f"{root}{join}{name_of(number, camera)}" for camera in ("center", "left", "right")]
    angle = steer_of(number) if steer is None else steer
    return ", ".join([*pictures, str(angle), "0.5", "0", "22.36936"])


def write_log(folder: Path, lines: list[str], n: int = 20, end: str = "\n") -> Path:
    """A log, with pictures of n rows."""
    (folder / "IMG").mkdir(parents=True)
    for number in range(n):
        (folder / "IMG" / name_of(number)).write_bytes(encode_jpeg(picture(number)))
    (folder / "driving_log.csv").write_bytes(end.join([*lines, ""]).encode())
    return folder


def test_a_log_of_the_simulator_is_read(tmp_path: Path) -> None:
    recording, log = imported("udacity", write_log(tmp_path / "u", [line_of(n) for n in range(20)], end="\r\n"))
    assert [row.steer for row in recording.rows] == [steer_of(n) for n in range(20)]
    assert [row.time for row in recording.rows] == pytest.approx([n * 0.1 for n in range(20)], abs=1e-5)
    assert [row.speed for row in recording.rows] == pytest.approx([10.0] * 20, abs=1e-5)
    assert {row.segment for row in recording.rows} == {0}
    first = recording.rows[1]
    assert first.curvature == pytest.approx(math.tan(steer_of(1) * math.radians(25.0)) / 2.67)
    assert math.isnan(first.lane_s)
    assert recording.session.camera_known is False
    assert log.left_out == {}
    source = (tmp_path / "u" / "IMG" / name_of(1)).read_bytes()
    assert (recording.folder / first.center).read_bytes() == source, "a JPEG must travel as it is"


def test_a_header_says_where_the_columns_are(tmp_path: Path) -> None:
    lines = [f"{steer_of(n)},IMG/{name_of(n)},1.0" for n in range(3)]
    recording, _ = imported("udacity", write_log(tmp_path / "u", ["Steering, center ,throttle", *lines]))
    assert [row.steer for row in recording.rows] == [steer_of(n) for n in range(3)]
    assert all(math.isnan(row.speed) for row in recording.rows)


def test_another_root_begins_a_segment(tmp_path: Path) -> None:
    lines = [line_of(0), line_of(1), line_of(2, UNIX), line_of(3, UNIX)]
    recording, _ = imported("udacity", write_log(tmp_path / "u", lines))
    assert [row.segment for row in recording.rows] == [0, 0, 1, 1]


def test_time_that_stops_or_runs_backwards_begins_a_segment_and_ours_never_does(tmp_path: Path) -> None:
    recording, log = imported("udacity", write_log(tmp_path / "u", [line_of(n) for n in (0, 1, 15, 16, 2, 3)]))
    assert [row.segment for row in recording.rows] == [0, 0, 1, 1, 2, 2]
    assert [row.time for row in recording.rows] == sorted(row.time for row in recording.rows)
    assert "time runs backwards in places: a new segment begins at each" in log.notes


def test_rows_that_are_damaged_are_left_out_and_told_with_their_line(tmp_path: Path) -> None:
    lines = [line_of(n) for n in range(20)]
    folder = write_log(tmp_path / "u", lines)
    (folder / "IMG" / name_of(3)).unlink()
    (folder / "IMG" / name_of(5)).write_bytes((folder / "IMG" / name_of(5)).read_bytes()[:-200])
    (folder / "IMG" / name_of(6)).write_bytes(encode_jpeg(picture(6).repeat(2, axis=0)))
    lines[7] = line_of(7, steer="nan")
    lines[9] = lines[9][:-30]
    lines[11] = lines[11].replace(".", "\0.")
    (folder / "driving_log.csv").write_text("\n".join(lines), encoding="utf-8")
    recording, log = imported("udacity", folder)
    gone = {3, 5, 6, 7, 9, 11}
    assert [row.steer for row in recording.rows] == [steer_of(n) for n in range(20) if n not in gone]
    assert log.left_out == {
        "its picture is missing": ["line 4"],
        "its picture is damaged": ["line 6"],
        "its picture is not 64x32 as most": ["row 7"],
        "its steering is no number in [-1, 1]": ["line 8"],
        "it has other than 7 cells": ["line 10"],
        "damaged line": ["line 12"],
    }


@pytest.mark.parametrize("header", ["center,left,right,wheel,throttle,brake,speed", "a,b"])
def test_a_missing_steering_column_is_an_error_that_lists_the_columns(tmp_path: Path, header: str) -> None:
    folder = write_log(tmp_path / "u", [header, ",".join(["IMG/x.jpg", "0.5"][: header.count(",") + 1])])
    with pytest.raises(AlvinnError, match=f"no steering column. The columns found are: {', '.join(header.split(','))}"):
        imported("udacity", folder)


@pytest.mark.parametrize("steer", ["7.5", "left", "-90"])
def test_a_steering_column_of_something_else_is_an_error(tmp_path: Path, steer: str) -> None:
    with pytest.raises(AlvinnError, match=r"steering is not the steering: 6 of 6.*columns found are: center, left"):
        imported("udacity", write_log(tmp_path / "u", [line_of(n, steer=steer) for n in range(6)]))


def test_where_no_picture_is_left_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(AlvinnError, match="nothing could be imported: 3 x its picture is missing, first line 1"):
        imported("udacity", write_log(tmp_path / "u", [line_of(n) for n in range(3)], n=0))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2500), st.integers(1, 300)), max_size=4), st.integers(0, 2500))
def test_a_log_with_nul_runs_and_a_torn_end_gives_true_steering_or_an_error(
    holes: list[tuple[int, int]], end: int
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_log(Path(scratch) / "u", [line_of(n) for n in range(10)], n=10)
        path = folder / "driving_log.csv"
        data = bytearray(path.read_bytes())
        for at, length in holes:
            data[at : at + length] = bytes(len(data[at : at + length]))
        path.write_bytes(bytes(data[: len(data) - end]))
        try:
            recording, _ = imported("udacity", folder)
        except AlvinnError:
            return
        assert {row.steer for row in recording.rows} <= {steer_of(n) for n in range(10)}
        assert len({row.steer for row in recording.rows}) == len(recording.rows)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(",\"'.\n\r0-9aIMG/\\", max_size=200).map(str.encode))
def test_no_log_whatever_ends_in_a_traceback(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "u").mkdir()
        (Path(scratch) / "u" / "driving_log.csv").write_bytes(data)
        with pytest.raises(AlvinnError):
            imported("udacity", Path(scratch) / "u")


def test_left_and_right_pictures_come_in_and_go_out_again_byte_by_byte(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "u", [line_of(n) for n in range(4)], n=4)
    sides = {
        name_of(n, side): encode_jpeg(picture(10 * n + k)) for n in range(4) for k, side in ((1, "left"), (2, "right"))
    }
    for name, jpeg in sides.items():
        (folder / "IMG" / name).write_bytes(jpeg)
    recording, log = imported("udacity", folder)
    assert (recording.session.cameras, log.notes) == (("center", "left", "right"), [])
    assert [(recording.folder / row.left).read_bytes() for row in recording.rows] == list(sides.values())[::2]
    (tmp_path / "out").mkdir()
    WRITERS["udacity"](recording, tmp_path / "out", ConversionLog(), lambda: None)
    back, _ = imported("udacity", tmp_path / "out")
    assert [(back.folder / row.right).read_bytes() for row in back.rows] == list(sides.values())[1::2]


def test_a_row_whose_left_picture_is_gone_comes_in_without_it_and_the_report_counts_them(tmp_path: Path) -> None:
    recording, log = imported("udacity", write_log(tmp_path / "u", [line_of(n) for n in range(3)], n=3))
    assert log.notes == ["6 left or right pictures are missing or damaged: their rows came without them"]
    assert {(row.left, row.right) for row in recording.rows} == {("", "")}


def test_the_cameras_are_those_of_all_rows_and_a_side_picture_of_another_size_stays_out(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "u", [line_of(n) for n in range(4)], n=4)
    (folder / "IMG" / name_of(2, "right")).write_bytes(encode_jpeg(picture(1)))
    (folder / "IMG" / name_of(3, "left")).write_bytes(encode_jpeg(picture(2)[:-8]))
    recording, log = imported("udacity", folder)
    assert recording.session.cameras == ("center", "right"), "though the first row has none but the centre's"
    assert [bool(row.right) for row in recording.rows] == [False, False, True, False]
    assert not any(row.left for row in recording.rows)
    assert any("1 left or right pictures are not" in note for note in log.notes)


def test_a_log_that_was_appended_to_itself_gives_each_picture_once(tmp_path: Path) -> None:
    recording, log = imported("udacity", write_log(tmp_path / "u", [line_of(n) for n in (0, 1, 2, 0, 1, 2)]))
    assert [row.steer for row in recording.rows] == [steer_of(n) for n in range(3)]
    assert log.left_out == {"a second row of that picture": ["line 4", "line 5", "line 6"]}


def test_the_size_that_most_pictures_have_decides_and_not_the_first(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "u", [line_of(n) for n in range(6)])
    (folder / "IMG" / name_of(0)).write_bytes(encode_jpeg(picture(0).repeat(3, axis=0)))
    recording, log = imported("udacity", folder)
    assert [row.steer for row in recording.rows] == [steer_of(n) for n in range(1, 6)]
    assert log.left_out == {"its picture is not 64x32 as most": ["row 1"]}


def test_a_steering_a_hair_over_one_is_clipped_and_counted(tmp_path: Path) -> None:
    lines = [line_of(n, steer=1.003 if n % 2 else None) for n in range(6)]
    recording, log = imported("udacity", write_log(tmp_path / "u", lines))
    assert [row.steer for row in recording.rows] == [1.0 if n % 2 else steer_of(n) for n in range(6)]
    assert log.counts == {"steering was a hair beyond full lock and is clipped to 1": 3}


def test_bytes_after_a_pictures_end_stay_behind(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "u", [line_of(n) for n in range(3)])
    for n in range(3):
        (folder / "IMG" / name_of(n)).write_bytes(encode_jpeg(picture(n)) + b"\n")
    recording, log = imported("udacity", folder)
    assert log.left_out == {}
    assert (recording.folder / recording.rows[2].center).read_bytes() == encode_jpeg(picture(2))


@pytest.mark.parametrize(("column", "full_lock"), [("steering_deg", 25.0), ("steering_rad", math.radians(25.0))])
def test_angles_become_shares_of_full_lock(tmp_path: Path, column: str, full_lock: float) -> None:
    lines = [f"IMG/{name_of(n)},{steer_of(n) * full_lock}" for n in range(6)]
    recording, log = imported("udacity", write_log(tmp_path / "u", [f"center,{column}", *lines]))
    assert [row.steer for row in recording.rows] == pytest.approx([steer_of(n) for n in range(6)])
    assert any("25 degrees are full lock" in note for note in log.notes)


def test_a_steering_that_is_left_positive_is_turned(tmp_path: Path) -> None:
    folder = write_log(tmp_path / "u", [line_of(n) for n in range(6)])
    recording, log = imported("udacity", folder, Reading(right_positive=False))
    assert [row.steer for row in recording.rows] == [-steer_of(n) for n in range(6)]
    assert "steering is taken as left positive: its sign is turned" in log.notes


@pytest.mark.parametrize("picture_name", ["../secret.jpg", "/secret.jpg", "..\\secret.jpg"])
def test_no_log_reaches_pictures_outside_its_folder(tmp_path: Path, picture_name: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(encode_jpeg(picture(0)))
    with pytest.raises(AlvinnError, match="its picture is missing"):
        imported("udacity", write_log(tmp_path / "u", [f"{picture_name},,,{steer_of(n)},0,0,0" for n in range(3)]))


def test_an_export_has_a_header_where_it_is_asked_for_and_comes_in_with_it(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours", 4)
    (tmp_path / "out").mkdir()
    write(recording, tmp_path / "out", ConversionLog(), lambda: None, header=True)
    first, *rest = (tmp_path / "out" / "driving_log.csv").read_text(encoding="utf-8").splitlines()
    assert (first, len(rest)) == ("center,left,right,steering,throttle,brake,speed", 4)
    back, _ = imported("udacity", tmp_path / "out")
    assert [row.steer for row in back.rows] == [row.steer_meant for row in recording.rows]


def test_an_export_says_what_loaders_of_the_simulators_logs_trip_over(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(drive(tmp_path / "ours", 4), tmp_path / "out", log := ConversionLog(), lambda: None)
    said = " ".join(log.notes)
    assert "the columns left and right are empty where that camera was not recorded" in said
    assert "steering is a share of full lock (70 degrees at the front wheels), right positive" in said
