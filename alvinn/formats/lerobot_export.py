"""LeRobotDataset, version 3, out: one table, a film for each camera; a segment becomes an episode.

The names are LeRobot's own (`observation.state`, `action`, `observation.images.center`), so that its policies train
on the dataset as it is; or those of `yaak-ai/L2D-v3`, the driving set of that world.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.driving.types import CameraName
from alvinn.formats import lerobot_statistics as statistics
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.lerobot_names import INTERVENTION, L2D, LEROBOT, OURS, Names
from alvinn.formats.parquet import write_rows
from alvinn.formats.sample import OnRow, OutgoingRow, find_lost_facts, read_outgoing
from alvinn.recording import Recording, Row
from alvinn.util.files import write_json
from alvinn.util.images import PictureError, decode_image, read_inside
from alvinn.util.video import DATASET, FilmWriter

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
FIRST = {"chunk_index": 0, "file_index": 0}
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
TASK = "keep to the lane"
SIDES: tuple[CameraName, ...] = ("left", "right")

Columns = dict[str, tuple[str, list[Any]]]


@dataclass(slots=True)
class _Shots:
    """What is remembered of the rows while their pictures are filmed."""

    kept: list[OutgoingRow] = field(default_factory=list)
    samples: dict[CameraName, dict[int, statistics.Brightness]] = field(default_factory=dict)
    """camera -> episode -> brightness of some of its pictures"""
    sizes: dict[CameraName, tuple[int, int]] = field(default_factory=dict)
    pixel_formats: dict[CameraName, str] = field(default_factory=dict)


def write(recording: Recording, folder: Path, log: ConversionLog, on_row: OnRow, *, l2d_names: bool = False) -> None:
    """Write a recording as a dataset.

    Raises:
        AlvinnError: nothing of it could be read.
    """
    names = L2D if l2d_names else LEROBOT
    fps = _find_rate(recording.rows)
    shots = _write_films(recording, folder, names, fps, log, on_row)
    columns = _make_columns(shots.kept, fps, names, log)
    write_rows(folder / DATA_PATH.format(**FIRST), columns)
    write_rows(folder / EPISODES, _make_episodes(shots, columns, fps, names))
    write_rows(folder / "meta/tasks.parquet", {"task_index": ("int64", [0]), "task": ("string", [TASK])}, index="task")
    write_json(folder / "meta/info.json", _make_info(columns, fps, shots, names))
    pictures = {
        names.camera(camera): sum(episodes.values(), statistics.Brightness()).summarize()
        for camera, episodes in shots.samples.items()
    }
    numbers = {name: statistics.summarize_numbers(values) for name, (_, values) in columns.items()}
    write_json(folder / "meta/stats.json", numbers | pictures)
    also = ["numbers beyond 32 bits"]
    also += [f"times: rows are 1/{fps} s apart there"] if _is_uneven(recording.rows, fps) else []
    also += ["depth and segmentation pictures"] if any(r.depth or r.segmentation for r in recording.rows) else []
    log.lost += find_lost_facts(recording, *also)


def _write_films(
    recording: Recording, folder: Path, names: Names, fps: int, log: ConversionLog, on_row: OnRow
) -> _Shots:
    shots = _Shots()
    sides = [side for side in SIDES if _is_complete(recording, side, log)]
    with ExitStack() as stack:
        films: dict[CameraName, FilmWriter] = {}
        for camera in ("center", *sides):
            path = folder / VIDEO_PATH.format(video_key=names.camera(camera), **FIRST)
            films[camera] = stack.enter_context(FilmWriter(path, fps, DATASET))
        for kept in read_outgoing(recording, log, on_row):
            seen = {"center": decode_image(kept.jpeg)} | {
                side: recording.read_picture(kept.row, side) for side in sides
            }
            for camera, film in films.items():
                film.add(seen[camera])
                if _is_sampled(kept, shots):
                    episodes = shots.samples.setdefault(camera, {})
                    episodes.setdefault(kept.segment, statistics.Brightness()).add(seen[camera])
            shots.kept.append(kept)
        for camera, film in films.items():
            shots.sizes[camera], shots.pixel_formats[camera] = film.size or (0, 0), film.pixel_format
    return shots


def _is_sampled(kept: OutgoingRow, shots: _Shots) -> bool:
    """Every tenth row, and the first of an episode: none is without statistics."""
    begins = not shots.kept or shots.kept[-1].segment != kept.segment
    return begins or kept.index % statistics.SAMPLE_EVERY == 0


def _is_complete(recording: Recording, side: CameraName, log: ConversionLog) -> bool:
    """Whether every row that goes out has this camera's picture: a film has no gaps."""
    rows = [row for row, keep in zip(recording.rows, recording.kept_mask(), strict=True) if keep]
    if not any(getattr(row, side) for row in rows):
        return False
    lacking = [row for row in rows if not _is_whole(recording, row, side)]
    if lacking:
        log.lost.append(f"the {side} camera: {len(lacking)} of {len(rows)} rows lack its picture")
    return not lacking


def _is_whole(recording: Recording, row: Row, side: CameraName) -> bool:
    try:
        decode_image(read_inside(recording.folder, getattr(row, side)))
    except PictureError:
        return False
    return True


