from __future__ import annotations

import asyncio

import pytest

from alvinn.classroom.audience import BURST, LETTERS, MAX_GUESTS, MAX_QUEUE, RATE, Audience, FullError, Guest, Keys
from alvinn.classroom.messages import unpack
from tests.alvinn.classroom.test_wheel import Clock

KEYS = Keys("code77", "secret")


def guest() -> Guest:
    return Guest(1, "Ada", "guest", Clock())


def test_the_keys_tell_who_may_do_what() -> None:
    assert KEYS.role("secret") == "lecturer"
    assert KEYS.role(" CODE77 ") == "driver"
    assert [KEYS.role(key) for key in ("", "code7", "SECRET", "\N{SNOWMAN}")] == ["guest"] * 4


def test_keys_are_new_at_each_start_and_can_be_read_from_the_back_row() -> None:
    one, other = Keys.draw(), Keys.draw()
    assert one != other
    assert len(one.code) == 6
    assert set(one.code) <= set(LETTERS)
    assert not set("0oil1") & set(LETTERS)


def test_a_slow_guest_loses_pictures_and_sees_the_newest() -> None:
    async def play() -> list[bytes | None]:
        slow = guest()
        slow.show(b"1")
        got = [await slow.next()]
        slow.show(b"2")
        slow.show(b"3")
        slow.tell(b"news")
        got.append(await slow.next())  # not a picture: the first is not drawn yet
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(slow.next(), 0.01)
        slow.has_drawn()
        got.append(await slow.next())
        return got

    assert asyncio.run(play()) == [b"1", b"news", b"3"]


def test_a_guest_whose_queue_is_full_is_let_go() -> None:
    async def play() -> bytes | None:
        asleep = guest()
        for _ in range(MAX_QUEUE + 1):
            asleep.tell(b"news")
        return await asleep.next()

    assert asyncio.run(play()) is None


def test_news_take_the_place_of_what_they_make_old() -> None:
    async def play() -> list[bytes | None]:
        slow = guest()
        slow.tell(b"a bet")
        for count in range(2 * MAX_QUEUE):
            slow.tell(b"%d votes" % count, "votes")
            slow.tell(b"%d here" % count, "room")
        return [await slow.next() for _ in range(3)]

    assert asyncio.run(play()) == [b"a bet", b"127 votes", b"127 here"]


def test_a_guest_may_say_so_much_and_no_more() -> None:
    clock = Clock()
    talker = Guest(1, "Ada", "guest", clock)
    assert all(talker.count() for _ in range(int(BURST)))
    assert not talker.count()
    clock.now = 2.0 / RATE
    assert talker.count()


def test_a_picture_goes_to_all_or_to_one() -> None:
    async def play() -> list[bytes | None]:
        audience = Audience(KEYS, Clock())
        one, other = audience.join("a", ""), audience.join("b", "")
        for each in (one, other):
            while unpack((await each.next()) or b"")[0]["guests"] < 2:
                pass
        audience.show(b"all")
        audience.show(b"one", only=one.number)
        return [await one.next(), await other.next()]

    assert asyncio.run(play()) == [b"one", b"all"]


def test_a_full_room_takes_nobody_else_until_somebody_leaves() -> None:
    audience = Audience(KEYS, Clock())
    guests = [audience.join("x", "") for _ in range(MAX_GUESTS)]
    with pytest.raises(FullError):
        audience.join("y", "")
    assert audience.join("the lecturer", KEYS.lecturer).role == "lecturer"
    audience.leave(guests[0])
    audience.leave(guests[1])
    assert audience.join("y", "").number == MAX_GUESTS + 2
    assert audience.find(guests[0].number) is None
