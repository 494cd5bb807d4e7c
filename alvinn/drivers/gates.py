"""Gates: when the teacher takes over from the student.

A gate triggers at one threshold and releases at a lower one: with a single threshold the control would switch at every
tick near it (R. Hoque et al., LazyDAgger, arXiv:2104.00053).
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

DRIFT_SHARE = 0.25  # of the distance from the lane's centre to a departure
DRIFT_HEADING = math.radians(6.0)  # against the lane's direction
PERSON_SHARE, PERSON_HEADING = 0.5, math.radians(10.0)  # the limits where people teach or watch
DRIFT_RELEASE = 0.3  # of the limits: where the gate releases ...
DRIFT_MIN_SECONDS = 2.0  # s: ... but not before, so that a correction includes driving after the recovery
DOUBT_RELEASE = 0.7  # of the threshold: where the gate releases
TAKE_OVERS_USED = 0.25  # the latest share of the doubts at take-over: M. Kelly et al., HG-DAgger, arXiv:1810.02890
TURN_SECONDS = 1.0  # how long a draw of `always` holds: a draw per tick would only average the two drivers


class Gate(Protocol):
    """Decides at every tick whether the teacher should be in control."""

    name: str
    """one word: drift, doubt, always, human"""

    def reset(self) -> None:
        """Forget the past; called at the start and after every recovery."""

    def request(self, observation: Observation, /) -> str:
        """Why the teacher should take over; empty if the student may continue. Called once per tick."""


class DriftGate:
    """Triggers when the car drifts, by the map.

    Args:
        truth: returns the car's current ground truth.
        car_width: m.
        share: triggers beyond this share of the distance from the lane's centre to a departure ...
        heading: ... or beyond this heading error [rad].
        back: releases when both are within this share of their limits ...
        least: ... but not before so many seconds.
    """

    name = "drift"

    def __init__(
        self,
        truth: Callable[[], GroundTruth],
        car_width: float,
        share: float = DRIFT_SHARE,
        heading: float = DRIFT_HEADING,
        back: float = DRIFT_RELEASE,
        least: float = DRIFT_MIN_SECONDS,
    ) -> None:
        self._truth, self._car_width = truth, car_width
        self._share, self._heading, self._least = share, heading, least
        self._drifting = Hysteresis(1.0, back)
        self.reset()

    @classmethod
    def for_people(cls, truth: Callable[[], GroundTruth], car_width: float) -> DriftGate:
        """The gate for a person who teaches or a class that watches: they need no call for every wobble."""
        return cls(truth, car_width, PERSON_SHARE, PERSON_HEADING)

    def reset(self) -> None:
        """Release: the car is on its lane."""
        self._drifting.reset()
        self._asked_at = -math.inf

    def request(self, observation: Observation, /) -> str:
        """Offset or heading error, if the gate has triggered."""
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
    """Triggers when the network is in doubt.

    Args:
        doubt: of an observation, larger is worse.
        threshold: triggers above this doubt; see `estimate_threshold` and `fit_threshold`.
        back: releases at or below this share of the threshold.
    """

    name = "doubt"

    def __init__(self, doubt: Callable[[Observation], float], threshold: float, back: float = DOUBT_RELEASE) -> None:
        self._doubt = doubt
        self._doubting = Hysteresis(threshold, back * threshold)

    def reset(self) -> None:
        """Release: no doubt."""
        self._doubting.reset()

    def request(self, observation: Observation) -> str:
        """The doubt, if the gate has triggered."""
        doubt = self._doubt(observation)
        return f"doubt: {doubt:.3f}" if self._doubting(doubt) else ""


def estimate_threshold(doubts: Sequence[float]) -> float:
    """Estimate HG-DAgger's threshold: the mean of the last quarter of the doubts at take-over, in temporal order.

    Raises:
        ValueError: there was no take-over.
    """
    if not doubts:
        raise ValueError("there was no take-over yet whose doubt could set the threshold")
    used = max(1, round(TAKE_OVERS_USED * len(doubts)))
    return float(np.mean(doubts[-used:]))


def fit_threshold(doubts: Sequence[float], budget: float) -> float:
    """Fit the threshold that a share `budget` of the doubts, one per tick, exceeds.

    Raises:
        ValueError: there are no doubts, or the budget is not between 0 and 1.
    """
    if not doubts or not 0.0 < budget < 1.0:
        raise ValueError(
            f"a threshold requires a budget between 0 and 1 and at least one doubt, not {budget} and {len(doubts)}"
        )
    return float(np.quantile(doubts, 1.0 - budget))


class AlwaysGate:
    """The original DAgger (S. Ross et al., arXiv:1011.0686): teacher and student take random turns.

    Args:
        beta: probability that a turn is the teacher's, in [0, 1].
        rng: draws the turns.
    """

    name = "always"

    def __init__(self, beta: float, rng: np.random.Generator) -> None:
        if not 0.0 <= beta <= 1.0:
            raise ValueError(f"beta must be between 0 and 1, not {beta}")
        self._beta, self._rng = beta, rng
        self.reset()

    def reset(self) -> None:
        """Begin a new turn."""
        self._until = -math.inf
        self._teachers = False

    def request(self, observation: Observation) -> str:
        """Whether it is the teacher's turn."""
        if observation.time >= self._until - 1e-6:
            self._until = observation.time + TURN_SECONDS
            self._teachers = bool(self._rng.random() < self._beta)
        return f"always: beta {self._beta:.2f}" if self._teachers else ""


class TeacherGate:
    """Keeps the teacher in control: more of its own driving, as a baseline for the other gates.

    Args:
        name: of the baseline.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def reset(self) -> None:
        """Do nothing: the gate has no state."""

    def request(self, _: Observation, /) -> str:
        """The name: the teacher is always in control."""
        return self.name


def decay_beta(number: int) -> float:
    """The teacher's share of the turns in round `number`, from 1: it halves every round."""
    return float(0.5**number)


class HumanGate:
    """Follows a person, who takes over and hands back whenever they want (HG-DAgger).

    It has no hysteresis: a device whose hands-on signal flickers must debounce it.

    Args:
        hands: whether the person is in control now.
    """

    name = "human"

    def __init__(self, hands: Callable[[], bool]) -> None:
        self._hands = hands

    def reset(self) -> None:
        """Do nothing: the gate has no state."""

    def request(self, _: Observation, /) -> str:
        """Whether the person is in control."""
        return "human: took the wheel" if self._hands() else ""
