"""`session.json`: how a recording was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn import __version__
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera
from alvinn.errors import RecordingError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json
from alvinn.util.nearest import suggest

SCHEMA = 1
MEND = "restore it from a copy, or record or import it again with --overwrite"
NAME = "session.json"
BETWEEN = ", "  # the names of drivers
RENAMED = {"proof": "quality"}  # earlier name -> name

MEASURED = 1e-3  # m: CARLA tells where the wheels are in the world, so a wheelbase differs a little from map to map


@dataclass(frozen=True, slots=True)
class Session:
    """How a recording was made."""

    camera: Camera
    """the centre camera; the others are mounted relative to it, see `Camera.at_mount`"""
    vehicle: dict[str, Any]
    maps: tuple[str, ...]
    weathers: tuple[str, ...]
    seed: int
    """of the first drive; see `seeds`"""
    driver: str
    """all who drove, as one text: see `drivers`"""
    server: str
    version: str
    camera_known: bool = True
    """false if only the size of the pictures is known and the rest of `camera` is assumed"""
    device: str = ""
    """input device of a human driver; empty for others"""
    cameras: tuple[str, ...] = ("center",)
    """cameras on the car, in at least some of the rows"""
    closed: bool = True
    """false while it is being written, and if that was cut short"""
    quality: dict[str, Any] | None = None
    """computed when it was closed; see `alvinn.recording.quality`"""
    seeds: tuple[int, ...] = ()
    """of all drives that were added; empty in earlier files"""
    schema: int = SCHEMA

    @property
    def drivers(self) -> tuple[str, ...]:
        """All who drove, each once, in the order in which they first did."""
        return tuple(dict.fromkeys(self.driver.split(BETWEEN)))


def make_session(
    camera: Camera,
    car: VehicleGeometry,
    server: str,
    *,
    driver: str,
    maps: Sequence[str] = (),
    weathers: Sequence[str] = (),
    seed: int = 0,
    cameras: Sequence[str] = ("center",),
    device: str = "",
    camera_known: bool = True,
) -> Session:
    """The session of a new recording, written by this version of the program."""
    return Session(
        camera=camera,
        vehicle=asdict(car),
        maps=tuple(maps),
        weathers=tuple(weathers),
        seed=seed,
        seeds=(seed,),
        driver=driver,
        server=server,
        version=__version__,
        camera_known=camera_known,
        device=device,
        cameras=tuple(cameras),
    )


def is_same_car(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two cars are the same, as measured."""
    return one.keys() == other.keys() and all(
        np.shape(one[name]) == np.shape(other[name]) and np.allclose(one[name], other[name], atol=MEASURED)
        for name in one
    )


def find_difference(before: Session, added: Session) -> str:
    """Why a drive cannot continue a recording, in a part of a sentence; empty if it can.

    Camera, server, car and device are told once for all of a recording, and training relies on them.
    """
    for name, what in (("camera", "camera"), ("server", "server"), ("device", "device")):
        one, other = getattr(before, name), getattr(added, name)
        if one != other:
            return f"was recorded with the {what} {one or 'none'}, now it is {other or 'none'}"
    return "" if is_same_car(before.vehicle, added.vehicle) else "was recorded with another car"


def merge_sessions(before: Session, added: Session) -> Session:
    """The session of a recording that was extended."""

    def both(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(getattr(before, name) + getattr(added, name)))

    seeds = (before.seeds or (before.seed,)) + (added.seeds or (added.seed,))
    return replace(
        before,
        maps=both("maps"),
        weathers=both("weathers"),
        cameras=both("cameras"),
        driver=BETWEEN.join(both("drivers")),
        seeds=tuple(dict.fromkeys(seeds)),
    )


def write_session(folder: Path, session: Session) -> None:
    """Write `session.json` atomically.

    Raises:
        RecordingError: the file cannot be written.
    """
    try:
        write_json(folder / NAME, asdict(session))
    except OSError as error:
        raise RecordingError(f"{folder / NAME} could not be written: {error.strerror}") from error


def read_session(path: Path, mend: str = MEND) -> Session:
    """Read a `session.json`.

    Args:
        path: of the file.
        mend: end of the error's sentence: what to do about damage.

    Raises:
        RecordingError: it is missing or damaged.
    """
    if not path.is_file():
        folder = path.parent
        beside = sorted(other.parent.name for other in folder.parent.glob(f"*/{NAME}"))
        hint = suggest(folder.name, beside) or "alvinn record makes recordings"
        raise RecordingError(f"{folder} is not a recording, it has no {path.name}: {hint}")
    return read_json(path, Session, SCHEMA, RecordingError, mend, RENAMED)
