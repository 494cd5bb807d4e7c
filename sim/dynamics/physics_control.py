"""CARLA's `VehiclePhysicsControl`: a car's physical parameters, and those of `vehicle.tesla.model3`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from sim.geometry.poses import Vector


@dataclass(frozen=True, slots=True)
class Gear:
    """One forward gear; the shift points [fraction of max_rpm] matter only with more than one gear."""

    ratio: float = 1.0
    down_ratio: float = 0.5
    up_ratio: float = 0.65


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel as CARLA reports it: angle [deg], radius [cm], torques [Nm], position [m] in the car's own axes."""

    tire_friction: float
    damping_rate: float
    max_steer_angle: float
    radius: float
    max_brake_torque: float
    max_handbrake_torque: float
    lat_stiff_max_load: float
    lat_stiff_value: float  # cornering stiffness over the wheel's rest load [1/rad]
    long_stiff_value: float
    position: Vector


@dataclass(frozen=True, slots=True)
class PhysicsControl:
    """The 17 fields of `VehiclePhysicsControl` under CARLA's names; curves are (x, y) pairs, with speeds in km/h."""

    torque_curve: tuple[tuple[float, float], ...]
    max_rpm: float
    moi: float
    damping_rate_full_throttle: float
    damping_rate_zero_throttle_clutch_engaged: float
    damping_rate_zero_throttle_clutch_disengaged: float
    use_gear_autobox: bool
    gear_switch_time: float
    clutch_strength: float
    final_ratio: float
    forward_gears: tuple[Gear, ...]
    mass: float
    drag_coefficient: float
    center_of_mass: Vector
    steering_curve: tuple[tuple[float, float], ...]
    wheels: tuple[Wheel, Wheel, Wheel, Wheel]  # front left, front right, rear left, rear right
    use_sweep_wheel_collision: bool


def interpolate(curve: tuple[tuple[float, float], ...], x: float) -> float:
    """Interpolate linearly in a curve of (x, y) pairs, constant beyond its ends; an empty curve is 1 everywhere."""
    if not curve:
        return 1.0
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]


def _model3_wheel(x: float, y: float, *, steers: bool) -> Wheel:
    return Wheel(
        tire_friction=1.0,
        damping_rate=0.25,
        max_steer_angle=70.0 if steers else 0.0,
        radius=33.5,
        max_brake_torque=1500.0,
        max_handbrake_torque=0.0 if steers else 3000.0,
        lat_stiff_max_load=2.0,
        lat_stiff_value=17.0 if steers else 20.0,  # stiffer at the rear: the car understeers
        long_stiff_value=1000.0,
        position=Vector(x, y, 0.335),
    )


MODEL3 = PhysicsControl(
    torque_curve=((0.0, 375.0), (5000.0, 375.0), (9000.0, 224.0), (18000.0, 100.0)),
    max_rpm=18000.0,
    moi=1.0,
    damping_rate_full_throttle=0.15,
    damping_rate_zero_throttle_clutch_engaged=0.1,
    damping_rate_zero_throttle_clutch_disengaged=0.1,
    use_gear_autobox=True,
    gear_switch_time=0.0,
    clutch_strength=10.0,
    final_ratio=9.0,
    forward_gears=(Gear(),),
    mass=1845.0,
    drag_coefficient=0.23,
    center_of_mass=Vector(0.0, 0.0, 0.45),
    steering_curve=((0.0, 1.0), (20.0, 0.9), (60.0, 0.8), (120.0, 0.7)),
    wheels=(
        _model3_wheel(1.4375, -0.79, steers=True),
        _model3_wheel(1.4375, 0.79, steers=True),
        _model3_wheel(-1.4375, -0.79, steers=False),
        _model3_wheel(-1.4375, 0.79, steers=False),
    ),
    use_sweep_wheel_collision=False,
)
"""`vehicle.tesla.model3`: wheelbase 2.875 m, one gear, rear drive."""

MODEL3_BOX = (Vector(0.0, 0.0, 0.72), Vector(2.396, 1.082, 0.72))
"""Bounding box of `vehicle.tesla.model3`: centre and half extent [m] in the car's own axes."""
