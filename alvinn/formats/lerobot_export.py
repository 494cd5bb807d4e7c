"""LeRobotDataset, version 3, out: one table, one film; a segment becomes an episode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from alvinn.driving.types import Image
from alvinn.formats.conversion_log import Account
from alvinn.formats.lerobot_import import ACTION, CAMERA, INTERVENTION, OURS, STATE
from alvinn.formats.parquet import write_rows
from alvinn.formats.sample import Tell, cannot_hold, decoded, leaving
from alvinn.recording import Recording, Row
from alvinn.util.files import write_json
from alvinn.util.video import FilmWriter

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
FIRST = {"chunk_index": 0, "file_index": 0}
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
TASK = "keep to the lane"
PEDALS_AND_WHEEL = ("gas_pedal_normalized", "brake_pedal_normalized", "steering_angle_normalized")
SAMPLE_EVERY = 10  # frames, for the statistics of the pictures


@dataclass(slots=True)
class _Shots:
    """What is remembered of the pictures while they are filmed."""

    kept: list[tuple[Row, int]] = field(default_factory=list)
    """(row, episode)"""
    samples: list[Image] = field(default_factory=list)


def write(recording: Recording, folder: Path, account: Account, tell: Tell) -> None:
    """Write a recording as a dataset.

    Raises:
        AlvinnError: nothing of it could be read.
    """
    fps = _rate(recording.rows)
    with FilmWriter(folder / VIDEO_PATH.format(video_key=CAMERA, **FIRST), fps) as film:
        shots = _filmed(recording, film, account, tell)
        shape, pixels = film.size or (0, 0), film.pixel_format
    columns = _columns(shots.kept, fps)
    write_rows(folder / DATA_PATH.format(**FIRST), columns)
    write_rows(folder / EPISODES, _episodes(shots.kept, fps))
    write_rows(folder / "meta/tasks.parquet", {"task_index": ("int64", [0]), "task": ("string", [TASK])}, index="task")
    write_json(folder / "meta/info.json", _info(columns, fps, shape, pixels))
    write_json(folder / "meta/stats.json", _statistics(columns, shots.samples))
    uneven = f"times: rows are 1/{fps} s apart there" if _uneven(recording.rows, fps) else None
    account.lost += cannot_hold(recording, "numbers beyond 32 bits", *([uneven] if uneven else []))


def _filmed(recording: Recording, film: FilmWriter, account: Account, tell: Tell) -> _Shots:
    shots = _Shots()
    for kept in leaving(recording, account, tell):
        image = decoded(kept.jpeg)
        film.add(image)
        shots.kept.append((kept.row, kept.segment))
        if kept.index % SAMPLE_EVERY == 0:
            shots.samples.append(image)
    return shots


def _steps(rows: Sequence[Row]) -> list[float]:
    return [after.time - before.time for before, after in pairwise(rows) if before.segment == after.segment]


def _rate(rows: Sequence[Row]) -> int:
    """Frames a second: what most rows keep to."""
    steps = [step for step in _steps(rows) if step > 0]
    return max(1, min(1000, round(1.0 / float(np.median(steps))))) if steps else 20


def _uneven(rows: Sequence[Row], fps: int) -> bool:
    return any(abs(step - 1.0 / fps) > 0.001 for step in _steps(rows))


def _columns(kept: Sequence[tuple[Row, int]], fps: int) -> dict[str, tuple[str, list[Any]]]:
    rows = [row for row, _ in kept]
    within = [at for _, group in groupby(kept, key=lambda shot: shot[1]) for at, _ in enumerate(group)]
    return {
        STATE: ("float32s", [[row.speed] for row in rows]),
        ACTION: ("float32s", [[row.throttle, row.brake, row.steer_meant] for row in rows]),
        INTERVENTION: ("bool", [row.correction > 0 for row in rows]),
        "timestamp": ("float32", [at / fps for at in within]),
        "frame_index": ("int64", within),
        "episode_index": ("int64", [episode for _, episode in kept]),
        "index": ("int64", list(range(len(rows)))),
        "task_index": ("int64", [0] * len(rows)),
    }


def _episodes(kept: Sequence[tuple[Row, int]], fps: int) -> dict[str, tuple[str, list[Any]]]:
    lengths = [len(list(group)) for _, group in groupby(kept, key=lambda shot: shot[1])]
    ends = np.cumsum(lengths).tolist()
    begins = [0, *ends[:-1]]
    zeros = [0] * len(lengths)
    places = ("data/", f"videos/{CAMERA}/", "meta/episodes/")
    files: dict[str, tuple[str, list[Any]]] = {f"{p}{w}": ("int64", zeros) for p in places for w in FIRST}
    return {
        "episode_index": ("int64", list(range(len(lengths)))),
        "tasks": ("strings", [[TASK]] * len(lengths)),
        "length": ("int64", lengths),
        "dataset_from_index": ("int64", begins),
        "dataset_to_index": ("int64", ends),
        f"videos/{CAMERA}/from_timestamp": ("float64", [begin / fps for begin in begins]),
        f"videos/{CAMERA}/to_timestamp": ("float64", [end / fps for end in ends]),
        **files,
    }


def _info(
    columns: Mapping[str, tuple[str, Sequence[Any]]], fps: int, shape: tuple[int, int], pixels: str
) -> dict[str, Any]:
    names = {STATE: {"axes": ["speed"]}, ACTION: {"axes": list(PEDALS_AND_WHEEL)}}
    episodes = columns["episode_index"][1][-1] + 1
    features = {
        name: {"dtype": kind.removesuffix("s"), "shape": [len(names[name]["axes"]) if name in names else 1]}
        | {"names": names.get(name)}
        for name, (kind, _) in columns.items()
    }
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
        "features": {CAMERA: _film_feature(fps, shape, pixels)} | features,
    }


def _film_feature(fps: int, shape: tuple[int, int], pixels: str) -> dict[str, Any]:
    height, width = shape
    told = {"height": height, "width": width, "channels": 3, "fps": fps, "codec": "h264", "pix_fmt": pixels}
    details = {f"video.{key}": value for key, value in told.items()} | {"video.is_depth_map": False, "has_audio": False}
    return {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"], "info": details}


def _statistics(columns: Mapping[str, tuple[str, Sequence[Any]]], samples: Sequence[Image]) -> dict[str, Any]:
    """Least, largest, mean and deviation of each column; of pictures per colour, in [0, 1], from a sample."""
    told = {
        name: _moments(np.array(values, dtype=float).reshape(len(values), -1)) for name, (_, values) in columns.items()
    }
    pixels = np.concatenate([sample[::2, ::2].reshape(-1, 3) for sample in samples]) / 255.0
    colours = {key: [[[number]] for number in numbers] for key, numbers in _moments(pixels).items() if key != "count"}
    return told | {CAMERA: colours | {"count": [len(samples)]}}


def _moments(values: Any) -> dict[str, list[Any]]:
    """Of shape (n, k), each of length k; unknown numbers count as 0, JSON has no word for them."""
    known = np.nan_to_num(values)
    told = {"min": known.min(0), "max": known.max(0), "mean": known.mean(0), "std": known.std(0)}
    return {key: value.tolist() for key, value in told.items()} | {"count": [len(known)]}
