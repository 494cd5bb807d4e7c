"""A canvas holds the image drawn last, whole and the right way up, on the software pipe and on OpenGL."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh
from sim.graphics.canvas import Canvas, draw, make_pipe

# Run in a process of its own, since a process has one graphics pipe.
DRAW = """
import math, sys
import numpy as np
from sim.roads import opendrive
from sim.scene.bodies import VisibleActor
from sim.camera.renderer import Renderer
from sim.geometry.poses import Pose, compose
from sim.roads.track import Track
from sim.episode.weather import WeatherParameters
pipe, out = sys.argv[1:]
renderer, base = Renderer(pipe), Pose(-60.0, -57.25)
renderer.load(Track(*opendrive.load("oval")), 0)
renderer.place_actors([VisibleActor(1, "vehicle.tesla.model3", (0.7, 0.2, 0.2), compose(base, Pose(x=10.0)))])
rain = WeatherParameters(cloudiness=100.0, precipitation=100.0, wetness=100.0, fog_density=7.0)
images = {}
for weather, kind in ((WeatherParameters(), "rgb"), (rain, "rgb"), (rain, "semantic_segmentation")):
    renderer.set_weather(weather)
    camera = renderer.create_camera(320, 160, math.radians(90), kind)
    pixels = camera.render(compose(base, Pose(x=0.6, z=1.6)))
    images[f"{kind} {weather.precipitation:g}"] = np.frombuffer(pixels, np.uint8).reshape(160, 320, 4)
    camera.close()
np.savez(out, **images)
"""


def wall(left: float, right: float, low: float, high: float) -> core.NodePath:
    """A red wall 10 m ahead, from left to right and low to high [m]."""
    points = np.array([[[10.0, left, low], [10.0, right, low]], [[10.0, left, high], [10.0, right, high]]])
    node = core.GeomNode("wall")
    red = np.array([1.0, 0.0, 0.0])
    node.add_geom(
        mesh.make_geom(mesh.make_sheet(points, red, np.zeros((2, 2, 2)), Label.WALL)), mesh.make_upright_state(None)
    )
    root = core.NodePath("root")
    root.set_two_sided(True)
    root.attach_new_node(node)
    return root


@pytest.mark.parametrize("size", [(64, 32), (30, 50)])
def test_what_is_up_and_to_the_right_is_drawn_there(size: tuple[int, int]) -> None:
    width, height = size
    made = Canvas(make_pipe("tiny"), wall(0.0, 30.0, 0.0, 30.0), size, math.radians(90))
    made.set_background((0.0, 0.0, 1.0))
    draw([made], Pose())
    image = made.read()
    made.close()
    assert image.shape == (height, width, 4)
    assert (image[..., 3] == 255).all()
    assert (image[: height // 2 - 1, width // 2 + 1 :, 2] == 255).all()
    assert (image[height // 2 + 1 :, :, 0] == 255).all()
    assert (image[:, : width // 2 - 1, 0] == 255).all()


def test_two_canvases_drawn_together_are_each_drawn_alone() -> None:
    pipe, roots = make_pipe("tiny"), (wall(-1, 1, -1, 1), wall(-3, 0, -2, 2))
    one, other = (Canvas(pipe, root, (40, 40), 1.2) for root in roots)
    draw([one], Pose())
    draw([other], Pose())
    alone = one.read().copy(), other.read().copy()
    draw([one, other], Pose(x=-2.0))
    draw([one, other], Pose())
    assert np.array_equal(one.read(), alone[0])
    assert np.array_equal(other.read(), alone[1])
    assert not np.array_equal(*alone)
    one.close()
    other.close()


def draw_in_a_process(pipe: str, out: Path, *before: str) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    command = [*before, sys.executable, "-c", DRAW, pipe, str(out)]
    process = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.returncode == 0, process.stderr
    images = np.load(out)
    return {name: images[name].astype(np.int64) for name in images.files}


def test_opengl_draws_the_same_image_up_to_texture_filtering(tmp_path: Path) -> None:
    if shutil.which("xvfb-run") is None:
        pytest.skip("no xvfb-run here: apt-get install xvfb libgl1-mesa-dri")
    tiny = draw_in_a_process("tiny", tmp_path / "tiny.npz")
    opengl = draw_in_a_process("gl", tmp_path / "gl.npz", "xvfb-run", "-a")
    for name, image in tiny.items():
        apart = np.abs(image - opengl[name])[..., :3].max(axis=-1)
        tags = name.startswith("semantic")
        # Grain and leaves differ, since each pipe filters textures in its own way.
        assert apart.mean() < (0.5 if tags else 12.0), name
        assert (apart > 40).mean() < (0.01 if tags else 0.05), name
