"""Which device a person steers with: the one they named, or the first wheel that is plugged in, or the keyboard."""

from __future__ import annotations

from collections.abc import Mapping

from alvinn.controls.devices import Device, Keyboard, Mouse, WheelDevice
from alvinn.controls.inputs import JoystickState
from alvinn.controls.profiles import Profile, find_profile
from alvinn.errors import AlvinnError

AUTO, KEYBOARD, MOUSE, WHEEL = "auto", "keyboard", "mouse", "wheel"


def list_device_names(sticks: Mapping[str, JoystickState]) -> tuple[str, ...]:
    """The available steering devices, wheels first."""
    return (*dict.fromkeys(stick.name for stick in sticks.values()), KEYBOARD, MOUSE)


def select_device(wanted: str, sticks: Mapping[str, JoystickState], known: Mapping[str, Profile], dt: float) -> Device:
    """The requested device.

    Args:
        wanted: auto, keyboard, mouse, wheel, or a part of a wheel's name.
        sticks: the plugged-in devices, by GUID.
        known: profiles of calibrated devices, by GUID.
        dt: interval between reads [s].

    Raises:
        AlvinnError: it is not plugged in.
    """
    if wanted == KEYBOARD or (wanted == AUTO and not sticks):
        return Keyboard(dt)
    if wanted == MOUSE:
        return Mouse()
    part = "" if wanted in {AUTO, WHEEL} else wanted.lower()
    fitting = [stick for stick in sticks.values() if part in stick.name.lower()]
    if not fitting:
        available = ", ".join(list_device_names(sticks))
        raise AlvinnError(
            f"no device called {wanted!r} is plugged in, only {available}: plug it in, or name one of these"
        )
    calibrated = [stick for stick in fitting if stick.guid in known]
    stick = (calibrated or fitting)[0]
    return WheelDevice(stick.guid, find_profile(stick.guid, stick.name, known))
