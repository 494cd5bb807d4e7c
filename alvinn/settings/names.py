"""Maps and weathers by name: which there are, and the nearest one to a mistyped name."""

from __future__ import annotations

import re
from pathlib import Path

from alvinn.errors import MapError, UnknownNameError
from alvinn.util.nearest import find_name, find_nearest, suggest

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


def split_names(names: str | None, default: str) -> list[str]:
    """The names in a flag such as `a,b`; the default if there are none."""
    return [name.strip() for name in (names or "").split(",") if name.strip()] or [default]


MAP_FLAGS = dict.fromkeys(("map", "maps", "judge", "exams", "ground"), find_map)
WEATHER_FLAGS = dict.fromkeys(("weather", "weathers"), find_weather)
"""The flags that name maps and weathers, wherever a job has them, and how their names are looked up."""


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
