from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.importer import Source, read_session_beside, write
from alvinn.formats.sample import Sample
from alvinn.recording import Recording
from tests.alvinn.fakes import CAR, SMALL, picture, write_recording


def jpeg(number: int, camera: Camera = SMALL) -> bytes:
    return bytes(cv2.imencode(".jpg", picture(number, camera))[1].tobytes())


def samples(n: int, **facts: float) -> Iterator[Sample]:
    return (Sample(number=k, jpeg=jpeg(k), steer=0.1 * k, time=0.05 * k, **facts) for k in range(n))  # type: ignore[arg-type]


def imported(rows: Iterator[Sample], folder: Path, camera: Camera | None = None) -> tuple[Recording, ConversionLog]:
    log = ConversionLog()
    write(rows, Source("udacity", CAR, camera), folder, log)
    return Recording(folder), log


def test_curvature_is_that_of_the_sources_car_at_the_speed_of_the_row(tmp_path: Path) -> None:
    recording, log = imported(samples(3, speed=20.0), tmp_path / "drive")
    assert log.rows == 3
    assert [row.curvature for row in recording.rows] == pytest.approx([CAR.curvature(0.1 * k, 20.0) for k in range(3)])
    slow, _ = imported(samples(3), tmp_path / "unknown")
    assert slow.rows[2].curvature == pytest.approx(CAR.curvature(0.2, 0.0)), "of a car that stands where it is unknown"
    assert math.isnan(slow.rows[2].speed)


def test_what_the_source_cannot_tell_is_unknown_and_not_zero(tmp_path: Path) -> None:
    recording, _ = imported(samples(1), tmp_path / "drive")
    (row,) = recording.rows
    assert all(math.isnan(value) for value in (row.x, row.y, row.yaw, row.offset, row.lane_width))
    assert not recording.session.camera_known


def test_the_camera_has_the_size_of_the_pictures_whatever_the_source_says(tmp_path: Path) -> None:
    recording, _ = imported(samples(1), tmp_path / "drive", Camera(width=640, height=320, fov=70.0))
    assert (recording.session.camera.width, recording.session.camera.height) == (SMALL.width, SMALL.height)
    assert recording.session.camera.fov == 70.0
    assert recording.session.camera_known


def test_a_picture_of_another_size_stays_out_and_is_named(tmp_path: Path) -> None:
    rows = [*samples(3), Sample(number=7, jpeg=jpeg(7, Camera(width=128, height=64)), steer=0.0, time=0.2)]
    recording, log = imported(iter(rows), tmp_path / "drive")
    assert len(recording.rows) == 3
    assert log.left_out == {"its picture is not 64x32 as most": ["row 7"]}


def test_nothing_to_import_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AlvinnError, match="nothing could be imported: there are no rows"):
        imported(samples(0), tmp_path / "drive")


def test_car_and_camera_come_from_the_session_that_an_export_left(tmp_path: Path) -> None:
    assert read_session_beside(tmp_path, ConversionLog()) is None
    write_recording(tmp_path / "ours", 1)
    log = ConversionLog()
    shutil.copy(tmp_path / "ours" / "session.json", tmp_path)
    assert read_session_beside(tmp_path, log) == (CAR, SMALL)
    assert log.notes == ["car and camera are those of session.json, which alvinn left at the export"]
    (tmp_path / "session.json").write_text("{}", encoding="utf-8")
    assert read_session_beside(tmp_path, log) is None
    assert any(note.startswith("session.json is left out") for note in log.notes)
