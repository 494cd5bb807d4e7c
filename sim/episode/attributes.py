"""Blueprints and their attributes, which have CARLA's types and hold text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class AttributeType(IntEnum):
    """CARLA's numbers for the types of attributes."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    COLOR = 5


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a blueprint; its value is text, as in CARLA."""

    id: str
    type: AttributeType
    value: str
    recommended: tuple[str, ...] = ()
    is_modifiable: bool = True
    restrict_to_recommended: bool = False


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Something that can be spawned."""

    id: str
    tags: str
    attributes: tuple[Attribute, ...]
    uid: int = 0


def constant(name: str, kind: AttributeType, value: str) -> Attribute:
    """Make an attribute that clients cannot modify."""
    return Attribute(name, kind, value, is_modifiable=False)


def floats(**defaults: float) -> tuple[Attribute, ...]:
    """Make float attributes from their names and defaults."""
    return tuple(Attribute(name, AttributeType.FLOAT, f"{value:.6f}") for name, value in defaults.items())


def ints(**defaults: int) -> tuple[Attribute, ...]:
    """Make integer attributes from their names and defaults."""
    return tuple(Attribute(name, AttributeType.INT, str(value)) for name, value in defaults.items())
