"""Which device a person steers with: the one they named, or the first wheel that is plugged in, or the keys."""

from __future__ import annotations

from collections.abc import Mapping

from alvinn.controls.devices import Device, Keyboard, Mouse, WheelDevice
from alvinn.controls.inputs import Stick
from alvinn.controls.profiles import Profile, profile_of
from alvinn.errors import AlvinnError

AUTO, KEYBOARD, MOUSE, WHEEL = "auto", "keyboard", "mouse", "wheel"


def names(sticks: Mapping[str, Stick]) -> tuple[str, ...]:
    """What there is to steer with, wheels first."""
    return (*dict.fromkeys(stick.name for stick in sticks.values()), KEYBOARD, MOUSE)


def device(wanted: str, sticks: Mapping[str, Stick], known: Mapping[str, Profile], dt: float) -> Device:
    """The device that was asked for.

    Args:
        wanted: auto, keyboard, mouse, wheel, or a part of a wheel's name.
        sticks: what is plugged in, by GUID.
        known: profiles of calibrated devices, by GUID.
        dt: how often it will be read [s].

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
        there = ", ".join(names(sticks))
        raise AlvinnError(f"no device called {wanted!r} is plugged in; there is {there}: plug it in, or name another")
    calibrated = [stick for stick in fitting if stick.guid in known]
    stick = (calibrated or fitting)[0]
    return WheelDevice(stick.guid, profile_of(stick.guid, stick.name, known))
