"""Bet: which way will it steer at this frame? Votes are gathered, then shown beside the network's and the expert's.

While a bet is open, its page is told nothing of either answer.
"""

from __future__ import annotations

import statistics

from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import OpenBet, Reveal, Vote, pack
from alvinn.classroom.moments import Moment


class Bets:
    """One bet at a time, on the newest frame of the stage.

    Args:
        classroom: who bets.
    """

    def __init__(self, classroom: Classroom) -> None:
        self._classroom = classroom
        self._moment: Moment | None = None
        self._votes: dict[str, float] = {}  # by the guests' tickets
        self._result: bytes | None = None

    def open(self) -> None:
        """Take bets from now on."""
        self._classroom.handlers[OpenBet] = self._begin
        self._classroom.handlers[Vote] = self._vote
        self._classroom.handlers[Reveal] = self._reveal
        self._classroom.on_welcome.append(self._greet)

    def _greet(self, guest: Guest) -> None:
        if self._moment is not None:
            guest.tell(self._describe(self._moment))
            guest.tell(self._describe_count(), "votes")
        if self._result is not None:
            guest.tell(self._result)

    def _begin(self, guest: Guest, _: OpenBet) -> None:
        if not guest.may_drive:
            guest.tell(pack("refused", {"why": "opening a bet needs the code that the lecturer shows"}))
        elif self._classroom.moments:
            self._moment, self._votes, self._result = self._classroom.moments[-1], {}, None
            self._classroom.audience.tell_all(self._describe(self._moment))
            self._count()

    def _describe(self, moment: Moment) -> bytes:
        return pack("bet", {"number": moment.number, "has_network": moment.thought is not None}, moment.picture)

    def _vote(self, guest: Guest, vote: Vote) -> None:
        if self._moment is None or self._result is not None:
            guest.tell(pack("refused", {"why": "no bet is open"}))
            return
        self._votes[guest.ticket] = vote.curvature
        self._count()

    def _count(self) -> None:
        self._classroom.audience.tell_all(self._describe_count(), "votes")

    def _describe_count(self) -> bytes:
        return pack("votes", {"count": len(self._votes)})

    def _reveal(self, guest: Guest, _: Reveal) -> None:
        if not guest.may_drive or self._moment is None or self._result is not None:
            return
        moment = self._moment
        network = None if moment.thought is None else moment.thought.curvature
        votes = sorted(self._votes.values())
        values = {
            "votes": votes,
            "class": statistics.fmean(votes) if votes else None,
            "network": network,
            "expert": moment.expert,
        }
        self._result = pack("result", values)
        self._classroom.audience.tell_all(self._result)
