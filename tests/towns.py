"""Maps that are not part of the project: CARLA's towns, and centre lines of real tracks.

$ALVINN_OPENDRIVE and $ALVINN_TRACKS name their folders.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"

ARC = 8.0 * math.pi / 2.0  # m: a quarter of a circle of 8 m
ROAD = f"""<?xml version="1.0"?>
<OpenDRIVE>
  <header revMajor="1" revMinor="4" name="bend" north="0" south="0" east="0" west="0"/>
  <road name="" length="{200.0 + ARC}" id="1" junction="-1">
    <link/>
    <planView>
      <geometry s="0" x="0" y="0" hdg="0" length="100"><line/></geometry>
      <geometry s="100" x="100" y="0" hdg="0" length="{ARC}"><arc curvature="0.125"/></geometry>
      <geometry s="{100.0 + ARC}" x="108" y="8" hdg="{math.pi / 2.0}" length="100"><line/></geometry>
    </planView>
    <lanes><laneSection s="0">
      <left><lane id="1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
      <center><lane id="0" type="none" level="false"/></center>
      <right><lane id="-1" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right>
    </laneSection></lanes>
  </road>
</OpenDRIVE>
"""
"""An open road of two lanes: 100 m, a quarter of a circle to the left, 100 m."""


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
