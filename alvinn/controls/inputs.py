"""What hands did since the last tick: made by the window, read by everybody else, and free of pygame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Stick:
    """A wheel or gamepad, as SDL sees it."""

    guid: str
    name: str
    axes: tuple[float | None, ...] = ()
    """positions in [-1, 1]; None: not moved yet, and SDL does not know where it stands"""
    buttons: frozenset[int] = frozenset()
    """held down"""
    pressed: tuple[int, ...] = ()
    """pressed since the last tick"""


NO_STICKS: Mapping[str, Stick] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Inputs:
    """Keys by pygame's names, the mouse, and the devices that are plugged in."""

    pressed: tuple[str, ...] = ()
    """keys pressed since the last tick, in their order"""
    down: frozenset[str] = frozenset()
    """keys that were down at some time since the last tick, however shortly"""
    wrote: tuple[str, ...] = ()
    """what each of these keys wrote; nothing for those beyond its end"""
    mouse: float = 0.0
    """across the window: -1 its left edge, 1 its right one"""
    mouse_down: frozenset[int] = frozenset()
    """buttons held down: 1 left, 3 right"""
    sticks: Mapping[str, Stick] = field(default_factory=lambda: NO_STICKS)
    """by GUID"""
    closed: bool = False
    """the window's own close button"""
