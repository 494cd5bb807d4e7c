"""Pictures decoded once: the shrunk frames of a recording as one memory-mapped array beside its table.

The file's name is a hash of the recording's rows and of the preprocessing, so neither can change unnoticed; it is
written under another name first, so a killed run leaves no half of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, Row
from alvinn.training.road_intensity import road_is_lighter
from alvinn.util.files import atomic_path

Pictures = npt.NDArray[np.uint8]
"""Shape (n, height, width, 3) RGB, on disk."""


def pictures(recording: Recording, preprocessing: Preprocessing, tell: Callable[[], None]) -> Pictures:
    """The shrunk pictures of a recording, read from the cache or made and kept there.

    Args:
        recording: with frames.
        preprocessing: how they are shrunk; its colours do not matter.
        tell: called once a picture.

    Raises:
        RecordingError: a picture is missing or damaged.
    """
    path = recording.folder / "cache" / f"{_key(recording, preprocessing)}.npy"
    if path.is_file():
        for _ in recording.rows:
            tell()
    else:
        _make(path, recording, preprocessing, tell)
    mapped: Pictures = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def _key(recording: Recording, preprocessing: Preprocessing) -> str:
    parts = {key: value for key, value in asdict(preprocessing).items() if key != "colours"}
    return hashlib.sha256(f"{recording.table_digest()} {parts}".encode()).hexdigest()[:16]


def _make(path: Path, recording: Recording, preprocessing: Preprocessing, tell: Callable[[], None]) -> None:
    path.parent.mkdir(exist_ok=True)
    shape = (len(recording.rows), preprocessing.rows, preprocessing.width, 3)
    with atomic_path(path) as scratch:
        mapped: np.memmap[Any, np.dtype[np.uint8]] = np.lib.format.open_memmap(  # type: ignore[no-untyped-call] # numpy's stub
            scratch, mode="w+", dtype=np.uint8, shape=shape
        )
        for index, row in enumerate(recording.rows):
            mapped[index] = _picture(recording, row, preprocessing)
            tell()
        mapped.flush()
        del mapped  # Windows renames no mapped file


def _picture(recording: Recording, row: Row, preprocessing: Preprocessing) -> Image:
    """A row's picture; one with ranges holds the true intensity of the road in its last row."""
    center = recording.picture(row)
    if not preprocessing.range_rows:
        return preprocessing.shrunk(center)
    lighter = road_is_lighter(center, recording.picture(row, "segmentation"))
    return preprocessing.with_ranges(preprocessing.shrunk(center), recording.picture(row, "depth"), lighter)
