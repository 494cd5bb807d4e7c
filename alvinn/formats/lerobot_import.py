"""LeRobotDataset, version 3, in: names after `yaak-ai/L2D-v3`, the driving set of that world.

`meta/info.json` says what the columns are, `meta/episodes` which rows and which stretch of which film an episode has,
`data` holds the rows, `videos` a film a camera.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alvinn.driving.types import Image
from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import Account, columns_found
from alvinn.formats.lerobot_names import L2D, LEROBOT, OURS, RIGHT_POSITIVE
from alvinn.formats.parquet import columns_of, read_rows
from alvinn.formats.reading import IN_MPS, Reading, SpeedUnit, SteeringScale, steering_scale
from alvinn.formats.sample import QUALITY, Moment, Tell, number, number_or
from alvinn.util.images import PictureError, as_jpeg, jpeg_of, read_inside
from alvinn.util.video import frames

VERSION = "v3"
LIKELY_CAMERAS = ("front_forward", "front", "center", "")  # the first that is part of a camera's name
IN_WORDS: dict[SpeedUnit, str] = {"m/s": "m/s", "km/h": "km/h", "mph": "miles an hour"}
SPEED_WORDS: dict[SpeedUnit, tuple[str, ...]] = {
    "km/h": ("km/h", "kmh", "kph", "km_h"),
    "m/s": ("m/s", "mps", "m_s", "meters_per_second"),
    "mph": ("mph", "miles"),
}
"""A unit -> how it is written in names."""
FIELD = re.compile(r"\{(\w*)(?::0?\d?d)?\}")  # what a path template may hold: no width that makes a path of any length
LARGEST = 1_000_000  # of chunk and file numbers
LFS = b"version https://git-lfs"
SPEEDS = ("speed", "velocity")

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Column:
    """A number within a column: its feature and which element of it."""

    feature: str
    element: int
    name: str

    def of(self, record: Mapping[str, Any]) -> object:
        """The number as the record has it, or nothing."""
        value = record.get(self.feature)
        if isinstance(value, list):
            return value[self.element] if self.element < len(value) else None
        return value


@dataclass(frozen=True, slots=True)
class _Info:
    fps: float
    features: dict[str, Any]
    video_path: str
    ours: bool

    def numbers(self) -> list[_Column]:
        """Every named number that a row holds."""
        return [
            _Column(key, at, name)
            for key, feature in self.features.items()
            if feature.get("dtype") not in {"video", "image"}
            for at, name in enumerate(_names(feature, key))
        ]

    def film(self, root: Path, key: str, episode: Record) -> Path:
        """The film that holds an episode.

        Raises:
            RecordingError: the path leads out of the dataset, or cannot be filled in.
        """
        places = {
            word: int(number_or(0.0, episode.get(f"videos/{key}/{word}"), 0.0, LARGEST))
            for word in ("chunk_index", "file_index")
        }
        if not set(FIELD.findall(self.video_path)) <= {"video_key", *places} or "{" in FIELD.sub("", self.video_path):
            raise RecordingError(f"video_path {self.video_path[:80]!r} is not one of LeRobot's")
        return _inside(root, self.video_path.format(video_key=key, **places))


@dataclass(frozen=True, slots=True)
class _Camera:
    """Where the pictures come from: a film, or a column of the tables."""

    key: str
    is_film: bool


def _inside(root: Path, name: str) -> Path:
    """Raises RecordingError where a path leads out of the dataset."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise RecordingError(f"meta/info.json names {name[:80]!r}, which is outside the dataset")
    return path


