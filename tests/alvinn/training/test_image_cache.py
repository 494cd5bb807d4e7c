from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from alvinn.errors import RecordingError
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, RecordingWriter
from alvinn.training.image_cache import pictures
from tests.alvinn.fakes import SMALL, session, step, write_recording

PREPARE = Preprocessing.of(SMALL)


def nothing() -> None:
    """Nobody is told."""


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").iterdir())


def test_pictures_are_decoded_once(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    first = np.array(pictures(Recording(tmp_path), PREPARE, nothing))
    for frame in (tmp_path / "frames").iterdir():
        frame.unlink()
    assert np.array_equal(pictures(Recording(tmp_path), PREPARE, nothing), first)
    assert len(kept(tmp_path)) == 1


def test_they_stay_on_disk(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    assert isinstance(pictures(Recording(tmp_path), PREPARE, nothing), np.memmap)


def test_another_size_or_another_recording_is_decoded_anew(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    recording = Recording(tmp_path)
    pictures(recording, PREPARE, nothing)
    pictures(recording, replace(PREPARE, width=64), nothing)
    with RecordingWriter(tmp_path, session(), append=True) as writer:
        writer.add(step(5), lane="a/forward", weather="ClearNoon")
    assert len(pictures(Recording(tmp_path), PREPARE, nothing)) == 6
    assert len(kept(tmp_path)) == 3


def test_other_colours_share_the_pictures(tmp_path: Path) -> None:
    write_recording(tmp_path, 2)
    pictures(Recording(tmp_path), PREPARE, nothing)
    pictures(Recording(tmp_path), replace(PREPARE, colours="yuv"), nothing)
    assert len(kept(tmp_path)) == 1


def test_a_damaged_picture_leaves_no_half_of_a_cache(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    next((tmp_path / "frames").iterdir()).write_bytes(b"no picture")
    with pytest.raises(RecordingError, match="damaged"):
        pictures(Recording(tmp_path), PREPARE, nothing)
    assert not [name for name in kept(tmp_path) if name.endswith(".npy")]
