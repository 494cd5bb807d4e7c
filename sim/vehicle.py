"""The car: a dynamic single-track model whose numbers are those that `VehiclePhysicsControl` reports.

Sources, whose symbols are kept:
- single-track equations: R. Rajamani, Vehicle Dynamics and Control, 2nd ed. 2012, section 2.3 (here with both wheels'
  longitudinal forces); at walking speed, where slip angles are undefined, the kinematic model of section 2.2.
- tyres: Fiala's brush model as in H. B. Pacejka, Tire and Vehicle Dynamics, 3rd ed. 2012, section 3.2, with what the
  longitudinal force leaves of the friction circle as its limit.

Axes are CARLA's (y to the right), so a right bend has positive wheel angle, yaw rate and lateral acceleration.
`step` is a pure function: the same state, control and ground give the same next state to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from sim.geometry import Pose, Vector, wrapped

GRAVITY = 9.81  # g [m/s2]
AIR_DENSITY = 1.2  # rho [kg/m3]
FRONTAL_AREA = 2.22  # A [m2]
STEERING_LAG = 0.08  # time constant of the front wheels' angle [s]
DRIVE_LAG = 0.10  # time constant of the drive force [s]
KINEMATIC_BELOW, DYNAMIC_ABOVE = 1.5, 4.0  # forward speeds [m/s] between which the two models are blended
SUBSTEP = 0.005  # longest integration step [s]; the lateral dynamics are stable with it from KINEMATIC_BELOW up


@dataclass(frozen=True, slots=True)
class Control:
    """What CARLA's `VehicleControl` holds: throttle and brake in [0, 1], steer in [-1, 1], right positive."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: int = 0


@dataclass(frozen=True, slots=True)
class Gear:
    """One forward gear; the shift points [share of max_rpm] matter to gearboxes with more than one."""

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
class Physics:
    """The 17 fields of `VehiclePhysicsControl`, by CARLA's names; curves are (x, y) pairs, speeds in km/h."""

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


@dataclass(frozen=True, slots=True)
class Ground:
    """What is under the car: height [m], attitude [rad], tyre friction factor, rolling resistance over weight."""

    z: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    friction: float = 1.0
    rolling_resistance: float = 0.015


@dataclass(frozen=True, slots=True)
class State:
    """The car's motion: place [m], yaw [rad], body velocities [m/s, rad/s], front wheel angle [rad], drive force [N].

    `acceleration` [m/s2] is what the last step did, in the car's own axes, for the sensors.
    """

    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    speed: float = 0.0  # v_x
    lateral_speed: float = 0.0  # v_y
    yaw_rate: float = 0.0  # r
    wheel_angle: float = 0.0  # delta
    drive_force: float = 0.0
    acceleration: Vector = field(default_factory=Vector)

    @staticmethod
    def at_rest(pose: Pose) -> State:
        """A car that stands still at a pose."""
        return State(x=pose.x, y=pose.y, yaw=pose.yaw)


def curve_at(curve: tuple[tuple[float, float], ...], x: float) -> float:
    """Linear interpolation in an (x, y) curve, held constant beyond its ends; 1 for an empty curve."""
    if not curve:
        return 1.0
    if x <= curve[0][0]:
        return curve[0][1]
    for (x0, y0), (x1, y1) in pairwise(curve):
        if x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return curve[-1][1]


def wheel_target(steer: float, speed: float, physics: Physics) -> float:
    """The front wheels' angle [rad] that a steer in [-1, 1] asks for at a speed [m/s]."""
    share = curve_at(physics.steering_curve, abs(speed) * 3.6)
    return max(-1.0, min(1.0, steer)) * share * math.radians(physics.wheels[0].max_steer_angle)


def lateral_force(stiffness: float, slip: float, limit: float) -> float:
    """Fiala's brush tyre: force [N] for a slip angle [rad], cornering stiffness [N/rad] and friction limit [N]."""
    if limit <= 0.0:
        return 0.0
    tan = math.tan(max(-1.5, min(1.5, slip)))
    share = stiffness * abs(tan) / (3.0 * limit)  # of the contact patch that slides
    if share >= 1.0:
        return math.copysign(limit, tan)
    return math.copysign(3.0 * limit * share * (1.0 - share + share * share / 3.0), tan)


