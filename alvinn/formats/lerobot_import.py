"""LeRobotDataset, version 3, in: names after `yaak-ai/L2D-v3`, the driving set of that world.

`meta/info.json` says what the columns are, `meta/episodes` which rows and which stretch of which film an episode has,
`data` holds the rows, `videos` a film a camera.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvinn.driving.types import Image
from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import Account, columns_found, require_steering
from alvinn.formats.parquet import columns_of, read_rows
from alvinn.formats.sample import QUALITY, Moment, Tell, number, number_or
from alvinn.recording import jpeg_of
from alvinn.util.video import frames

VERSION = "v3"
CAMERA = "observation.images.front_forward"
LIKELY_CAMERAS = ("front_forward", "front", "center", "")  # the first that is part of a camera's name
ACTION, STATE, INTERVENTION = "action.continuous", "observation.state.vehicle", "intervention"
OURS = "alvinn"  # as robot_type: our speeds are m/s, L2D's km/h
UNITS = {
    ("km/h", "kmh", "kph", "km_h"): ("km/h", 1.0 / 3.6),
    ("m/s", "mps", "m_s", "meters_per_second"): ("m/s", 1.0),
    ("mph", "miles"): ("miles an hour", 0.44704),
}
"""How a unit is written in a name -> what it is, and what 1 of it is in m/s."""

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
    data_path: str
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
        """The film that holds an episode."""
        chunk, file = episode.get(f"videos/{key}/chunk_index", 0), episode.get(f"videos/{key}/file_index", 0)
        return root / self.video_path.format(video_key=key, chunk_index=chunk, file_index=file)


def read(source: Path, steering: str | None, account: Account, tell: Tell) -> Iterator[Moment]:
    """The rows of a dataset whose frame is in the film.

    Args:
        source: the dataset's folder.
        steering: name of the steering among the named numbers, where it is not the usual one.
        account: where it is told what was left out.
        tell: called once a row.

    Raises:
        RecordingError: it is no such dataset, or the steering is missing or something else.
    """
    info = _read_info(source)
    camera = _camera(info, account)
    steer = _steering(info, steering)
    places = {word: _first(info.numbers(), word) for word in ("gas", "throttle", "brake", "speed")}
    in_mps = _speed_unit(info, places["speed"], account)
    records = _records(source, info, steer, account)
    damaged = [str(v) for r in records if math.isnan(number_or(math.nan, v := steer.of(r), -1.0, 1.0))]
    require_steering(steer.name, damaged, len(records), [column.name for column in info.numbers()])
    episodes = {str(e.get("episode_index")): e for e in _episodes(source, camera)}
    for record, image in _filmed(source, info, camera, records, episodes):
        tell()
        try:
            yield _moment(record, image, steer, places, in_mps)
        except ValueError as error:
            account.leave_out(str(error), f"row {record.get('index')}")


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
        return _Info(number(told["fps"], 0.1, 1e4), features, str(told["data_path"]), str(told["video_path"]), ours)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(f"{path} is damaged: {error!r}") from error


def _names(feature: Mapping[str, Any], key: str) -> Sequence[str]:
    """The names of a feature's elements; they lie in a list, or in one under `axes` or another word."""
    names = feature.get("names")
    if isinstance(names, dict):
        names = next((value for value in names.values() if isinstance(value, list)), None)
    return [str(name) for name in names] if isinstance(names, list) else [key]


def _camera(info: _Info, account: Account) -> str:
    cameras = [key for key, feature in info.features.items() if feature.get("dtype") == "video"]
    if not cameras:
        raise RecordingError(f"there is no film among the features {', '.join(info.features)}")
    chosen = next(key for part in LIKELY_CAMERAS for key in cameras if part in key)
    if len(cameras) > 1:
        account.note(f"of {len(cameras)} cameras only {chosen} is imported")
    return chosen


def _steering(info: _Info, steering: str | None) -> _Column:
    numbers = [column for column in info.numbers() if steering is not None or column.feature.startswith("action")]
    wanted = [c for c in numbers if (steering == c.name if steering is not None else "steer" in c.name.lower())]
    if not wanted:
        raise RecordingError(f"there is no steering. {columns_found([column.name for column in info.numbers()])}")
    return wanted[0]


