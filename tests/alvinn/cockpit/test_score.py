from __future__ import annotations

import pytest

from alvinn.cockpit.score import Score, Scorer, describe_scores
from tests.alvinn.fakes import CAR, DT, step, truth


def score(who: str, *, metres: float = 500.0, departures: int = 0, offset: float = 0.1, where: str = "oval") -> Score:
    return Score(who, where, metres, departures, offset)


def test_a_drive_is_scored_by_departures_and_the_mean_offset_and_a_reset_is_no_way() -> None:
    scorer = Scorer("Eva", "oval forward", CAR.width)
    for number, offset in enumerate([0.0, 0.2, -0.9, -0.9]):
        scorer.see(step(number, truth(offset=offset)))
    scorer.on_recovery()
    for number, offset in enumerate([0.0, 0.9]):
        scorer.see(step(100 + number, truth(offset=offset)))
    found = scorer.score()
    assert (found.who, found.where, found.departures) == ("Eva", "oval forward", 2)
    assert found.offset == pytest.approx((0.2 + 0.9 * 3) / 6)
    assert found.metres == pytest.approx(4 * 8.0 * DT)


def test_the_best_has_the_fewest_departures_for_its_way_then_the_least_offset() -> None:
    good, wide, often = score("Ada"), score("Bob", offset=0.3), score("Cyd", departures=2, offset=0.05)
    assert sorted([often, wide, good], key=lambda one: one.rank) == [good, wide, often]
    longer = score("Dan", metres=2000.0, departures=2)
    assert longer.rank < often.rank


def test_the_last_score_stands_beside_the_best_of_the_same_road() -> None:
    elsewhere = score("Eve", where="hills", offset=0.01)
    said = describe_scores([score("Ada"), elsewhere, score("Bob", departures=1)])
    assert said == (
        "Bob: 500 m, 1 departure, 0.10 m off the centre in the mean",
        "the best on oval: Ada: 500 m, no departure, 0.10 m off the centre in the mean",
    )
    assert describe_scores([score("Ada"), score("Bob", offset=0.05)])[1] == "the best on oval of 2"
    assert describe_scores([score("Ada")])[1] == "the best on oval so far"
    assert describe_scores([]) == ()


def test_a_drive_of_some_metres_does_not_count() -> None:
    short = score("Bob", metres=20.0, offset=0.0)
    assert describe_scores([score("Ada"), short])[1] == "drive 200 m for a score that counts"
    assert describe_scores([short, score("Ada")])[1] == "the best on oval so far"
