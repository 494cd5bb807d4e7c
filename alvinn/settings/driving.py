"""Where and how to drive, and with which camera."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from alvinn.driving.types import Camera
from alvinn.settings.flags import require_above_zero, require_address, require_seed
from alvinn.settings.home import Home
from alvinn.settings.names import check_names, split_names


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
