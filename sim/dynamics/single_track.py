"""A dynamic single-track model of a car, with the parameters that `VehiclePhysicsControl` reports.

Sources, whose symbols are kept:
- single-track equations: R. Rajamani, Vehicle Dynamics and Control, 2nd ed. 2012, section 2.3 (extended by the
  longitudinal forces of both axles).
- tyres: Fiala's brush model as in H. B. Pacejka, Tire and Vehicle Dynamics, 3rd ed. 2012, section 3.2; its limit is
  the part of the friction circle that the longitudinal force does not use.

Tyre slip is lateral speed over rolling speed, which is undefined at a standstill. The rolling speed is therefore
bounded below by the speed at which one substep removes all slip. With this bound tyres only dissipate energy, at any
speed and in any direction, and at walking speed the model becomes kinematic: the car rolls where its wheels point
(Rajamani, section 2.2).

Axes are CARLA's (y to the right): a right bend has positive wheel angle, yaw rate and lateral acceleration.
`step` is a pure function: the same state, control and ground give the same next state, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.dynamics.physics_control import MODEL3, MODEL3_BOX, Gear, PhysicsControl, Wheel, interpolate
from sim.geometry.poses import Pose, Vector, wrap_angle

__all__ = [
    "MODEL3",
    "MODEL3_BOX",
    "Gear",
    "Ground",
    "PhysicsControl",
    "SingleTrackModel",
    "State",
    "VehicleControl",
    "Wheel",
    "step",
]

GRAVITY = 9.81  # g [m/s2]
AIR_DENSITY = 1.2  # rho [kg/m3]
FRONTAL_AREA = 2.22  # A [m2]
STEERING_LAG = 0.08  # time constant of the front wheels' angle [s]
DRIVE_LAG = 0.10  # time constant of the drive force [s]
TYRE_SHARE = 0.97  # fraction of an axle's grip that traction control and ABS leave to motor and brakes; the rest steers
STANDSTILL = 0.02  # lateral speed and yaw rate [m/s, rad/s] below which a car that is braked to a stop does not creep
SUBSTEP = 0.01  # longest integration step [s], the same as CARLA's


@dataclass(frozen=True, slots=True)
class VehicleControl:
    """CARLA's `VehicleControl`: throttle and brake in [0, 1], steer in [-1, 1], right positive."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: int = 0

    @property
    def engaged_gear(self) -> int:
        """-1 reverse, 0 neutral, from 1 on forward; a gear shifted by hand overrides `reverse`, as in CARLA."""
        return self.gear if self.manual_gear_shift else -1 if self.reverse else 1


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground under a car: height [m], slope as pitch and roll [rad], friction factor, rolling resistance/weight.

    `speed_limit` [km/h] is that of the road there, or nearby; the default is CARLA's.
    """

    z: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    friction: float = 1.0
    rolling_resistance: float = 0.015
    speed_limit: float = 30.0


@dataclass(frozen=True, slots=True)
class State:
    """State of the model: position [m], yaw [rad], body velocities [m/s, rad/s], wheel angle [rad], drive force [N].

    `acceleration` [m/s2] is the mean over the last step, in the car's axes at the end of that step.
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
        """Return the state of a car at rest at a pose."""
        return State(x=pose.x, y=pose.y, yaw=pose.yaw)


def lateral_force(stiffness: float, slip: float, limit: float) -> float:
    """Return the lateral force [N] of Fiala's brush tyre.

    Args:
        stiffness: cornering stiffness [N/rad].
        slip: tangent of the slip angle.
        limit: friction limit [N].
    """
    if limit <= 0.0:
        return 0.0
    share = stiffness * abs(slip) / (3.0 * limit)  # of the contact patch that slides
    if share >= 1.0:
        return math.copysign(limit, slip)
    return math.copysign(3.0 * limit * share * (1.0 - share + share * share / 3.0), slip)


def _remaining_grip(limit: float, used: float) -> float:
    """Return the lateral grip [N] that a longitudinal force leaves within an axle's friction circle."""
    return math.sqrt(max(0.0, limit * limit - used * used))


