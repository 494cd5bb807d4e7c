"""What lies behind a crest is hidden, and paint shows on the road that it lies in, by depth in the software pipe."""

from __future__ import annotations

import math

import numpy as np
import pytest
from panda3d import core

from sim.camera.renderer import Renderer
from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def shows_what_was_drawn_last(distance: float, behind: float, *, deep: bool, lift: int) -> bool:
    """Whether a green sheet shows that lies `behind` [m] a red one, `distance` [m] away, and is drawn after it."""
    renderer = Renderer()
    for order, (x, colour) in enumerate(((distance, RED), (distance + behind, GREEN))):
        corners = np.array([[[x, -90.0, -90.0], [x, 90.0, -90.0]], [[x, -90.0, 90.0], [x, 90.0, 90.0]]])
        sheet = mesh.sheet(corners, np.array(colour), np.zeros((2, 2, 2)), Label.ROAD)
        node = core.GeomNode("sheet")
        node.add_geom(mesh.geom(sheet), mesh.lying(order, None, deep=deep, lift=lift * order))
        renderer._stage.plain.attach_new_node(node).set_two_sided(True)
    camera = renderer.camera(64, 64, math.radians(90))
    _, green, red, _ = np.frombuffer(camera.render(Pose()), np.uint8).reshape(64, 64, 4)[32, 32].tolist()
    camera.close()
    return bool(green > red)


@pytest.mark.parametrize("distance", [5.0, 30.0, 100.0, 200.0])
def test_on_a_plain_the_order_of_drawing_decides(distance: float) -> None:
    assert shows_what_was_drawn_last(distance, 10.0, deep=False, lift=0)


@pytest.mark.parametrize(("distance", "behind"), [(5.0, 0.2), (30.0, 1.0), (100.0, 4.0), (200.0, 20.0)])
@pytest.mark.parametrize("lift", [0, 1, 2, 3])
def test_among_hills_what_is_behind_is_hidden_even_if_it_is_lifted(distance: float, behind: float, lift: int) -> None:
    assert not shows_what_was_drawn_last(distance, behind, deep=True, lift=lift)


@pytest.mark.parametrize("distance", [5.0, 30.0, 100.0, 200.0])
def test_of_two_sheets_in_one_plane_the_lifted_one_shows(distance: float) -> None:
    assert shows_what_was_drawn_last(distance, 0.0, deep=True, lift=2)
