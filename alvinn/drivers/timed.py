"""Measures the latency of a driver."""

from __future__ import annotations

from collections.abc import Callable

from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation


class TimedDriver:
    """A driver whose decision times [s] are collected in `latencies`."""

    def __init__(self, driver: Driver, clock: Callable[[], float]) -> None:
        self._driver = driver
        self._clock = clock
        self.latencies: list[float] = []

    def reset(self) -> None:
        """Reset the driver, but keep the times."""
        self._driver.reset()

    def decide(self, observation: Observation) -> Decision:
        """The driver's answer, timed from frame in to curvature out."""
        start = self._clock()
        decision = self._driver.decide(observation)
        self.latencies.append(self._clock() - start)
        return decision
