"""Speed control: throttle and brake that hold a cruising speed, from the speedometer and the car's own steering alone.

A proportional-integral controller that slows down so that speed squared times curvature stays within 3 m/s2. It brakes
while a bend still tightens: the curvature is extrapolated by 1.5 s from its growth. At the default 8 m/s that holds the
limit on the built-in circuits; from about 12 m/s bends tighten faster than the car's own steering can tell in time.
"""

from __future__ import annotations

import math

MAX_LATERAL_ACCELERATION = 3.0  # m/s2
PROPORTIONAL, INTEGRAL = 0.35, 0.08  # pedal per m/s, and per m of integrated error
BRAKE_SHARE = 0.5  # a brake decelerates harder than the motor accelerates at the same pedal
MOST_ERROR = 1.0  # m/s: beyond it the integral rests, or the car would overshoot its speed after every start
SMOOTHING = 0.8  # of the curvature from tick to tick, so that a twitch of the wheel does not brake the car
SLOW_SMOOTHING = 0.95  # of the curvature it is compared with: a steady growth over 0.75 s lies between the two
AHEAD = 2.0  # times that growth is added


class SpeedController:
    """Throttle and brake that hold a cruising speed."""

    def __init__(self, cruise: float, dt: float) -> None:
        """Hold `cruise` [m/s]; `hold` is called every `dt` [s].

        Raises:
            ValueError: the speed is not a number above 0.
        """
        if not 0.0 < cruise < math.inf:
            raise ValueError(f"the cruising speed must be a number above 0 m/s, not {cruise}")
        self._cruise = cruise
        self._dt = dt
        self.reset()

    def reset(self) -> None:
        """Clear the integrated error and the smoothed curvature."""
        self._integral = 0.0
        self._curvature = 0.0
        self._earlier_curvature = 0.0

    def hold(self, speed: float, curvature: float) -> tuple[float, float]:
        """(throttle, brake), each in [0, 1], for a speed [m/s] and the curvature [1/m] being driven."""
        self._curvature = SMOOTHING * self._curvature + (1.0 - SMOOTHING) * abs(curvature)
        self._earlier_curvature += (1.0 - SLOW_SMOOTHING) * (abs(curvature) - self._earlier_curvature)
        expected = self._curvature + AHEAD * max(0.0, self._curvature - self._earlier_curvature)
        target = self._cruise
        if expected > 0:
            target = min(target, math.sqrt(MAX_LATERAL_ACCELERATION / expected))
        error = target - speed
        if abs(error) < MOST_ERROR:
            self._integral = max(-5.0, min(5.0, self._integral + error * self._dt))
        pedal = PROPORTIONAL * error + INTEGRAL * self._integral
        return max(0.0, min(1.0, pedal)), max(0.0, min(1.0, -pedal * BRAKE_SHARE))
