from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from alvinn.classroom.audience import BURST, Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Hello, MessageError, unpack
from tests.alvinn.classroom.people import KEYS, moment
from tests.alvinn.classroom.test_wheel import Clock


def class_room(*, drivable: bool = True) -> Classroom:
    classroom = Classroom(KEYS, Clock())
    classroom.facts["drivable"] = drivable
    return classroom


def hear(guest: Guest) -> list[dict[str, Any]]:
    """All that is on its way to a guest."""
    heard = []
    while (message := guest.poll()) is not None:
        heard.append(unpack(message)[0])
    return heard


def last(guest: Guest, kind: str) -> dict[str, Any]:
    """The last message of a kind that is on its way to a guest."""
    return [message for message in hear(guest) if message["type"] == kind][-1]


def test_a_guest_is_told_what_there_is_and_shown_the_newest_moment() -> None:
    classroom = class_room()
    classroom.show(moment(3))
    heard = {message["type"]: message for message in hear(classroom.join(Hello("Ada")))}
    assert heard["welcome"]["role"] == "guest"
    assert heard["moment"]["number"] == 3
    assert heard["room"]["guests"] == 1
    assert "invitation" not in heard


def test_only_the_lecturer_is_told_the_code() -> None:
    classroom = class_room()
    classroom.invite("http://here/", "<svg/>")
    assert last(classroom.join(Hello("me", KEYS.lecturer)), "invitation")["code"] == KEYS.code


def test_the_wheel_needs_the_code() -> None:
    classroom = class_room()
    guest = classroom.join(Hello("Ada"))
    classroom.receive(guest, '{"type": "take"}')
    assert "code" in last(guest, "refused")["why"]
    classroom.receive(guest, '{"type": "steer", "steer": 1}')
    assert classroom.wheel.read(5.0) is None


def test_a_driver_takes_the_wheel_and_everybody_sees_who_has_it() -> None:
    classroom = class_room()
    driver, other = classroom.join(Hello("Ada", KEYS.code)), classroom.join(Hello("Bo"))
    classroom.receive(driver, '{"type": "take"}')
    assert last(other, "wheel") == {"type": "wheel", "holder": driver.number, "name": "Ada", "sizes": []}
    classroom.receive(driver, '{"type": "steer", "steer": 1}')
    read = classroom.wheel.read(5.0)
    assert read is not None
    assert read.steer > 0.0


def test_the_lecturer_takes_it_back_and_a_guest_does_not() -> None:
    classroom = class_room()
    driver, guest = classroom.join(Hello("Ada", KEYS.code)), classroom.join(Hello("Bo"))
    lecturer = classroom.join(Hello("me", KEYS.lecturer))
    classroom.receive(driver, '{"type": "take"}')
    classroom.receive(guest, '{"type": "give"}')
    assert classroom.wheel.holder == driver.number
    classroom.receive(lecturer, '{"type": "give"}')
    assert classroom.wheel.holder is None


@pytest.mark.parametrize("word", ["give", "take"])
def test_a_guest_who_asks_for_the_wheel_again_and_again_is_no_news_to_the_others(word: str) -> None:
    classroom = class_room()
    lecturer, pest = classroom.join(Hello("me", KEYS.lecturer)), classroom.join(Hello("Mal"))
    hear(lecturer)
    for _ in range(int(BURST)):
        with suppress(MessageError):
            classroom.receive(pest, f'{{"type": "{word}"}}')
    assert not hear(lecturer)
    assert not lecturer.is_gone


def test_whoever_leaves_leaves_the_wheel() -> None:
    classroom = class_room()
    driver = classroom.join(Hello("Ada", KEYS.code))
    classroom.receive(driver, '{"type": "take"}')
    classroom.leave(driver)
    assert classroom.wheel.holder is None


def test_a_recording_cannot_be_driven() -> None:
    classroom = class_room(drivable=False)
    driver = classroom.join(Hello("Ada", KEYS.code))
    classroom.receive(driver, '{"type": "take"}')
    assert "recording" in last(driver, "refused")["why"]


def test_pictures_between_are_for_the_one_at_the_wheel() -> None:
    classroom = class_room()
    driver, guest = classroom.join(Hello("Ada", KEYS.code)), classroom.join(Hello("Bo"))
    classroom.receive(driver, '{"type": "take"}')
    classroom.show(moment(1), to_all=False)
    assert [message["number"] for message in hear(driver) if message["type"] == "moment"] == [1]
    assert "moment" not in {message["type"] for message in hear(guest)}
    assert [one.number for one in classroom.moments] == [1], "whoever sees it can paint on it"


def test_a_guest_who_never_stops_is_refused() -> None:
    classroom = class_room()
    guest = classroom.join(Hello("Ada"))
    for _ in range(int(BURST)):
        classroom.receive(guest, '{"type": "seen"}')
    with pytest.raises(MessageError, match="more messages"):
        classroom.receive(guest, '{"type": "seen"}')


def test_what_is_told_to_a_guest_who_left_is_dropped() -> None:
    classroom = class_room()
    guest = classroom.join(Hello("Ada"))
    classroom.leave(guest)
    classroom.post_to(guest.number, b"")
