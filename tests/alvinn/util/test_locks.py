from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alvinn.errors import BusyError
from alvinn.util.locks import FOREVER, locked

HOLDER = (
    "import sys; from pathlib import Path; from alvinn.util.locks import locked\n"
    "with locked(Path(sys.argv[1]), 'recorded'): print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that holds a folder until its standard input ends."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_folder_that_another_process_writes_is_refused_until_that_ends(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "mine"
    with (
        held(folder),
        pytest.raises(BusyError, match=r"mine is being trained by another process"),
        locked(folder, "trained"),
    ):
        pass
    with locked(folder, "trained"):
        pass


def test_a_process_that_was_killed_blocks_nobody(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        process.kill()
        process.wait()
        with locked(tmp_path, "recorded"):
            pass


def test_whoever_is_patient_gets_the_folder_when_it_is_free(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        assert process.stdin is not None
        process.stdin.close()
        with locked(tmp_path, "cached", patience=FOREVER):
            assert process.wait() == 0


def test_two_parts_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    with locked(tmp_path, "recorded"), pytest.raises(BusyError), locked(tmp_path, "recorded"):
        pass


def test_an_error_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="boom"), locked(tmp_path, "recorded"):
        raise ValueError("boom")
    with locked(tmp_path, "recorded"):
        pass
