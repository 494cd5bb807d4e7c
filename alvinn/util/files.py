"""Names and files on disk: made whole or not at all, legal on Windows too."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³")}
"""Devices on Windows, whatever follows a dot after them."""


def file_name(name: str) -> str:
    """A file name for a name that a person gave (`random:7` becomes `random-7`), legal on Windows and Linux."""
    legal = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "-", name).rstrip(". ")
    base, dot, rest = legal.partition(".")
    return f"{base}-{dot}{rest}" if not legal or base.rstrip().lower() in RESERVED else legal


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file in one go: a reader, or a crash, sees the old file or the new one, never half of it.

    Raises:
        ValueError: the content holds NaN or infinity, which JSON cannot say.
    """
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"
    scratch = path.with_name(path.name + ".part")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)  # what a full disk left of it
