"""`python -m sim.contact`: a contact sheet of the camera's view on several maps in several weathers.

One row per weather, one column per map, to be looked at by a person.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path

import carla
import cv2
import numpy as np
import numpy.typing as npt
import tyro

from sim.camera.renderer import Renderer
from sim.episode.sensors import LARGEST_IMAGE, CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, compose
from sim.roads import opendrive
from sim.roads.track import Track
from sim.roads.xml_document import MapError

Bytes = npt.NDArray[np.uint8]
PRESETS = tuple(
    name for name in dir(carla.WeatherParameters) if name.endswith(("Noon", "Sunset", "Night", "DustStorm"))
)
MOUNT = Pose(x=0.6, z=1.4, pitch=math.radians(-6))  # of the camera on the car
BASELINE = 14  # of a caption, from the top [pixels]


@dataclass(frozen=True, slots=True)
class ContactOptions:
    """A contact sheet of a car's camera: one row per weather, one column per map.

    Raises:
        ValueError: a number is out of range, the file is no image, or a weather does not exist; the command line
            reports that as wrong usage.
    """

    out: Path
    """Image file to write (PNG)."""
    maps: str = "country,oval"
    """Names of built-in maps or OpenDRIVE files, separated by commas."""
    weathers: str = ",".join(PRESETS)
    """Names of CARLA's weather presets, separated by commas."""
    views: int = 2
    """Number of places on each map."""
    size: tuple[int, int] = (320, 160)
    """Width and height of each image [pixels]."""
    kind: CameraKind = "rgb"
    """Kind of camera."""
    seed: int = 0
    """Seed of the surroundings of the roads."""
    overwrite: bool = False
    """Replace a file that exists."""

    def __post_init__(self) -> None:
        if not cv2.haveImageWriter(str(self.out)):
            raise ValueError(f"--out is {self.out}, expected an image file such as sheet.png")
        if self.views < 1:
            raise ValueError(f"--views is {self.views}, expected 1 or more")
        if not 1 <= min(self.size) <= max(self.size) <= LARGEST_IMAGE:
            raise ValueError(f"--size is {self.size[0]} {self.size[1]}, expected 1 to {LARGEST_IMAGE} each")
        if self.seed < 0:
            raise ValueError(f"--seed is {self.seed}, expected 0 or more")
        for name in self.weathers.split(","):
            get_preset(name)


def main(argv: Sequence[str] | None = None) -> int:
    """Write the sheet; return the exit status: 1 if a map does not exist, or the file is there or cannot be written.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    options = tyro.cli(ContactOptions, args=None if argv is None else list(argv), prog="python -m sim.contact")
    if options.out.exists() and not options.overwrite:
        print(f"contact: {options.out} is there already: choose another --out, or add --overwrite", file=sys.stderr)
        return 1
    try:
        written = cv2.imwrite(str(options.out), make_sheet(options))
    except (MapError, cv2.error) as error:
        print(f"contact: {error}", file=sys.stderr)
        return 1
    if not written:
        print(f"contact: {options.out} cannot be written", file=sys.stderr)
    return 0 if written else 1


def make_sheet(options: ContactOptions) -> Bytes:
    """Render the whole sheet (height, width, 3), BGR.

    Raises:
        MapError: a map does not exist.
    """
    names = options.weathers.split(",")
    weathers = [get_preset(name) for name in names]
    columns = [_render_column(options, name, names, weathers) for name in options.maps.split(",")]
    return np.hstack(columns)


def get_preset(name: str) -> WeatherParameters:
    """Return one of CARLA's weather presets by its name.

    Raises:
        ValueError: there is no such preset; the message suggests the nearest name.
    """
    if name not in PRESETS:
        nearest = get_close_matches(name, PRESETS, n=1)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise ValueError(f"there is no weather called '{name}': CARLA's are {', '.join(PRESETS)}{hint}")
    preset = getattr(carla.WeatherParameters, name)
    return WeatherParameters(**{field.name: getattr(preset, field.name) for field in fields(WeatherParameters)})


def _render_column(options: ContactOptions, name: str, names: list[str], weathers: list[WeatherParameters]) -> Bytes:
    track = Track(*opendrive.load(name))
    renderer = Renderer()
    renderer.load(track, options.seed)
    camera = renderer.create_camera(*options.size, math.radians(90), options.kind)
    step = max(1, len(track.spawn_points) // options.views)
    poses = [compose(spawn, MOUNT) for spawn in track.spawn_points[::step][: options.views]]
    rows = []
    for caption, weather in zip(names, weathers, strict=True):
        renderer.set_weather(weather)
        images = [_add_caption(camera.render(pose), options.size, f"{track.name} {caption}") for pose in poses]
        rows.append(np.hstack(images))
    camera.close()
    return np.vstack(rows)


def _add_caption(pixels: bytes, size: tuple[int, int], caption: str) -> Bytes:
    image = np.frombuffer(pixels, np.uint8).reshape(size[1], size[0], 4)[..., :3].copy()
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(image, caption, (4, BASELINE), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, thickness, cv2.LINE_AA)
    return image


if __name__ == "__main__":
    sys.exit(main())
