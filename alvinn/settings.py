"""Settings that jobs share: folders, where and how to drive, the camera, and checks of flags."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields, replace
from importlib import resources
from pathlib import Path
from typing import Any

from alvinn.driving.types import Camera
from alvinn.errors import MapError, ResultsError, UnknownNameError
from alvinn.help import find_default
from alvinn.util.files import to_file_name
from alvinn.util.nearest import find_name, find_nearest, suggest

SHIPPED = "shipped"
"""Name of the small model that is installed with the program, as package data."""


MAPS = ("oval", "country", "highway", "path", "hills")
"""The circuits of the embedded server that are designed by hand."""
FAMILIES = ("random", "wild")
"""Its families of generated circuits: `random:SEED`."""
WEATHERS = (
    "ClearNoon",
    "CloudyNoon",
    "WetNoon",
    "WetCloudyNoon",
    "SoftRainNoon",
    "MidRainyNoon",
    "HardRainNoon",
    "ClearSunset",
    "CloudySunset",
    "WetSunset",
    "WetCloudySunset",
    "SoftRainSunset",
    "MidRainSunset",
    "HardRainSunset",
    "ClearNight",
    "CloudyNight",
    "WetNight",
    "WetCloudyNight",
    "SoftRainNight",
    "MidRainyNight",
    "HardRainNight",
    "DustStorm",
    "Default",
)
"""CARLA's presets."""
MAP_FILES = {".xodr", ".csv"}
DIGITS = 9  # of a generated circuit's number, at most
_GENERATED = re.compile(rf"(mirror:)?(?:({'|'.join(MAPS)})|({'|'.join(FAMILIES)}):[0-9]{{1,{DIGITS}}})", re.IGNORECASE)
_NUMBER_TOO_LONG = re.compile(rf"(mirror:)?({'|'.join(FAMILIES)}):[0-9]+", re.IGNORECASE)


def is_built_in(name: str) -> bool:
    """Whether the embedded server has a map of this name, of which it lists one for each family."""
    return _GENERATED.fullmatch(name) is not None


def is_file_name(name: str) -> bool:
    """Whether a map's name can only be that of a file."""
    path = Path(name)
    return path.suffix.lower() in MAP_FILES or len(path.parts) > 1


def find_map(name: str) -> str:
    """The embedded server's map of a name, whatever its capitals, or the path of an OpenDRIVE or CSV file.

    Raises:
        UnknownNameError: there is no such map; the message names the nearest one.
        MapError: there is no such file.
    """
    if is_built_in(name):
        return name.lower()
    if is_file_name(name):
        _require_map_file(Path(name))
        return name
    if _NUMBER_TOO_LONG.fullmatch(name):
        raise UnknownNameError(f"there is no map {name[:80]}: the number of a circuit has at most {DIGITS} digits")
    hint = suggest(name, (*MAPS, *(f"{family}:SEED" for family in FAMILIES)))
    more = "" if hint.startswith("did") else " and any OpenDRIVE file (*.xodr)"
    raise UnknownNameError(f"there is no map called '{name[:80]}': {hint}{more}")


def _require_map_file(path: Path) -> None:
    """See that a map file is there.

    Raises:
        MapError: it is not; the message names the nearest one.
    """
    if path.is_dir():
        raise MapError(f"{path} is a folder, a map is a file: OpenDRIVE (*.xodr) or a real track's centre line (*.csv)")
    if not path.is_file():
        beside = (other.name for other in path.parent.glob("*") if other.suffix.lower() in MAP_FILES)
        near = find_nearest(path.name, beside)
        raise MapError(f"there is no map file {path}" + (f": did you mean {path.with_name(near)}?" if near else ""))


def find_weather(name: str) -> str:
    """CARLA's preset of a name, whatever its capitals.

    Raises:
        UnknownNameError: there is none; the message names the nearest one.
    """
    if found := find_name(name, WEATHERS):
        return found
    raise UnknownNameError(f"CARLA has no weather '{name}': {suggest(name, WEATHERS)}")


