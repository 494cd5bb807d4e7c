from __future__ import annotations

from pathlib import Path

from alvinn.driving.protocols import Verdict
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.observers import OnRoadFilter, RecordingObserver
from tests.alvinn.fakes import session, step, truth


def test_the_recorder_writes_every_tick_and_a_recovery_ends_a_segment(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = RecordingObserver(writer, "oval/reverse", "WetNoon")
        assert recorder.see(step(0)) is Verdict.CONTINUE
        recorder.see(step(1))
        recorder.on_recovery()
        recorder.see(step(2))
    rows = Recording(tmp_path).rows
    assert [(row.frame, row.segment) for row in rows] == [(0, 0), (1, 0), (2, 1)]
    assert {(row.lane, row.weather) for row in rows} == {("oval/reverse", "WetNoon")}


def test_off_the_road_the_recording_pauses_says_so_and_goes_on_in_a_new_segment(tmp_path: Path) -> None:
    said: list[str] = []
    offsets = [0.0, 1.7, 1.8, 1.6, 1.3, 0.0]  # half the lane is 1.75 m, back at 1.4 m
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = OnRoadFilter(RecordingObserver(writer, "oval/forward", "ClearNoon"), said.append)
        for number, offset in enumerate(offsets):
            assert recorder.see(step(number, truth(offset=offset))) is Verdict.CONTINUE
    rows = Recording(tmp_path).rows
    assert [(row.frame, row.segment) for row in rows] == [(0, 0), (1, 0), (4, 1), (5, 1)]
    assert [words.split(":")[1].strip() for words in said] == ["the recording pauses", "the recording resumes"]


def test_a_car_put_back_on_the_road_is_recorded_at_once_in_one_new_segment(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        recorder = OnRoadFilter(RecordingObserver(writer, "oval/forward", "ClearNoon"), lambda _: None)
        recorder.see(step(0))
        recorder.see(step(1, truth(offset=3.0)))
        recorder.on_recovery()
        recorder.see(step(2, truth(offset=1.6)))
        recorder.on_recovery()
        recorder.see(step(3))
    assert [(row.frame, row.segment) for row in Recording(tmp_path).rows] == [(0, 0), (2, 1), (3, 2)]
