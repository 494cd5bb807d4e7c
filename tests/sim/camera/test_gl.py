"""The OpenGL pipe draws what the software pipe draws, on Mesa's software renderer under a virtual display."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DRAW = """
import math, sys
import numpy as np
from sim.roads import opendrive
from sim.scene.bodies import Thing
from sim.camera.renderer import Renderer
from sim.geometry.poses import Pose, compose
from sim.roads.track import Track
from sim.episode.weather import WeatherParameters
pipe, out = sys.argv[1:]
renderer, base = Renderer(pipe), Pose(-60.0, -57.25)
renderer.load(Track(*opendrive.load("oval")), 0)
renderer.place([Thing(1, "vehicle.tesla.model3", (0.7, 0.2, 0.2), compose(base, Pose(x=10.0)))])
rain = WeatherParameters(cloudiness=100.0, precipitation=100.0, wetness=100.0, fog_density=7.0)
pictures = {}
for weather, kind in ((WeatherParameters(), "rgb"), (rain, "rgb"), (rain, "semantic_segmentation")):
    renderer.set_weather(weather)
    camera = renderer.camera(320, 160, math.radians(90), kind)
    pixels = camera.render(compose(base, Pose(x=0.6, z=1.6)))
    pictures[f"{kind} {weather.precipitation:g}"] = np.frombuffer(pixels, np.uint8).reshape(160, 320, 4)
    camera.close()
np.savez(out, **pictures)
"""


def drawn(pipe: str, out: Path, *before: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    command = [*before, sys.executable, "-c", DRAW, pipe, str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."})
    assert done.returncode == 0, done.stderr
    pictures = np.load(out)
    return {name: pictures[name].astype(np.int64) for name in pictures.files}


def test_opengl_draws_the_same_picture_within_what_filters_make_of_it(tmp_path: Path) -> None:
    if shutil.which("xvfb-run") is None:
        pytest.skip("no xvfb-run here: apt-get install xvfb libgl1-mesa-dri")
    tiny = drawn("tiny", tmp_path / "tiny.npz")
    opengl = drawn("gl", tmp_path / "gl.npz", "xvfb-run", "-a")
    for name, picture in tiny.items():
        apart = np.abs(picture - opengl[name])[..., :3].max(axis=-1)
        tags = name.startswith("semantic")
        assert apart.mean() < (0.5 if tags else 12.0), (
            name
        )  # in grain and leaves, which the two filter each its own way
        assert (apart > 40).mean() < (0.01 if tags else 0.05), name
