from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from pathlib import Path

from alvinn.dagger.corrections import SECONDS_BEFORE, Corrections
from alvinn.driving.types import Step
from alvinn.recording import Recording, RecordingWriter
from tests.alvinn.fakes import DT, session, step, truth


def one(number: int, correction: int = 0) -> Step:
    """A tick of a car that moves away from the middle of a straight lane."""
    made = step(number, truth(lane_s=0.4 * number, offset=0.01 * number, heading_error=0.02))
    why = f"round 1, drift: correction {correction}" if correction else ""
    return replace(made, decision=replace(made.decision, correction=correction, why=why))


def watched(*parts: tuple[int, int]) -> Corrections:
    """Of (ticks, correction) one after another."""
    kept = Corrections("oval", "reverse", "WetNoon", lambda seen: seen.time)
    number = 0
    for ticks, correction in parts:
        for _ in range(ticks):
            kept.see(one(number, correction))
            number += 1
    return kept


def written(kept: Corrections, folder: Path) -> Recording:
    with RecordingWriter(folder, session()) as writer:
        kept.write(writer)
    return Recording(folder)


def test_an_attempt_is_written_whole_and_each_change_of_hands_begins_a_segment(tmp_path: Path) -> None:
    rows = written(watched((30, 0), (25, 4), (10, 0), (5, 5)), tmp_path / "r").rows
    assert [row.frame for row in rows] == list(range(70))
    assert [[row.correction for row in rows].count(number) for number in (0, 4, 5)] == [40, 25, 5]
    assert {(row.segment, row.correction) for row in rows} == {(0, 0), (1, 4), (2, 0), (3, 5)}
    assert {(row.lane, row.weather) for row in rows} == {("oval/reverse", "WetNoon")}
    assert rows[30].why == "round 1, drift: correction 4"


def outcomes(kept: Corrections, folder: Path) -> list[tuple[int, int, str]]:
    """Rows, correction and outcome of each segment."""
    segments = groupby(written(kept, folder).rows, key=lambda row: (row.segment, row.correction, row.outcome))
    return [(len(list(rows)), correction, outcome) for (_, correction, outcome), rows in segments]


def test_each_segment_holds_whether_it_was_faultless_or_corrected(tmp_path: Path) -> None:
    found = outcomes(watched((4, 0), (5, 1), (6, 0)), tmp_path / "r")
    assert found == [(4, 0, "corrected"), (5, 1, "corrected"), (6, 0, "faultless")]


def test_a_segment_after_which_the_car_was_put_back_departed_whoever_drove(tmp_path: Path) -> None:
    kept = watched((4, 0))
    for number, correction in ((4, 0), (5, 1), (6, 0)):
        kept.on_recovery()
        kept.see(one(number, correction))
    found = outcomes(kept, tmp_path / "r")
    assert found == [(4, 0, "departed"), (1, 0, "departed"), (1, 1, "departed"), (1, 0, "faultless")]


def test_a_departure_in_the_very_last_tick_counts_though_nobody_puts_the_car_back(tmp_path: Path) -> None:
    put_back: list[int] = []
    kept = Corrections("oval", "forward", "ClearNoon", interventions=lambda: len(put_back))
    kept.see(one(0))
    put_back.append(0)
    assert outcomes(kept, tmp_path / "r") == [(1, 0, "departed")]


def test_a_take_over_is_remembered_with_the_car_two_seconds_before() -> None:
    (place,) = watched((100, 0), (5, 1), (20, 0)).take_overs
    ticks = round(SECONDS_BEFORE / DT)
    before = 99 - ticks
    assert (place.map, place.direction, place.correction) == ("oval", "reverse", 1)
    assert (place.lane_s, place.offset, place.heading_error) == (0.4 * before, 0.01 * before, 0.02)
    assert (place.seconds, place.speed) == (SECONDS_BEFORE + DT, 8.0)
    assert place.doubt == 100 * DT, "at the take-over itself"


def test_a_take_over_soon_after_another_begins_where_the_first_one_ended() -> None:
    first, second = watched((50, 0), (10, 1), (8, 0), (3, 2)).take_overs
    assert first.seconds > 2.0
    assert (second.lane_s, second.seconds) == (0.4 * 60, 8 * DT)


def test_what_came_before_a_recovery_or_the_beginning_is_no_place_to_test() -> None:
    kept = watched((0, 0), (3, 1), (10, 0))
    kept.on_recovery()
    kept.see(one(20, 2))
    assert len(kept) == 2
    assert kept.take_overs == []


def test_a_fumbled_correction_is_discarded_whole_even_while_it_goes_on(tmp_path: Path) -> None:
    kept = watched((10, 0), (5, 1), (10, 0), (5, 2))
    assert kept.discard() == 2
    kept.see(one(30, 2))
    assert (len(kept), kept.frames) == (1, 5)
    assert [place.correction for place in kept.take_overs] == [1]
    found = outcomes(kept, tmp_path / "r")
    assert found == [(10, 0, "corrected"), (5, 1, "corrected"), (10, 0, "corrected")], "what it was to mend stays"


def test_the_last_correction_can_be_discarded_when_it_is_over_and_taken_back() -> None:
    kept = watched((10, 0), (5, 1), (10, 0))
    assert (kept.discard(), kept.discard()) == (1, 0)
    assert (len(kept), kept.take_overs) == (0, [])
    assert (kept.take_back(), kept.take_back()) == (1, 0)
    assert (len(kept), kept.frames, len(kept.take_overs)) == (1, 5, 1)
