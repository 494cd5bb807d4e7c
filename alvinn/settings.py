"""Settings that jobs share: folders, where and how to drive, the camera, and checks of flags."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from pathlib import Path

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.util.files import file_name

SHIPPED = "shipped"
"""Name of the small model that is installed with the program, as data of the package."""


def require_above_zero(flag: str, number: float | None) -> None:
    """Check a flag that says how much, if it was given.

    Raises:
        ValueError: it is 0, less, or no number; the command line shows it as wrong usage.
    """
    if number is not None and not 0 < number < math.inf:
        raise ValueError(f"{flag} wants a number above 0, not {number}")


def require_distinct(flag: str, names: Iterable[str]) -> None:
    """Check a flag that names several things.

    Raises:
        ValueError: it names one of them twice; the command line shows it as wrong usage.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{flag} names {', '.join(twice)} twice: name it once")


@dataclass(frozen=True)
class Home:
    """Where recordings and models live."""

    home: Path = field(default_factory=Path)
    """folder that holds data/ and models/ (default: the current one)"""

    def recording_folder(self, name: str | Path) -> Path:
        """The folder of a recording: a path as it is, a bare name in data/."""
        return _in(self.home / "data", name)

    def model_folder(self, name: str | Path) -> Path:
        """The folder that a model and its results are written to: a path as it is, a bare name in models/."""
        return _in(self.home / "models", name)

    def find_model(self, name: str | Path) -> Path:
        """The folder that a model is read from.

        That is its `model_folder`; for `shipped` it is the package's own, unless the user has a model of that name.
        """
        folder = self.model_folder(name)
        if str(name) == SHIPPED and not (folder / "card.json").exists():
            return Path(str(resources.files("alvinn"))) / SHIPPED
        return folder

    def model_names(self) -> list[str]:
        """The models in models/ and the shipped one, sorted: what a bare name can stand for."""
        cards = (self.home / "models").glob("*/card.json")
        return sorted({SHIPPED, *(card.parent.name for card in cards)})


@dataclass(frozen=True)
class Driving(Home):
    """Where and how to drive."""

    carla: str | None = None
    """HOST:PORT of a running CARLA server (default: a private embedded one)"""
    map: str = "country"
    """a map's name, or an OpenDRIVE FILE.xodr"""
    seed: int = 0
    """of everything random"""
    weather: str = "ClearNoon"
    """one of CARLA's presets"""
    speed: float = 8.0
    """to hold [m/s]; less in tight bends"""
    headless: bool = False
    """no window"""

    def __post_init__(self) -> None:
        require_above_zero("--speed", self.speed)


@dataclass(frozen=True)
class CameraFlags:
    """What of a camera was named on the command line; the rest is as another camera has it."""

    width: int | None = None
    """pixels"""
    height: int | None = None
    """pixels"""
    fov: float | None = None
    """horizontal field of view [degrees]"""
    x: float | None = None
    """ahead of the car's origin [m]"""
    y: float | None = None
    """right of the car's origin [m]"""
    z: float | None = None
    """above the ground [m]"""
    pitch: float | None = None
    """nose up [degrees]"""

    def on(self, camera: Camera) -> Camera:
        """A camera with what was named changed.

        Raises:
            AlvinnError: there is no such camera.
        """
        try:
            return replace(camera, **{name: value for name, value in asdict(self).items() if value is not None})
        except ValueError as error:
            raise AlvinnError(f"--camera: {error}") from error


def _in(folder: Path, name: str | Path) -> Path:
    given = Path(name)
    return given if given.is_absolute() or len(given.parts) > 1 else folder / file_name(str(name))


def listed(names: str | None, default: str) -> list[str]:
    """The names of a flag such as `a,b`; the default where there are none."""
    return [name.strip() for name in (names or "").split(",") if name.strip()] or [default]
