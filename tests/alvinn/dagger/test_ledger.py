from __future__ import annotations

import json
from pathlib import Path

import pytest

from alvinn.dagger.corrections import TakeOver
from alvinn.dagger.ledger import (
    Entry,
    Ledger,
    Rollout,
    RoundRecord,
    plan_rollouts,
    read_ledger,
    read_round,
    write_ledger,
    write_round,
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
ROLLOUT = Rollout("random:1", "forward", 0.25, 5.0)
ROUND = RoundRecord(number=1, gate="drift", teacher="scripted")
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
    rollouts = plan_rollouts(("a", "b", "c"), 1, 60.0, seed=0)
    assert {(rollout.map, rollout.direction) for rollout in rollouts} == {
        (m, way) for m in "abc" for way in ("forward", "reverse")
    }
    assert sum(rollout.seconds for rollout in rollouts) == pytest.approx(60.0)
    assert all(0.0 <= rollout.place < 1.0 for rollout in rollouts)
    assert -1.0 < min(rollout.aside for rollout in rollouts) < 0.0 < max(rollout.aside for rollout in rollouts) < 1.0


def test_a_round_of_many_maps_goes_on_where_the_one_before_stopped() -> None:
    maps = "abcdefgh"
    taken = [
        [(rollout.map, rollout.direction) for rollout in plan_rollouts(maps, number, 60.0, seed=0)] for number in (1, 2)
    ]
    assert [len(rollouts) for rollouts in taken] == [12, 12]
    assert taken[0][0] == ("a", "forward")
    assert taken[1][:5] == [(name, way) for name in "gh" for way in ("forward", "reverse")] + [("a", "forward")]


def test_a_round_goes_both_ways_on_the_lane_of_every_starting_point() -> None:
    rollouts = plan_rollouts(("a", "b"), 1, 60.0, seed=0, starts=range(3, 5))
    assert [(one.map, one.start) for one in rollouts] == [
        ("a", 3),
        ("a", 3),
        ("a", 4),
        ("a", 4),
        ("b", 3),
        ("b", 3),
        ("b", 4),
        ("b", 4),
    ]
    assert [one.direction for one in rollouts] == ["forward", "reverse"] * 4


def test_the_same_seed_and_round_drive_the_same_rollouts_and_others_do_not() -> None:
    assert plan_rollouts(("a", "b"), 1, 60.0, seed=3) == plan_rollouts(("a", "b"), 1, 60.0, seed=3)
    assert plan_rollouts(("a", "b"), 1, 60.0, seed=3) != plan_rollouts(("a", "b"), 2, 60.0, seed=3)
    assert plan_rollouts(("a", "b"), 1, 60.0, seed=3) != plan_rollouts(("a", "b"), 1, 60.0, seed=4)


def test_rollouts_add_up_and_a_round_is_read_as_it_was_written(tmp_path: Path) -> None:
    driven = RoundRecord(1, "drift", "scripted", seconds=5.0, helped_seconds=2.0, corrections=1, frames=40, switches=2)
    once = ROUND.add_rollout(ROLLOUT, driven)
    twice = once.add_rollout(
        ROLLOUT, RoundRecord(1, "drift", "scripted", seconds=5.0, corrections=2, take_overs=(PLACE,))
    )
    assert (twice.rollouts, twice.seconds, twice.corrections, twice.frames) == ((ROLLOUT, ROLLOUT), 10.0, 3, 40)
    assert read_round(tmp_path) is None
    write_round(tmp_path, twice)
    assert read_round(tmp_path) == twice
    assert len(json.loads((tmp_path / "round.json").read_text(encoding="utf-8"))["legs"]) == 2


def test_the_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "rounds.json"
    ledger = Ledger({"seed": 3, "data": ["base"]}, (ENTRY,))
    assert read_ledger(path) is None
    write_ledger(path, ledger)
    assert read_ledger(path) == ledger


@pytest.mark.parametrize("content", ["{", "{}", '{"schema": 1, "settings": {}, "rounds": [{"round": 1}], "ended": ""}'])
def test_a_damaged_ledger_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "rounds.json").write_text(content, encoding="utf-8")
    with pytest.raises(
        ResultsError, match=r"damaged: .*; restore it from a copy, or begin anew with correct --overwrite"
    ):
        read_ledger(tmp_path / "rounds.json")


def test_a_ledger_of_another_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rounds.json").write_text('{"schema": 9}', encoding="utf-8")
    with pytest.raises(ResultsError, match="schema 9, this program reads 1"):
        read_ledger(tmp_path / "rounds.json")
