"""One writer at a time: a lock on a folder, which the operating system drops when its holder ends, killed or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from alvinn.errors import BusyError

LOCK = ".lock"
"""The file that is locked. It stays: were it deleted, two processes could hold locks on two files of this name."""
FOREVER = -1.0


@contextmanager
def locked(folder: Path, doing: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a folder, made if it is missing, while something is written there.

    Args:
        folder: to hold.
        doing: what another process that holds it does with it, such as `recorded`.
        patience: s to wait for the folder to be free, or `FOREVER`.

    Raises:
        BusyError: another process holds it, or another part of this one.
        OSError: the folder cannot be made or written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=patience)
    try:
        lock.acquire()
    except Timeout as error:
        raise BusyError(
            f"{folder} is being {doing} by another process: wait until that ends, or choose another name"
        ) from error
    try:
        yield
    finally:
        lock.release()
