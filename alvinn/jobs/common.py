"""What the driving jobs share: their common flags, and a world to drive in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from alvinn.carla_world import CarlaWorld, connected, open_world
from alvinn.driving import Camera, CameraName, Direction
from alvinn.embedded import KeptServer, embedded_server
from alvinn.errors import AlvinnError, OneWayError
from alvinn.files import file_name

CONSOLE = Console()
MIRROR = "mirror:"  # before a map's name, the embedded server has its mirror image


def require_above_zero(flag: str, number: float | None) -> None:
    """Check a flag that says how much, if it was given.

    Raises:
        ValueError: it is 0, less, or no number; the command line shows it as wrong usage.
    """
    if number is not None and not 0 < number < math.inf:
        raise ValueError(f"{flag} wants a number above 0, not {number}")


@dataclass(frozen=True)
class Home:
    """Where recordings and models live."""

    home: Path = field(default_factory=Path)
    """folder that holds data/ and models/ (default: the current one)"""

    def recording_folder(self, name: str | Path) -> Path:
        """The folder of a recording: a path as it is, a bare name in data/."""
        return _in(self.home / "data", name)

    def model_folder(self, name: str | Path) -> Path:
        """The folder of a model: a path as it is, a bare name in models/."""
        return _in(self.home / "models", name)


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


def address(carla: str) -> tuple[str, int]:
    """Host and port of HOST:PORT.

    Raises:
        AlvinnError: it is none.
    """
    host, colon, port = carla.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise AlvinnError(f"--carla wants HOST:PORT such as 127.0.0.1:2000, not {carla!r}")
    return host, int(port)


@contextmanager
def opened(
    settings: Driving,
    *,
    camera: Camera,
    map_name: str,
    direction: Direction,
    weather: str,
    seed: int,
    start: int = 0,
    cameras: Sequence[CameraName] = ("center",),
    kept: KeptServer | None = None,
) -> Iterator[CarlaWorld]:
    """A car on a lane: on the server that `settings` names, or on a private embedded one: `kept`, or its own.

    The reverse of a road with one lane is its mirror image, where the server has it.

    Raises:
        AlvinnError: server, map, lane or weather is not to be had.
    """
    with ExitStack() as stack:

        def enter(name: str, way: Direction) -> CarlaWorld:
            client = stack.enter_context(connected(*_server(settings, name, seed, kept, stack)))
            wanted = name if settings.carla is not None else None
            opening = open_world(
                client, camera=camera, weather=weather, direction=way, map_wanted=wanted, start=start, cameras=cameras
            )
            return stack.enter_context(opening)

        try:
            world = enter(map_name, direction)
        except OneWayError as error:
            try:
                world = enter(MIRROR + map_name, "forward")
            except AlvinnError:  # another's map, of which there is no mirror image
                raise error from None
        yield world


def _server(settings: Driving, map_name: str, seed: int, kept: KeptServer | None, stack: ExitStack) -> tuple[str, int]:
    """Host and port of the server to drive on."""
    if settings.carla is not None:
        return address(settings.carla)
    return kept.address(map_name, seed) if kept is not None else stack.enter_context(embedded_server(map_name, seed))


def server_kind(settings: Driving) -> str:
    """What a card or a session says of the server."""
    return "embedded" if settings.carla is None else "given"


def progress() -> Progress:
    """A progress bar in the house's style."""
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=CONSOLE,
    )