def check_names(settings: object, *, embedded: bool = True) -> None:
    """Look up the maps and weathers in a job's settings before anything is begun, and put their capitals right.

    Args:
        settings: a frozen dataclass; its flags of maps and weathers are those that it has of MAP_FLAGS and the like.
        embedded: whether the maps are those of the embedded server.

    Raises:
        MapError: there is no such map or weather.
    """
    for flag, find in {**(MAP_FLAGS if embedded else {}), **WEATHER_FLAGS}.items():
        given = getattr(settings, flag, None)
        names = split_names(given, "") if flag.endswith("s") or flag == "judge" else [given or ""]
        if any(names):
            object.__setattr__(settings, flag, ",".join(find(name) for name in names))


SEEDS = 2**32
MAP_FLAGS = dict.fromkeys(("map", "maps", "judge", "exams", "ground"), find_map)
WEATHER_FLAGS = dict.fromkeys(("weather", "weathers"), find_weather)
"""The flags that name maps and weathers, wherever a job has them, and how their names are looked up."""


def require_above_zero(flag: str, number: float | None) -> None:
    """Check the value of a numeric flag, if it was given.

    Raises:
        ValueError: it is not a number above 0; the command line reports that as wrong usage.
    """
    if number is not None and not 0 < number < math.inf:
        raise ValueError(f"{flag} must be a number above 0, not {number}")


def require_start(start: int) -> None:
    """Check --start, which counts the starting points of a map.

    Raises:
        ValueError: it is below 0; the command line reports that as wrong usage.
    """
    if start < 0:
        raise ValueError(f"--start must be 0 or more, not {start}")


def require_address(carla: str | None) -> None:
    """Check the form of --carla, if it was given.

    Raises:
        ValueError: it is not HOST:PORT; the command line reports that as wrong usage.
    """
    host, _, port = (carla or "").rpartition(":")
    if carla is not None and not (host and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"--carla must be HOST:PORT such as 127.0.0.1:2000, not {carla!r}")


def require_seed(seed: int) -> None:
    """Check --seed, which NumPy, TensorFlow and the server all take.

    Raises:
        ValueError: it is out of range; the command line reports that as wrong usage.
    """
    if not 0 <= seed < SEEDS:
        raise ValueError(f"--seed must be from 0 to {SEEDS - 1}, not {seed}")


def list_given(settings: Any, names: Iterable[str]) -> list[str]:
    """Those of a job's flags that were given another value than their default, as one types them."""
    usual = {one.name: find_default(one) for one in fields(settings)}
    return [f"--{name.replace('_', '-')}" for name in names if getattr(settings, name) != usual[name]]


def refuse_idle(settings: Any, names: Iterable[str], why: str) -> None:
    """See that none of a job's flags is given that has nothing to do; `why` it has not ends the sentence.

    Raises:
        ValueError: one is; the command line reports that as wrong usage.
    """
    if given := list_given(settings, names):
        raise ValueError(f"{' and '.join(given)} would do nothing {why}")


