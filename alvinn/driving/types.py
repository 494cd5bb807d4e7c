"""The data that world, driver and observers exchange: frozen, validated on construction.

`Observation` is all that a network may know (pixels and speed); `GroundTruth` is what the map and the simulator know.
They are separate types so that a network cannot be handed the truth by accident.

Signs: offset, heading error, steer and curvature are positive to the right, in the car's own direction of travel.
Lengths are metres, angles radians, curvature 1/m, unless a name says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from numbers import Integral, Real
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""Pixels, shape (height, width, 3), RGB."""

CameraName = Literal["center", "left", "right", "depth", "segmentation"]
"""The cameras that a car can carry; networks drive by `center`."""

NO_OTHERS: Mapping[CameraName, Image] = MappingProxyType({})
SIDE_CAMERA_OFFSET = 0.8  # m from the centre camera to the left and to the right one

Direction = Literal["forward", "reverse"]
"""Forward follows the road's reference line, reverse is the opposite lane."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera fixed to the car, as CARLA's blueprint attributes and attachment name it."""

    width: int = 320
    """pixels"""
    height: int = 160
    """pixels"""
    fov: float = 90.0
    """horizontal field of view [degrees]"""
    x: float = 1.5
    """ahead of the car's origin [m]"""
    y: float = 0.0
    """right of the car's origin [m]"""
    z: float = 1.6
    """above the ground [m]"""
    pitch: float = -8.0
    """nose up [degrees]"""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            kind, what = (Integral, "whole number") if name in ("width", "height") else (Real, "finite number")
            if not (isinstance(value, kind) and math.isfinite(value)):
                raise ValueError(f"a camera's {name} must be a {what}, not {value!r}")
        if self.width < 1 or self.height < 1:
            raise ValueError(f"a camera must be at least 1x1 pixels, not {self.width}x{self.height}")
        if not 1.0 <= self.fov <= 170.0:
            raise ValueError(f"a field of view must be 1 to 170 degrees, not {self.fov}")

    @property
    def focal(self) -> float:
        """Focal length [pixels]."""
        return self.width / (2.0 * math.tan(math.radians(self.fov) / 2.0))

    @property
    def horizon_row(self) -> float:
        """The image row of the horizon of flat ground [pixels from the top]."""
        return self.height / 2.0 + self.focal * math.tan(math.radians(self.pitch))

    def at_mount(self, name: CameraName) -> Camera:
        """The camera of that name, on a car whose centre camera is this one."""
        aside = {"left": -SIDE_CAMERA_OFFSET, "right": SIDE_CAMERA_OFFSET}.get(name, 0.0)
        return replace(self, y=self.y + aside) if aside else self

    def __str__(self) -> str:
        return (
            f"{self.width}x{self.height}, fov {self.fov:g}, at x {self.x:g} y {self.y:g} z {self.z:g} m, "
            f"pitch {self.pitch:g}"
        )


@dataclass(frozen=True, slots=True)
class Observation:
    """What a network may see at one tick."""

    frame: int
    time: float
    """simulation seconds"""
    image: Image
    """from the centre camera"""
    speed: float
    """m/s"""
    others: Mapping[CameraName, Image] = field(default_factory=lambda: NO_OTHERS)
    """from the car's other cameras at the same tick; depth and segmentation in CARLA's RGB encoding"""

    def __post_init__(self) -> None:
        for image in (self.image, *self.others.values()):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise ValueError(f"an image must be (height, width, 3) uint8, not {image.shape} {image.dtype}")


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """Where the car really is: for the expert, the referee and recordings, never for a network."""

    x: float
    y: float
    z: float
    yaw: float
    lane_s: float
    """distance along the lane [m]"""
    lane_width: float
    offset: float
    """from the lane's centre [m]"""
    heading_error: float
    """relative to the lane's direction"""


@dataclass(frozen=True, slots=True)
class Decision:
    """A driver's response to an observation."""

    curvature: float
    """the driver's own curvature: the label of a recording"""
    who: str
    disturbance: float = 0.0
    """curvature added before it is applied, never part of the label: noise, or the difference to another driver"""
    correction: int = 0
    """number of the correction that this tick belongs to, from 1; 0: none"""
    why: str = ""
    """the gate that asked for the correction"""
    axis: float | None = None
    """raw position of the steering axis, where a person steers"""
    pedals: tuple[float, float] | None = None
    """throttle and brake, each in [0, 1], where the driver controls them; None: the speed controller does"""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.curvature) and math.isfinite(self.disturbance)):
            raise ValueError(f"curvature {self.curvature} and disturbance {self.disturbance} must be finite")


@dataclass(frozen=True, slots=True)
class Control:
    """The car's input: CARLA's steer in [-1, 1], throttle and brake in [0, 1]."""

    steer: float
    throttle: float
    brake: float

    def __post_init__(self) -> None:
        if not (-1.0 <= self.steer <= 1.0 and 0.0 <= self.throttle <= 1.0 and 0.0 <= self.brake <= 1.0):
            raise ValueError(
                f"steer {self.steer} must be in [-1, 1], throttle {self.throttle} and brake {self.brake} in [0, 1]"
            )


@dataclass(frozen=True, slots=True)
class Step:
    """One tick as observers see it: row t of a recording.

    `control` was decided from `observation` and is applied by the tick that produces the next frame.
    """

    observation: Observation
    truth: GroundTruth
    decision: Decision
    control: Control
    steer_meant: float
    """what `control.steer` would have been without the disturbance"""
