from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from alvinn.driving.protocols import Verdict
from alvinn.metrics.log import LOG_COLUMNS, Log
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.observers import OnRoad, Recorder
from tests.alvinn.fakes import session, step, truth


def test_the_recorder_writes_every_tick_and_a_recovery_ends_a_segment(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = Recorder(writer, "oval/reverse", "WetNoon")
        assert recorder.see(step(0)) is Verdict.CONTINUE
        recorder.see(step(1))
        recorder.on_recovery()
        recorder.see(step(2))
    rows = Recording(tmp_path).rows
    assert [(row.frame, row.segment) for row in rows] == [(0, 0), (1, 0), (2, 1)]
    assert {(row.lane, row.weather) for row in rows} == {("oval/reverse", "WetNoon")}


def test_the_log_has_what_it_takes_to_count_again(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one" / "log.csv"
    steps = [step(number, steer=0.01 * number, curvature=math.pi / 1000.0) for number in range(3)]
    with Log(path) as log:
        assert [log.see(one) for one in steps] == [Verdict.CONTINUE] * 3
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == LOG_COLUMNS
    for row, one in zip(rows, steps, strict=True):
        assert float(row["time"]) == pytest.approx(one.observation.time)
        assert (float(row["x"]), float(row["y"])) == pytest.approx((one.truth.x, one.truth.y))
        assert float(row["steer"]) == pytest.approx(one.control.steer)
        assert float(row["curvature"]) == pytest.approx(one.decision.curvature, abs=1e-6)
        assert float(row["lane_width"]) == one.truth.lane_width
        assert row["who"] == "somebody"


def test_off_the_road_the_recording_pauses_says_so_and_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    said: list[str] = []
    offsets = [0.0, 1.7, 1.8, 1.6, 1.3, 0.0]  # half the lane is 1.75 m, back at 1.4 m
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = OnRoad(Recorder(writer, "oval/forward", "ClearNoon"), said.append)
        for number, offset in enumerate(offsets):
            assert recorder.see(step(number, truth(offset=offset))) is Verdict.CONTINUE
    rows = Recording(tmp_path).rows
    assert [(row.frame, row.segment) for row in rows] == [(0, 0), (1, 0), (4, 1), (5, 1)]
    assert [words.split(":")[1].strip() for words in said] == ["the recording pauses", "the recording goes on"]


def test_a_car_put_back_on_the_road_is_recorded_at_once_in_one_new_segment(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = OnRoad(Recorder(writer, "oval/forward", "ClearNoon"), lambda _: None)
        recorder.see(step(0))
        recorder.see(step(1, truth(offset=3.0)))
        recorder.on_recovery()
        recorder.see(step(2, truth(offset=1.6)))
        recorder.on_recovery()
        recorder.see(step(3))
    assert [(row.frame, row.segment) for row in Recording(tmp_path).rows] == [(0, 0), (2, 1), (3, 2)]
