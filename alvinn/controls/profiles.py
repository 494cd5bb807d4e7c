"""Wheels and gamepads: which axis steers, which pedal is which, and how a position becomes a steer.

What `alvinn calibrate` measured is kept by the device's GUID in the user's own config folder; before that there are
guesses for devices that are common. A steer is linear in the wheel's position unless a profile says otherwise, so that
what is recorded is what was applied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import platformdirs

from alvinn.errors import AlvinnError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
SMALLEST_TRAVEL = 0.1  # of an axis, from -1 to 1: less is a tremor
BUTTONS = ("take", "record")
"""What a device's buttons may be for."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A pedal: an axis with a position where it rests and one where it is pressed down."""

    axis: int
    rest: float
    full: float

    def __post_init__(self) -> None:
        if abs(self.full - self.rest) < SMALLEST_TRAVEL:
            raise ValueError(f"a pedal that goes from {self.rest} to {self.full} cannot be told from one at rest")

    def share(self, position: float) -> float:
        """How far it is pressed, in [0, 1]."""
        return max(0.0, min(1.0, (position - self.rest) / (self.full - self.rest)))


@dataclass(frozen=True, slots=True)
class Profile:
    """How to read a device."""

    name: str
    axis: int
    """the one that steers"""
    left: float = -1.0
    """its position at the left end"""
    centre: float = 0.0
    right: float = 1.0
    throttle: Lever | None = None
    brake: Lever | None = None
    buttons: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """`take`, `record` -> number of the button"""
    dead_zone: float = 0.0
    """share of the way to an end that counts as straight on"""
    curve: float = 1.0
    """exponent: above 1 is finer around the middle"""
    reach: float = 1.0
    """CARLA's steer at the ends"""

    def __post_init__(self) -> None:
        if min(abs(self.left - self.centre), abs(self.right - self.centre)) < SMALLEST_TRAVEL:
            raise ValueError(f"an axis from {self.left} over {self.centre} to {self.right} has no two ends")
        if (self.left - self.centre) * (self.right - self.centre) > 0:
            raise ValueError(f"left {self.left} and right {self.right} lie on one side of the middle {self.centre}")
        if not (0.0 <= self.dead_zone < 1.0 and self.curve > 0.0 and 0.0 < self.reach <= 1.0):
            raise ValueError(
                f"dead zone {self.dead_zone}, curve {self.curve}, reach {self.reach}: expected [0, 1), above 0, (0, 1]"
            )

    def steer(self, position: float) -> float:
        """CARLA's steer in [-1, 1], right positive, for a position of the steering axis."""
        towards_right = (position - self.centre) * (self.right - self.centre) > 0
        end = self.right if towards_right else self.left
        share = min(1.0, (position - self.centre) / (end - self.centre))
        live = max(0.0, share - self.dead_zone) / (1.0 - self.dead_zone)
        size = float(self.reach * live**self.curve)
        return size if towards_right else -size


def _trigger(axis: int) -> Lever:
    return Lever(axis, rest=-1.0, full=1.0)


def _pedal(axis: int) -> Lever:
    return Lever(axis, rest=1.0, full=-1.0)


GUESSES = (
    (r"G29|G923.*PS|G923 Racing Wheel for PlayStation", Profile("", 0, throttle=_pedal(2), brake=_pedal(3))),
    (r"G920|G923", Profile("", 0, throttle=_pedal(1), brake=_pedal(2))),
    (
        r"X-?Box|X360|XInput|Microsoft.*pad",
        Profile("", 0, throttle=_trigger(5), brake=_trigger(2), dead_zone=0.1, curve=2.0, reach=0.5),
    ),
)
"""Name of a device -> how Linux and SDL number its axes, best guess first."""
GUESSED_BUTTONS = MappingProxyType({"take": 0, "record": 1})


def guess(name: str) -> Profile:
    """A profile for a device that was not calibrated: a wheel whose first axis steers, and what its name tells."""
    for pattern, profile in GUESSES:
        if re.search(pattern, name, re.IGNORECASE):
            return replace(profile, name=name, buttons=GUESSED_BUTTONS)
    return Profile(name, 0, buttons=GUESSED_BUTTONS)


def store() -> Path:
    """Where profiles are kept: the user's config folder."""
    return Path(platformdirs.user_config_path("alvinn", appauthor=False)) / "devices.json"


def remembered(path: Path) -> dict[str, Profile]:
    """GUID -> profile of every device that was calibrated.

    Raises:
        AlvinnError: the file is damaged.
    """
    if not path.exists():
        return {}
    try:
        return read_json(path, _DevicesFile, SCHEMA, AlvinnError).devices
    except AlvinnError as error:
        raise AlvinnError(f"{error}: delete it, and run alvinn calibrate again") from error


@dataclass(frozen=True, slots=True)
class _DevicesFile:
    devices: dict[str, Profile]


def remember(path: Path, guid: str, profile: Profile) -> None:
    """Keep a device's profile, beside those of other devices.

    Raises:
        AlvinnError: the file is damaged, or cannot be written.
    """
    devices = {known: _entry(other) for known, other in remembered(path).items()} | {guid: _entry(profile)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"schema": SCHEMA, "devices": devices})
    except OSError as error:
        raise AlvinnError(f"{path} cannot be written: {error.strerror}") from error


def profile_of(guid: str, name: str, known: Mapping[str, Profile]) -> Profile:
    """How to read a device: as it was calibrated, else as guessed."""
    return known.get(guid) or guess(name)


def _entry(profile: Profile) -> dict[str, Any]:
    return asdict(replace(profile, buttons=dict(profile.buttons)))
