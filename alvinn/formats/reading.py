"""What a person says of a foreign recording, and how its steering becomes a share of full lock, right positive."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog, require_steering
from alvinn.formats.sample import number

A_HAIR = 1.05  # beyond full lock: rounding, or a trim that reached past it; more is another quantity
SpeedUnit = Literal["m/s", "km/h", "mph", "none"]
IN_MPS: dict[SpeedUnit, float] = {"m/s": 1.0, "km/h": 1.0 / 3.6, "mph": 0.44704, "none": math.nan}
"""What 1 of the unit is in m/s; `none`: the speeds are left out."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person says of a foreign recording; whatever is left alone is looked for in the files."""

    steering: str | None = None
    """name of the steering column"""
    picture: str | None = None
    """name of the column that names the picture"""
    right_positive: bool | None = None
    """which way a positive steering turns; None: as the format has it"""
    speed_unit: SpeedUnit | None = None
    full_lock: float = math.radians(25.0)
    """angle of the front wheels at steering 1 [rad]: what a steering in degrees is divided by"""


@dataclass(frozen=True, slots=True)
class SteeringScale:
    """Turns the numbers of a steering column into shares of full lock, right positive."""

    name: str
    factor: float
    log: ConversionLog

    def of(self, value: object) -> float:
        """The steering in [-1, 1]; a hair beyond is clipped, and counted.

        Raises:
            ValueError: it is no number, or beyond that.
        """
        try:
            steer = self.factor * number(value)
            if abs(steer) > A_HAIR:
                raise ValueError(f"{steer} is beyond full lock")
        except ValueError as error:
            raise ValueError("its steering is no number in [-1, 1]") from error
        if abs(steer) > 1.0:
            self.log.count(f"{self.name} was a hair beyond full lock and is clipped to 1")
        return max(-1.0, min(1.0, steer))

    def fits(self, value: object) -> bool:
        """Whether this is a steering."""
        try:
            return abs(self.factor * number(value)) <= A_HAIR
        except ValueError:
            return False

    def check(self, values: Sequence[object], found: Sequence[str]) -> None:
        """Check that a column is the steering.

        Raises:
            RecordingError: more of its values than damage explains are not steering.
        """
        damaged = [str(value) for value in values if not self.fits(value)]
        try:
            require_steering(self.name, damaged, len(values), found)
        except RecordingError as error:
            angle = _angle_unit(self.name)
            hint = "; a steering wheel's angle requires --vehicle.max-wheel-angle at its own full lock" if angle else ""
            raise RecordingError(f"{error}{hint}") from error


def choose_scale(
    name: str, unit: str, reading: Reading, log: ConversionLog, right_positive: bool = True
) -> SteeringScale:
    """How to read a steering column: by its name, its unit where the file says one, and what the person said."""
    positive = right_positive if reading.right_positive is None else reading.right_positive
    sign = 1.0 if positive else -1.0
    if not positive:
        log.note(f"{name} is taken as left positive: its sign is turned")
    angle = _angle_unit(f"{name} {unit}")
    if angle is None:
        return SteeringScale(name, sign, log)
    in_radians = math.radians(1.0) if angle == "degrees" else 1.0
    log.note(
        f"{name} is taken as the front wheels' angle in {angle}: {math.degrees(reading.full_lock):g} degrees are "
        "full lock (--vehicle.max-wheel-angle)"
    )
    return SteeringScale(name, sign * in_radians / reading.full_lock, log)


def _angle_unit(text: str) -> str | None:
    words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower())
    if {"deg", "degree", "degrees"} & set(words):
        return "degrees"
    return "radians" if {"rad", "radian", "radians"} & set(words) else None
