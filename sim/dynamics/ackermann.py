"""CARLA's Ackermann control: a car told a wheel angle and a speed instead of pedals.

A proportional controller; the gains of CARLA's own PID that a client sets are kept and given back, and of them only
the speed's proportional one has an effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.dynamics.single_track import Car, Control, State

ACCELERATION = 3.0  # at throttle or brake 1, about [m/s2]


@dataclass(frozen=True, slots=True)
class Ackermann:
    """What CARLA's `VehicleAckermannControl` holds: wheel angle [rad] and its rate, speed [m/s], acceleration, jerk.

    A rate or acceleration of 0 sets no limit; jerk has no effect.
    """

    steer: float = 0.0
    steer_speed: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0


@dataclass(frozen=True, slots=True)
class Gains:
    """CARLA's `AckermannControllerSettings`."""

    speed_kp: float = 0.15
    speed_ki: float = 0.0
    speed_kd: float = 0.25
    accel_kp: float = 0.01
    accel_ki: float = 0.0
    accel_kd: float = 0.01


def followed(target: Ackermann, gains: Gains, car: Car, state: State, dt: float) -> Control:
    """The pedals and the wheel that bring a car nearer to its target within the next dt seconds."""
    angle = target.steer
    if target.steer_speed > 0.0:
        turn = target.steer_speed * dt
        angle = min(max(angle, state.wheel_angle - turn), state.wheel_angle + turn)
    full = car.wheel_angle(1.0, state.speed)
    error = abs(target.speed) - state.speed * math.copysign(1.0, target.speed)
    pedal = gains.speed_kp * error * 2.0
    if target.acceleration > 0.0:
        most = target.acceleration / ACCELERATION
        pedal = min(max(pedal, -most), most)
    return Control(
        throttle=min(max(pedal, 0.0), 1.0),
        brake=1.0 if target.speed == 0.0 and abs(state.speed) < 0.5 else min(max(-pedal, 0.0), 1.0),
        steer=min(max(angle / full, -1.0), 1.0) if full else 0.0,
        reverse=target.speed < 0.0,
    )
