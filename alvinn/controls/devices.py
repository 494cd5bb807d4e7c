"""Steering devices: keyboard, mouse, wheel or gamepad.

A wheel steers linearly by its position. Keys alone would steer in steps, and labels of -1, 0 and 1 teach nothing: a key
held down turns a virtual wheel at a fixed rate, released it returns to centre, and it turns less at higher speed. The
mouse is a virtual wheel too, its range spread over the width of the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.keys import BRAKE, LEFT, RIGHT, STEERING, THROTTLE, Command
from alvinn.controls.profiles import Pedal, Profile

GRIP = 12.0  # steer x speed^2 [m2/s2] that keys and mouse reach: about 5 m/s2 sideways in CARLA's Model 3
TURN_SECONDS = 0.8  # from centre to full lock with a key held down
RETURN_SECONDS = 1.2  # and back with none: faster, a released key undoes what a late hand has just steered
TOUCH = 0.04  # share of a wheel's range beyond which it counts as touched
PRESSED = 0.1  # share of a pedal's travel beyond which it counts as pressed


@dataclass(frozen=True, slots=True)
class ManualInput:
    """A person's steering and pedals now."""

    steer: float
    """CARLA's steer, in [-1, 1]"""
    axis: float | None = None
    """raw position of the steering axis, where the device has one"""
    throttle: float = 0.0
    brake: float = 0.0
    is_touched: bool = False
    """whether the person steers or brakes"""


class Device(Protocol):
    """A device that a person steers with."""

    name: str

    def read(self, inputs: Inputs, speed: float, /) -> ManualInput | None:
        """Read it at a speed [m/s]; None while it is unplugged. Called once a tick."""

    def begin(self, steer: float, /) -> None:
        """Called when the person takes the wheel; `steer` is the car's current steer."""

    def let_go(self) -> None:
        """Called when the person hands the wheel back: the device's position now counts as untouched."""


def steer_limit(speed: float) -> float:
    """The largest steer of keyboard and mouse at a speed [m/s]."""
    return min(1.0, GRIP / max(speed, 0.1) ** 2)


def turn_virtual_wheel(steer: float, push: int, speed: float, dt: float) -> float:
    """Steer of the virtual wheel after `dt` [s] with a key turning it left (-1), right (1) or neither (0)."""
    most = steer_limit(speed)
    if push == 0:
        step = most / RETURN_SECONDS * dt
        return max(0.0, abs(steer) - step) * (1.0 if steer > 0 else -1.0)
    against = steer * push < 0
    step = most * dt * (1.0 / TURN_SECONDS + (1.0 / RETURN_SECONDS if against else 0.0))
    return max(-most, min(most, steer + push * step))


class Keyboard:
    """Arrow keys, or W, A, S and D."""

    name = "keyboard"

    def __init__(self, dt: float) -> None:
        """`read` is called every `dt` [s]."""
        self._dt = dt
        self._steer = 0.0

    def read(self, inputs: Inputs, speed: float, /) -> ManualInput:
        """Turn the virtual wheel by one tick."""
        left, right, throttle, brake = (bool(inputs.down.intersection(keys)) for keys in (LEFT, RIGHT, THROTTLE, BRAKE))
        self._steer = turn_virtual_wheel(self._steer, right - left, speed, self._dt)
        return ManualInput(
            self._steer,
            throttle=float(throttle),
            brake=float(brake),
            is_touched=brake or bool(inputs.down.intersection(STEERING)),
        )

    def begin(self, steer: float, /) -> None:
        """The virtual wheel takes the car's steer."""
        self._steer = steer

    def let_go(self) -> None:
        """Released keys need no reference."""


class Mouse:
    """The horizontal position of the mouse in the window; its buttons are the pedals: left throttle, right brake."""

    name = "mouse"

    def __init__(self) -> None:
        self._before = False

    def read(self, inputs: Inputs, speed: float, /) -> ManualInput:
        """Straight ahead at the centre of the window."""
        return ManualInput(
            inputs.mouse * steer_limit(speed),
            axis=inputs.mouse,
            throttle=float(1 in inputs.mouse_down),
            brake=float(3 in inputs.mouse_down),
            is_touched=bool(inputs.mouse_down),  # not its movement: a mouse moves when somebody bumps the table
        )

    def begin(self, steer: float, /) -> None:
        """The mouse stays where it is."""

    def let_go(self) -> None:
        """The mouse buttons need no reference."""


class WheelDevice:
    """A wheel or gamepad.

    Args:
        guid: SDL's identifier; the device may be unplugged and plugged in again.
        profile: its axes, pedals and buttons.
    """

    def __init__(self, guid: str, profile: Profile) -> None:
        self.name = profile.name
        self.profile = profile
        self.guid = guid
        self._rest: float | None = None

    def read(self, inputs: Inputs, _: float, /) -> ManualInput | None:
        """Read its position, at any speed; None while it is unplugged."""
        stick = inputs.sticks.get(self.guid)
        if stick is None:
            return None
        axis = _position(stick, self.profile.axis, self.profile.centre)
        steer = self.profile.steer(axis)
        if self._rest is None:
            self._rest = axis
        span = abs(self.profile.right - self.profile.left)
        brake = _read_pedal(stick, self.profile.brake)
        return ManualInput(
            steer,
            axis=axis,
            throttle=_read_pedal(stick, self.profile.throttle),
            brake=brake,
            is_touched=abs(axis - self._rest) > TOUCH * span or brake > PRESSED,
        )

    def begin(self, steer: float, /) -> None:
        """A real wheel keeps its position: SharedDriver smooths the difference."""

    def let_go(self) -> None:
        """Its position at the next read counts as untouched."""
        self._rest = None


def find_button_commands(device: Device, inputs: Inputs) -> list[Command]:
    """The commands of the buttons pressed on a calibrated wheel; other devices have none."""
    if not isinstance(device, WheelDevice):
        return []
    stick = inputs.sticks.get(device.guid)
    pressed = stick.pressed if stick is not None else ()
    wanted = {"take": Command.TAKE, "record": Command.RECORD}
    return [wanted[name] for name, button in device.profile.buttons.items() if button in pressed]


def _position(stick: JoystickState, axis: int, unknown: float) -> float:
    position = stick.axes[axis] if axis < len(stick.axes) else None
    return unknown if position is None else position


def _read_pedal(stick: JoystickState, pedal: Pedal | None) -> float:
    return 0.0 if pedal is None else pedal.share(_position(stick, pedal.axis, pedal.rest))