def step(state: State, control: VehicleControl, physics: PhysicsControl, ground: Ground, dt: float) -> State:
    """Return the state `dt` seconds later of a car with these parameters; see `SingleTrackModel.step`."""
    return SingleTrackModel(physics).step(state, control, ground, dt)


class SingleTrackModel:
    """A car's single-track model and the constants derived from its parameters: distances [m], loads [N], ..."""

    def __init__(self, physics: PhysicsControl) -> None:
        self.physics = physics
        front, rear = physics.wheels[0], physics.wheels[2]
        self.a = a = front.position.x - physics.center_of_mass.x
        self.b = b = physics.center_of_mass.x - rear.position.x
        self.wheelbase, self.track = a + b, abs(physics.wheels[1].position.y - front.position.y)
        self.mass = m = physics.mass
        self.yaw_inertia = m * a * b  # a dynamic index of 1, which is typical of passenger cars
        self.front_load, self.rear_load = m * GRAVITY * b / (a + b), m * GRAVITY * a / (a + b)
        self.front_stiffness = max(0.0, front.lat_stiff_value) * self.front_load
        self.rear_stiffness = max(0.0, rear.lat_stiff_value) * self.rear_load
        # The rolling speeds [m/s] at which lateral sliding, and turning on the spot, decay with a time constant of 1 s.
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

    def step(self, state: State, control: VehicleControl, ground: Ground, dt: float) -> State:
        """Return the state `dt` seconds later.

        Args:
            state: the present state.
            control: constant during the step.
            ground: the ground under the car, constant during the step.
            dt: the step [s]; integrated in substeps of at most SUBSTEP.
        """
        parts = max(1, math.ceil(dt / SUBSTEP - 1e-9))
        integrator = _Integrator(self, control, ground, dt / parts)
        motion = (
            *(state.x, state.y, state.yaw, state.speed, state.lateral_speed, state.yaw_rate),
            *(state.wheel_angle, state.drive_force),
        )
        for _ in range(parts):
            motion = integrator.advance(*motion)
        x, y, yaw, speed, lateral, rate, angle, drive = motion
        c, s = math.cos(yaw - state.yaw), math.sin(yaw - state.yaw)
        acceleration = Vector(
            (speed - state.speed * c - state.lateral_speed * s) / dt,
            (lateral - state.lateral_speed * c + state.speed * s) / dt,
        )
        return State(x, y, wrap_angle(yaw), speed, lateral, rate, angle, drive, acceleration)

    def drive_force(self, throttle: float, speed: float, *, reverse: bool) -> float:
        """Return the force at the driven wheels [N] for a throttle at a speed [m/s]; without throttle, motor drag."""
        omega = speed / self.radius * self.ratio  # motor speed [rad/s]
        if throttle <= 0.0:
            torque = -self.physics.damping_rate_zero_throttle_clutch_engaged * omega
        else:
            rpm = abs(omega) * 30.0 / math.pi
            torque = throttle * interpolate(self.physics.torque_curve, rpm) if rpm <= self.physics.max_rpm else 0.0
            torque = -torque if reverse else torque
        return torque * self.ratio / self.radius

    def outer_angle(self, angle: float) -> float:
        """Return the angle [rad] of the outer front wheel in a bend whose inner one has `angle`, after Ackermann."""
        if angle == 0.0:
            return 0.0
        return math.copysign(math.atan2(self.wheelbase, self.track + self.wheelbase / math.tan(abs(angle))), angle)

    def wheel_angle(self, steer: float, speed: float) -> float:
        """Return the front wheel angle [rad] for a steer in [-1, 1] at a speed [m/s]."""
        return max(-1.0, min(1.0, steer)) * interpolate(self.physics.steering_curve, abs(speed) * 3.6) * self.max_angle


Motion = tuple[float, float, float, float, float, float, float, float]
"""A State without its acceleration, as plain numbers: the substeps dominate the cost of a step."""