def read(source: Path, reading: Reading, account: Account, tell: Tell) -> Iterator[Moment]:
    """The rows of a dataset whose picture is there.

    Args:
        source: the dataset's folder.
        reading: what a person says of it.
        account: where it is reported what was left out.
        tell: called once a row.

    Raises:
        RecordingError: it is no such dataset, its steering is missing or something else, or its sign or the unit of
            its speed is unknown.
    """
    info = _read_info(source)
    camera = _camera(info, account)
    steer = _steering(info, reading)
    scale = _scale(info, steer, reading, account)
    places = {word: _first(info.numbers(), (word,)) for word in ("gas", "throttle", "brake")}
    places["speed"] = _first(info.numbers(), SPEEDS)
    in_mps = _speed_unit(info, places["speed"], reading, account)
    gates = [key for key in info.features if "intervention" in key.lower()]
    wanted = [steer.feature, *gates, *(column.feature for column in places.values() if column is not None)]
    records = _records(source, steer.feature, wanted, account)
    scale.check([steer.of(record) for record in records], [column.name for column in info.numbers()])
    episodes = {str(e.get("episode_index")): e for e in _episodes(source, camera.key)}
    if camera.is_film:
        _require_films(source, info, camera.key, episodes, account)
        pictures = _filmed(source, info, camera.key, records, episodes)
    else:
        pictures = _stored(source, steer.feature, wanted, camera.key)
    for record, picture in pictures:
        tell()
        try:
            moment = _moment(
                record, picture, scale.of(steer.of(record)) if picture is not None else 0.0, places, in_mps
            )
        except ValueError as error:
            account.leave_out(str(error), f"row {record.get('index')}")
            continue
        yield replace(moment, intervention=any(record.get(gate) in (True, 1, [True], [1]) for gate in gates))


def _read_info(source: Path) -> _Info:
    path = source / "meta" / "info.json"
    if not path.is_file():
        raise RecordingError(f"{source} has no meta/info.json: it is not a LeRobotDataset")
    try:
        told = json.loads(path.read_bytes())
        version = str(told["codebase_version"])
        if not version.startswith(VERSION):
            raise RecordingError(
                f"{source} is a LeRobotDataset {version[:20]}, this program reads {VERSION}.0: "
                "LeRobot brings a script that converts older ones"
            )
        features = {str(key): dict(feature) for key, feature in told["features"].items()}
        ours = told.get("robot_type") == OURS
        return _Info(number(told["fps"], 0.1, 1e4), features, str(told.get("video_path") or ""), ours)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(f"{path} is damaged: {error!r}") from error


def _names(feature: Mapping[str, Any], key: str) -> Sequence[str]:
    """The names of a feature's elements: in a list, or nested in dictionaries; by number where they do not fit."""
    shape = feature.get("shape")
    size = shape[0] if isinstance(shape, list) and len(shape) == 1 and isinstance(shape[0], int) else None
    names = _flatten(feature.get("names"))
    if names and size in (None, len(names)):
        return names
    return [key] if size is None or size <= 1 else [f"{key}[{at}]" for at in range(min(size, 1000))]


def _flatten(names: Any) -> list[str]:
    """`["a"]`, `{"axes": ["a"]}`, `{"motors": {"left": ["a"]}}` and `{"a": 0}` all name a."""
    if isinstance(names, dict):
        if names and all(isinstance(value, int) for value in names.values()):
            return [str(name) for name, _ in sorted(names.items(), key=lambda item: item[1])]
        return [name for value in names.values() for name in _flatten(value)]
    return [str(name) for name in names] if isinstance(names, list) else []


def _camera(info: _Info, account: Account) -> _Camera:
    kinds = {key: str(feature.get("dtype")) for key, feature in info.features.items()}
    seen = [key for key, kind in kinds.items() if kind in {"video", "image"}]
    cameras = [key for key in seen if not _is_depth(key, info.features[key])]
    if not cameras:
        depth = f"; {', '.join(seen)} hold depth" if seen else ""
        raise RecordingError(f"there is no camera among the features {', '.join(info.features)}{depth}")
    chosen = next(key for part in LIKELY_CAMERAS for key in cameras if part in key)
    if len(seen) > 1:
        account.note(f"of {len(seen)} cameras only {chosen} is imported")
    return _Camera(chosen, kinds[chosen] == "video")


def _is_depth(key: str, feature: Mapping[str, Any]) -> bool:
    details = feature.get("info") or feature.get("video_info")
    marks = details if isinstance(details, dict) else {}
    return "depth" in key.lower() or any(marks.get(name) is True for name in ("video.is_depth_map", "is_depth_map"))


