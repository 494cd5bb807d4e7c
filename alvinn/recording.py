"""A recording: a folder that opens in a spreadsheet and an image viewer.

`session.json` says how it was made, `drive.csv` has one row a frame, `frames/` the pictures. A row is handed to the
operating system only after its picture is closed: whatever kills the program, the folder opens again with all rows but
perhaps a torn last one, which reading leaves out.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import cv2
import numpy as np

from alvinn.driving import Camera, CameraName, Image, Step
from alvinn.errors import RecordingError
from alvinn.files import write_json

SCHEMA = 1
JPEG_QUALITY = 92
CODED: tuple[CameraName, ...] = ("depth", "segmentation")  # whose pixels are numbers, which JPEG would change

MaybeKnown: TypeAlias = float
"""A number that imports may not know: NaN in memory, an empty cell in the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `drive.csv`: frame t and the steer decided on seeing it. Metres, radians, seconds."""

    frame: int
    time: float
    segment: int
    center: str
    """file of the picture, relative to the recording"""
    steer: float
    """as applied"""
    steer_meant: float
    """as the driver meant it, before any disturbance"""
    curvature: float
    """the driver's own answer, the label"""
    disturbance: float
    throttle: float
    brake: float
    speed: MaybeKnown
    x: MaybeKnown
    y: MaybeKnown
    z: MaybeKnown
    yaw: MaybeKnown
    lane: str
    """map and direction: rows of one lane share `lane_s`; empty where it is unknown"""
    lane_s: MaybeKnown
    lane_width: MaybeKnown
    offset: MaybeKnown
    heading_error: MaybeKnown
    weather: str
    who: str
    axis: float | None = None
    """raw axis of the device, where there is one"""
    correction: int = 0
    """the number of the correction that the row belongs to, counted from 1; 0: none"""
    why: str = ""
    """which gate asked for it"""
    left: str = ""
    """files of the other cameras' pictures; empty where the car did not carry them"""
    right: str = ""
    depth: str = ""
    segmentation: str = ""


COLUMNS = tuple(field.name for field in fields(Row))
REQUIRED = frozenset(field.name for field in fields(Row) if field.default is MISSING)
"""What every table has; the other columns came later, and are empty where a table lacks them."""
HEADER = ",".join(COLUMNS).encode()


@dataclass(frozen=True, slots=True)
class Session:
    """`session.json`: how a recording was made."""

    camera: Camera
    """the centre one; the others sit beside it, see `Camera.placed`"""
    vehicle: dict[str, Any]
    maps: tuple[str, ...]
    weathers: tuple[str, ...]
    seed: int
    driver: str
    server: str
    version: str
    camera_known: bool = True
    """false where only the size of the pictures is known, and the rest of `camera` is assumed"""
    cameras: tuple[str, ...] = ("center",)
    """what the car carried, in some of the rows at least"""
    schema: int = SCHEMA


def _encode(row: Row) -> list[str]:
    return [repr(float(value)) if isinstance(value, float) else str(value) for value in _values(row)]


def _values(row: Row) -> Iterator[Any]:
    cells = (getattr(row, name) for name in COLUMNS)
    return ("" if value is None or (isinstance(value, float) and math.isnan(value)) else value for value in cells)