@dataclass(frozen=True, slots=True)
class _Axles:
    """The two-wheel car that the four wheels make: distances from the centre of mass [m], stiffness [N/rad]."""

    a: float
    b: float
    front_load: float
    rear_load: float
    front_stiffness: float
    rear_stiffness: float
    yaw_inertia: float


def _axles(physics: Physics) -> _Axles:
    front, rear = physics.wheels[0], physics.wheels[2]
    a = front.position.x - physics.center_of_mass.x
    b = physics.center_of_mass.x - rear.position.x
    weight = physics.mass * GRAVITY
    front_load, rear_load = weight * b / (a + b), weight * a / (a + b)
    return _Axles(
        a=a,
        b=b,
        front_load=front_load,
        rear_load=rear_load,
        front_stiffness=front.lat_stiff_value * front_load,
        rear_stiffness=rear.lat_stiff_value * rear_load,
        yaw_inertia=physics.mass * a * b,  # dynamic index 1, what passenger cars are built near to
    )


def _drive_target(state: State, control: Control, physics: Physics) -> float:
    """Force at the driven wheels [N] that throttle, or the motor's drag without it, asks for."""
    radius = physics.wheels[2].radius / 100.0
    gear = -1.0 if control.reverse else 1.0
    ratio = physics.final_ratio * physics.forward_gears[0].ratio
    omega = state.speed / radius * ratio  # motor speed [rad/s]
    rpm = abs(omega) * 30.0 / math.pi
    torque = 0.0 if rpm > physics.max_rpm else gear * control.throttle * curve_at(physics.torque_curve, rpm)
    if control.throttle <= 0.0:
        torque -= physics.damping_rate_zero_throttle_clutch_engaged * omega
    return torque * ratio / radius


def _resistance(state: State, control: Control, physics: Physics, ground: Ground) -> tuple[float, float]:
    """Forces [N] that only oppose motion: at the front axle, and at the rear with rolling and air."""
    front = rear = 0.0
    for index, wheel in enumerate(physics.wheels):
        torque = control.brake * wheel.max_brake_torque
        if control.hand_brake:
            torque = max(torque, wheel.max_handbrake_torque)
        if index < 2:
            front += torque * 100.0 / wheel.radius
        else:
            rear += torque * 100.0 / wheel.radius
    drag = 0.5 * AIR_DENSITY * physics.drag_coefficient * FRONTAL_AREA * state.speed**2
    return front, rear + drag + ground.rolling_resistance * physics.mass * GRAVITY


def step(state: State, control: Control, physics: Physics, ground: Ground, dt: float) -> State:
    """The car's state `dt` seconds later.

    Args:
        state: where the car is and how it moves.
        control: what the driver holds during the step.
        physics: the car.
        ground: what it stands on, taken as constant over the step.
        dt: the step [s]; integrated in parts of at most SUBSTEP.
    """
    parts = max(1, math.ceil(dt / SUBSTEP - 1e-9))
    axles = _axles(physics)
    for _ in range(parts):
        state = _substep(state, control, physics, axles, ground, dt / parts)
    return state


