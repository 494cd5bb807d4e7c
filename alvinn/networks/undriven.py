"""Answers of a network where it has not driven: to a single view, and to the rows of a recording.

A network that is fed its last answers back is told of none at a start, and its correction grows from there. Its first
answer to a view is what it would drive for one tick, and no longer.
"""

from __future__ import annotations

import math
from dataclasses import replace

from alvinn.driving.types import Observation
from alvinn.networks.inference import Answer, Network, StatefulNetwork
from alvinn.networks.memory import UNKNOWN_SPEED
from alvinn.recording import Recording

SETTLED = 20  # frames: the shipped network's answer to a view was then within 0.0005 1/m of its last
REMEMBERED = 10  # rows: half a second, after which it no longer matters what a network was told first


def answer_view(network: Network, seen: Observation) -> Answer:
    """Answer a view that no drive led to: a network that remembers is shown it until its answer has settled."""
    stateful = StatefulNetwork(network)
    for _ in range(SETTLED - 1 if network.remembers else 0):
        stateful.answer(seen)
    return stateful.answer(seen)


class RecordedAnswers:
    """What a network answers to the rows of a recording, had it driven the way there.

    A network that remembers is shown the rows between those that are asked for, and after a jump some of the rows
    before, of the same segment. The answer to a row is kept: whoever asks again is told the same.

    Args:
        network: is asked.
        recording: with images.
    """

    def __init__(self, network: Network, recording: Recording) -> None:
        self.network, self.recording = network, recording
        self._stateful = StatefulNetwork(network)
        self._last: int | None = None  # the row that was answered last
        self._kept: dict[int, Answer] = {}

    def answer(self, index: int, seen: Observation) -> Answer:
        """The answer to a row.

        Args:
            index: of the row.
            seen: what its car saw.

        Raises:
            RecordingError: the picture of a row before cannot be read.
        """
        if index not in self._kept:
            if self.network.remembers:
                self._lead_to(index)
            self._kept[index] = self._ask(index, seen)
            self._last = index
        return self._kept[index]

    def _lead_to(self, index: int) -> None:
        first, rows = max(0, index - REMEMBERED), self.recording.rows
        last = self._last
        if last is not None and first <= last < index and rows[last].segment == rows[index].segment:
            first = last + 1
        else:
            self._stateful.reset()
        for at in range(first, index):
            if rows[at].segment == rows[index].segment:
                self._ask(at, self.recording.read_observation(rows[at]))

    def _ask(self, index: int, seen: Observation) -> Answer:
        unknown = math.isnan(self.recording.rows[index].speed)  # in some imports
        return self._stateful.answer(replace(seen, speed=UNKNOWN_SPEED) if unknown else seen)
