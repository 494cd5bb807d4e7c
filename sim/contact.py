"""`python -m sim.contact`: a contact sheet, what cars see on some maps in some weathers, to be looked at by a person.

A row for each weather, a column for each map.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import carla
import cv2
import numpy as np
import numpy.typing as npt
import tyro

from sim.camera.renderer import Renderer
from sim.episode.sensors import CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, compose
from sim.roads import opendrive
from sim.roads.track import Track
from sim.roads.xml_document import MapError

Bytes = npt.NDArray[np.uint8]
PRESETS = tuple(
    name for name in dir(carla.WeatherParameters) if name.endswith(("Noon", "Sunset", "Night", "DustStorm"))
)
SEAT = Pose(x=0.6, z=1.4, pitch=math.radians(-6))  # of the camera on the car
LETTERS = 14  # height of a caption [pixels]


@dataclass(frozen=True, slots=True)
class ContactOptions:
    """A contact sheet of what a camera on a car sees: a row for each weather, a column for each map."""

    out: Path
    """The picture to write (PNG)."""
    maps: str = "country,oval"
    """Built-in maps or OpenDRIVE files, separated by commas."""
    weathers: str = ",".join(PRESETS)
    """CARLA's presets, separated by commas."""
    views: int = 2
    """Places on each map."""
    size: tuple[int, int] = (320, 160)
    """Width and height of each picture [pixels]."""
    kind: CameraKind = "rgb"
    """What the camera shows."""
    seed: int = 0
    """Chooses the surroundings of the road."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the sheet; the exit status: 0 done, 1 a map or weather does not exist or the file cannot be written."""
    options = tyro.cli(ContactOptions, args=None if argv is None else list(argv), prog="python -m sim.contact")
    try:
        written = cv2.imwrite(str(options.out), sheet(options))
    except (MapError, ValueError, cv2.error) as error:
        print(f"contact: {error}", file=sys.stderr)
        return 1
    if not written:
        print(f"contact: {options.out} cannot be written", file=sys.stderr)
    return 0 if written else 1


def sheet(options: ContactOptions) -> Bytes:
    """The whole sheet (height, width, 3), BGR."""
    names = options.weathers.split(",")
    weathers = [preset(name) for name in names]
    columns = [_column(options, name, names, weathers) for name in options.maps.split(",")]
    return np.hstack(columns)


def preset(name: str) -> WeatherParameters:
    """One of CARLA's weathers by its name.

    Raises:
        ValueError: there is no such weather.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no weather called '{name}': CARLA's are {', '.join(PRESETS)}")
    found = getattr(carla.WeatherParameters, name)
    return WeatherParameters(**{field.name: getattr(found, field.name) for field in fields(WeatherParameters)})


def _column(options: ContactOptions, name: str, names: list[str], weathers: list[WeatherParameters]) -> Bytes:
    track = Track(*opendrive.load(name))
    renderer = Renderer()
    renderer.load(track, options.seed)
    camera = renderer.create_camera(*options.size, math.radians(90), options.kind)
    every = max(1, len(track.spawn_points) // options.views)
    poses = [compose(spawn, SEAT) for spawn in track.spawn_points[::every][: options.views]]
    rows = []
    for caption, weather in zip(names, weathers, strict=True):
        renderer.set_weather(weather)
        pictures = [_captioned(camera.render(pose), options.size, f"{track.name} {caption}") for pose in poses]
        rows.append(np.hstack(pictures))
    camera.close()
    return np.vstack(rows)


def _captioned(pixels: bytes, size: tuple[int, int], caption: str) -> Bytes:
    picture = np.frombuffer(pixels, np.uint8).reshape(size[1], size[0], 4)[..., :3].copy()
    for colour, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(picture, caption, (4, LETTERS), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, thick, cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    sys.exit(main())