def _substep(state: State, control: Control, physics: Physics, axles: _Axles, ground: Ground, dt: float) -> State:
    target = wheel_target(control.steer, state.speed, physics)
    delta = state.wheel_angle + (target - state.wheel_angle) * (1.0 - math.exp(-dt / STEERING_LAG))
    drive_target = _drive_target(state, control, physics)
    drive = state.drive_force + (drive_target - state.drive_force) * (1.0 - math.exp(-dt / DRIVE_LAG))

    speed, force_front, force_rear = _speed_after(state, control, physics, axles, ground, drive, dt)
    mean_speed = 0.5 * (state.speed + speed)
    yaw_rate, lateral_speed = _lateral_after(
        state, mean_speed, delta, axles, ground, physics, (force_front, force_rear), dt
    )

    yaw = state.yaw + 0.5 * (state.yaw_rate + yaw_rate) * dt
    mean_yaw, mean_lateral = 0.5 * (state.yaw + yaw), 0.5 * (state.lateral_speed + lateral_speed)
    return State(
        x=state.x + (mean_speed * math.cos(mean_yaw) - mean_lateral * math.sin(mean_yaw)) * dt,
        y=state.y + (mean_speed * math.sin(mean_yaw) + mean_lateral * math.cos(mean_yaw)) * dt,
        yaw=wrapped(yaw),
        speed=speed,
        lateral_speed=lateral_speed,
        yaw_rate=yaw_rate,
        wheel_angle=delta,
        drive_force=drive,
        acceleration=Vector(
            (speed - state.speed) / dt - mean_lateral * yaw_rate,
            (lateral_speed - state.lateral_speed) / dt + mean_speed * yaw_rate,
            0.0,
        ),
    )


def _speed_after(
    state: State, control: Control, physics: Physics, axles: _Axles, ground: Ground, drive: float, dt: float
) -> tuple[float, float, float]:
    """Forward speed after dt, and the longitudinal tyre forces [N] at the front and rear axle."""
    grip = ground.friction * physics.wheels[0].tire_friction
    drive = max(-grip * axles.rear_load, min(grip * axles.rear_load, drive))
    brake_front, brake_rear = _resistance(state, control, physics, ground)
    brake_front = min(brake_front, grip * axles.front_load)
    brake_rear = min(brake_rear, grip * axles.rear_load)

    pull = drive / physics.mass - GRAVITY * math.sin(ground.pitch) + state.lateral_speed * state.yaw_rate
    free = state.speed + pull * dt
    slowing = (brake_front + brake_rear) / physics.mass * dt
    speed = math.copysign(max(0.0, abs(free) - slowing), free)  # brakes stop a car, they never push it back
    heading = math.copysign(1.0, free)
    return speed, -heading * brake_front, drive - heading * brake_rear


def _lateral_after(
    state: State,
    speed: float,
    delta: float,
    axles: _Axles,
    ground: Ground,
    physics: Physics,
    forces: tuple[float, float],
    dt: float,
) -> tuple[float, float]:
    """Yaw rate [rad/s] and lateral speed [m/s] after dt: dynamic, kinematic, or a blend of the two by speed."""
    kinematic_rate = speed * math.tan(delta) / (axles.a + axles.b)
    kinematic_lateral = kinematic_rate * axles.b
    weight = max(0.0, min(1.0, (speed - KINEMATIC_BELOW) / (DYNAMIC_ABOVE - KINEMATIC_BELOW)))
    if weight == 0.0:
        return kinematic_rate, kinematic_lateral

    grip = ground.friction * physics.wheels[0].tire_friction
    v, r = state.lateral_speed, state.yaw_rate
    slip_front = delta - math.atan2(v + axles.a * r, speed)
    slip_rear = -math.atan2(v - axles.b * r, speed)
    front = lateral_force(axles.front_stiffness, slip_front, _left_over(grip * axles.front_load, forces[0]))
    rear = lateral_force(axles.rear_stiffness, slip_rear, _left_over(grip * axles.rear_load, forces[1]))
    front_across = front * math.cos(delta) + forces[0] * math.sin(delta)
    rate = r + (axles.a * front_across - axles.b * rear) / axles.yaw_inertia * dt
    across = GRAVITY * math.sin(ground.roll)
    lateral = v + ((front_across + rear) / physics.mass + across - speed * r) * dt
    return (
        weight * rate + (1.0 - weight) * kinematic_rate,
        weight * lateral + (1.0 - weight) * kinematic_lateral,
    )


def _left_over(limit: float, used: float) -> float:
    """What a longitudinal force leaves of an axle's friction circle [N]."""
    return math.sqrt(max(0.0, limit * limit - used * used))


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


MODEL3 = Physics(
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
"""Bounding box of `vehicle.tesla.model3`: centre and half sizes [m] in the car's own axes."""