def _steering(info: _Info, reading: Reading) -> _Column:
    asked = reading.steering
    numbers = [column for column in info.numbers() if asked is not None or column.feature.startswith("action")]
    wanted = [c for c in numbers if (asked == c.name if asked is not None else "steer" in c.name.lower())]
    if not wanted:
        raise RecordingError(f"there is no steering. {columns_found([column.name for column in info.numbers()])}")
    return wanted[0]


def _scale(info: _Info, steer: _Column, reading: Reading, account: Account) -> SteeringScale:
    feature = info.features[steer.feature]
    known = info.ours or feature.get("sign") == RIGHT_POSITIVE
    if not known and reading.right_positive is None:
        raise RecordingError(
            f"the dataset does not say which way a positive {steer.name} turns: say --right-positive or "
            "--flip-steering (drive a few rows of it with `alvinn replay` to see whether bends are mirrored)"
        )
    units = feature.get("units")
    listed = isinstance(units, list) and steer.element < len(units)
    return steering_scale(steer.name, str(units[steer.element]) if listed else "", reading, account)


def _first(columns: Sequence[_Column], words: Sequence[str]) -> _Column | None:
    states = (LEROBOT.state_key, L2D.state_key)
    usual = (column for column in columns if column.feature in states or column.feature.startswith("action"))
    return next((column for column in usual if any(word in column.name.lower() for word in words)), None)


def _speed_unit(info: _Info, column: _Column | None, reading: Reading, account: Account) -> float:
    """What 1 of the speed's unit is in m/s.

    Raises:
        RecordingError: nobody says it.
    """
    if column is None:
        account.note("there is no speed in observation.state: the speed is unknown")
        return math.nan
    if reading.speed_unit is not None:
        return IN_MPS[reading.speed_unit]
    feature = info.features[column.feature]
    units = feature.get("units")
    beside = units[column.element] if isinstance(units, list) and column.element < len(units) else units
    said = " ".join(str(word) for word in (column.name, feature.get("unit", ""), beside or "")).lower()
    for unit, words in SPEED_WORDS.items():
        if any(word in said for word in words):
            account.note(f"speeds are {IN_WORDS[unit]}, as {column.feature} says")
            return IN_MPS[unit]
    if info.ours:
        return 1.0
    if column.feature == L2D.state_key:
        account.note("speeds are taken as km/h, as L2D has them: the dataset does not say their unit")
        return IN_MPS["km/h"]
    raise RecordingError(
        f"the dataset does not say the unit of {column.name}: say --speed-unit m/s, km/h or mph, or --speed-unit none "
        "to leave the speed out"
    )


USUAL = ("timestamp", "index", "episode_index", "frame_index")


def _tables(source: Path) -> list[Path]:
    return sorted((source / "data").rglob("*.parquet"))


def _records(source: Path, steering: str, wanted: Sequence[str], account: Account) -> list[Record]:
    """All rows of the tables; a damaged table is left out."""
    records: list[Record] = []
    for path in _tables(source):
        try:
            if steering not in (found := columns_of(path)):
                raise RecordingError(f"{path} has no {steering}. {columns_found(found)}")
            records += read_rows(path, list(dict.fromkeys([*USUAL, *wanted])))
        except RecordingError as error:
            account.leave_out("a table is damaged or lacks its columns", str(error))
    if not records:
        raise RecordingError(f"{source} has no rows. {account.reasons()}")
    return records


def _stored(source: Path, steering: str, wanted: Sequence[str], key: str) -> Iterator[tuple[Record, bytes | None]]:
    """Each row with its picture, of a dataset that keeps pictures in its tables or beside them."""
    for path in _tables(source):
        try:
            if steering not in columns_of(path):
                continue
            rows = read_rows(path, list(dict.fromkeys([*USUAL, *wanted, key])))
        except RecordingError:
            continue  # reported by `_records`
        for record in rows:
            cell = record.pop(key, None)
            yield record, _picture(source, cell if isinstance(cell, dict) else {})


