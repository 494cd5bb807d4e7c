"""CARLA's Ackermann control: the client sets a wheel angle and a speed instead of pedals.

A proportional controller. The PID gains that a client sets are stored and returned; only `speed_kp` has an effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.dynamics.single_track import SingleTrackModel, State, VehicleControl

ACCELERATION = 3.0  # approximate acceleration at throttle or brake 1 [m/s2]


@dataclass(frozen=True, slots=True)
class AckermannControl:
    """CARLA's `VehicleAckermannControl`: wheel angle [rad], its rate [rad/s], speed [m/s], acceleration, jerk.

    A rate or acceleration of 0 means no limit. Jerk has no effect.
    """

    steer: float = 0.0
    steer_speed: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0


@dataclass(frozen=True, slots=True)
class AckermannSettings:
    """CARLA's `AckermannControllerSettings`."""

    speed_kp: float = 0.15
    speed_ki: float = 0.0
    speed_kd: float = 0.25
    accel_kp: float = 0.01
    accel_ki: float = 0.0
    accel_kd: float = 0.01


def follow(
    target: AckermannControl,
    gains: AckermannSettings,
    car: SingleTrackModel,
    state: State,
    last: VehicleControl,
    dt: float,
) -> VehicleControl:
    """Return the control that moves a car towards its target over the next `dt` seconds.

    A limited steer continues from that of the `last` control, as in CARLA: the wheels themselves lag behind it, the
    more the shorter the step.
    """
    angle, full = target.steer, car.wheel_angle(1.0, state.speed)
    if target.steer_speed > 0.0:
        turn, commanded = target.steer_speed * dt, last.steer * full
        angle = min(max(angle, commanded - turn), commanded + turn)
    error = abs(target.speed) - state.speed * math.copysign(1.0, target.speed)
    pedal = gains.speed_kp * error * 2.0
    if target.acceleration > 0.0:
        most = target.acceleration / ACCELERATION
        pedal = min(max(pedal, -most), most)
    return VehicleControl(
        throttle=min(max(pedal, 0.0), 1.0),
        brake=1.0 if target.speed == 0.0 and abs(state.speed) < 0.5 else min(max(-pedal, 0.0), 1.0),
        steer=min(max(angle / full, -1.0), 1.0) if full else 0.0,
        reverse=target.speed < 0.0,
    )
