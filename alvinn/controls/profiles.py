"""Wheels and gamepads: which axes are steering and pedals, and how a position becomes a steer.

Profiles measured by `alvinn calibrate` are stored by the device's GUID in the user's config folder; common devices that
were not calibrated have a built-in guess. Steer is linear in the wheel's position unless a profile says otherwise.
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
MIN_TRAVEL = 0.1  # of an axis, from -1 to 1: less is noise


@dataclass(frozen=True, slots=True)
class Pedal:
    """A pedal: an axis with its positions at rest and fully pressed."""

    axis: int
    rest: float
    full: float

    def __post_init__(self) -> None:
        if abs(self.full - self.rest) < MIN_TRAVEL:
            raise ValueError(f"a pedal must travel at least {MIN_TRAVEL}, not from {self.rest} to {self.full}")

    def share(self, position: float) -> float:
        """How far it is pressed, in [0, 1]."""
        return max(0.0, min(1.0, (position - self.rest) / (self.full - self.rest)))


@dataclass(frozen=True, slots=True)
class Profile:
    """The axes, pedals and buttons of a device, and its steering response."""

    name: str
    axis: int
    """number of the steering axis"""
    left: float = -1.0
    """position of the axis at the left end"""
    centre: float = 0.0
    right: float = 1.0
    throttle: Pedal | None = None
    brake: Pedal | None = None
    buttons: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """`take`, `record` -> number of the button"""
    dead_zone: float = 0.0
    """share of the travel to an end that counts as straight ahead"""
    curve: float = 1.0
    """exponent of the steering response: above 1 is finer around the centre"""
    reach: float = 1.0
    """CARLA's steer at the ends"""

    def __post_init__(self) -> None:
        if min(abs(self.left - self.centre), abs(self.right - self.centre)) < MIN_TRAVEL:
            raise ValueError(
                f"the ends of a steering axis must be at least {MIN_TRAVEL} from its centre, "
                f"not {self.left} and {self.right} from {self.centre}"
            )
        if (self.left - self.centre) * (self.right - self.centre) > 0:
            raise ValueError(f"left {self.left} and right {self.right} are on the same side of centre {self.centre}")
        if not (0.0 <= self.dead_zone < 1.0 and self.curve > 0.0 and 0.0 < self.reach <= 1.0):
            raise ValueError(
                f"dead zone {self.dead_zone}, curve {self.curve}, reach {self.reach}: expected [0, 1), above 0, (0, 1]"
            )

    def steer(self, position: float) -> float:
        """CARLA's steer in [-1, 1], right positive, at a position of the steering axis."""
        towards_right = (position - self.centre) * (self.right - self.centre) > 0
        end = self.right if towards_right else self.left
        share = min(1.0, (position - self.centre) / (end - self.centre))
        live = max(0.0, share - self.dead_zone) / (1.0 - self.dead_zone)
        size = float(self.reach * live**self.curve)
        return size if towards_right else -size


def _trigger(axis: int) -> Pedal:
    return Pedal(axis, rest=-1.0, full=1.0)


def _pedal(axis: int) -> Pedal:
    return Pedal(axis, rest=1.0, full=-1.0)


GUESSES = (
    (r"G29|G923.*PS|G923 Racing Wheel for PlayStation", Profile("", 0, throttle=_pedal(2), brake=_pedal(3))),
    (r"G920|G923", Profile("", 0, throttle=_pedal(1), brake=_pedal(2))),
    (
        r"X-?Box|X360|XInput|Microsoft.*pad",
        Profile("", 0, throttle=_trigger(5), brake=_trigger(2), dead_zone=0.1, curve=2.0, reach=0.5),
    ),
)
"""Pattern of a device's name -> its axes as SDL numbers them on Linux; the first match is taken."""
GUESSED_BUTTONS = MappingProxyType({"take": 0, "record": 1})


def guess(name: str) -> Profile:
    """A profile for a device that was not calibrated, by its name; by default a wheel whose first axis steers."""
    for pattern, profile in GUESSES:
        if re.search(pattern, name, re.IGNORECASE):
            return replace(profile, name=name, buttons=GUESSED_BUTTONS)
    return Profile(name, 0, buttons=GUESSED_BUTTONS)


def profiles_path() -> Path:
    """The file of profiles in the user's config folder."""
    return Path(platformdirs.user_config_path("alvinn", appauthor=False)) / "devices.json"


def load_profiles(path: Path) -> dict[str, Profile]:
    """Load the profiles of all calibrated devices, by GUID.

    Raises:
        AlvinnError: the file is damaged.
    """
    if not path.exists():
        return {}
    mend = "delete it, and run alvinn calibrate again"
    return read_json(path, _DevicesFile, SCHEMA, AlvinnError, mend).devices


@dataclass(frozen=True, slots=True)
class _DevicesFile:
    devices: dict[str, Profile]


def save_profile(path: Path, guid: str, profile: Profile) -> None:
    """Save a device's profile beside those of other devices.

    Raises:
        AlvinnError: the file is damaged, or cannot be written.
    """
    devices = {known: _entry(other) for known, other in load_profiles(path).items()} | {guid: _entry(profile)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"schema": SCHEMA, "devices": devices})
    except OSError as error:
        raise AlvinnError(f"{path} cannot be written: {error.strerror}") from error


def find_profile(guid: str, name: str, known: Mapping[str, Profile]) -> Profile:
    """The profile of a device: as calibrated, else as guessed."""
    return known.get(guid) or guess(name)


def _entry(profile: Profile) -> dict[str, Any]:
    return asdict(replace(profile, buttons=dict(profile.buttons)))
