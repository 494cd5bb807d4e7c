"""What can be spawned: CARLA's blueprints, their attributes, and the description that a client makes of one.

The attribute lists are those of CARLA 0.9.16 (its reference of sensors), so that a program that sets every attribute of
a camera runs here too; what this server does not draw (lens effects, exposure) is accepted and has no effect.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import IntEnum


class BlueprintError(Exception):
    """A description that no blueprint allows; the sentence says what came and what was expected."""


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


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """An attribute as a client set it."""

    id: str
    type: int
    value: str


@dataclass(frozen=True, slots=True)
class Description:
    """What a client wants to be spawned: a blueprint with its attributes set."""

    uid: int
    id: str
    attributes: tuple[AttributeValue, ...] = field(default=())

    def completed(self) -> Description:
        """The same with every attribute of its blueprint, by the blueprint's order and types.

        What the blueprint does not know, or does not let change, is left out as CARLA does.

        Raises:
            BlueprintError: there is no such blueprint.
        """
        plan = blueprint(self.id)
        given = {attribute.id: attribute.value for attribute in self.attributes}
        values = (
            AttributeValue(a.id, int(a.type), given.get(a.id, a.value) if a.is_modifiable else a.value)
            for a in plan.attributes
        )
        return Description(plan.uid, plan.id, tuple(values))

    def text(self, attribute: str) -> str:
        """The value of an attribute, empty where there is none."""
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


def blueprint(name: str) -> Blueprint:
    """The blueprint of a name such as `vehicle.tesla.model3`."""
    for entry in LIBRARY:
        if entry.id == name:
            return entry
    raise BlueprintError(f"no blueprint {name[:80]!r}; there are {', '.join(entry.id for entry in LIBRARY)}")


def _constant(name: str, kind: AttributeType, value: str) -> Attribute:
    return Attribute(name, kind, value, is_modifiable=False)


def _floats(**defaults: float) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, AttributeType.FLOAT, f"{value:.6f}") for name, value in defaults.items())


def _ints(**defaults: int) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, AttributeType.INT, str(value)) for name, value in defaults.items())


_SENSOR = (
    Attribute("role_name", AttributeType.STRING, "front", ("front", "back", "left", "right", "front_left")),
    *_floats(sensor_tick=0.0),
)
_CAMERA = (
    *_SENSOR,
    *_ints(image_size_x=800, image_size_y=600),
    *_floats(fov=90.0),
    *_floats(lens_circle_falloff=5.0, lens_circle_multiplier=0.0, lens_k=-1.0, lens_kcube=0.0),
    *_floats(lens_x_size=0.08, lens_y_size=0.08),
)
_PHOTOGRAPHY = (
    Attribute("enable_postprocess_effects", AttributeType.BOOL, "true"),
    Attribute(
        "exposure_mode", AttributeType.STRING, "histogram", ("manual", "histogram"), restrict_to_recommended=True
    ),
    *_ints(blade_count=5),
    *_floats(gamma=2.2, shutter_speed=200.0, iso=100.0, fstop=1.4, min_fstop=1.2, focal_distance=1000.0),
    *_floats(exposure_compensation=0.0, exposure_min_bright=10.0, exposure_max_bright=12.0),
    *_floats(exposure_speed_up=3.0, exposure_speed_down=1.0, calibration_constant=16.0),
    *_floats(bloom_intensity=0.675, lens_flare_intensity=0.1, blur_amount=1.0, blur_radius=0.0),
    *_floats(motion_blur_intensity=0.45, motion_blur_max_distortion=0.35, motion_blur_min_object_screen_size=0.1),
    *_floats(slope=0.88, toe=0.55, shoulder=0.26, black_clip=0.0, white_clip=0.04, temp=6500.0, tint=0.0),
    *_floats(chromatic_aberration_intensity=0.0, chromatic_aberration_offset=0.0),
)
_ROLES = ("autopilot", "scenario", "ego_vehicle")
_COLORS = ("180,44,44", "137,0,0", "75,87,173", "17,37,103", "180,180,180", "0,0,0")
_CAR = (
    Attribute("role_name", AttributeType.STRING, "autopilot", _ROLES),
    Attribute("color", AttributeType.COLOR, _COLORS[0], _COLORS),
    Attribute("sticky_control", AttributeType.BOOL, "true"),
    Attribute("terramechanics", AttributeType.BOOL, "false"),
    _constant("number_of_wheels", AttributeType.INT, "4"),
    _constant("generation", AttributeType.INT, "2"),
    _constant("base_type", AttributeType.STRING, "car"),
    _constant("special_type", AttributeType.STRING, "electric"),
    _constant("object_type", AttributeType.STRING, ""),
    _constant("has_lights", AttributeType.BOOL, "true"),
    _constant("has_dynamic_doors", AttributeType.BOOL, "false"),
)

VEHICLE = "vehicle.tesla.model3"
RGB_CAMERA = "sensor.camera.rgb"
SPECTATOR = Description(0, "spectator")  # the viewer, there in every episode; no client can spawn it

LIBRARY: tuple[Blueprint, ...] = tuple(
    replace(entry, uid=number)
    for number, entry in enumerate(
        (
            Blueprint(VEHICLE, "vehicle,tesla,model3", _CAR),
            Blueprint(RGB_CAMERA, "sensor,camera,rgb", (*_CAMERA, *_PHOTOGRAPHY)),
        ),
        start=1,
    )
)
