from __future__ import annotations

from typing import Any

from alvinn.classroom.activities.bets import Bets
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Hello
from tests.alvinn.classroom.people import KEYS, moment
from tests.alvinn.classroom.test_classroom import class_room, hear, last


def betting() -> tuple[Classroom, Guest, Guest]:
    """A class that bets, its lecturer and a guest."""
    classroom = class_room()
    Bets(classroom).open()
    classroom.show(moment(5))
    return classroom, classroom.join(Hello("me", KEYS.lecturer)), classroom.join(Hello("Ada"))


def kinds(messages: list[dict[str, Any]]) -> set[str]:
    return {message["type"] for message in messages}


def test_votes_are_gathered_and_shown_beside_both_answers() -> None:
    classroom, lecturer, guest = betting()
    classroom.receive(lecturer, '{"type": "bet"}')
    for who, curvature in ((guest, 0.1), (lecturer, 0.0), (guest, 0.04)):  # a bet may be changed
        classroom.receive(who, f'{{"type": "vote", "curvature": {curvature}}}')
    assert last(guest, "votes")["count"] == 2
    classroom.receive(lecturer, '{"type": "reveal"}')
    result = last(guest, "result")
    assert result["votes"] == [0.0, 0.04]
    assert (result["class"], result["network"], result["expert"]) == (0.02, 0.01, 0.012)


def test_nobody_is_told_an_answer_before_the_end() -> None:
    classroom, lecturer, guest = betting()
    hear(guest)
    classroom.receive(lecturer, '{"type": "bet"}')
    heard = hear(guest)
    assert kinds(heard) == {"bet", "votes"}
    assert not {"network", "expert", "curvature"} & {key for message in heard for key in message}


def test_a_guest_opens_and_ends_no_bet() -> None:
    classroom, lecturer, guest = betting()
    classroom.receive(guest, '{"type": "bet"}')
    assert "code" in last(guest, "refused")["why"]
    classroom.receive(lecturer, '{"type": "bet"}')
    classroom.receive(guest, '{"type": "reveal"}')
    assert "result" not in kinds(hear(guest))


def test_whoever_comes_late_finds_the_bet_and_its_result() -> None:
    classroom, lecturer, _ = betting()
    classroom.receive(lecturer, '{"type": "bet"}')
    assert "bet" in kinds(hear(classroom.join(Hello("late"))))
    classroom.receive(lecturer, '{"type": "reveal"}')
    assert {"bet", "result"} <= kinds(hear(classroom.join(Hello("later"))))


def test_a_page_that_comes_back_bets_once() -> None:
    classroom, lecturer, guest = betting()
    classroom.receive(lecturer, '{"type": "bet"}')
    classroom.receive(guest, '{"type": "vote", "curvature": 0.1}')
    classroom.leave(guest)
    again = classroom.join(Hello("Ada", "", last(guest, "welcome")["ticket"]))
    assert last(again, "votes")["count"] == 1
    classroom.receive(again, '{"type": "vote", "curvature": 0.04}')
    classroom.receive(classroom.join(Hello("Ada")), '{"type": "vote", "curvature": 0.02}')
    classroom.receive(lecturer, '{"type": "reveal"}')
    assert last(lecturer, "result")["votes"] == [0.02, 0.04]


def test_a_vote_without_a_bet_is_refused_and_an_empty_bet_has_no_mean() -> None:
    classroom, lecturer, guest = betting()
    classroom.receive(guest, '{"type": "vote", "curvature": 0.1}')
    assert last(guest, "refused")["why"] == "no bet is open"
    classroom.receive(lecturer, '{"type": "bet"}')
    classroom.receive(lecturer, '{"type": "reveal"}')
    assert last(lecturer, "result")["class"] is None
