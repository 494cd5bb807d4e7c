"""Conversion between path curvature and CARLA's steer, for the car that the server reports.

Kinematic single-track geometry: tan(wheel angle) = curvature x wheelbase (R. Rajamani, Vehicle Dynamics and Control,
2nd ed. 2012, section 2.2); CARLA's steer is the wheel angle over its largest, scaled by the steering curve over speed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Control

Doubles = npt.NDArray[np.float64]
Reals = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class VehicleGeometry:
    """The part of `VehiclePhysicsControl` that converts curvature to steer, and the width of the car."""

    wheelbase: float
    """m"""
    max_wheel_angle: float
    """rad, at steer 1.0 and standstill"""
    steering_curve: tuple[tuple[float, float], ...]
    """(speed [km/h], share of the largest wheel angle that is available)"""
    width: float
    """m"""

    def __post_init__(self) -> None:
        if self.wheelbase <= 0 or self.max_wheel_angle <= 0 or self.width <= 0:
            raise ValueError(
                f"wheelbase {self.wheelbase}, wheel angle {self.max_wheel_angle} and width {self.width} "
                "must all be above 0"
            )

    @staticmethod
    def from_dict(fields: Mapping[str, Any]) -> VehicleGeometry:
        """The vehicle entry of a session's JSON.

        Raises:
            ValueError, LookupError, TypeError: a field is missing, unknown or not a finite number.
        """
        curve = tuple((_finite(speed), _finite(share)) for speed, share in fields["steering_curve"])
        rest = {name: _finite(value) for name, value in fields.items() if name != "steering_curve"}
        return VehicleGeometry(**rest, steering_curve=curve)

    def _angle_range(self, speed: float) -> float:
        if not self.steering_curve:
            return self.max_wheel_angle
        speeds, shares = _columns(self.steering_curve)
        return self.max_wheel_angle * float(np.interp(abs(speed) * 3.6, speeds, shares))

    def steer(self, curvature: float, speed: float) -> float:
        """The steer in [-1, 1] that drives a curvature [1/m] at a speed [m/s]."""
        return max(-1.0, min(1.0, math.atan(curvature * self.wheelbase) / self._angle_range(speed)))

    def steer_array(self, curvature: Reals, speed: Reals) -> Doubles:
        """As `steer`, for many curvatures at their speeds, shape (n,)."""
        angle = self.max_wheel_angle * (
            np.interp(np.abs(speed) * 3.6, *_columns(self.steering_curve)) if self.steering_curve else 1.0
        )
        return np.clip(np.arctan(curvature.astype(np.float64) * self.wheelbase) / angle, -1.0, 1.0)

    def curvature(self, steer: float, speed: float) -> float:
        """The curvature [1/m] that a steer in [-1, 1] drives at a speed [m/s]."""
        return math.tan(steer * self._angle_range(speed)) / self.wheelbase


def _finite(value: Any) -> float:
    try:
        found = float(value)
    except OverflowError as error:
        raise ValueError(f"{str(value)[:40]} is too large for a number") from error
    if not math.isfinite(found):
        raise ValueError(f"{value} is not a finite number")
    return found


@lru_cache(maxsize=8)
def _columns(curve: tuple[tuple[float, float], ...]) -> npt.NDArray[np.float64]:
    """The curve's speeds and shares as two rows; cached, since it is read at every tick."""
    return np.array(curve, dtype=np.float64).T.copy()


def lookahead(speed: float) -> float:
    """Lookahead distance [m] of pure pursuit at a speed [m/s]: one second of travel, 5 to 12 m."""
    return max(5.0, min(12.0, speed))


def compute_control(curvature: float, speed: float, throttle: float, brake: float, vehicle: VehicleGeometry) -> Control:
    """The control that drives a curvature [1/m] at a speed [m/s], with throttle and brake in [0, 1]."""
    return Control(steer=vehicle.steer(curvature, speed), throttle=throttle, brake=brake)
