"""Maps that are not part of the project: CARLA's towns, and centre lines of real tracks.

$ALVINN_OPENDRIVE and $ALVINN_TRACKS name their folders.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def town_file(name: str) -> Path:
    """The OpenDRIVE file of a town; skips the test where it is not there."""
    return _find("ALVINN_OPENDRIVE", SHARED / "opendrive", f"{name}.xodr")


def track_file(name: str) -> Path:
    """The centre line of a real track as a CSV file; skips the test where it is not there."""
    return _find("ALVINN_TRACKS", SHARED / "tracks", f"{name}.csv")


def _find(variable: str, folder: Path, name: str) -> Path:
    path = Path(os.environ.get(variable, folder)) / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; ${variable} names the folder of such files")
    return path