def _measure_steps(rows: Sequence[Row]) -> list[float]:
    return [after.time - before.time for before, after in pairwise(rows) if before.segment == after.segment]


def _find_rate(rows: Sequence[Row]) -> int:
    """Frames a second: what most rows keep to."""
    steps = [step for step in _measure_steps(rows) if step > 0]
    return max(1, min(1000, round(1.0 / float(np.median(steps))))) if steps else 20


def _is_uneven(rows: Sequence[Row], fps: int) -> bool:
    return any(abs(step - 1.0 / fps) > 0.001 for step in _measure_steps(rows))


def _make_columns(kept: Sequence[OutgoingRow], fps: int, names: Names, log: ConversionLog) -> Columns:
    within = [at for _, group in groupby(kept, key=lambda shot: shot.segment) for at, _ in enumerate(group)]
    states = [
        [shot.row.speed * names.speed_scale, rate] for shot, rate in zip(kept, _compute_yaw_rates(kept), strict=True)
    ]
    for at, element in enumerate(names.state):
        if unknown := sum(math.isnan(state[at]) for state in states):
            log.note(f"{element} is unknown in {unknown} rows: it is written as 0, LeRobot knows no gaps")
    actions = [names.action_of(shot.row.steer_meant, shot.row.throttle, shot.row.brake) for shot in kept]
    return {
        names.state_key: ("float32s", np.nan_to_num(states).tolist()),
        names.action_key: ("float32s", actions),
        INTERVENTION: ("bool", [shot.row.correction > 0 for shot in kept]),
        "timestamp": ("float32", [at / fps for at in within]),
        "frame_index": ("int64", within),
        "episode_index": ("int64", [shot.segment for shot in kept]),
        "index": ("int64", list(range(len(kept)))),
        "task_index": ("int64", [0] * len(kept)),
    }


def _compute_yaw_rates(kept: Sequence[OutgoingRow]) -> list[float]:
    """The car's yaw rate [rad/s] since the row before, right positive; the first of an episode has its successor's."""
    rates = [math.nan] * len(kept)
    for at, (before, after) in enumerate(pairwise(kept), start=1):
        step = after.row.time - before.row.time
        if before.segment == after.segment and step > 0:
            rates[at] = math.remainder(after.row.yaw - before.row.yaw, math.tau) / step
            if at == 1 or kept[at - 2].segment != before.segment:
                rates[at - 1] = rates[at]
    return rates


def _make_episodes(shots: _Shots, columns: Columns, fps: int, names: Names) -> Columns:
    lengths = [len(list(group)) for _, group in groupby(shots.kept, key=lambda shot: shot.segment)]
    ends = np.cumsum(lengths).tolist()
    begins = [0, *ends[:-1]]
    cameras = [names.camera(camera) for camera in shots.sizes]
    found: Columns = {
        "episode_index": ("int64", list(range(len(lengths)))),
        "tasks": ("strings", [[TASK]] * len(lengths)),
        "length": ("int64", lengths),
        "dataset_from_index": ("int64", begins),
        "dataset_to_index": ("int64", ends),
    }
    for place in ("data", *(f"videos/{key}" for key in cameras), "meta/episodes"):
        found |= {f"{place}/{which}": ("int64", [0] * len(lengths)) for which in FIRST}
    for key in cameras:
        found[f"videos/{key}/from_timestamp"] = ("float64", [begin / fps for begin in begins])
        found[f"videos/{key}/to_timestamp"] = ("float64", [end / fps for end in ends])
    for name, (_, values) in columns.items():
        parts = [statistics.summarize_numbers(values[a:b]) for a, b in zip(begins, ends, strict=True)]
        found |= statistics.list_episode_columns(name, parts)
    for camera, episodes in shots.samples.items():
        parts = [brightness.summarize() for brightness in episodes.values()]
        found |= statistics.list_episode_columns(names.camera(camera), parts)
    return found


def _make_info(columns: Columns, fps: int, shots: _Shots, names: Names) -> dict[str, Any]:
    episodes = columns["episode_index"][1][-1] + 1
    features = {name: {"dtype": kind, "shape": [1], "names": None} for name, (kind, _) in columns.items()}
    films = {names.camera(c): _describe_film(fps, size, shots.pixel_formats[c]) for c, size in shots.sizes.items()}
    return {
        "codebase_version": "v3.0",
        "robot_type": OURS,
        "total_episodes": episodes,
        "total_frames": len(columns["index"][1]),
        "total_tasks": 1,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 500,
        "fps": fps,
        "splits": {"train": f"0:{episodes}"},
        "data_path": DATA_PATH,
        "video_path": VIDEO_PATH,
        "features": films | features | names.features(),
    }


def _describe_film(fps: int, shape: tuple[int, int], pixels: str) -> dict[str, Any]:
    height, width = shape
    facts: Mapping[str, Any] = {
        "height": height,
        "width": width,
        "channels": 3,
        "fps": fps,
        "codec": "h264",
        "pix_fmt": pixels,
        "is_depth_map": False,
    }
    details = {f"video.{key}": value for key, value in facts.items()} | {"has_audio": False}
    return {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"], "info": details}
