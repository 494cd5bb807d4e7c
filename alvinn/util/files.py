"""Atomic writing of files and folders, and file names that are legal on Windows too."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alvinn.errors import DiskError, TakenError

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")}
"""Device names on Windows, reserved with any extension."""
SCRATCH = ".alvinn-"
"""Prefix of files and folders that are still being written."""


def to_file_name(name: str) -> str:
    """Turn a name such as `random:7` into a file name that is legal on Windows and Linux (`random-7`)."""
    legal = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).rstrip(". ")
    base, dot, rest = legal.partition(".")
    return f"{base}-{dot}{rest}" if not legal or base.rstrip().lower() in RESERVED else legal


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Write a file atomically: yields a scratch path with the same suffixes, and renames it to `path` at the end.

    Readers find the old file or the new one, also after a crash. After an error the scratch file is removed.

    Raises:
        OSError: of the system; it names `path`.
    """
    if path.exists() and not path.is_file() and not path.is_dir():  # root could replace a device
        raise OSError(errno.EINVAL, "Not a regular file", str(path))
    scratch = _scratch_beside(path)
    try:
        yield scratch
        with scratch.open("rb+") as file:
            os.fsync(file.fileno())  # before the name points to it, or a power cut leaves an empty file of that name
        scratch.replace(path)
    except OSError as error:
        _name_target(error, scratch, path)
        raise
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Write a folder atomically: yields a scratch folder, and renames it to `path` at the end.

    Without `overwrite`, the caller has checked that `path` is missing or empty; with it, what is there is replaced.
    After an error the scratch folder is removed, and `path` is as it was.

    Raises:
        OSError: of the system; it names `path`.
    """
    if path.exists() and not path.is_dir():  # root could replace a device
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    scratch, aside = _scratch_beside(path), _scratch_beside(path)
    try:
        scratch.mkdir(parents=True)
        yield scratch
        if overwrite and path.exists():
            path.replace(aside)
        elif path.exists():
            path.rmdir()  # Windows replaces no folder, not even an empty one
        scratch.replace(path)
    except OSError as error:
        _name_target(error, scratch, path)
        raise
    finally:
        if aside.exists() and not path.exists():
            aside.replace(path)
        for folder in (scratch, aside):
            shutil.rmtree(folder, ignore_errors=True)


def require_replaceable(path: Path, *, overwrite: bool, ours: bytes | None = None) -> None:
    """See that a file which is about to be written replaces none, unless that was asked for.

    Args:
        path: of the file.
        overwrite: whether it was.
        ours: what those hold that are made anew each time and may be replaced (None: none may).

    Raises:
        TakenError: it would replace one.
    """
    if overwrite or not path.exists() or (ours and path.is_file() and ours in path.read_bytes()):
        return
    raise TakenError(f"{path} is there already: choose another name, or add --overwrite to replace it")


def require_space(folder: Path, size: int, what: str) -> None:
    """Check before long work that the disk has enough space for its result.

    Args:
        folder: to be written to; need not exist yet.
        size: of the result [bytes].
        what: subject of the error's sentence.

    Raises:
        DiskError: there is too little space.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < size:
        raise DiskError(
            f"{what} needs {size / 1e6:.0f} MB, and the disk of {folder} has {free / 1e6:.0f} MB left: "
            "free some space, or choose a --home on another disk"
        )


def _scratch_beside(path: Path) -> Path:
    """A unique name in the same folder; short, so that a `path` that is too long fails under its own name."""
    return path.absolute().with_name(f"{SCRATCH}{secrets.token_hex(8)}{''.join(path.suffixes[-2:])}")


def _name_target(error: OSError, scratch: Path, path: Path) -> None:
    """Replace the scratch path in an error by the file that the user knows; a rename's error names both already."""
    if error.errno and not error.filename2 and str(error.filename or scratch).startswith(str(scratch)):
        error.filename = str(path)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as `atomic_path` does."""
    with atomic_path(path) as scratch:
        scratch.write_bytes(data)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file as `atomic_path` does.

    Raises:
        ValueError: the content holds NaN or infinity, which JSON does not have.
    """
    write_bytes(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())
