"""The pedals: hold a speed, knowing the speedometer and the own steering only.

A proportional-integral controller; in bends it slows so that speed squared times curvature stays within 3 m/s2.
"""

from __future__ import annotations

import math

MAX_LATERAL_ACCELERATION = 3.0  # m/s2
PROPORTIONAL, INTEGRAL = 0.35, 0.08  # pedal per m/s, and per m of lag
BRAKE_SHARE = 0.5  # brakes bite harder than the motor pulls
SMOOTHING = 0.8  # of the curvature from tick to tick, so that a twitch of the wheel does not brake the car


class Pedals:
    """Throttle and brake that hold a cruising speed."""

    def __init__(self, cruise: float, dt: float) -> None:
        """Hold `cruise` [m/s], being asked every `dt` [s]."""
        if not 0.0 < cruise < math.inf:
            raise ValueError(f"a speed of {cruise} m/s does not get anywhere; it must be a number above 0")
        self._cruise = cruise
        self._dt = dt
        self.reset()

    def reset(self) -> None:
        """Forget lag and bends of the past."""
        self._lag = 0.0
        self._curvature = 0.0

    def hold(self, speed: float, curvature: float) -> tuple[float, float]:
        """(throttle, brake), each in [0, 1], for a speed [m/s] and the curvature [1/m] being driven."""
        self._curvature = SMOOTHING * self._curvature + (1.0 - SMOOTHING) * abs(curvature)
        target = self._cruise
        if self._curvature > 0:
            target = min(target, math.sqrt(MAX_LATERAL_ACCELERATION / self._curvature))
        error = target - speed
        self._lag = max(-5.0, min(5.0, self._lag + error * self._dt))
        pedal = PROPORTIONAL * error + INTEGRAL * self._lag
        return max(0.0, min(1.0, pedal)), max(0.0, min(1.0, -pedal * BRAKE_SHARE))
