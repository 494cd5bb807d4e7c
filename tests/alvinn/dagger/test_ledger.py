from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.dagger.corrections import TakeOver
from alvinn.dagger.ledger import (
    Driven,
    Entry,
    Ledger,
    Leg,
    legs_of,
    read_driven,
    read_ledger,
    write_driven,
    write_ledger,
)
from alvinn.errors import ResultsError

PLACE = TakeOver(
    correction=1,
    why="round 1, drift: offset +0.30 m",
    map="random:1",
    direction="forward",
    weather="ClearNoon",
    lane_s=12.5,
    offset=0.125,
    heading_error=-0.03125,
    speed=7.5,
    seconds=2.05,
)
LEG = Leg("random:1", "forward", 0.25, 5.0)
ROUND = Driven(number=1, gate="drift", teacher="scripted")
ENTRY = Entry(
    round=1,
    seconds=60.0,
    corrections=4,
    frames=90,
    switches=8,
    setting=None,
    laps=6,
    faultless=5,
    departures=2,
    km=7.1,
    tests=4,
    still_needs_help=1,
)


def test_a_round_goes_both_ways_on_every_map_in_the_time_it_has() -> None:
    legs = legs_of(("a", "b", "c"), 1, 60.0, seed=0)
    assert {(leg.map, leg.direction) for leg in legs} == {(m, way) for m in "abc" for way in ("forward", "reverse")}
    assert sum(leg.seconds for leg in legs) == pytest.approx(60.0)
    assert all(0.0 <= leg.place < 1.0 for leg in legs)
    assert -1.0 < min(leg.aside for leg in legs) < 0.0 < max(leg.aside for leg in legs) < 1.0


def test_a_round_of_many_maps_goes_on_where_the_one_before_stopped() -> None:
    maps = "abcdefgh"
    taken = [[(leg.map, leg.direction) for leg in legs_of(maps, number, 60.0, seed=0)] for number in (1, 2)]
    assert [len(legs) for legs in taken] == [12, 12]
    assert taken[0][0] == ("a", "forward")
    assert taken[1][:5] == [(name, way) for name in "gh" for way in ("forward", "reverse")] + [("a", "forward")]


def test_the_same_seed_and_round_drive_the_same_legs_and_others_do_not() -> None:
    assert legs_of(("a", "b"), 1, 60.0, seed=3) == legs_of(("a", "b"), 1, 60.0, seed=3)
    assert legs_of(("a", "b"), 1, 60.0, seed=3) != legs_of(("a", "b"), 2, 60.0, seed=3)
    assert legs_of(("a", "b"), 1, 60.0, seed=3) != legs_of(("a", "b"), 1, 60.0, seed=4)


def test_legs_add_up_and_a_round_is_read_as_it_was_written(tmp_path: Path) -> None:
    leg = Driven(1, "drift", "scripted", seconds=5.0, helped_seconds=2.0, corrections=1, frames=40, switches=2)
    once = ROUND.with_leg(LEG, leg)
    twice = once.with_leg(LEG, Driven(1, "drift", "scripted", seconds=5.0, corrections=2, take_overs=(PLACE,)))
    assert (twice.legs, twice.seconds, twice.corrections, twice.frames) == ((LEG, LEG), 10.0, 3, 40)
    assert read_driven(tmp_path) is None
    write_driven(tmp_path, twice)
    assert read_driven(tmp_path) == twice


def test_the_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "rounds.json"
    ledger = Ledger({"seed": 3, "data": ["base"]}).with_entry(ENTRY)
    assert read_ledger(path) is None
    write_ledger(path, ledger)
    assert read_ledger(path) == ledger


@pytest.mark.parametrize("content", ["{", "{}", '{"schema": 1, "settings": {}, "rounds": [{"round": 1}], "ended": ""}'])
def test_a_damaged_ledger_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rounds.json").write_text(content, encoding="utf-8")
    with pytest.raises(ResultsError, match="damaged"):
        read_ledger(tmp_path / "rounds.json")


def test_a_ledger_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rounds.json").write_text('{"schema": 9}', encoding="utf-8")
    with pytest.raises(ResultsError, match="schema 9, this program reads 1"):
        read_ledger(tmp_path / "rounds.json")
