"""What becomes of corrections: labels in the round's recording, and places where the network is tested again.

Only corrections are written down. What the network did before, and while somebody still made up their mind to take
over, is nobody's label.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Direction, Observation, Step
from alvinn.recording import RecordingWriter

SECONDS_BEFORE = 2.0  # a take-over, where its test begins


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A place where help was needed: the car some seconds before the wheel changed hands."""

    correction: int
    why: str
    map: str
    direction: Direction
    weather: str
    lane_s: float
    """m"""
    offset: float
    """m"""
    heading_error: float
    """rad"""
    speed: float
    """m/s"""
    seconds: float
    """from there to the take-over"""
    doubt: float | None = None
    """of the network at the take-over, where it can tell"""


class Corrections:
    """Observes a leg of a round: keeps its corrections, and the places that they began at.

    All stays in memory until `write`: a correction can still be discarded, and an interrupted leg leaves nothing.

    Args:
        map_name: driven on.
        direction: of the lane.
        weather: overhead.
        doubt: of the network, where it can tell.
    """

    def __init__(
        self,
        map_name: str,
        direction: Direction,
        weather: str,
        doubt: Callable[[Observation], float | None] = lambda _: None,
    ) -> None:
        self._map, self._direction, self._doubt = map_name, direction, doubt
        self.weather = weather
        self.going = False
        """whether there is a correction now"""
        self._before: deque[Step] = deque()
        self._steps: dict[int, list[Step]] = {}
        self._take_overs: dict[int, TakeOver] = {}
        self._discarded: list[int] = []

    @property
    def take_overs(self) -> list[TakeOver]:
        """Where the corrections that were kept began; one that began with the leg has nothing before it to test."""
        return [one for one in self._take_overs.values() if one.correction not in self._discarded]

    @property
    def frames(self) -> int:
        """How many frames the corrections have together."""
        return sum(map(len, self._kept()))

    def __len__(self) -> int:
        """How many corrections were kept."""
        return len(self._kept())

    def _kept(self) -> list[list[Step]]:
        return [steps for number, steps in self._steps.items() if number not in self._discarded]

    def see(self, step: Step) -> Verdict:
        """Keep the tick if it is a correction, and remember it for a while if it is not."""
        number = step.decision.correction
        self.going = number > 0
        if not number:
            self._remember(step)
        else:
            if number not in self._steps and self._before:
                self._take_overs[number] = self._take_over(step)
            self._steps.setdefault(number, []).append(step)
            self._before.clear()
        return Verdict.GO_ON

    def _remember(self, step: Step) -> None:
        self._before.append(step)
        while step.observation.time - self._before[0].observation.time > SECONDS_BEFORE + 1e-6:
            self._before.popleft()

    def _take_over(self, step: Step) -> TakeOver:
        began = self._before[0]
        return TakeOver(
            correction=step.decision.correction,
            why=step.decision.why,
            map=self._map,
            direction=self._direction,
            weather=self.weather,
            lane_s=began.truth.lane_s,
            offset=began.truth.offset,
            heading_error=began.truth.heading_error,
            speed=began.observation.speed,
            seconds=round(step.observation.time - began.observation.time, 6),
            doubt=self._doubt(step.observation),
        )

    def recovered(self) -> None:
        """What came before does not lead to what follows."""
        self._before.clear()

    def discard(self) -> int:
        """Leave out the correction that goes on, or else the last one; returns its number, 0 if there is none."""
        number = next((number for number in reversed(self._steps) if number not in self._discarded), 0)
        if number:
            self._discarded.append(number)
        return number

    def take_back(self) -> int:
        """Use again what was left out last; returns its number, 0 if there is none."""
        return self._discarded.pop() if self._discarded else 0

    def write(self, writer: RecordingWriter) -> None:
        """Write what was kept, each correction as a segment of its own."""
        for steps in self._kept():
            for step in steps:
                writer.add(step, lane=f"{self._map}/{self._direction}", weather=self.weather)
            writer.new_segment()
