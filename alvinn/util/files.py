"""Names and files on disk: written whole or not at all, legal on Windows too."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alvinn.errors import DiskError

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")}
"""Devices on Windows, whatever follows a dot after them."""
SCRATCH = ".alvinn-"
"""How the names of files and folders begin that are still being written."""


def to_file_name(name: str) -> str:
    """A file name for a name that a person gave (`random:7` becomes `random-7`), legal on Windows and Linux."""
    legal = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).rstrip(". ")
    base, dot, rest = legal.partition(".")
    return f"{base}-{dot}{rest}" if not legal or base.rstrip().lower() in RESERVED else legal


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A new path to write a file at, with the same suffixes, which then replaces `path` in one step.

    A reader, or a crash, finds the old file or the new one, never half of one. After an error nothing is left behind.

    Raises:
        OSError: the system refused; the error names `path`.
    """
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
    """A new folder to fill, which then becomes `path`.

    That must be missing or empty, as must be checked before, or is replaced with `overwrite`. After an error nothing is
    left behind, and what was there is still there.

    Raises:
        OSError: the system refused; the error names `path`.
    """
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


def require_space(folder: Path, size: int, what: str) -> None:
    """See that a disk has room for something large before work on it begins.

    Args:
        folder: that it is written to; need not be there yet.
        size: bytes.
        what: of the error's sentence.

    Raises:
        DiskError: it has not.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < size:
        raise DiskError(
            f"{what} needs {size / 1e6:.0f} MB, and the disk of {folder} has {free / 1e6:.0f} MB left: "
            "free some space, or choose a --home on another disk"
        )


def _scratch_beside(path: Path) -> Path:
    """A name that no other process uses, on the same disk. It is short, so that a long `path` is refused as itself."""
    return path.absolute().with_name(f"{SCRATCH}{secrets.token_hex(8)}{''.join(path.suffixes[-2:])}")


def _name_target(error: OSError, scratch: Path, path: Path) -> None:
    """Have an error name the file that a person knows; that of a replacement names both."""
    if error.errno and not error.filename2 and str(error.filename or scratch).startswith(str(scratch)):
        error.filename = str(path)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file as `atomic_path` does."""
    with atomic_path(path) as scratch:
        scratch.write_bytes(data)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file as `atomic_path` does.

    Raises:
        ValueError: the content holds NaN or infinity, which JSON cannot say.
    """
    write_bytes(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())
