"""What a person's hands want, from whichever device: keyboard, mouse, wheel or gamepad.

A wheel steers linearly by its position. Keys would steer in steps, and labels of -1, 0 and 1 teach nothing: held down,
they turn an imagined wheel at a rate, let go it returns, and it turns less at speed. The mouse is such a wheel too,
laid out over the width of the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from alvinn.controls.inputs import Inputs, Stick
from alvinn.controls.keys import BRAKE, LEFT, RIGHT, STEERING, THROTTLE
from alvinn.controls.profiles import Lever, Profile

GRIP = 12.0  # steer x speed^2 [m2/s2] that keys and mouse reach: about 5 m/s2 sideways in CARLA's Model 3
TURN_SECONDS = 0.6  # from the middle to the lock with a key held down
RETURN_SECONDS = 0.5  # and back with none
TOUCH = 0.04  # how far a wheel is turned, of its range, before a hand is on it
PRESSED = 0.1  # how far a pedal is pressed before a foot is on it


@dataclass(frozen=True, slots=True)
class Held:
    """What hands and feet want now."""

    steer: float
    """CARLA's, in [-1, 1]"""
    axis: float | None = None
    """raw position of the steering axis, where the device has one"""
    throttle: float = 0.0
    brake: float = 0.0
    touched: bool = False
    """whether a hand steers or a foot brakes"""


class Device(Protocol):
    """Something to steer with."""

    name: str

    def read(self, inputs: Inputs, speed: float, /) -> Held | None:
        """What it says at a speed [m/s]; None while it is not plugged in. Called once a tick."""

    def begin(self, steer: float, /) -> None:
        """The car has this steer now, and from here on the person steers; called when they take the wheel."""

    def let_go(self) -> None:
        """The person gave the wheel away: where the device rests now is where nobody touches it."""


def lock(speed: float) -> float:
    """The largest steer that keys and mouse give at a speed [m/s]."""
    return min(1.0, GRIP / max(speed, 0.1) ** 2)


def turned(steer: float, push: int, speed: float, dt: float) -> float:
    """The imagined wheel after `dt` [s] with a key pushing it left (-1), right (1) or neither (0)."""
    most = lock(speed)
    if push == 0:
        step = most / RETURN_SECONDS * dt
        return max(0.0, abs(steer) - step) * (1.0 if steer > 0 else -1.0)
    against = steer * push < 0
    step = most * dt * (1.0 / TURN_SECONDS + (1.0 / RETURN_SECONDS if against else 0.0))
    return max(-most, min(most, steer + push * step))


class Keyboard:
    """Arrow keys, or the letters beside them."""

    name = "keyboard"

    def __init__(self, dt: float) -> None:
        """Be read every `dt` [s]."""
        self._dt = dt
        self._steer = 0.0

    def read(self, inputs: Inputs, speed: float, /) -> Held:
        """Turn the imagined wheel on by a tick."""
        left, right, throttle, brake = (bool(inputs.down.intersection(keys)) for keys in (LEFT, RIGHT, THROTTLE, BRAKE))
        self._steer = turned(self._steer, right - left, speed, self._dt)
        return Held(
            self._steer,
            throttle=float(throttle),
            brake=float(brake),
            touched=brake or bool(inputs.down.intersection(STEERING)),
        )

    def begin(self, steer: float, /) -> None:
        """The imagined wheel stands as the car's."""
        self._steer = steer

    def let_go(self) -> None:
        """Keys spring back by themselves."""


class Mouse:
    """The place of the mouse across the window; its buttons are the pedals: left throttle, right brake."""

    name = "mouse"

    def __init__(self) -> None:
        self._before = False

    def read(self, inputs: Inputs, speed: float, /) -> Held:
        """Straight on in the window's middle."""
        return Held(
            inputs.mouse * lock(speed),
            axis=inputs.mouse,
            throttle=float(1 in inputs.mouse_down),
            brake=float(3 in inputs.mouse_down),
            touched=bool(inputs.mouse_down),  # a mouse moves whenever somebody walks by the table
        )

    def begin(self, steer: float, /) -> None:
        """The mouse stays where it is."""

    def let_go(self) -> None:
        """Nothing to forget."""


class WheelDevice:
    """A wheel or gamepad.

    Args:
        guid: which; it may be pulled out and come back.
        profile: how to read it.
    """

    def __init__(self, guid: str, profile: Profile) -> None:
        self.name = profile.name
        self.profile = profile
        self.guid = guid
        self._rest: float | None = None

    def read(self, inputs: Inputs, _: float, /) -> Held | None:
        """Where it stands, whatever the speed; None while it is unplugged."""
        stick = inputs.sticks.get(self.guid)
        if stick is None:
            return None
        axis = _position(stick, self.profile.axis, self.profile.centre)
        steer = self.profile.steer(axis)
        if self._rest is None:
            self._rest = axis
        span = abs(self.profile.right - self.profile.left)
        brake = _pressed(stick, self.profile.brake)
        return Held(
            steer,
            axis=axis,
            throttle=_pressed(stick, self.profile.throttle),
            brake=brake,
            touched=abs(axis - self._rest) > TOUCH * span or brake > PRESSED,
        )

    def begin(self, steer: float, /) -> None:
        """A real wheel stands where it stands: whoever hands over smooths the difference."""

    def let_go(self) -> None:
        """Where it is at the next look is where nobody touches it."""
        self._rest = None


def _position(stick: Stick, axis: int, unknown: float) -> float:
    position = stick.axes[axis] if axis < len(stick.axes) else None
    return unknown if position is None else position


def _pressed(stick: Stick, lever: Lever | None) -> float:
    return 0.0 if lever is None else lever.share(_position(stick, lever.axis, lever.rest))
