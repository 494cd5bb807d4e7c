"""When somebody who knows better gets the wheel: each gate is a small thing of its own.

A gate asks at one threshold and lets go at a lower one: with a single threshold the wheel changes hands at every tick
near it (R. Hoque et al., LazyDAgger, arXiv:2104.00053).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

import numpy as np

from alvinn.driving.departure import departure_margin
from alvinn.driving.hysteresis import Hysteresis
from alvinn.driving.types import GroundTruth, Observation

LiveGateName = Literal["human", "drift", "doubt"]
"""Gates that can call a person; rounds of DAgger have more, see `alvinn.dagger.settings.RoundGateName`."""

DRIFT_SHARE = 0.25  # of the way from the lane's middle to a departure
DRIFT_HEADING = math.radians(6.0)  # against the lane's direction
DRIFT_BACK = 0.3  # of the limits: where the wheel is given back ...
DRIFT_LEAST = 2.0  # s: ... and not before, so that a correction shows the road after the way back too
DOUBT_BACK = 0.7  # of the threshold: where the wheel is given back
TAKE_OVERS_USED = 0.25  # of the doubts at take-over, the latest: M. Kelly et al., HG-DAgger, arXiv:1810.02890
TURN_SECONDS = 1.0  # how long a draw of `always` holds: draws at every tick would only average the two drivers


class Gate(Protocol):
    """Says at every tick whether the teacher should have the wheel."""

    name: str
    """one word: drift, doubt, always, human"""

    def reset(self) -> None:
        """Forget the past; called at the start and after every recovery."""

    def asks(self, observation: Observation, /) -> str:
        """Why the teacher should have the wheel now; empty where the student may go on. Called once a tick."""


class DriftGate:
    """Asks where the car drifts, by the map: needs no person's attention.

    Args:
        truth: where the car is now.
        car_width: m.
        share: asks past this share of the way from the lane's middle to a departure ...
        heading: ... or past this heading error [rad].
        back: lets go when both are within this share of their limits ...
        least: ... but not before so many seconds.
    """

    name = "drift"

    def __init__(
        self,
        truth: Callable[[], GroundTruth],
        car_width: float,
        share: float = DRIFT_SHARE,
        heading: float = DRIFT_HEADING,
        back: float = DRIFT_BACK,
        least: float = DRIFT_LEAST,
    ) -> None:
        self._truth, self._car_width = truth, car_width
        self._share, self._heading, self._least = share, heading, least
        self._drifting = Hysteresis(1.0, back)
        self.reset()

    def reset(self) -> None:
        """The car is on its lane."""
        self._drifting.reset()
        self._asked_at = -math.inf

    def asks(self, observation: Observation, /) -> str:
        """How far off the car is, if it is too far or was a moment ago."""
        truth = self._truth()
        across = abs(truth.offset) / (self._share * departure_margin(truth.lane_width, self._car_width))
        turned = abs(truth.heading_error) / self._heading
        asked = self._asked_at > -math.inf
        drifting = self._drifting(max(across, turned))
        if drifting and not asked:
            self._asked_at = observation.time
        elif not drifting and observation.time - self._asked_at >= self._least - 1e-6:
            self._asked_at = -math.inf
        if self._asked_at == -math.inf:
            return ""
        if across >= turned:
            return f"drift: offset {truth.offset:+.2f} m"
        return f"drift: heading {math.degrees(truth.heading_error):+.1f} degrees"


class DoubtGate:
    """Asks where the network doubts.

    Args:
        doubt: of an observation, larger is worse.
        threshold: asks above this doubt; see `threshold_from` and `threshold_within`.
        back: lets go at or below this share of the threshold.
    """

    name = "doubt"

    def __init__(self, doubt: Callable[[Observation], float], threshold: float, back: float = DOUBT_BACK) -> None:
        self._doubt = doubt
        self._doubting = Hysteresis(threshold, back * threshold)

    def reset(self) -> None:
        """No doubt."""
        self._doubting.reset()

    def asks(self, observation: Observation) -> str:
        """How large the doubt is, if it is too large."""
        doubt = self._doubt(observation)
        return f"doubt: {doubt:.3f}" if self._doubting(doubt) else ""


def threshold_from(doubts: Sequence[float]) -> float:
    """HG-DAgger's threshold: the mean of the last quarter of the doubts at take-over, in the order they came.

    Raises:
        ValueError: there was no take-over.
    """
    if not doubts:
        raise ValueError("there was no take-over yet whose doubt could set the threshold")
    used = max(1, round(TAKE_OVERS_USED * len(doubts)))
    return float(np.mean(doubts[-used:]))


def threshold_within(doubts: Sequence[float], budget: float) -> float:
    """The threshold that a share `budget` of some driving's doubts, one a tick, is above.

    Raises:
        ValueError: there are no doubts, or the budget is no share.
    """
    if not doubts or not 0.0 < budget < 1.0:
        raise ValueError(f"a budget between 0 and 1 of at least one doubt, not {budget} of {len(doubts)}")
    return float(np.quantile(doubts, 1.0 - budget))


class AlwaysGate:
    """DAgger as S. Ross et al. began it (arXiv:1011.0686): student and teacher mixed, whatever the student does.

    Args:
        beta: the teacher's share of the turns, in [0, 1].
        rng: draws whose turn it is.
    """

    name = "always"

    def __init__(self, beta: float, rng: np.random.Generator) -> None:
        if not 0.0 <= beta <= 1.0:
            raise ValueError(f"beta is a share between 0 and 1, not {beta}")
        self._beta, self._rng = beta, rng
        self.reset()

    def reset(self) -> None:
        """A new turn begins."""
        self._until = -math.inf
        self._teachers = False

    def asks(self, observation: Observation) -> str:
        """Whether it is the teacher's turn."""
        if observation.time >= self._until - 1e-6:
            self._until = observation.time + TURN_SECONDS
            self._teachers = bool(self._rng.random() < self._beta)
        return f"always: beta {self._beta:.2f}" if self._teachers else ""


class TeacherGate:
    """Gives the teacher the wheel for good: more of its own driving, to hold the other gates against.

    Args:
        name: of what the teacher does.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def reset(self) -> None:
        """Nothing to forget."""

    def asks(self, _: Observation, /) -> str:
        """Always."""
        return self.name


def beta_of(number: int) -> float:
    """The teacher's share of the turns in round `number`, counted from 1: it halves from round to round."""
    return float(0.5**number)


class HumanGate:
    """Asks while a person has the wheel: they take it and give it back when they want (HG-DAgger).

    There are no thresholds here: a person's will is steady, and a device whose hands-on signal flickers must steady it.

    Args:
        hands: whether the person has the wheel now.
    """

    name = "human"

    def __init__(self, hands: Callable[[], bool]) -> None:
        self._hands = hands

    def reset(self) -> None:
        """Nothing to forget."""

    def asks(self, _: Observation, /) -> str:
        """Whether the person has the wheel."""
        return "human: took the wheel" if self._hands() else ""
