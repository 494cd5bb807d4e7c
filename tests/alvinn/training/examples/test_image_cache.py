from __future__ import annotations

import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from alvinn.errors import DiskError, RecordingError
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, RecordingWriter
from alvinn.training.examples.image_cache import Pictures, load_pictures
from alvinn.util.locks import LOCK
from tests.alvinn.disk import files_no_larger_than
from tests.alvinn.fakes import SMALL, session, step, write_recording

PREPARE = Preprocessing.for_camera(SMALL)


def nothing() -> None:
    """Nobody is told."""


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").iterdir() if path.name != LOCK)


def test_pictures_are_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, 5)
    first = np.array(load_pictures(Recording(tmp_path), PREPARE, nothing))
    monkeypatch.delattr(Recording, "read_picture")
    assert np.array_equal(load_pictures(Recording(tmp_path), PREPARE, nothing), first)
    assert len(kept(tmp_path)) == 1


def test_pictures_that_were_changed_are_decoded_anew(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    first = np.array(load_pictures(Recording(tmp_path), PREPARE, nothing))
    frames = sorted((tmp_path / "frames").iterdir())
    frames[0].write_bytes(frames[1].read_bytes())
    found = load_pictures(Recording(tmp_path), PREPARE, nothing)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[1:], first[1:])


def test_other_rows_of_a_recording_have_a_cache_of_their_own(tmp_path: Path) -> None:
    write_recording(tmp_path, 4)
    whole = Recording(tmp_path)
    halves = [whole.select(np.array(mask)) for mask in ([True, True, False, False], [False, False, True, True])]
    first, second = (np.array(load_pictures(half, PREPARE, nothing)) for half in halves)
    assert np.array_equal(np.concatenate([first, second]), load_pictures(whole, PREPARE, nothing))


def test_two_trainings_on_one_recording_make_its_cache_once_and_see_whole_pictures(tmp_path: Path) -> None:
    """While one makes it, another begins, and takes what the first made."""
    write_recording(tmp_path, 5)
    other = list[Future[Pictures]]()
    with ThreadPoolExecutor(1) as second:

        def begin() -> None:
            if not other:
                other.append(second.submit(load_pictures, Recording(tmp_path), PREPARE, nothing))

        ours = load_pictures(Recording(tmp_path), PREPARE, begin)
        assert np.array_equal(other[0].result(), ours)
    assert ours.any(axis=(1, 2, 3)).all(), "no picture is black"
    assert len(kept(tmp_path)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limits of this kind")
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    write_recording(tmp_path, 50)
    with files_no_larger_than(100_000), pytest.raises(OSError, match="File too large"):
        load_pictures(Recording(tmp_path), PREPARE, nothing)
    assert not kept(tmp_path)


def test_without_room_for_it_no_cache_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, 50)
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(DiskError, match=r"the cache of .* needs"):
        load_pictures(Recording(tmp_path), PREPARE, nothing)


def test_they_stay_on_disk(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    assert isinstance(load_pictures(Recording(tmp_path), PREPARE, nothing), np.memmap)


def test_another_size_or_another_recording_is_decoded_anew(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    recording = Recording(tmp_path)
    load_pictures(recording, PREPARE, nothing)
    load_pictures(recording, replace(PREPARE, width=64), nothing)
    assert len(kept(tmp_path)) == 2
    with RecordingWriter(tmp_path, session(), append=True) as writer:
        writer.add(step(5), lane="a/forward", weather="ClearNoon")
    before = set(kept(tmp_path))
    assert len(load_pictures(Recording(tmp_path), PREPARE, nothing)) == 6
    assert len(kept(tmp_path)) == 2, "that of the earlier state went"
    assert len(before & set(kept(tmp_path))) == 1


def test_other_colours_share_the_pictures(tmp_path: Path) -> None:
    write_recording(tmp_path, 2)
    load_pictures(Recording(tmp_path), PREPARE, nothing)
    load_pictures(Recording(tmp_path), replace(PREPARE, colours="yuv"), nothing)
    assert len(kept(tmp_path)) == 1


def test_a_damaged_picture_leaves_no_half_of_a_cache(tmp_path: Path) -> None:
    write_recording(tmp_path, 5)
    next((tmp_path / "frames").iterdir()).write_bytes(b"no picture")
    with pytest.raises(RecordingError, match="damaged"):
        load_pictures(Recording(tmp_path), PREPARE, nothing)
    assert not kept(tmp_path)
