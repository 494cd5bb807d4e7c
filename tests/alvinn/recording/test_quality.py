from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.driving.types import Step
from alvinn.recording import Recording, RecordingWriter, Row
from alvinn.recording.quality import RecordingQuality, measure_quality
from tests.alvinn.fakes import CAR, DT, session, step, truth, write_recording


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Row:
    folder = tmp_path_factory.mktemp("row")
    write_recording(folder, 1)
    return Recording(folder).rows[0]


def driven(row: Row, n: int = 200) -> list[Row]:
    """A straight drive at 8 m/s, every frame there, graded steering to both sides."""
    return [
        replace(row, frame=t, time=t * DT, x=8.0 * t * DT, steer_meant=math.sin(t), curvature=0.01 * math.sin(t))
        for t in range(n)
    ]


def quality(rows: Sequence[Row]) -> RecordingQuality:
    return measure_quality(rows, CAR.width)


def test_a_whole_drive_proves_that_nothing_is_missing(row: Row) -> None:
    found = quality(driven(row))
    assert (found.rows, found.segments, found.gaps, found.missing, found.duplicates) == (200, 1, 0, 0, 0)
    assert (found.departures, found.doubts) == (0, ())
    assert found.seconds == pytest.approx(199 * DT)
    assert found.distance_m == pytest.approx(8.0 * 199 * DT)
    assert found.steering_values == 200


def test_missing_frames_and_frames_that_are_there_twice_are_counted(row: Row) -> None:
    rows = driven(row)
    found = quality([*rows[:50], *rows[53:100], rows[99], *rows[100:150], *rows[151:]])
    assert (found.gaps, found.missing, found.duplicates) == (2, 4, 1)


def test_a_jump_between_two_segments_is_no_gap_and_no_way(row: Row) -> None:
    rows = driven(row)
    apart = [*rows[:50], *(replace(one, segment=1) for one in rows[150:])]
    found = quality(apart)
    assert (found.segments, found.gaps) == (2, 0)
    assert found.distance_m == pytest.approx(8.0 * DT * (49 + 49))


def test_departures_are_counted_by_the_referees_rule(row: Row) -> None:
    limit = (3.5 - CAR.width) / 2.0
    offsets = [0.0, limit + 0.01, limit + 0.5, 0.0, -limit - 0.01, limit - 0.01]
    rows = [replace(one, offset=offset) for one, offset in zip(driven(row), offsets, strict=False)]
    assert quality(rows).departures == 2
    assert quality([replace(one, offset=math.nan) for one in rows]).departures is None


def test_a_keyboard_is_recognised_by_its_few_values_and_many_zeros(row: Row) -> None:
    rows = [replace(one, axis=0.0 if t % 25 < 18 else (t % 10) / 10 + 0.1) for t, one in enumerate(driven(row))]
    (doubt,) = quality(rows).doubts
    assert doubt.startswith("11 distinct steering values, 72% zeros: this looks like on-off keys")


def test_a_steering_that_never_moves_and_one_sided_bends_are_doubted(row: Row) -> None:
    still = quality([replace(one, steer_meant=0.0, curvature=0.0) for one in driven(row)])
    assert "never changes" in still.doubts[0]
    right = quality([replace(one, curvature=abs(one.curvature)) for one in driven(row)])
    assert "the other way round" in right.doubts[0]
    assert right.left_pct == 0.0
    assert right.right_pct > 80.0
    assert right.curvature_mean > 0.005


def test_an_empty_recording_proves_nothing_and_says_so() -> None:
    assert quality([]).rows == 0


def test_what_it_proves_is_kept_in_the_session_when_it_is_closed(tmp_path: Path) -> None:
    write_recording(tmp_path, 30)
    kept = json.loads((tmp_path / "session.json").read_text(encoding="utf-8"))["quality"]
    assert (kept["rows"], kept["gaps"], kept["frozen"], kept["late"], kept["left_out"]) == (30, 0, 0, None, 0)
    assert Recording(tmp_path).session.quality is not None


def test_pictures_that_stand_still_while_the_car_moves_and_late_ticks_are_counted_over_all_runs(tmp_path: Path) -> None:
    frozen = step(7).observation
    for run in range(2):
        with RecordingWriter(tmp_path, session(), append=run > 0) as writer:
            for number, speed in enumerate([8.0, 8.0, 8.0, 0.0]):
                seen = replace(frozen, frame=number, time=number * DT, speed=speed)
                writer.add(replace(step(number), observation=seen), lane="oval/forward", weather="ClearNoon")
            writer.late = 3
        assert writer.quality["frozen"] == 2 * (run + 1)
    assert writer.quality["late"] == 6


def test_rows_left_out_and_departures_are_told(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path, session()) as writer:
        for number in range(40):
            writer.add(step(number, truth(offset=2.0 * (number == 20))), lane="oval/forward", weather="ClearNoon")
        writer.discard(0.5)
    assert (writer.quality["left_out"], writer.quality["departures"]) == (10, 1)


def test_excluded_rows_count_in_nothing_but_the_number_of_rows(tmp_path: Path) -> None:
    def aside(number: int) -> Step:
        return step(number, truth(offset=5.0 if 20 <= number < 40 else 0.0))

    write_recording(tmp_path, 100, make=aside)
    recording = Recording(tmp_path)
    assert recording.session.quality is not None
    assert recording.session.quality["departures"] == 1
    recording.leave_out(10, 60)
    quality = Recording(tmp_path).session.quality
    assert quality is not None
    assert (quality["rows"], quality["left_out"], quality["segments"], quality["departures"]) == (100, 51, 2, 0)
    assert quality["seconds"] == pytest.approx((9 + 38) * DT)
    recording.take_back()
    assert Recording(tmp_path).session.quality["departures"] == 1  # type: ignore[index]
