"""The pictures of a LeRobotDataset, version 3: frames of a film, or pictures in its tables or beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvinn.driving.types import Image
from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.lerobot_info import ROW, Info, Record
from alvinn.formats.parquet import read_column_names, read_rows
from alvinn.formats.sample import QUALITY, number_or
from alvinn.util.images import PictureError, convert_to_jpeg, encode_jpeg, read_inside
from alvinn.util.video import frames

LIKELY_CAMERAS = ("front_forward", "front", "center", "")  # the first that is part of a camera's name
LFS = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class CameraFeature:
    """Where the pictures come from: a film, or a column of the tables."""

    key: str
    is_film: bool


def choose_camera(info: Info, log: ConversionLog) -> CameraFeature:
    """The camera that is imported: the one whose name says that it looks ahead, or the first; never one of depth.

    Raises:
        RecordingError: there is none.
    """
    kinds = {key: str(feature.get("dtype")) for key, feature in info.features.items()}
    seen = [key for key, kind in kinds.items() if kind in {"video", "image"}]
    cameras = [key for key in seen if not _is_depth(key, info.features[key])]
    if not cameras:
        depth = f"; {', '.join(seen)} hold depth" if seen else ""
        raise RecordingError(f"there is no camera among the features {', '.join(info.features)}{depth}")
    chosen = next(key for part in LIKELY_CAMERAS for key in cameras if part in key)
    if len(seen) > 1:
        log.note(f"of {len(seen)} cameras only {chosen} is imported")
    return CameraFeature(chosen, kinds[chosen] == "video")


def _is_depth(key: str, feature: Mapping[str, Any]) -> bool:
    details = feature.get("info") or feature.get("video_info")
    marks = details if isinstance(details, dict) else {}
    return "depth" in key.lower() or any(marks.get(name) is True for name in ("video.is_depth_map", "is_depth_map"))


def list_tables(source: Path) -> list[Path]:
    """The tables that hold the rows, in order."""
    return sorted((source / "data").rglob("*.parquet"))


def read_stored(source: Path, steering: str, wanted: Sequence[str], key: str) -> Iterator[tuple[Record, bytes | None]]:
    """Each row with its picture, of a dataset that keeps pictures in its tables or beside them."""
    for path in list_tables(source):
        try:
            if steering not in read_column_names(path):
                continue
            rows = read_rows(path, list(dict.fromkeys([*ROW, *wanted, key])))
        except RecordingError:
            continue  # reported by `_read_records`
        for record in rows:
            cell = record.pop(key, None)
            yield record, _read_cell(source, cell if isinstance(cell, dict) else {})


def _read_cell(source: Path, cell: Mapping[str, Any]) -> bytes | None:
    """The picture of a cell, as JPEG: its bytes, or the file that it names; None where it is missing or damaged."""
    try:
        data, name = cell.get("bytes"), cell.get("path")
        if not isinstance(data, bytes):
            data = read_inside(source, str(name)) if name else b""
        return convert_to_jpeg(data, QUALITY)
    except PictureError:
        return None


def require_films(source: Path, info: Info, camera: str, episodes: Mapping[str, Record], log: ConversionLog) -> None:
    """Name the films that are absent.

    Raises:
        RecordingError: all are, or a path leads out of the dataset.
    """
    named = [info.film(source, camera, episode) for episode in episodes.values()]
    films = {film for film in named if film is not None}
    if named and not films:
        raise RecordingError(f"meta/episodes does not say in which films the pictures of {camera} are")
    if unsaid := named.count(None):
        log.note(f"{unsaid} episodes do not say in which film of {camera} they are: their rows are left out")
    absent = sorted(film for film in films if not film.is_file())
    pointers = sorted(film for film in films if film.is_file() and _read_start(film) == LFS)
    if films and len(absent) + len(pointers) == len(films):
        what = f"{absent[0]} is missing" if absent else f"{pointers[0]} is a Git LFS pointer, not a film"
        raise RecordingError(
            f"no film of {camera} is there: {what}. Fetch the films (git lfs pull, or huggingface-cli download) and "
            "import again"
        )
    for film in absent:
        log.note(f"the film {film} is missing: its rows are left out")
    for film in pointers:
        log.note(f"the film {film} is a Git LFS pointer: its rows are left out; git lfs pull fetches it")


def _read_start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(LFS))


def read_episodes(source: Path, camera: str) -> list[Record]:
    """Where each episode begins in which film of a camera."""
    films = [f"videos/{camera}/{word}" for word in ("chunk_index", "file_index", "from_timestamp")]
    tables = sorted((source / "meta" / "episodes").rglob("*.parquet"))
    return [row for path in tables for row in read_rows(path, ["episode_index", *films])]


def read_filmed(
    source: Path, info: Info, camera: str, records: Sequence[Record], episodes: Mapping[str, Record]
) -> Iterator[tuple[Record, bytes | None]]:
    """Each row with its frame as JPEG; the films are read once, from end to end, as rows and frames have one order."""
    film: Path | None = None
    film_frames: Iterator[tuple[float, Image]] = iter(())
    now: tuple[float, Image] | None = None
    tolerance = 0.5 / info.fps
    for record in records:
        episode = episodes.get(str(record.get("episode_index")), {})
        if (wanted := _find_film(info, source, camera, episode)) != film:
            film, film_frames = wanted, _frames_of(wanted)
            now = next(film_frames, None)
        begin = number_or(0.0, episode.get(f"videos/{camera}/from_timestamp"))
        at = begin + number_or(math.nan, record.get("timestamp"))
        while now is not None and now[0] < at - tolerance:  # never, where the row tells no time
            now = next(film_frames, None)
        yield record, encode_jpeg(now[1], QUALITY) if now is not None and abs(now[0] - at) <= tolerance else None


def _find_film(info: Info, source: Path, camera: str, episode: Record) -> Path | None:
    try:
        return info.film(source, camera, episode)
    except RecordingError:
        return None


def _frames_of(film: Path | None) -> Iterator[tuple[float, Image]]:
    try:
        if film is not None:
            yield from frames(film)
    except RecordingError:
        return  # every row of it is then left out, with the reason
