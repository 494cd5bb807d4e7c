"""What can be spawned: CARLA's blueprints, and the description that a client makes of one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sim.episode.attributes import Blueprint
from sim.episode.catalogue import LIBRARY, RGB_CAMERA, VEHICLE

__all__ = [
    "LIBRARY",
    "RGB_CAMERA",
    "SPECTATOR",
    "VEHICLE",
    "AttributeValue",
    "BlueprintError",
    "Description",
    "find_blueprint",
]


LONGEST_VALUE = 256  # characters of an attribute's value; an actor keeps all of them


class BlueprintError(Exception):
    """A description that no blueprint allows; the sentence says what came and what was expected."""


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """An attribute as a client set it."""

    id: str
    type: int
    value: str


@dataclass(frozen=True, slots=True)
class Description:
    """A blueprint with its attributes set, as a client sends it to spawn an actor."""

    uid: int
    id: str
    attributes: tuple[AttributeValue, ...] = field(default=())

    def complete(self) -> Description:
        """The same with every attribute of its blueprint, by the blueprint's order and types.

        What the blueprint does not know, or does not let change, is left out as CARLA does.

        Raises:
            BlueprintError: there is no such blueprint, or a value is too long.
        """
        plan = find_blueprint(self.id)
        for attribute in self.attributes:
            if len(attribute.value) > LONGEST_VALUE:
                raise BlueprintError(
                    f"{self.id}: {attribute.id[:40]} has {len(attribute.value)} characters, "
                    f"expected up to {LONGEST_VALUE}"
                )
        given = {attribute.id: attribute.value for attribute in self.attributes}
        values = (
            AttributeValue(a.id, int(a.type), given.get(a.id, a.value) if a.is_modifiable else a.value)
            for a in plan.attributes
        )
        return Description(plan.uid, plan.id, tuple(values))

    def text(self, attribute: str) -> str:
        """Return the value of an attribute, or an empty text."""
        return next((given.value for given in self.attributes if given.id == attribute), "")

    def number(self, attribute: str, low: float, high: float) -> float:
        """An attribute's value as a number within [low, high]."""
        text = self.text(attribute)
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise BlueprintError(f"{self.id}: {attribute} is {text[:40]!r}, expected a number from {low:g} to {high:g}")
        return number


def find_blueprint(name: str) -> Blueprint:
    """The blueprint of a name such as `vehicle.tesla.model3`."""
    for entry in LIBRARY:
        if entry.id == name:
            return entry
    raise BlueprintError(f"no blueprint {name[:80]!r}; there are {', '.join(entry.id for entry in LIBRARY)}")


SPECTATOR = Description(0, "spectator")  # the viewer, there in every episode; no client can spawn it