class RecordingWriter(AbstractContextManager["RecordingWriter"]):
    """Writes a new recording, or more segments of an old one.

    Raises:
        RecordingError: the folder is taken, or was recorded with another camera.
    """

    def __init__(self, folder: Path, session: Session, *, append: bool = False) -> None:
        self._folder = folder
        self.rows = 0
        self._segment = 0
        if folder.exists() and any(folder.iterdir()):
            self._continue(session, append=append)
        table = folder / "drive.csv"
        new = not table.exists() or not table.stat().st_size
        if new:
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / "session.json", asdict(session))
        (folder / "frames").mkdir(exist_ok=True)
        self._file = table.open("a", encoding="utf-8", newline="", buffering=1)
        self._table = csv.writer(self._file, lineterminator="\n")
        if new:
            self._table.writerow(COLUMNS)

    def _continue(self, session: Session, *, append: bool) -> None:
        if not append:
            raise RecordingError(f"{self._folder} holds a recording already: choose another name, or add --append")
        before = Recording(self._folder)
        if before.session.camera != session.camera:
            raise RecordingError(
                f"{self._folder} was recorded with the camera {before.session.camera}, now it is {session.camera}: "
                "one recording has one camera, choose another name"
            )
        before.mend()
        write_json(self._folder / "session.json", asdict(_joined(before.session, session)))
        self.rows = len(before.rows)
        self._segment = before.rows[-1].segment + 1 if before.rows else 0

    def new_segment(self) -> None:
        """What follows does not continue what came before."""
        self._segment += 1

    def add(self, step: Step, *, lane: str, weather: str) -> None:
        """Write one tick: the picture, then its row.

        Raises:
            RecordingError: the disk takes no more.
        """
        seen = step.observation
        files: dict[str, Any] = {name: self._write_picture(name, image) for name, image in seen.others.items()}
        center = self._write_picture("center", seen.image)
        row = _row(step, self._segment, center, lane, weather)
        self._table.writerow(_encode(replace(row, **files)))
        self.rows += 1

    def add_row(self, row: Row, jpeg: bytes) -> None:
        """Write a row that was made elsewhere, with its picture as it came; its file and segment are set here.

        Raises:
            RecordingError: the disk takes no more.
        """
        name = f"frames/{self.rows:08d}_center.jpg"
        self._write_bytes(self._folder / name, jpeg)
        self._table.writerow(_encode(replace(row, center=name, segment=self._segment)))
        self.rows += 1

    def _write_picture(self, camera: CameraName, image: Image) -> str:
        """Write a picture of the row to come; returns its file, relative to the recording."""
        exact = camera in CODED
        name = f"frames/{self.rows:08d}_{camera}.{'png' if exact else 'jpg'}"
        self._write_bytes(self._folder / name, png_of(image) if exact else jpeg_of(image))
        return name

    @staticmethod
    def _write_bytes(path: Path, data: bytes) -> None:
        try:
            path.write_bytes(data)
        except OSError as error:
            raise RecordingError(f"the picture {path} could not be written: {error.strerror}") from error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def jpeg_of(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a JPEG file."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RecordingError(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def png_of(image: Image) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a PNG file: every bit is kept."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise RecordingError(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def _joined(before: Session, added: Session) -> Session:
    """What a recording's session says once maps and weathers were added."""

    def both(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(getattr(before, name) + getattr(added, name)))

    return replace(before, maps=both("maps"), weathers=both("weathers"), cameras=both("cameras"))


def _row(step: Step, segment: int, picture: str, lane: str, weather: str) -> Row:
    seen, truth, decision, control = step.observation, step.truth, step.decision, step.control
    return Row(
        frame=seen.frame,
        time=seen.time,
        segment=segment,
        center=picture,
        steer=control.steer,
        steer_meant=step.steer_meant,
        curvature=decision.curvature,
        disturbance=decision.disturbance,
        throttle=control.throttle,
        brake=control.brake,
        speed=seen.speed,
        x=truth.x,
        y=truth.y,
        z=truth.z,
        yaw=truth.yaw,
        lane=lane,
        lane_s=truth.lane_s,
        lane_width=truth.lane_width,
        offset=truth.offset,
        heading_error=truth.heading_error,
        weather=weather,
        who=decision.who,
        axis=decision.axis,
        correction=decision.correction,
        why=decision.why,
    )


class Recording:
    """A recording as it lies on disk, read whole but for its pictures.

    Raises:
        RecordingError: there is none, or it is damaged beyond a torn last row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = read_session(folder / "session.json")
        self._torn_at: int | None = None
        self._older = False  # the table has not all of today's columns
        self.rows = tuple(self._read_rows(folder / "drive.csv"))

    def _read_rows(self, path: Path) -> Iterator[Row]:
        data = path.read_bytes() if path.is_file() else b""
        *lines, rest = data.split(b"\n")  # rest: what was begun and not finished
        if not lines and HEADER.startswith(data):
            self._torn_at = 0
            return
        columns = _columns(path, lines[0] if lines else data)
        self._older = columns != COLUMNS
        for number, line in enumerate(lines[1:], start=2):
            try:
                yield _decode(line, columns)
            except (ValueError, csv.Error) as error:
                if number < len(lines) or rest:
                    raise RecordingError(f"{path}, line {number}: {error}") from error
                rest = line + b"\n"
        self._torn_at = len(data) - len(rest) if rest else None

    def mend(self) -> None:
        """Make the table ready for more rows: whole to its last row, and with all of today's columns."""
        table = self.folder / "drive.csv"
        if self._torn_at is not None:
            with table.open("r+b") as file:
                file.truncate(self._torn_at)
            self._torn_at = None
        if self._older:
            scratch = table.with_name(table.name + ".part")
            with scratch.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows([COLUMNS, *map(_encode, self.rows)])
            scratch.replace(table)
            self._older = False

    def digest(self) -> str:
        """The SHA-256 of the table: another one means other rows."""
        return hashlib.sha256((self.folder / "drive.csv").read_bytes()).hexdigest()

    def require_frames(self) -> Recording:
        """This recording, if there is something in it.

        Raises:
            RecordingError: it has no frames.
        """
        if not self.rows:
            raise RecordingError(
                f"{self.folder} has no frames: record something first (alvinn record {self.folder.name})"
            )
        return self

    def picture(self, row: Row, camera: CameraName = "center") -> Image:
        """The picture of a row, shape (height, width, 3) RGB.

        Raises:
            RecordingError: it is missing or damaged, or there was no such camera.
        """
        name: str = getattr(row, camera)
        if not name:
            raise RecordingError(f"{self.folder} has no {camera} pictures: record with --cameras center,{camera}")
        path = self.folder / name
        data = np.fromfile(path, dtype=np.uint8) if path.is_file() else np.empty(0, dtype=np.uint8)
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
        if bgr is None:
            raise RecordingError(f"the picture {path} is {'damaged' if data.size else 'missing'}")
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _columns(path: Path, header: bytes) -> tuple[str, ...]:
    """The columns of a table, in its own order."""
    columns = tuple(header.decode(errors="replace").rstrip("\r").split(","))
    if not set(columns) >= REQUIRED or not set(columns) <= set(COLUMNS) or len(set(columns)) < len(columns):
        raise RecordingError(f"{path} has other columns than {', '.join(COLUMNS)}: it was not written by this program")
    return columns


def _decode(line: bytes, columns: tuple[str, ...]) -> Row:
    (cells,) = csv.reader([line.decode()])
    if len(cells) != len(columns):
        raise ValueError(f"{len(cells)} cells where {len(columns)} columns were expected")
    return Row(**{name: _CONVERTER_OF[name](cell) for name, cell in zip(columns, cells, strict=True)})


def _number(cell: str) -> float:
    number = float(cell)
    if not math.isfinite(number):
        raise ValueError(f"{cell} is not a number")
    return number


_CONVERTERS: dict[str, Any] = {
    "int": int,
    "float": _number,
    "str": str,
    "MaybeKnown": lambda cell: _number(cell) if cell else math.nan,
    "float | None": lambda cell: _number(cell) if cell else None,
}
_CONVERTER_OF = {field.name: _CONVERTERS[str(field.type)] for field in fields(Row)}


def read_session(path: Path) -> Session:
    """What `session.json` says.

    Raises:
        RecordingError: it is missing or damaged.
    """
    if not path.is_file():
        raise RecordingError(f"{path.parent} is not a recording: it has no {path.name}")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise RecordingError(f"{path} has schema {content['schema']}, this program reads {SCHEMA}")
        camera = Camera(**content.pop("camera"))
        content |= {name: tuple(content[name]) for name in ("maps", "weathers", "cameras") if name in content}
        return Session(camera=camera, **content)
    except (ValueError, TypeError, KeyError) as error:
        raise RecordingError(f"{path} is damaged: {error!r}") from error