def _picture(source: Path, cell: Mapping[str, Any]) -> bytes | None:
    """The picture of a cell, as JPEG: its bytes, or the file that it names; None where it is missing or damaged."""
    try:
        data, name = cell.get("bytes"), cell.get("path")
        if not isinstance(data, bytes):
            data = read_inside(source, str(name)) if name else b""
        return as_jpeg(data, QUALITY)
    except PictureError:
        return None


def _require_films(source: Path, info: _Info, camera: str, episodes: Mapping[str, Record], account: Account) -> None:
    """Name the films that are absent.

    Raises:
        RecordingError: all are, or a path leads out of the dataset.
    """
    films = {info.film(source, camera, episode) for episode in episodes.values()}
    absent = sorted(film for film in films if not film.is_file())
    pointers = sorted(film for film in films if film.is_file() and _begins(film) == LFS)
    if films and len(absent) + len(pointers) == len(films):
        what = f"{absent[0]} is missing" if absent else f"{pointers[0]} is a Git LFS pointer, not a film"
        raise RecordingError(
            f"no film of {camera} is there: {what}. Fetch the films (git lfs pull, or huggingface-cli download) and "
            "import again"
        )
    for film in absent:
        account.note(f"the film {film} is missing: its rows are left out")
    for film in pointers:
        account.note(f"the film {film} is a Git LFS pointer: its rows are left out; git lfs pull fetches it")


def _begins(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(LFS))


def _episodes(source: Path, camera: str) -> list[Record]:
    films = [f"videos/{camera}/{word}" for word in ("chunk_index", "file_index", "from_timestamp")]
    tables = sorted((source / "meta" / "episodes").rglob("*.parquet"))
    return [row for path in tables for row in read_rows(path, ["episode_index", *films])]


def _filmed(
    source: Path, info: _Info, camera: str, records: Sequence[Record], episodes: Mapping[str, Record]
) -> Iterator[tuple[Record, bytes | None]]:
    """Each row with its frame as JPEG; the films are read once, from end to end, as rows and frames have one order."""
    film: Path | None = None
    reel: Iterator[tuple[float, Image]] = iter(())
    now: tuple[float, Image] | None = None
    tolerance = 0.5 / info.fps
    for record in records:
        episode = episodes.get(str(record.get("episode_index")), {})
        if (wanted := _film_or_none(info, source, camera, episode)) != film:
            film, reel = wanted, _reel(wanted)
            now = next(reel, None)
        begin = number_or(0.0, episode.get(f"videos/{camera}/from_timestamp"))
        at = begin + number_or(math.nan, record.get("timestamp"))
        while now is not None and now[0] < at - tolerance:  # never, where the row tells no time
            now = next(reel, None)
        yield record, jpeg_of(now[1], QUALITY) if now is not None and abs(now[0] - at) <= tolerance else None


def _film_or_none(info: _Info, source: Path, camera: str, episode: Record) -> Path | None:
    try:
        return info.film(source, camera, episode)
    except RecordingError:
        return None


def _reel(film: Path | None) -> Iterator[tuple[float, Image]]:
    try:
        if film is not None:
            yield from frames(film)
    except RecordingError:
        return  # every row of it is then left out, with the reason


def _moment(
    record: Record, jpeg: bytes | None, steer: float, places: Mapping[str, _Column | None], in_mps: float
) -> Moment:
    """Raises ValueError, which says why the row is left out."""
    if jpeg is None:
        raise ValueError("its picture is missing or damaged")

    def value_of(*words: str) -> object:
        return next((column.of(record) for word in words if (column := places[word])), None)

    return Moment(
        number=int(number_or(0.0, record.get("index"))),
        jpeg=jpeg,
        steer=steer,
        time=number_or(math.nan, record.get("timestamp")),
        throttle=number_or(0.0, value_of("gas", "throttle"), 0.0, 1.0),
        brake=number_or(0.0, value_of("brake"), 0.0, 1.0),
        speed=number_or(math.nan, value_of("speed"), 0.0, 1e3) * in_mps,
        drive=str(record.get("episode_index")),
    )
