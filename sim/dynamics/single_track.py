"""The car: a dynamic single-track model whose numbers are those that `VehiclePhysicsControl` reports.

Sources, whose symbols are kept:
- single-track equations: R. Rajamani, Vehicle Dynamics and Control, 2nd ed. 2012, section 2.3 (here with both wheels'
  longitudinal forces).
- tyres: Fiala's brush model as in H. B. Pacejka, Tire and Vehicle Dynamics, 3rd ed. 2012, section 3.2, with what the
  longitudinal force leaves of the friction circle as its limit.

A tyre's slip is its sideways over its rolling speed, which means nothing at a standstill. The rolling speed is
therefore never taken below that at which one substep undoes a slip entirely: tyres then only ever take energy out of
the car, at any speed, backwards and sideways too, and at walking speed it rolls where its wheels point (Rajamani,
section 2.2).

Axes are CARLA's (y to the right), so a right bend has positive wheel angle, yaw rate and lateral acceleration.
`step` is a pure function: the same state, control and ground give the same next state to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.dynamics.physics_control import MODEL3, MODEL3_BOX, Gear, Physics, Wheel, curve_at
from sim.geometry.poses import Pose, Vector, wrapped

__all__ = ["MODEL3", "MODEL3_BOX", "Car", "Control", "Gear", "Ground", "Physics", "State", "Wheel", "step"]

GRAVITY = 9.81  # g [m/s2]
AIR_DENSITY = 1.2  # rho [kg/m3]
FRONTAL_AREA = 2.22  # A [m2]
STEERING_LAG = 0.08  # time constant of the front wheels' angle [s]
DRIVE_LAG = 0.10  # time constant of the drive force [s]
TYRE_SHARE = 0.97  # of an axle's grip that traction control and ABS let motor and brakes use, so that the car steers
STANDSTILL = 0.02  # sideways speed [m/s, rad/s] below which a car whose wheels are held does not creep
SUBSTEP = 0.01  # longest integration step [s], CARLA's own


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

    `acceleration` [m/s2] is the mean of the last step, in the car's own axes at its end.
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


def lateral_force(stiffness: float, slip: float, limit: float) -> float:
    """Fiala's brush tyre: force [N] for the tangent of a slip angle, stiffness [N/rad] and friction limit [N]."""
    if limit <= 0.0:
        return 0.0
    share = stiffness * abs(slip) / (3.0 * limit)  # of the contact patch that slides
    if share >= 1.0:
        return math.copysign(limit, slip)
    return math.copysign(3.0 * limit * share * (1.0 - share + share * share / 3.0), slip)


def _left_over(limit: float, used: float) -> float:
    """What a longitudinal force leaves of an axle's friction circle [N]."""
    return math.sqrt(max(0.0, limit * limit - used * used))


def step(state: State, control: Control, physics: Physics, ground: Ground, dt: float) -> State:
    """The state `dt` seconds later of a car with some physics; see `Car.step`."""
    return Car(physics).step(state, control, ground, dt)


class Car:
    """The two-wheel car that a car's physics make, reckoned once: distances [m], loads [N], stiffnesses [N/rad]."""

    def __init__(self, physics: Physics) -> None:
        self.physics = physics
        front, rear = physics.wheels[0], physics.wheels[2]
        self.a = a = front.position.x - physics.center_of_mass.x
        self.b = b = physics.center_of_mass.x - rear.position.x
        self.mass = m = physics.mass
        self.yaw_inertia = m * a * b  # dynamic index 1, what passenger cars are built near to
        self.front_load, self.rear_load = m * GRAVITY * b / (a + b), m * GRAVITY * a / (a + b)
        self.front_stiffness = max(0.0, front.lat_stiff_value) * self.front_load
        self.rear_stiffness = max(0.0, rear.lat_stiff_value) * self.rear_load
        # The rolling speeds at which sliding sideways, and turning on the spot, decay within a second [m/s].
        sideways = (self.front_stiffness + self.rear_stiffness) / m
        turning = (a * a * self.front_stiffness + b * b * self.rear_stiffness) / self.yaw_inertia
        self.decay = max(sideways, turning)
        self.friction = max(0.0, front.tire_friction)
        self.max_angle = math.radians(front.max_steer_angle)
        self.ratio = physics.final_ratio * physics.forward_gears[0].ratio
        self.radius = rear.radius / 100.0
        self.drag = 0.5 * AIR_DENSITY * physics.drag_coefficient * FRONTAL_AREA
        self.brakes = [max(0.0, w.max_brake_torque) * 100.0 / w.radius for w in physics.wheels]
        self.hand_brake = sum(max(0.0, w.max_handbrake_torque) * 100.0 / w.radius for w in physics.wheels[2:])

    def step(self, state: State, control: Control, ground: Ground, dt: float) -> State:
        """The car's state `dt` seconds later.

        Args:
            state: where the car is and how it moves.
            control: what the driver holds during the step.
            ground: what it stands on, taken as constant over the step.
            dt: the step [s]; integrated in parts of at most SUBSTEP.
        """
        parts = max(1, math.ceil(dt / SUBSTEP - 1e-9))
        held = _Held(self, control, ground, dt / parts)
        motion = (
            *(state.x, state.y, state.yaw, state.speed, state.lateral_speed, state.yaw_rate),
            *(state.wheel_angle, state.drive_force),
        )
        for _ in range(parts):
            motion = held.after(*motion)
        x, y, yaw, speed, lateral, rate, angle, drive = motion
        c, s = math.cos(yaw - state.yaw), math.sin(yaw - state.yaw)
        acceleration = Vector(
            (speed - state.speed * c - state.lateral_speed * s) / dt,
            (lateral - state.lateral_speed * c + state.speed * s) / dt,
        )
        return State(x, y, wrapped(yaw), speed, lateral, rate, angle, drive, acceleration)

    def drive_force(self, throttle: float, speed: float, *, reverse: bool) -> float:
        """Force at the driven wheels [N] that throttle asks for at a speed [m/s]; the motor's drag without it."""
        omega = speed / self.radius * self.ratio  # motor speed [rad/s]
        if throttle <= 0.0:
            torque = -self.physics.damping_rate_zero_throttle_clutch_engaged * omega
        else:
            rpm = abs(omega) * 30.0 / math.pi
            torque = throttle * curve_at(self.physics.torque_curve, rpm) if rpm <= self.physics.max_rpm else 0.0
            torque = -torque if reverse else torque
        return torque * self.ratio / self.radius

    def wheel_angle(self, steer: float, speed: float) -> float:
        """The front wheels' angle [rad] that a steer in [-1, 1] asks for at a speed [m/s]."""
        return max(-1.0, min(1.0, steer)) * curve_at(self.physics.steering_curve, abs(speed) * 3.6) * self.max_angle


