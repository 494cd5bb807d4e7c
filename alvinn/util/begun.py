"""The settings of long work, written beside it at its start: it cannot be resumed with other settings unnoticed."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alvinn.errors import MixedError, TakenError
from alvinn.util.files import write_json
from alvinn.util.json_file import read_json

SCHEMA = 1
Settings = Mapping[str, Any]
"""Values that JSON has, among them such mappings."""


def begin(path: Path, settings: Settings, mend: str) -> None:
    """Write the settings of work that begins; if it is resumed, require the same settings.

    Args:
        path: of the file, beside the results.
        settings: everything that the result depends on; data by their digests.
        mend: end of the error's sentence: what to do about a difference, or about damage.

    Raises:
        MixedError: the work was begun with other settings, or the file is damaged.
    """
    if path.is_file():
        require_same(path, read_json(path, _File, SCHEMA, MixedError, mend).settings, settings, mend)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"schema": SCHEMA, "settings": settings})


def require_ours(folder: Path, mark: str, made: Iterable[str], mend: str = "choose another --out") -> None:
    """See that what is to be made in a folder replaces nothing but what such work made there, which left its mark.

    Args:
        folder: of the results.
        mark: the file that such work writes first.
        made: names of the files and folders that it makes.
        mend: end of the error's sentence: what to do about it.

    Raises:
        TakenError: some are there, but not the mark.
    """
    there = [name for name in made if (folder / name).exists()]
    if there and not (folder / mark).is_file():
        raise TakenError(f"{folder} holds {', '.join(there)} but no {mark}, so it is not ours to replace: {mend}")


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove the results that are to be made again; missing ones are no error.

    Args:
        folder: of the results.
        names: of files and folders; `*` stands for any letters.
    """
    for path in [path for name in names for path in folder.glob(name)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def require_same(path: Path, before: Settings, now: Settings, mend: str) -> None:
    """Require that two settings are equal.

    Raises:
        MixedError: they differ; the message names every difference.
    """
    if said := ", ".join(_differences(before, json.loads(json.dumps(now)))):
        raise MixedError(f"{path} was begun with {said}: {mend}")


def _differences(before: Settings, now: Settings, inside: str = "") -> Iterator[str]:
    for key in dict.fromkeys((*before, *now)):
        one, other = before.get(key), now.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{inside}{key} ")
        elif one != other:
            yield f"{inside}{key} {_short(one)} (now {_short(other)})"


def _short(value: Any) -> str:
    """A value as it is shown in a message; a SHA-256 is abbreviated."""
    return "none" if value is None else re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1", str(value))


@dataclass(frozen=True)
class _File:
    settings: dict[str, Any]
