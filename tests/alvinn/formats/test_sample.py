from __future__ import annotations

import math

import pytest

from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.sample import PAUSE, Clock, Sample, base_name, number, number_or


def sample(time: float = math.nan, drive: str = "") -> Sample:
    return Sample(number=0, jpeg=b"", steer=0.0, time=time, drive=drive)


def clocked(*rows: Sample) -> tuple[list[float], list[bool], ConversionLog]:
    log = ConversionLog()
    clock = Clock(log)
    found = [clock.read(row) for row in rows]
    return [time for time, _ in found], [cut for _, cut in found], log


def test_a_clock_begins_at_zero_and_keeps_the_sources_intervals() -> None:
    times, cuts, log = clocked(sample(1000.0), sample(1000.1), sample(1000.3))
    assert times == pytest.approx([0.0, 0.1, 0.3])
    assert cuts == [False] * 3
    assert log.notes == []


@pytest.mark.parametrize("silence", [PAUSE + 0.1, 60.0])
def test_a_long_silence_begins_a_segment(silence: float) -> None:
    assert clocked(sample(0.0), sample(0.05), sample(0.05 + silence))[1] == [False, False, True]


def test_another_drive_begins_a_segment_and_its_clock_is_no_fault() -> None:
    times, cuts, log = clocked(sample(5.0, "a"), sample(5.1, "a"), sample(0.0, "b"), sample(0.1, "b"))
    assert cuts == [False, False, True, False]
    assert times == sorted(times)
    assert log.notes == []


def test_time_that_runs_backwards_begins_a_segment_and_is_said() -> None:
    times, cuts, log = clocked(sample(5.0), sample(4.0), sample(4.1))
    assert cuts == [False, True, False]
    assert times == sorted(times)
    assert log.notes == ["time runs backwards in places: a new segment begins at each"]


def test_rows_without_a_time_follow_at_the_usual_interval_and_it_is_said() -> None:
    times, _, log = clocked(sample(), sample(), sample())
    assert times == pytest.approx([0.0, 0.05, 0.1])
    assert len(log.notes) == 1


@pytest.mark.parametrize("steer", [-1.001, 1.001, math.nan])
def test_a_steering_outside_its_range_is_no_sample(steer: float) -> None:
    with pytest.raises(ValueError, match=r"outside \[-1, 1\]"):
        Sample(number=0, jpeg=b"", steer=steer)


@pytest.mark.parametrize("value", ["", "x", None, True, [1.0], "nan", "inf", 10**400, "0.2.3"])
def test_what_is_no_finite_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        number(value)
    assert number_or(7.0, value) == 7.0


def test_a_number_must_be_in_its_range() -> None:
    assert number("0.5", 0.0, 1.0) == 0.5
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        number(1.5, 0.0, 1.0)


@pytest.mark.parametrize(
    ("path", "name"),
    [("C:\\Users\\a\\IMG\\center.jpg", "center.jpg"), ("/home/a/b.jpg", "b.jpg"), (' "c.jpg"', "c.jpg")],
)
def test_the_name_of_a_picture_is_found_in_paths_of_windows_too(path: str, name: str) -> None:
    assert base_name(path) == name
