"""The image cache: the preprocessed frames of a recording as one memory-mapped array beside its table.

The file's name has two hashes: one of the preprocessing and of the chosen rows, and one of the recording's table and of
the size and time of every picture file, so that none of them can change unnoticed; a new file replaces those of earlier
states. It is written under another name first, so that a killed run leaves no half of one, and as a plain file: a full
disk is an error then, and not the end of the process, as it is within a mapping.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, Row
from alvinn.training.examples.road_intensity import road_is_lighter
from alvinn.util.files import atomic_path, require_space
from alvinn.util.locks import FOREVER, locked

Pictures = npt.NDArray[np.uint8]
"""Shape (n, height, width, 3) RGB, on disk."""


def load_pictures(recording: Recording, preprocessing: Preprocessing, on_frame: Callable[[], None]) -> Pictures:
    """Load the preprocessed pictures of a recording from the cache, after making them if necessary.

    Args:
        recording: with frames.
        preprocessing: of the network; its colours do not matter.
        on_frame: called once per picture.

    Raises:
        RecordingError: a picture is missing or damaged.
    """
    kind, state = _hash_kind(recording, preprocessing), _hash_state(recording, preprocessing)
    path = recording.folder / "cache" / f"{kind}-{state}.npy"
    if not path.is_file():
        with locked(path.parent, "cached", patience=FOREVER):  # another process that needs the same waits for ours
            if not path.is_file():
                _remove_earlier(path.parent, kind)
                _make(path, recording, preprocessing, on_frame)
                return _map_file(path)
    for _ in recording.rows:
        on_frame()
    return _map_file(path)


def _map_file(path: Path) -> Pictures:
    mapped: Pictures = np.load(path, mmap_mode="r", allow_pickle=False)
    return mapped


def _hash_kind(recording: Recording, preprocessing: Preprocessing) -> str:
    parts = {key: value for key, value in asdict(preprocessing).items() if key != "colours"}
    return _hash(f"{recording.selection} {parts}")


def _hash_state(recording: Recording, preprocessing: Preprocessing) -> str:
    return _hash(f"{recording.table_digest()} {''.join(_states(recording, preprocessing))}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _remove_earlier(cache: Path, kind: str) -> None:
    """Remove what an earlier state of the recording left, and earlier versions of this program."""
    for path in cache.glob("*.npy"):
        if path.name.startswith(kind) or "-" not in path.name:
            with suppress(OSError):  # Windows: another process reads it
                path.unlink()


def _states(recording: Recording, preprocessing: Preprocessing) -> Iterator[str]:
    """Size and time of every picture file; a missing one is told when it is read."""
    for row in recording.rows:
        for name in (row.center, row.segmentation, row.depth) if preprocessing.range_rows else (row.center,):
            try:
                state = (recording.folder / name).stat()
                yield f"{state.st_size} {state.st_mtime_ns};"
            except (OSError, ValueError):
                yield "missing;"


def _make(path: Path, recording: Recording, preprocessing: Preprocessing, on_frame: Callable[[], None]) -> None:
    shape = (len(recording.rows), preprocessing.rows, preprocessing.width, 3)
    require_space(path.parent, int(np.prod(shape)), f"the cache of {recording.folder}")
    with atomic_path(path) as scratch, scratch.open("wb") as file:
        head = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(file, head)  # type: ignore[no-untyped-call] # numpy's stub
        for row in recording.rows:
            file.write(_picture(recording, row, preprocessing).tobytes())
            on_frame()


def _picture(recording: Recording, row: Row, preprocessing: Preprocessing) -> Image:
    """The picture of a row; with ranges, its last row holds the true road intensity."""
    center = recording.read_picture(row)
    cropped = preprocessing.crop_and_resize(center)
    if not preprocessing.range_rows:
        return cropped
    lighter = road_is_lighter(center, recording.read_picture(row, "segmentation"))
    return preprocessing.with_ranges(cropped, recording.read_picture(row, "depth"), lighter)
