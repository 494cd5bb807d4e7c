"""A recording is judged as the referee would have judged the drive."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.driving.types import Step
from alvinn.errors import RecordingError
from alvinn.metrics.recorded import judge_recording, read_worst_steps
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.metrics.worst import WorstStretch
from alvinn.recording import Recording, RecordingWriter
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
            writer.start_segment()


def judged(folder: Path) -> list[Result]:
    return judge_recording(Recording(folder))


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
    assert (result.completed, result.completion_pct) == (True, 100.0), "a recording has no lap to complete"


def test_what_was_left_out_is_not_judged_and_nothing_is_measured_across_it(tmp_path: Path) -> None:
    recorded(tmp_path / "drive", [[tick(number, 0.9 if 20 <= number < 30 else 0.02) for number in range(60)]])
    assert judged(tmp_path / "drive")[0].trace.departures == [20]
    Recording(tmp_path / "drive").leave_out(18, 31)
    (result,) = judged(tmp_path / "drive")
    assert (len(result.trace.time), result.trace.departures, result.trace.breaks) == (46, [], [0, 18])
    assert result.as_json()["duration_s"] == pytest.approx(44 * DT)
    Recording(tmp_path / "drive").leave_out(0, 59)
    with pytest.raises(RecordingError, match=r"all of .* is left out"):
        judged(tmp_path / "drive")


def test_a_weather_that_comes_back_within_a_segment_continues_nothing(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "drive", session()) as writer:
        for number in range(30):
            writer.add(tick(number), lane="oval/forward", weather="WetNoon" if 10 <= number < 20 else "ClearNoon")
    clear, wet = judged(tmp_path / "drive")
    assert clear.trace.breaks == [0, 10]
    assert (clear.as_json()["duration_s"], wet.as_json()["duration_s"]) == pytest.approx((18 * DT, 9 * DT))


def test_the_worst_stretch_of_a_recording_is_the_one_that_would_have_been_kept_of_the_drive(tmp_path: Path) -> None:
    steps = [tick(number, 0.5 if 300 <= number < 340 else 0.02) for number in range(600)]
    recorded(tmp_path / "drive", [steps])
    kept = WorstStretch()
    for one in steps:
        kept.see(one)
    recording = Recording(tmp_path / "drive")
    (result,) = judge_recording(recording)
    found = list(read_worst_steps(recording, result))
    assert [one.observation.frame for one in found] == [one.observation.frame for one in kept.steps]
    assert found[0].truth == kept.steps[0].truth
    assert found[0].control == kept.steps[0].control
    (recording.folder / recording.rows[found[0].observation.frame].center).unlink()
    assert len(list(read_worst_steps(recording, result))) == len(found) - 1, "a picture that is lost is left out"


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


def test_an_excursion_off_the_road_during_which_the_recorder_rests_is_one_departure(tmp_path: Path) -> None:
    out = [tick(number, offset) for number, offset in enumerate((0.0, 0.5, 1.0, 1.6, 1.74))]
    back = [tick(100 + number, offset) for number, offset in enumerate((1.39, 1.0, 0.5, 0.0, 0.9))]
    recorded(tmp_path / "drive", [out, back])
    (figures,) = (result.as_json() for result in judged(tmp_path / "drive"))
    assert figures["departures"] == 2, "out and back, and once more at the end"
    assert (Recording(tmp_path / "drive").session.quality or {})["departures"] == 2


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
    with pytest.raises(RecordingError, match="does not know the car's position in its lane"):
        judge_recording(recording)
