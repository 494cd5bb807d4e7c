"""Disturbances while recording: they push the car off its line, so that recoveries are in the data.

Triangular steering pulses after F. Codevilla et al., arXiv:1710.02410: the label is the driver's own answer, the pulse
is only added to the control.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation


@dataclass(frozen=True, slots=True)
class PulseRanges:
    """Ranges from which the pulses are drawn uniformly."""

    pause: tuple[float, float] = (0.8, 2.2)
    """between pulses [s]"""
    length: tuple[float, float] = (0.6, 1.4)
    """of a pulse [s]"""
    peak: tuple[float, float] = (0.03, 0.09)
    """of a pulse [1/m], to either side"""


class DisturbedDriver:
    """A driver with pulses added to its control."""

    def __init__(self, driver: Driver, rng: np.random.Generator, pulses: PulseRanges | None = None) -> None:
        self._driver = driver
        self._rng = rng
        self._pulses = pulses or PulseRanges()
        self._start = self._end = 0.0
        self._peak = 0.0
        self._waiting = True

    def reset(self) -> None:
        """Draw a new pulse at the next tick."""
        self._driver.reset()
        self._waiting = True

    def decide(self, observation: Observation) -> Decision:
        """The driver's answer, with the current value of the pulse as its disturbance."""
        decision = self._driver.decide(observation)
        if self._waiting or observation.time >= self._end:
            self._draw(observation.time)
        return replace(decision, disturbance=self._pulse(observation.time))

    def _draw(self, now: float) -> None:
        self._start = now + self._rng.uniform(*self._pulses.pause)
        self._end = self._start + self._rng.uniform(*self._pulses.length)
        self._peak = float(self._rng.choice([-1.0, 1.0]) * self._rng.uniform(*self._pulses.peak))
        self._waiting = False

    def _pulse(self, now: float) -> float:
        half = (self._end - self._start) / 2.0
        away = abs(now - (self._start + half)) / half
        return self._peak * max(0.0, 1.0 - away)
