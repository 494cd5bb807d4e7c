"""A recording is judged as the referee would have judged the drive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.driving import Step
from alvinn.errors import RecordingError
from alvinn.recorded import judged_recording
from alvinn.recording import Recording, RecordingWriter
from alvinn.referee import Referee, Result, Run, judge
from tests.alvinn.fakes import CAR, DT, circle, session, step, truth, write_recording

LANE = circle(50.0)
SPEED = 8.0


def tick(number: int, offset: float = 0.02, lane_s: float | None = None) -> Step:
    s = number * DT * SPEED % LANE.length if lane_s is None else lane_s
    return step(number, truth(lane_s=s, offset=offset, heading_error=0.001 * (number % 7)), steer=0.01 * (number % 5))


def recorded(folder: Path, segments: list[list[Step]], weather: str = "ClearNoon", lane: str = "oval/reverse") -> None:
    with RecordingWriter(folder, session(), append=folder.exists()) as writer:
        for steps in segments:
            for one in steps:
                writer.add(one, lane=lane, weather=weather)
            writer.new_segment()


def judged(folder: Path) -> list[Result]:
    return judged_recording(Recording(folder))


def test_a_drive_in_one_go_has_the_referees_figures_to_the_last_digit(tmp_path: Path) -> None:
    offsets = [0.05 * (number % 9 - 4) for number in range(900)]  # more than a lap: across the seam
    offsets[200:203] = [0.9, 1.2, 0.9]
    steps = [tick(number, offset) for number, offset in enumerate(offsets)]
    recorded(tmp_path / "drive", [steps])
    (result,) = judged(tmp_path / "drive")
    referee = Referee(LANE, CAR.width, laps=9, cruise=SPEED)
    for one in steps:
        referee.see(one)  # nobody puts it back
    expected = judge(referee, result.run, [], 0.0).as_json()
    assert result.run == Run("oval", "reverse", "ClearNoon", 0, 0)
    same = set(expected) - {"completed", "completion_pct", "latency_ms_p50", "latency_ms_p99", "realtime_factor"}
    assert {key: result.as_json()[key] for key in same} == pytest.approx({key: expected[key] for key in same})
    assert expected["departures"] == 1


def test_nothing_is_measured_from_one_segment_to_the_next(tmp_path: Path) -> None:
    first = [tick(number, 0.9) for number in range(20)]
    second = [tick(1000 + number, 0.9, lane_s=77.0 + number * DT * SPEED) for number in range(20)]
    recorded(tmp_path / "drive", [first, second])
    (figures,) = (result.as_json() for result in judged(tmp_path / "drive"))
    assert figures["departures"] == figures["interventions"] == 2, "a departure ends with its segment"
    assert figures["duration_s"] == pytest.approx(2 * 19 * DT)
    assert figures["distance_m"] == pytest.approx(2 * 19 * DT * SPEED)
    turned = 2 * sum(abs(0.01 * ((n + 1) % 5) - 0.01 * (n % 5)) for n in range(19))
    assert figures["steer_suddenness_per_km"] == pytest.approx(turned / figures["distance_m"] * 1000.0)


def test_every_lane_and_weather_is_a_run_of_its_own(tmp_path: Path) -> None:
    steps = [tick(number) for number in range(9)]
    for weather, lane in (("ClearNoon", "random:7/forward"), ("WetNoon", "random:7/forward"), ("WetNoon", "a/reverse")):
        recorded(tmp_path / "drive", [steps], weather, lane)
    runs = [result.run for result in judged(tmp_path / "drive")]
    assert [(run.map, run.direction, run.weather) for run in runs] == [
        ("random:7", "forward", "ClearNoon"),
        ("random:7", "forward", "WetNoon"),
        ("a", "reverse", "WetNoon"),
    ]


@pytest.mark.parametrize("what", ["lane", "vehicle"])
def test_a_recording_that_does_not_say_where_the_car_was_is_refused(tmp_path: Path, what: str) -> None:
    write_recording(tmp_path / "drive", 4)
    recording = Recording(tmp_path / "drive")
    if what == "lane":
        recording.rows = tuple(replace(row, lane="") for row in recording.rows)
    else:
        recording.session = replace(recording.session, vehicle={})
    with pytest.raises(RecordingError, match="where in its lane the car was"):
        judged_recording(recording)
