"""Attempts with their corrections: these become labels, and their starting points become tests of the network.

The whole attempt is recorded. The network's own driving, and the time before the teacher reacts, are segments of their
own; each segment holds how it ended, and training chooses by that: see `alvinn.training.examples.attempts`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from alvinn.drivers.gates import HumanGate
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import NO_OTHERS, CameraName, Direction, Image, Observation, Step
from alvinn.recording import Outcome, RecordingWriter, name_lane
from alvinn.recording.writer_thread import Pictures
from alvinn.util.images import encode_image

NO_PIXELS: Image = np.zeros((0, 0, 3), dtype=np.uint8)
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
    start: int = 0
    """index of the map's starting point, through which the lane goes"""

    @property
    def is_persons(self) -> bool:
        """Whether a person took the wheel unasked."""
        return f"{HumanGate.name}: " in self.why


@dataclass
class _Segment:
    """Ticks that one driver labelled, without interruption."""

    correction: int
    """number of the correction; 0: the network's own driving"""
    steps: list[tuple[Step, Pictures]] = field(default_factory=list)
    """without their pixels, and with the files of these"""
    outcome: Outcome = ""


def _encode_pictures(step: Step) -> tuple[Step, Pictures]:
    """A step without its pixels, which would fill the memory in minutes, and the files of its pictures."""
    seen = step.observation
    images: dict[CameraName, Image] = {**seen.others, "center": seen.image}
    bare = replace(seen, image=NO_PIXELS, others=NO_OTHERS)
    return replace(step, observation=bare), {name: encode_image(image, name) for name, image in images.items()}


class Corrections:
    """Observer of a rollout: collects its segments, and the take-overs that corrections began with.

    Everything stays in memory until `write`, so that corrections can be discarded and an interrupted rollout leaves
    nothing behind.

    Args:
        map_name: the map of the rollout.
        direction: direction of the lane.
        weather: the weather preset.
        doubt: measures the network's doubt; returns None where it cannot.
        interventions: how often the referee had the car put back so far.
        start: index of the map's starting point, through which the lane goes.
    """

    def __init__(
        self,
        map_name: str,
        direction: Direction,
        weather: str,
        doubt: Callable[[Observation], float | None] = lambda _: None,
        interventions: Callable[[], int] = lambda: 0,
        start: int = 0,
    ) -> None:
        self._map, self._direction, self._start, self._doubt = map_name, direction, start, doubt
        self._interventions, self._interventions_before = interventions, 0
        self.weather = weather
        self.going = False
        """whether a correction is in progress"""
        self._before: deque[Step] = deque()
        self._segments: list[_Segment] = []
        self._take_overs: dict[int, TakeOver] = {}
        self._discarded: list[int] = []

    @property
    def take_overs(self) -> list[TakeOver]:
        """Take-overs of the kept corrections; a correction in progress at the start of a rollout has none."""
        return [one for one in self._take_overs.values() if one.correction not in self._discarded]

    @property
    def frames(self) -> int:
        """Total number of frames in the kept corrections."""
        return sum(len(segment.steps) for segment in self._kept())

    def __len__(self) -> int:
        """Number of kept corrections."""
        return len(self._kept())

    def _kept(self) -> list[_Segment]:
        return [one for one in self._segments if one.correction and one.correction not in self._discarded]

    def see(self, step: Step) -> Verdict:
        """Keep the step; one of the network's own is also remembered for `SECONDS_BEFORE`."""
        number = step.decision.correction
        self.going = number > 0
        last = self._segments[-1] if self._segments else None
        if last is None or last.outcome or last.correction != number:
            self._end_segment(taken_over=self.going)
            self._segments.append(_Segment(number))
            if self.going and self._before:
                self._take_overs[number] = self._take_over(step)
        self._segments[-1].steps.append(_encode_pictures(step))
        if self.going:
            self._before.clear()
        else:
            self._remember(step)
        return Verdict.CONTINUE

    def _end_segment(self, *, taken_over: bool = False, put_back: bool = False) -> None:
        """Label the segment in progress, if there is one."""
        put_back = put_back or self._interventions() > self._interventions_before
        self._interventions_before = self._interventions()
        if not self._segments or self._segments[-1].outcome:
            return
        last = self._segments[-1]
        last.outcome = "departed" if put_back else "corrected" if last.correction or taken_over else "faultless"

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
            start=self._start,
        )

    def on_recovery(self) -> None:
        """End the segment, and forget the steps before a recovery: they do not lead to what follows."""
        self._end_segment(put_back=True)
        self._before.clear()

    def discard(self) -> int:
        """Discard the correction in progress, else the last one; returns its number, 0 if there is none."""
        number = next((segment.correction for segment in reversed(self._kept())), 0)
        if number:
            self._discarded.append(number)
        return number

    def take_back(self) -> int:
        """Restore the correction discarded last; returns its number, 0 if there is none."""
        return self._discarded.pop() if self._discarded else 0

    def write(self, writer: RecordingWriter) -> None:
        """Write all segments but the discarded corrections."""
        self._end_segment()
        for one in self._segments:
            if one.correction in self._discarded:
                continue
            for step, pictures in one.steps:
                lane = name_lane(self._map, self._direction, self._start)
                writer.add(step, lane=lane, weather=self.weather, outcome=one.outcome, encoded=pictures)
            writer.start_segment()
