"""Who is in the room, what they may do, and what is on its way to them.

Everything here runs on the server's event loop. Pictures of a kind have a slot of one: when a guest has drawn the last,
the newest goes out and those between are lost, so a slow phone sees fewer pictures and never late ones. Everything else
is queued, where news takes the place of what it makes old, such as the number of guests. A guest whose queue is full
has gone to sleep: the connection is closed, and the page comes back by itself.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from alvinn.classroom.messages import clean_name, pack

Role = Literal["guest", "driver", "lecturer"]
MAX_GUESTS = 100
MAX_QUEUE = 64  # messages on their way to a guest who takes none
BURST, RATE = 120.0, 60.0  # messages of a guest at once, and a second for long: the wheel is told 20 times a second
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # of the code: none that is mistaken for another


class FullError(Exception):
    """No more guests fit into the room."""


@dataclass(frozen=True)
class Keys:
    """What tells a driver and the lecturer from a guest, new at each start."""

    code: str
    lecturer: str

    @staticmethod
    def draw() -> Keys:
        """New keys: a code to be read from a projector, and a key that only the lecturer's own link holds."""
        return Keys("".join(secrets.choice(LETTERS) for _ in range(6)), secrets.token_urlsafe(16))

    def role(self, key: str) -> Role:
        """The role of a guest who comes with a key."""
        given = key.strip().encode()
        if hmac.compare_digest(given, self.lecturer.encode()):
            return "lecturer"
        return "driver" if hmac.compare_digest(given.lower(), self.code.encode()) else "guest"


class Guest:
    """One open page.

    Args:
        number: its own.
        name: as others see it.
        role: what it may do.
        clock: returns the time now [s].
    """

    def __init__(self, number: int, name: str, role: Role, clock: Callable[[], float]) -> None:
        self.number, self.name, self.role = number, name, role
        self.ticket = secrets.token_urlsafe(8)
        """the same when the page comes back"""
        self.is_gone = False
        """its queue ran full, or it said what no page says"""
        self._clock = clock
        self._queue: deque[tuple[str, bytes]] = deque()  # each with what it is the news of, if it makes older ones old
        self._pictures: dict[str, bytes] = {}  # by kind: the newest of each that was not sent
        self._is_drawing = False
        self._news = asyncio.Event()
        self._allowance, self._counted = BURST, clock()

    @property
    def may_drive(self) -> bool:
        """Whether it came with the code, or is the lecturer's."""
        return self.role != "guest"

    def tell(self, message: bytes, news_of: str = "") -> None:
        """Queue a message, in place of an older one with news of the same."""
        if news_of:
            self._queue = deque(one for one in self._queue if one[0] != news_of)
        if len(self._queue) >= MAX_QUEUE:
            self.dismiss()
        else:
            self._queue.append((news_of, message))
            self._news.set()

    def show(self, picture: bytes, kind: str = "") -> None:
        """Put a picture in the slot of its kind, in place of one that was not sent."""
        self._pictures[kind] = picture
        self._news.set()

    def has_drawn(self) -> None:
        """The page has drawn the last picture."""
        self._is_drawing = False
        self._news.set()

    def dismiss(self) -> None:
        """End the connection."""
        self.is_gone = True
        self._news.set()

    def count(self) -> bool:
        """Count a message of the guest; returns whether it is within what is allowed."""
        now = self._clock()
        self._allowance = min(BURST, self._allowance + (now - self._counted) * RATE)
        self._counted = now
        self._allowance -= 1.0
        return self._allowance >= 0.0

    async def next(self) -> bytes | None:
        """The next message to send, once there is one; None: end the connection."""
        while not self.is_gone:
            if (message := self.poll()) is not None:
                return message
            self._news.clear()
            await self._news.wait()
        return None

    def poll(self) -> bytes | None:
        """The next message to send; None: nothing waits, or the last picture is not drawn yet."""
        if self._queue:
            return self._queue.popleft()[1]
        if self._is_drawing or not self._pictures:
            return None
        self._is_drawing = True
        return self._pictures.pop(next(iter(self._pictures)))


class Audience:
    """All guests.

    Args:
        keys: of this start.
        clock: returns the time now [s].
    """

    def __init__(self, keys: Keys, clock: Callable[[], float]) -> None:
        self.keys = keys
        self._clock = clock
        self._guests: dict[int, Guest] = {}
        self._last = 0

    def __iter__(self) -> Iterator[Guest]:
        return iter(tuple(self._guests.values()))

    def __len__(self) -> int:
        return len(self._guests)

    def find(self, number: int | None) -> Guest | None:
        """The guest of a number, if still there."""
        return None if number is None else self._guests.get(number)

    def join(self, name: str, key: str) -> Guest:
        """Let a guest in.

        Raises:
            FullError: the room is full; there is always room for the lecturer.
        """
        role = self.keys.role(key)
        if len(self) >= MAX_GUESTS and role != "lecturer":
            raise FullError
        self._last += 1
        guest = Guest(self._last, clean_name(name), role, self._clock)
        self._guests[guest.number] = guest
        self._announce()
        return guest

    def leave(self, guest: Guest) -> None:
        """A guest went."""
        self._guests.pop(guest.number, None)
        self._announce()

    def tell_all(self, message: bytes, news_of: str = "") -> None:
        """Queue a message for everybody, in place of an older one with news of the same."""
        for guest in self:
            guest.tell(message, news_of)

    def show(self, picture: bytes, kind: str = "", *, only: int | None = None) -> None:
        """Put a picture in everybody's slot of its kind, or in that of the guest with the number `only`."""
        for guest in self:
            if only is None or guest.number == only:
                guest.show(picture, kind)

    def _announce(self) -> None:
        self.tell_all(pack("room", {"guests": len(self)}), "room")
