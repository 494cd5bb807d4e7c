"""Keyboard, mouse and device input since the last tick: made by the window, plain data without pygame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class JoystickState:
    """The state of a wheel or gamepad, as SDL reports it."""

    guid: str
    name: str
    axes: tuple[float | None, ...] = ()
    """positions in [-1, 1]; None: not moved yet, so that SDL does not know its position"""
    buttons: frozenset[int] = frozenset()
    """held down"""
    pressed: tuple[int, ...] = ()
    """pressed since the last tick"""


NO_STICKS: Mapping[str, JoystickState] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Inputs:
    """Keys by pygame's names, the mouse, and the plugged-in devices."""

    pressed: tuple[str, ...] = ()
    """keys pressed since the last tick, in order"""
    down: frozenset[str] = frozenset()
    """keys that were down at any time since the last tick, however briefly"""
    texts: tuple[str, ...] = ()
    """the text that each pressed key entered; nothing for those beyond its end"""
    mouse: float = 0.0
    """horizontal position in the window: -1 left edge, 1 right edge"""
    mouse_down: frozenset[int] = frozenset()
    """buttons held down: 1 left, 3 right"""
    sticks: Mapping[str, JoystickState] = field(default_factory=lambda: NO_STICKS)
    """by GUID"""
    closed: bool = False
    """whether the window's close button was pressed"""
