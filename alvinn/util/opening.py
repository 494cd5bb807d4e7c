"""Open a page or a film for the person, with what their system opens such files with."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import tyro

OpenFlag = Annotated[bool, tyro.conf.arg(name="open")]
"""Of a setting that is `--open` on the command line, since `open` is Python's own."""


def open_file(path: Path) -> bool:
    """Open a file; returns whether something was found to open it with."""
    return webbrowser.open(path.resolve().as_uri())