def require_distinct(flag: str, names: Iterable[str]) -> None:
    """Check a flag that takes a list of names.

    Raises:
        ValueError: a name is given twice; the command line reports that as wrong usage.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ValueError(f"{flag} names {', '.join(twice)} twice: name it once")


@dataclass(frozen=True)
class Home:
    """Where recordings and models are stored."""

    home: Path = field(default_factory=Path)
    """folder that holds data/ and models/ (default: the current one)"""

    def select_recordings(self, names: Iterable[str]) -> list[str]:
        """Those of the names that are recordings in data/."""
        return [name for name in names if (self.recording_folder(name) / "session.json").is_file()]

    def recording_folder(self, name: str | Path) -> Path:
        """The folder of a recording: a path, or a bare name in data/."""
        return _resolve(self.home / "data", name)

    def model_folder(self, name: str | Path) -> Path:
        """The folder that a model and its results are written to: a path, or a bare name in models/."""
        return _resolve(self.home / "models", name)

    def find_model(self, name: str | Path) -> Path:
        """The folder that a model is read from.

        This is its `model_folder`; for `shipped` it is the package's own, unless the user has a model of that name.
        """
        folder = self.model_folder(name)
        if str(name) == SHIPPED and not (folder / "card.json").exists():
            return Path(str(resources.files("alvinn"))) / SHIPPED
        return folder

    def find_laps(self, name: str) -> Path:
        """The laps of a model, or a folder of laps: of this home, where `laps` writes those of the expert, or any.

        Raises:
            ResultsError: there are none; the message names the nearest that there are.
        """
        places = (self.model_folder(name) / "laps", self.home / name, Path(name))
        for place in places:
            if place.is_file() or (place / "laps.json").is_file():
                return place
        if (self.find_model(name) / "card.json").is_file():
            raise ResultsError(f"{name} has no laps yet: alvinn laps {name} drives them")
        hint = suggest(Path(name).name, self._judged_names()) or "alvinn laps MODEL drives laps"
        raise ResultsError(f"no model and no folder of laps is called {name}: {hint}")

    def _judged_names(self) -> list[str]:
        """The models of this --home that have laps, and its folders of laps."""
        models = sorted((self.home / "models").glob("*/laps/laps.json"))
        folders = sorted(self.home.glob("*/laps.json"))
        return [*(path.parent.parent.name for path in models), *(path.parent.name for path in folders)]

    def model_names(self) -> list[str]:
        """The models in models/ and the shipped one, sorted: what a bare name can refer to."""
        cards = (self.home / "models").glob("*/card.json")
        return sorted({SHIPPED, *(card.parent.name for card in cards)})


@dataclass(frozen=True)
class Driving(Home):
    """Where and how to drive."""

    carla: str | None = None
    """HOST:PORT of a running CARLA server (default: a private embedded one)"""
    map: str = "country"
    """a map's name, an OpenDRIVE FILE.xodr, or a real track's centre line FILE.csv"""
    seed: int = 0
    """seed of everything random"""
    weather: str = "ClearNoon"
    """one of CARLA's weather presets"""
    speed: float = 8.0
    """cruising speed [m/s]; tight bends are driven more slowly"""
    headless: bool = False
    """open no window"""

    def __post_init__(self) -> None:
        require_address(self.carla)
        require_above_zero("--speed", self.speed)
        check_names(self, embedded=self.carla is None)
        require_seed(self.seed)

    def require_one_or_many(self, *flags: str) -> None:
        """See that no flag such as --map is given beside its list, --maps, in whose place it would be ignored.

        Raises:
            ValueError: one is; the command line reports that as wrong usage.
        """
        for one in flags:
            given, many = getattr(self, one), getattr(self, f"{one}s")
            if any(split_names(many, "")) and given != getattr(Driving, one):
                raise ValueError(f"--{one} {given} and --{one}s {many} exclude each other: name all in --{one}s")


@dataclass(frozen=True)
class CameraFlags:
    """The camera attributes given on the command line; the others are those of another camera."""

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

    def __post_init__(self) -> None:
        self.on(Camera())  # a ValueError where one is out of range

    def on(self, camera: Camera) -> Camera:
        """A camera with the given attributes replaced."""
        return replace(camera, **{name: value for name, value in asdict(self).items() if value is not None})


def is_unchanged(settings: Home, usual: Home) -> bool:
    """Whether a job's flags, but --home and --carla, are those of another one.

    They are compared one by one: a copy without --carla would look the names of a full server's maps up here.
    """
    names = [one.name for one in fields(settings) if one.name not in {"home", "carla"}]
    return all(getattr(settings, name) == getattr(usual, name) for name in names)


def _resolve(folder: Path, name: str | Path) -> Path:
    is_path = any(separator in str(name) for separator in (os.sep, os.altsep) if separator)
    return Path(name) if is_path else folder / to_file_name(str(name))


def split_names(names: str | None, default: str) -> list[str]:
    """The names in a flag such as `a,b`; the default if there are none."""
    return [name.strip() for name in (names or "").split(",") if name.strip()] or [default]