class _Integrator:
    """Integrates substeps of `dt` seconds; holds all that is constant for one control on one ground."""

    def __init__(self, car: SingleTrackModel, control: VehicleControl, ground: Ground, dt: float) -> None:
        self.car, self.dt, self.control = car, dt, control
        self.steer_gain, self.drive_gain = 1.0 - math.exp(-dt / STEERING_LAG), 1.0 - math.exp(-dt / DRIVE_LAG)
        grip = max(0.0, ground.friction) * car.friction
        self.front_limit, self.rear_limit = grip * car.front_load, grip * car.rear_load
        self.drive_limit = TYRE_SHARE * self.rear_limit
        fl, fr, rl, rr = car.brakes
        self.front_brake = min(control.brake * (fl + fr), TYRE_SHARE * self.front_limit)
        self.rear_brake = min(control.brake * (rl + rr), TYRE_SHARE * self.rear_limit)
        if control.hand_brake:  # without ABS: it locks the wheels
            self.rear_brake = max(self.rear_brake, min(car.hand_brake, self.rear_limit))
        self.rolling = ground.rolling_resistance * car.mass * GRAVITY
        self.downhill = -GRAVITY * math.sin(ground.pitch)
        self.aside = GRAVITY * math.sin(ground.roll)
        self.gear = control.engaged_gear
        self.slowest_roll = max(dt * car.decay, 1e-6)  # above zero even for a car without lateral grip

    def advance(
        self, x: float, y: float, yaw: float, vx: float, vy: float, r: float, delta: float, drive: float
    ) -> Motion:
        """Return the motion one substep later."""
        car, dt, control = self.car, self.dt, self.control
        delta += (car.wheel_angle(control.steer, vx) - delta) * self.steer_gain
        force = car.drive_force(control.throttle, vx, reverse=self.gear < 0) if self.gear else 0.0
        drive += (force - drive) * self.drive_gain
        push = max(-self.drive_limit, min(self.drive_limit, drive))
        rear_brake = min(
            self.rear_brake, self.rear_limit + math.copysign(push, push * vx)
        )  # the motor's drag brakes too
        slowing = (self.front_brake + rear_brake + self.rolling + car.drag * vx * vx) * dt / car.mass  # [m/s]
        braking = min(1.0, abs(vx) / slowing) if slowing else 0.0  # fraction of braking in use: less just before a stop
        used = push - math.copysign(rear_brake * braking, vx)
        front, rear = self._lateral_forces(vx, vy, r, delta, self.front_brake * braking, used)

        front_across = front * math.cos(delta)
        free = vx + ((push - front * math.sin(delta)) / car.mass + self.downhill) * dt
        along = math.copysign(max(0.0, abs(free) - slowing), free)  # brakes stop a car but never reverse it
        across = vy + ((front_across + rear) / car.mass + self.aside) * dt
        rate = r + (car.a * front_across - car.b * rear) / car.yaw_inertia * dt
        if along == 0.0 and abs(across) < STANDSTILL and abs(rate) < STANDSTILL:
            across = rate = 0.0

        turn = 0.5 * (r + rate) * dt
        c, s = math.cos(turn), math.sin(turn)  # the body axes rotate; the velocity keeps its magnitude
        speed, lateral = along * c + across * s, across * c - along * s
        middle = yaw + 0.5 * turn
        c, s = math.cos(middle), math.sin(middle)
        mean, aside = 0.5 * (vx + speed), 0.5 * (vy + lateral)
        return (
            *(x + (mean * c - aside * s) * dt, y + (mean * s + aside * c) * dt, yaw + turn),
            *(speed, lateral, rate, delta, drive),
        )

    def _lateral_forces(
        self, vx: float, vy: float, r: float, delta: float, brake: float, used: float
    ) -> tuple[float, float]:
        """Return the lateral forces [N] of the front tyres, in the wheels' axes, and of the rear tyres.

        `brake` and `used` are the longitudinal forces [N] at the front and rear axle, along the car's x axis.
        """
        car = self.car
        c, s = math.cos(delta), math.sin(delta)
        front_vy, rear_vy = vy + car.a * r, vy - car.b * r
        rolling = max(abs(vx * c + front_vy * s), self.slowest_roll)
        left = _remaining_grip(self.front_limit, brake * c) - abs(brake * s)
        front = lateral_force(car.front_stiffness, (vx * s - front_vy * c) / rolling, left)
        slip = -rear_vy / max(abs(vx), self.slowest_roll)
        return front, lateral_force(car.rear_stiffness, slip, _remaining_grip(self.rear_limit, used))
