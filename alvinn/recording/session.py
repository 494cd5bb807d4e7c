"""`session.json`: how a recording was made."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from alvinn.driving.types import Camera
from alvinn.errors import RecordingError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
NAME = "session.json"
RENAMED = {"proof": "quality"}  # since 0.1


@dataclass(frozen=True, slots=True)
class Session:
    """What `session.json` says."""

    camera: Camera
    """the centre one; the others sit beside it, see `Camera.at_mount`"""
    vehicle: dict[str, Any]
    maps: tuple[str, ...]
    weathers: tuple[str, ...]
    seed: int
    driver: str
    server: str
    version: str
    camera_known: bool = True
    """false where only the size of the pictures is known, and the rest of `camera` is assumed"""
    device: str = ""
    """what a person steered with; empty where nobody did"""
    cameras: tuple[str, ...] = ("center",)
    """what the car carried, in some of the rows at least"""
    closed: bool = True
    """false while it is being written, and ever after if that was cut short"""
    quality: dict[str, Any] | None = None
    """what the rows measure_quality, counted when it was closed: see `alvinn.recording.quality`"""
    schema: int = SCHEMA


def joined(before: Session, added: Session) -> Session:
    """What a recording's session says once more was added."""

    def both(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(getattr(before, name) + getattr(added, name)))

    return replace(before, maps=both("maps"), weathers=both("weathers"), cameras=both("cameras"))


def write_session(folder: Path, session: Session) -> None:
    """Write `session.json`, whole or not at all.

    Raises:
        RecordingError: the disk takes no more.
    """
    try:
        write_json(folder / NAME, asdict(session))
    except OSError as error:
        raise RecordingError(f"{folder / NAME} could not be written: {error.strerror}") from error


def read_session(path: Path) -> Session:
    """What a `session.json` says.

    Raises:
        RecordingError: it is missing or damaged.
    """
    if not path.is_file():
        raise RecordingError(f"{path.parent} is not a recording: it has no {path.name}")
    return read_json(path, Session, SCHEMA, RecordingError, RENAMED)
