"""What `meta/info.json` says of a LeRobotDataset, version 3: its features, their names, where its files are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvinn.errors import RecordingError
from alvinn.formats.lerobot_names import OURS
from alvinn.formats.parquet import FETCH_AGAIN
from alvinn.formats.sample import number

VERSION = "v3"
FIELD = re.compile(r"\{(\w*)(?::0?\d?d)?\}")  # what a path template may hold: no width that makes a path of any length
PLACES = ("chunk_index", "file_index")
LARGEST = 1_000_000  # of chunk and file numbers
ROW = ("timestamp", "index", "episode_index", "frame_index")
"""The columns that place a row in time, dataset and episode."""

Record = dict[str, Any]
"""A row of a table."""


@dataclass(frozen=True, slots=True)
class Column:
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
class Info:
    """A dataset as `info.json` describes it."""

    fps: float
    features: dict[str, Any]
    video_path: str
    ours: bool
    """whether it is an export of this program"""

    def numbers(self) -> list[Column]:
        """Every named number that a row holds."""
        return [
            Column(key, at, name)
            for key, feature in self.features.items()
            if feature.get("dtype") not in {"video", "image"}
            for at, name in enumerate(_name_elements(feature, key))
        ]

    def film(self, root: Path, key: str, episode: Record) -> Path | None:
        """The film that holds an episode; None where its row in `meta/episodes` does not say which.

        Raises:
            RecordingError: the path leads out of the dataset, or cannot be filled in.
        """
        if not set(FIELD.findall(self.video_path)) <= {"video_key", *PLACES} or "{" in FIELD.sub("", self.video_path):
            raise RecordingError(f"video_path {self.video_path[:80]!r} is not one of LeRobot's")
        try:
            number(episode.get(f"videos/{key}/from_timestamp"))
            places = {word: int(number(episode.get(f"videos/{key}/{word}"), 0.0, LARGEST)) for word in PLACES}
        except ValueError:
            return None  # no guess: film 0 would show other episodes' pictures
        return path_inside(root, self.video_path.format(video_key=key, **places))


def path_inside(root: Path, name: str) -> Path:
    """Raises RecordingError where a path leads out of the dataset."""
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise RecordingError(f"meta/info.json names {name[:80]!r}, which is outside the dataset")
    return path


def read_info(source: Path) -> Info:
    """What `meta/info.json` says.

    Raises:
        RecordingError: it is missing, damaged, or of another version.
    """
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
        return Info(number(told["fps"], 0.1, 1e4), features, str(told.get("video_path") or ""), ours)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise RecordingError(f"{path} is damaged: {error!r}; {FETCH_AGAIN}") from error


def _name_elements(feature: Mapping[str, Any], key: str) -> Sequence[str]:
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