def _first(columns: Sequence[_Column], word: str) -> _Column | None:
    usual = (column for column in columns if column.feature in {ACTION, STATE} or column.feature.startswith("action"))
    return next((column for column in usual if word in column.name.lower()), None)


def _speed_unit(info: _Info, column: _Column | None, account: Account) -> float:
    """What 1 of the speed's unit is in m/s: as its name or its feature's `unit` says, else L2D's km/h."""
    if info.ours or column is None:
        return 1.0
    feature = info.features[column.feature]
    said = " ".join(str(word) for word in (column.name, feature.get("unit", ""), feature.get("units", ""))).lower()
    for words, (name, in_mps) in UNITS.items():
        if any(word in said for word in words):
            account.note(f"speeds are {name}, as {column.feature} says")
            return in_mps
    account.note("speeds are taken as km/h, as L2D has them: the dataset does not say their unit")
    return 1.0 / 3.6


def _records(source: Path, info: _Info, steer: _Column, account: Account) -> list[Record]:
    """All rows of the tables; a damaged table is left out."""
    wanted = ["timestamp", "index", "episode_index", "frame_index", ACTION, STATE, INTERVENTION, steer.feature]
    records: list[Record] = []
    for path in sorted((source / info.data_path.split("/", maxsplit=1)[0]).rglob("*.parquet")):
        try:
            if steer.feature not in (found := columns_of(path)):
                raise RecordingError(f"{path} has no {steer.feature}. {columns_found(found)}")
            records += read_rows(path, list(dict.fromkeys(wanted)))
        except RecordingError as error:
            account.leave_out("a table is damaged or lacks its columns", str(error))
    if not records:
        raise RecordingError(f"{source} has no rows. {account.reasons()}")
    return records


def _episodes(source: Path, camera: str) -> list[Record]:
    films = [f"videos/{camera}/{word}" for word in ("chunk_index", "file_index", "from_timestamp")]
    tables = sorted((source / "meta" / "episodes").rglob("*.parquet"))
    return [row for path in tables for row in read_rows(path, ["episode_index", *films])]


def _filmed(
    source: Path, info: _Info, camera: str, records: Sequence[Record], episodes: Mapping[str, Record]
) -> Iterator[tuple[Record, Image | None]]:
    """Each row with its frame; the films are read once, from end to end, as rows and frames have one order."""
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
        yield record, now[1] if now is not None and abs(now[0] - at) <= tolerance else None


def _film_or_none(info: _Info, source: Path, camera: str, episode: Record) -> Path | None:
    try:
        return info.film(source, camera, episode)
    except (ValueError, LookupError, TypeError, AttributeError):  # a path in info.json that cannot be filled in
        return None


def _reel(film: Path | None) -> Iterator[tuple[float, Image]]:
    try:
        if film is not None:
            yield from frames(film)
    except RecordingError:
        return  # every row of it is then left out, with the reason


def _moment(
    record: Record, image: Image | None, steer: _Column, places: Mapping[str, _Column | None], in_mps: float
) -> Moment:
    """Raises ValueError, which says why the row is left out."""
    if image is None:
        raise ValueError("its frame is not in the film")

    def said(*words: str) -> object:
        return next((column.of(record) for word in words if (column := places[word])), None)

    try:
        angle = number(steer.of(record), -1.0, 1.0)
    except ValueError as error:
        raise ValueError("its steering is no number in [-1, 1]") from error
    return Moment(
        number=int(number_or(0.0, record.get("index"))),
        jpeg=jpeg_of(image, QUALITY),
        steer=angle,
        time=number_or(math.nan, record.get("timestamp")),
        throttle=number_or(0.0, said("gas", "throttle"), 0.0, 1.0),
        brake=number_or(0.0, said("brake"), 0.0, 1.0),
        speed=number_or(math.nan, said("speed"), 0.0, 1e3) * in_mps,
        drive=str(record.get("episode_index")),
        intervention=record.get(INTERVENTION) in (True, [True]),
    )