Motion = tuple[float, float, float, float, float, float, float, float]
"""A State without its acceleration, as plain numbers: substeps are where the time goes."""


class _Held:
    """What stays the same while a driver holds a control on some ground, for substeps of dt seconds."""

    def __init__(self, car: Car, control: Control, ground: Ground, dt: float) -> None:
        self.car, self.dt, self.control = car, dt, control
        self.steer_gain, self.drive_gain = 1.0 - math.exp(-dt / STEERING_LAG), 1.0 - math.exp(-dt / DRIVE_LAG)
        grip = max(0.0, ground.friction) * car.friction
        self.front_limit, self.rear_limit = grip * car.front_load, grip * car.rear_load
        self.drive_limit = TYRE_SHARE * self.rear_limit
        fl, fr, rl, rr = car.brakes
        self.front_brake = min(control.brake * (fl + fr), TYRE_SHARE * self.front_limit)
        self.rear_brake = min(control.brake * (rl + rr), TYRE_SHARE * self.rear_limit)
        if control.hand_brake:  # no ABS on this one: it locks the wheels
            self.rear_brake = max(self.rear_brake, min(car.hand_brake, self.rear_limit))
        self.rolling = ground.rolling_resistance * car.mass * GRAVITY
        self.downhill = -GRAVITY * math.sin(ground.pitch)
        self.aside = GRAVITY * math.sin(ground.roll)
        self.slowest_roll = max(dt * car.decay, 1e-6)  # a car may have no sideways grip at all

    def after(
        self, x: float, y: float, yaw: float, vx: float, vy: float, r: float, delta: float, drive: float
    ) -> Motion:
        """The motion one substep later."""
        car, dt, control = self.car, self.dt, self.control
        delta += (car.wheel_angle(control.steer, vx) - delta) * self.steer_gain
        drive += (car.drive_force(control.throttle, vx, reverse=control.reverse) - drive) * self.drive_gain
        push = max(-self.drive_limit, min(self.drive_limit, drive))
        rear_brake = min(
            self.rear_brake, self.rear_limit + math.copysign(push, push * vx)
        )  # the motor's drag brakes too
        slowing = (self.front_brake + rear_brake + self.rolling + car.drag * vx * vx) * dt / car.mass  # [m/s]
        braking = min(1.0, abs(vx) / slowing) if slowing else 0.0  # the brakes' share in use: less when about to stand
        used = push - math.copysign(rear_brake * braking, vx)
        front, rear = self._sideways(vx, vy, r, delta, self.front_brake * braking, used)

        front_across = front * math.cos(delta)
        free = vx + ((push - front * math.sin(delta)) / car.mass + self.downhill) * dt
        along = math.copysign(max(0.0, abs(free) - slowing), free)  # brakes stop a car, they never push it back
        across = vy + ((front_across + rear) / car.mass + self.aside) * dt
        rate = r + (car.a * front_across - car.b * rear) / car.yaw_inertia * dt
        if along == 0.0 and abs(across) < STANDSTILL and abs(rate) < STANDSTILL:
            across = rate = 0.0

        turn = 0.5 * (r + rate) * dt
        c, s = math.cos(turn), math.sin(turn)  # the axes turn under the velocity, which keeps its size
        speed, lateral = along * c + across * s, across * c - along * s
        middle = yaw + 0.5 * turn
        c, s = math.cos(middle), math.sin(middle)
        mean, aside = 0.5 * (vx + speed), 0.5 * (vy + lateral)
        return (
            *(x + (mean * c - aside * s) * dt, y + (mean * s + aside * c) * dt, yaw + turn),
            *(speed, lateral, rate, delta, drive),
        )

    def _sideways(self, vx: float, vy: float, r: float, delta: float, brake: float, used: float) -> tuple[float, float]:
        """Sideways forces [N] of the front tyres, in their wheels' axes, and the rear.

        `brake` and `used` are the longitudinal forces [N] at the front and rear axle, along the car's own x.
        """
        car = self.car
        c, s = math.cos(delta), math.sin(delta)
        front_vy, rear_vy = vy + car.a * r, vy - car.b * r
        rolling = max(abs(vx * c + front_vy * s), self.slowest_roll)
        left = _left_over(self.front_limit, brake * c) - abs(brake * s)
        front = lateral_force(car.front_stiffness, (vx * s - front_vy * c) / rolling, left)
        slip = -rear_vy / max(abs(vx), self.slowest_roll)
        return front, lateral_force(car.rear_stiffness, slip, _left_over(self.rear_limit, used))
