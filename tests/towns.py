"""CARLA's towns as OpenDRIVE files, which are not part of the project: $ALVINN_OPENDRIVE names their folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("ALVINN_OPENDRIVE", Path(__file__).parents[2] / "shared" / "opendrive"))


def town_file(name: str) -> Path:
    """The OpenDRIVE file of a town; skips the test where it is not there."""
    path = FOLDER / f"{name}.xodr"
    if not path.is_file():
        pytest.skip(f"{path} is not there; $ALVINN_OPENDRIVE names the folder of CARLA's towns")
    return path
