"""What a blueprint is made of: attributes of CARLA's types, each a text with a default."""

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
    """One attribute of a blueprint; values are texts, as CARLA has them."""

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
    """An attribute that no client changes."""
    return Attribute(name, kind, value, is_modifiable=False)


def floats(**defaults: float) -> tuple[Attribute, ...]:
    """Numbers with their defaults."""
    return tuple(Attribute(name, AttributeType.FLOAT, f"{value:.6f}") for name, value in defaults.items())


def ints(**defaults: int) -> tuple[Attribute, ...]:
    """Whole numbers with their defaults."""
    return tuple(Attribute(name, AttributeType.INT, str(value)) for name, value in defaults.items())
