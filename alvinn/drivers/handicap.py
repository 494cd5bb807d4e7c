"""Driving under worse conditions than a network learned in: late answers, fewer of them, a camera exposed otherwise.

`laps --handicap.latency 0.1` and its siblings judge how much of that a model tolerates.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from alvinn.driving.protocols import Driver
from alvinn.driving.types import CameraName, Decision, Image, Observation
from alvinn.util.images import NUMERIC_CAMERAS

GAMMA = 2.2  # between light and the pixels of a picture
STOPS = 8.0  # of exposure: beyond, a picture is all black or all white
EARLY = 1e-6  # s: what counts as in time


@dataclass(frozen=True, slots=True)
class Handicap:
    """What makes driving harder."""

    latency: float = 0.0
    """from a picture to the steering that answers it [s], beyond the tick that it always takes"""
    rate: float | None = None
    """answers a second; each holds until the next (default: one for every picture)"""
    exposure: float = 0.0
    """how much longer the camera is exposed [stops]: 1 is twice the light, -1 half of it"""

    def __post_init__(self) -> None:
        if not 0.0 <= self.latency < math.inf:
            raise ValueError(f"--handicap.latency must be at least 0 s, not {self.latency:g}")
        if self.rate is not None and not 0.0 < self.rate < math.inf:
            raise ValueError(f"--handicap.rate must be above 0, not {self.rate:g}")
        if not abs(self.exposure) <= STOPS:
            raise ValueError(f"--handicap.exposure must be from -{STOPS:g} to {STOPS:g} stops, not {self.exposure:g}")


class HandicappedDriver:
    """A driver under a handicap; it steers straight on until its first answer is there.

    Args:
        driver: answers.
        handicap: what is hard about it.
    """

    def __init__(self, driver: Driver, handicap: Handicap) -> None:
        self._driver, self._handicap = driver, handicap
        light = (np.arange(256) / 255.0) ** GAMMA * 2.0**handicap.exposure
        self._pixels = np.rint(255.0 * np.minimum(light, 1.0) ** (1.0 / GAMMA)).astype(np.uint8)
        self._forget()

    def _forget(self) -> None:
        self._pending: deque[tuple[float, Decision]] = deque()
        self._answer: Decision | None = None
        self._due: float | None = None  # when the next answer is asked for

    def reset(self) -> None:
        """Forget all answers."""
        self._driver.reset()
        self._forget()

    def decide(self, observation: Observation) -> Decision:
        """The newest answer that is there by now."""
        now, period = observation.time, 1.0 / (self._handicap.rate or math.inf)
        if self._due is None or now >= self._due - EARLY:
            # on from when it was due, not from now: else every rate would be one that ticks divide
            self._due = now + period if self._due is None else max(self._due + period, now)
            self._pending.append((now + self._handicap.latency, self._driver.decide(self.expose(observation))))
        while self._pending and self._pending[0][0] <= now + EARLY:
            self._answer = self._pending.popleft()[1]
        return self._answer or replace(self._pending[0][1], curvature=0.0, disturbance=0.0)

    def expose(self, observation: Observation) -> Observation:
        """The observation as the driver gets it."""
        if not self._handicap.exposure:
            return observation
        others: Mapping[CameraName, Image] = {
            name: image if name in NUMERIC_CAMERAS else self._brighten(image)
            for name, image in observation.others.items()
        }
        return replace(observation, image=self._brighten(observation.image), others=others)

    def _brighten(self, image: Image) -> Image:
        return np.asarray(cv2.LUT(image, self._pixels), dtype=np.uint8)
