from __future__ import annotations

import errno
import os

import pytest

from alvinn.errors import RecordingError, explain


def test_an_error_of_ours_is_its_own_sentence() -> None:
    assert explain(RecordingError("no frames")) == "no frames"


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "can be written to"),
        (errno.EACCES, "can be written to"),
        (errno.ENAMETOOLONG, "shorter name"),
    ],
)
def test_an_error_of_the_disk_says_which_file_and_what_to_do(number: int, advice: str) -> None:
    said = explain(OSError(number, os.strerror(number), "data/mine/drive.csv"))
    assert said.startswith(f"data/mine/drive.csv: {os.strerror(number)}; ")
    assert advice in said


def test_what_hdf5_says_in_many_lines_becomes_one_with_its_advice() -> None:
    text = "Can't write data (file write failed: errno = 28, error message = 'No space left on device',\n buf = 0x1)"
    assert "free some space" in explain(OSError(text))
    assert len(explain(OSError(text)).splitlines()) == 1


def test_an_error_without_a_word_is_named() -> None:
    assert explain(OSError()) == "OSError"
