from __future__ import annotations

from dataclasses import replace
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


def test_corrections_are_written_from_their_first_tick_on_and_nothing_else(tmp_path: Path) -> None:
    rows = written(watched((30, 0), (25, 4), (10, 0), (5, 5)), tmp_path / "r").rows
    assert [row.frame for row in rows] == [*range(30, 55), *range(65, 70)]
    assert {row.segment for row in rows if row.correction == 4} == {0}
    assert {row.segment for row in rows if row.correction == 5} == {1}
    assert {(row.lane, row.weather) for row in rows} == {("oval/reverse", "WetNoon")}
    assert rows[0].why == "round 1, drift: correction 4"


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
    assert {row.correction for row in written(kept, tmp_path / "r").rows} == {1}


def test_the_last_correction_can_be_discarded_when_it_is_over_and_taken_back() -> None:
    kept = watched((10, 0), (5, 1), (10, 0))
    assert (kept.discard(), kept.discard()) == (1, 0)
    assert (len(kept), kept.take_overs) == (0, [])
    assert (kept.take_back(), kept.take_back()) == (1, 0)
    assert (len(kept), kept.frames, len(kept.take_overs)) == (1, 5, 1)
