"""The class: its guests, the wheel, the newest moments of the stage, and who answers which message.

An activity adds its handlers to the table. Handlers run on the server's event loop and return at once; what takes
longer runs in a thread of its own and comes back with `post`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from alvinn.classroom.audience import Audience, Guest, Keys
from alvinn.classroom.messages import (
    GiveWheel,
    Hello,
    Message,
    MessageError,
    Seen,
    TakeWheel,
    TurnWheel,
    decode,
    pack,
)
from alvinn.classroom.moments import Moment
from alvinn.classroom.wheel import RemoteWheel

KEPT = 600  # moments that can be painted on: a minute at 10 a second, which is what the one at the wheel sees

Handler = Callable[[Guest, Any], None]


class Classroom:
    """All that the guests share.

    Args:
        keys: of this start.
        clock: returns the time now [s].
    """

    def __init__(self, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self.audience = Audience(keys, clock)
        self.wheel = RemoteWheel(clock)
        self.facts: dict[str, Any] = {"title": "", "lane": [], "drivable": False, "activities": ["watch"]}
        """what every page is told at its start"""
        self.moments: deque[Moment] = deque(maxlen=KEPT)
        self.handlers: dict[type, Handler] = {
            Hello: _ignore,
            Seen: lambda guest, _: guest.has_drawn(),
            TakeWheel: self._take_wheel,
            GiveWheel: self._give_wheel,
            TurnWheel: lambda guest, turned: self.wheel.turn(guest.number, turned.steer, turned.brake),
        }
        self.on_welcome: list[Callable[[Guest], None]] = []
        """called with each new guest, after its welcome"""
        self.on_leave: list[Callable[[Guest], None]] = []
        """called with each guest who went"""
        self.schedule: Callable[..., Any] = lambda function, *given: function(*given)
        """runs a function on the server's event loop, from any thread"""
        self._shown_wheel: int | None = None
        self._invitation: dict[str, str] = {}

    def invite(self, url: str, qr: str) -> None:
        """What the lecturer's page shows on the projector for others to join: address and QR code (SVG)."""
        self._invitation = {"url": url, "qr": qr, "code": self.audience.keys.code}

    def join(self, hello: Hello) -> Guest:
        """Let a guest in and tell the page what there is.

        Raises:
            FullError: the room is full.
        """
        guest = self.audience.join(hello.name, hello.key)
        guest.ticket = hello.ticket or guest.ticket
        me = {name: getattr(guest, name) for name in ("number", "name", "role", "ticket")}
        guest.tell(pack("welcome", {**self.facts, **me}))
        if guest.role == "lecturer":
            guest.tell(pack("invitation", dict(self._invitation)))
        guest.tell(self._describe_wheel(self.wheel.holder))
        if self.moments:
            guest.show(self.moments[-1].packed)
        for greet in self.on_welcome:
            greet(guest)
        return guest

    def leave(self, guest: Guest) -> None:
        """A guest went, and the wheel is free if it was theirs."""
        self.wheel.release(guest.number)
        self.audience.leave(guest)
        for forget in self.on_leave:
            forget(guest)
        self._tell_wheel()

    def receive(self, guest: Guest, data: str | bytes) -> None:
        """Answer a message of a guest.

        Raises:
            MessageError: it is not a message, or one too many.
        """
        if not guest.count():
            raise MessageError("more messages arrived than a page sends")
        message: Message = decode(data)
        self.handlers.get(type(message), _ignore)(guest, message)

    def show(self, moment: Moment, *, to_all: bool = True) -> None:
        """Show a moment of the stage, from any thread: to everybody, or only to the one who has the wheel."""
        self.schedule(self._show, moment, to_all)

    def post(self, message: bytes) -> None:
        """Tell everybody something, from any thread."""
        self.schedule(self.audience.tell_all, message)

    def post_to(self, number: int, message: bytes) -> None:
        """Tell one guest something, from any thread; a guest who left is told nothing."""

        def tell() -> None:
            guest = self.audience.find(number)
            if guest is not None:
                guest.tell(message)

        self.schedule(tell)

    def _show(self, moment: Moment, to_all: bool) -> None:
        if moment.kind == "moment":
            self.moments.append(moment)
        self._tell_wheel()
        holder = self.wheel.holder
        if to_all or holder is not None:
            self.audience.show(moment.packed, moment.kind, only=None if to_all else holder)

    def _take_wheel(self, guest: Guest, _: TakeWheel) -> None:
        if not guest.may_drive:
            guest.tell(pack("refused", {"why": "driving needs the code that the lecturer shows"}))
        elif not self.facts["drivable"]:
            guest.tell(pack("refused", {"why": "a recording is on stage: there is no car to drive"}))
        elif not self.wheel.take(guest.number):
            guest.tell(pack("refused", {"why": "somebody else is at the wheel"}))
        else:
            self._tell_wheel()

    def _give_wheel(self, guest: Guest, _: GiveWheel) -> None:
        self.wheel.release(None if guest.role == "lecturer" else guest.number)
        self._tell_wheel()

    def _tell_wheel(self) -> None:
        """Tell everybody who has the wheel, if that is another one now."""
        holder = self.wheel.holder
        if holder != self._shown_wheel:
            self._shown_wheel = holder
            self.audience.tell_all(self._describe_wheel(holder), "wheel")

    def _describe_wheel(self, holder: int | None) -> bytes:
        guest = self.audience.find(holder)
        return pack("wheel", {"holder": holder, "name": guest.name if guest is not None else ""})


def _ignore(_: Guest, __: object) -> None:
    """A message that asks for nothing here: another hello, or one of an activity that is not open."""
