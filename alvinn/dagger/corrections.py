"""Corrections: they become labels in the round's recording, and their starting points become tests of the network.

Only corrections are recorded. The network's own driving, and the time before the teacher reacts, give no labels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from alvinn.drivers.gates import HumanGate
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Direction, Observation, Step
from alvinn.recording import RecordingWriter

SECONDS_BEFORE = 2.0  # how long before a take-over its test begins


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A place where the teacher took over, with the state of the car some seconds before."""

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
    """from that state to the take-over"""
    doubt: float | None = None
    """the network's doubt at the take-over; None where its output has no measure of doubt"""

    @property
    def is_persons(self) -> bool:
        """Whether a person took the wheel unasked."""
        return f"{HumanGate.name}: " in self.why


class Corrections:
    """Observer of a rollout: collects its corrections and the take-overs that they began with.

    Everything stays in memory until `write`, so that corrections can be discarded and an interrupted rollout leaves
    nothing behind.

    Args:
        map_name: the map of the rollout.
        direction: direction of the lane.
        weather: the weather preset.
        doubt: measures the network's doubt; returns None where it cannot.
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
        """whether a correction is in progress"""
        self._before: deque[Step] = deque()
        self._steps: dict[int, list[Step]] = {}
        self._take_overs: dict[int, TakeOver] = {}
        self._discarded: list[int] = []

    @property
    def take_overs(self) -> list[TakeOver]:
        """Take-overs of the kept corrections; a correction in progress at the start of a rollout has none."""
        return [one for one in self._take_overs.values() if one.correction not in self._discarded]

    @property
    def frames(self) -> int:
        """Total number of frames in the kept corrections."""
        return sum(map(len, self._kept()))

    def __len__(self) -> int:
        """Number of kept corrections."""
        return len(self._kept())

    def _kept(self) -> list[list[Step]]:
        return [steps for number, steps in self._steps.items() if number not in self._discarded]

    def see(self, step: Step) -> Verdict:
        """Keep the step if it belongs to a correction; otherwise remember it for `SECONDS_BEFORE`."""
        number = step.decision.correction
        self.going = number > 0
        if not number:
            self._remember(step)
        else:
            if number not in self._steps and self._before:
                self._take_overs[number] = self._take_over(step)
            self._steps.setdefault(number, []).append(step)
            self._before.clear()
        return Verdict.CONTINUE

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

    def on_recovery(self) -> None:
        """Forget the steps before a recovery: they do not lead to what follows."""
        self._before.clear()

    def discard(self) -> int:
        """Discard the correction in progress, else the last one; returns its number, 0 if there is none."""
        number = next((number for number in reversed(self._steps) if number not in self._discarded), 0)
        if number:
            self._discarded.append(number)
        return number

    def take_back(self) -> int:
        """Restore the correction discarded last; returns its number, 0 if there is none."""
        return self._discarded.pop() if self._discarded else 0

    def write(self, writer: RecordingWriter) -> None:
        """Write the kept corrections, each as its own segment."""
        for steps in self._kept():
            for step in steps:
                writer.add(step, lane=f"{self._map}/{self._direction}", weather=self.weather)
            writer.start_segment()
