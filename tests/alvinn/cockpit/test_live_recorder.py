from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.cockpit.live_recorder import LiveRecorder
from alvinn.recording import Recording, RecordingWriter
from tests.alvinn.fakes import session, step, truth


@pytest.fixture
def close() -> Iterator[ExitStack]:
    """What is opened in a test, and closed before its recording is read."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def writer(tmp_path: Path, close: ExitStack) -> RecordingWriter:
    return close.enter_context(RecordingWriter(tmp_path / "mine", session()))


def written(folder: Path) -> list[tuple[int, int]]:
    """(segment, number of rows) of a recording."""
    rows = Recording(folder / "mine").rows
    return [(segment, len(list(group))) for segment, group in itertools.groupby(row.segment for row in rows)]


def test_while_the_person_lets_it_rest_nothing_is_written_and_a_segment_ends(
    writer: RecordingWriter, close: ExitStack, tmp_path: Path
) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    for number in range(9):
        if number in {3, 6}:
            tape.toggle()
        tape.see(step(number))
    close.close()
    assert written(tmp_path) == [(0, 3), (1, 3)]


def test_off_the_road_it_rests_says_so_and_goes_on_once_the_car_is_well_back(writer: RecordingWriter) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    states = []
    for number, offset in enumerate((0.0, 1.7, 1.8, 1.7, 1.3, 0.0)):
        tape.see(step(number, truth(offset=offset)))
        states.append((tape.state().running, tape.state().note, tape.state().frames))
    resting = (False, "off the road", 2)
    assert states == [(True, "", 1), (True, "", 2), resting, resting, (True, "", 3), (True, "", 4)]


def test_beyond_the_end_of_an_open_lane_there_is_nothing_to_record(writer: RecordingWriter) -> None:
    tape = LiveRecorder(writer, "road.xodr/forward", "ClearNoon", end=100.0)
    for number, at in enumerate((0.0, 99.0, 101.0)):
        tape.see(step(number, truth(lane_s=at)))
    assert (tape.state().running, tape.state().note, tape.state().frames) == (False, "the lane ends here", 2)


@pytest.mark.parametrize("event", ["cut", "recovered", "lost frame"])
def test_whatever_tears_the_drive_ends_a_segment(
    writer: RecordingWriter, close: ExitStack, tmp_path: Path, event: str
) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    tape.see(step(0))
    tape.see(step(1))
    if event == "cut":
        tape.cut()
    elif event == "recovered":
        tape.on_recovery()
    tape.see(step(3 if event == "lost frame" else 2))
    close.close()
    assert written(tmp_path) == [(0, 2), (1, 1)]


def test_beside_a_network_only_corrections_are_written(
    writer: RecordingWriter, close: ExitStack, tmp_path: Path
) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon", corrections=True)
    for number, correction in enumerate((0, 0, 1, 1, 0, 2)):
        one = step(number)
        tape.see(replace(one, decision=replace(one.decision, correction=correction)))
    assert tape.state().frames == 3
    close.close()
    assert written(tmp_path) == [(0, 2), (1, 1)]


def test_an_obstacle_keeps_it_from_running_and_is_told(writer: RecordingWriter) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    tape.obstacle = "unplugged"
    tape.see(step(0))
    assert (tape.state().running, tape.state().note, tape.state().frames) == (False, "unplugged", 0)


def test_the_last_seconds_are_left_out_and_taken_back(writer: RecordingWriter) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    assert tape.discard(10.0) == "there is nothing to exclude"
    for number in range(10):
        tape.see(step(number))
    assert tape.discard(0.2) == "the last 0.2 s are excluded (U undoes this)"
    tape.see(step(10))
    assert tape.take_back() == "the last exclusion is undone"
    assert tape.take_back() == "there is no exclusion to undo"


def test_while_the_camera_adapts_to_another_light_nothing_is_written(
    writer: RecordingWriter, close: ExitStack, tmp_path: Path
) -> None:
    tape = LiveRecorder(writer, "oval/forward", "ClearNoon")
    notes = []
    for number in range(8):
        if number == 3:
            tape.change_weather("ClearNight", 0.1)
        tape.see(step(number))
        notes.append(tape.state().note)
    close.close()
    assert notes == [""] * 3 + ["the camera adapts"] * 2 + [""] * 3
    assert written(tmp_path) == [(0, 3), (1, 3)]
    assert [row.weather for row in Recording(tmp_path / "mine").rows] == ["ClearNoon"] * 3 + ["ClearNight"] * 3
