"""A lock on a folder, for one writer at a time; the operating system releases it even if its holder is killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from alvinn.errors import BusyError

LOCK = ".lock"
"""The locked file. It is never deleted: otherwise two processes could lock two files of this name."""
FOREVER = -1.0  # no timeout


@contextmanager
def locked(folder: Path, doing: str, *, patience: float = 0.0) -> Iterator[None]:
    """Lock a folder, created if missing, while the block writes to it.

    Args:
        folder: to lock.
        doing: what the error says another holder does, such as `recorded`.
        patience: time to wait for the lock [s], or `FOREVER`.

    Raises:
        BusyError: another process, or another part of this one, has locked it.
        OSError: the folder cannot be created or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder} is being {doing} by another process: wait until it has finished, or choose another name"
        ) from error
    try:
        yield
    finally:
        lock.release()
