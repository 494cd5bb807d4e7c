"""The score of a drive, for those who like a contest: departures and offset, beside the best of the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alvinn.driving.departure import CrossingCounter, departure_margin
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step

LEAST_METRES = 200.0  # of a drive that counts


@dataclass(frozen=True, slots=True)
class Score:
    """How somebody drove."""

    who: str
    where: str
    """map and direction: what scores are compared on"""
    metres: float
    departures: int
    offset: float
    """mean distance from the lane's centre [m]"""

    @property
    def counts(self) -> bool:
        """Whether it was long enough to be compared."""
        return self.metres >= LEAST_METRES

    @property
    def rank(self) -> tuple[float, float]:
        """Lower is better: departures by distance, then offset."""
        return self.departures / max(1.0, self.metres), self.offset

    def describe(self) -> str:
        """In a line."""
        times = "no departure" if not self.departures else f"{self.departures} departures"
        times = "1 departure" if self.departures == 1 else times
        return f"{self.who}: {self.metres:.0f} m, {times}, {self.offset:.2f} m off the centre in the mean"


class Scorer:
    """Observer that keeps the score of a drive.

    Args:
        who: drives.
        where: map and direction.
        car_width: m.
    """

    def __init__(self, who: str, where: str, car_width: float) -> None:
        self._who, self._where, self._car_width = who, where, car_width
        self._edge = CrossingCounter()
        self._departures = self._ticks = 0
        self._metres = self._offset = 0.0
        self._last: Step | None = None

    def see(self, step: Step) -> Verdict:
        """Add a tick."""
        truth, last = step.truth, self._last
        if last is not None:
            self._metres += step.observation.speed * max(0.0, step.observation.time - last.observation.time)
        self._ticks, self._offset = self._ticks + 1, self._offset + abs(truth.offset)
        beyond = abs(truth.offset) > departure_margin(truth.lane_width, self._car_width)
        self._departures += self._edge.update(beyond=beyond)
        self._last = step
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """The car is back on its lane."""
        self._edge.reset()
        self._last = None

    def score(self) -> Score:
        """The score so far."""
        return Score(self._who, self._where, self._metres, self._departures, self._offset / max(1, self._ticks))


def describe_scores(scores: Sequence[Score]) -> tuple[str, ...]:
    """The last score, and the best of all who drove there before; nothing if nobody drove."""
    if not scores:
        return ()
    last = scores[-1]
    lines = [last.describe()]
    rivals = [one for one in scores[:-1] if one.where == last.where and one.counts]
    if not last.counts:
        lines.append(f"drive {LEAST_METRES:.0f} m for a score that counts")
    elif rivals and min(one.rank for one in rivals) < last.rank:
        lines.append("the best on " + last.where + ": " + min(rivals, key=lambda one: one.rank).describe())
    else:
        lines.append(f"the best on {last.where}" + (f" of {len(rivals) + 1}" if rivals else " so far"))
    return tuple(lines)
