"""A canvas holds what was drawn last, whole and the right way up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh
from sim.graphics.canvas import Canvas, draw, pipe_of


def wall(left: float, right: float, low: float, high: float) -> core.NodePath:
    """A red wall 10 m ahead, from left to right and low to high [m]."""
    points = np.array([[[10.0, left, low], [10.0, right, low]], [[10.0, left, high], [10.0, right, high]]])
    node = core.GeomNode("wall")
    red = np.array([1.0, 0.0, 0.0])
    node.add_geom(mesh.geom(mesh.sheet(points, red, np.zeros((2, 2, 2)), Label.WALL)), mesh.standing(None))
    root = core.NodePath("root")
    root.set_two_sided(True)
    root.attach_new_node(node)
    return root


@pytest.mark.parametrize("size", [(64, 32), (30, 50)])
def test_what_is_up_and_to_the_right_is_drawn_there(size: tuple[int, int]) -> None:
    width, height = size
    made = Canvas(pipe_of("tiny"), wall(0.0, 30.0, 0.0, 30.0), size, math.radians(90))
    made.clear_to((0.0, 0.0, 1.0))
    draw([made], Pose())
    picture = made.picture()
    made.close()
    assert picture.shape == (height, width, 4)
    assert (picture[..., 3] == 255).all()
    assert (picture[: height // 2 - 1, width // 2 + 1 :, 2] == 255).all()
    assert (picture[height // 2 + 1 :, :, 0] == 255).all()
    assert (picture[:, : width // 2 - 1, 0] == 255).all()


def test_two_canvases_drawn_together_are_each_drawn_alone() -> None:
    pipe, roots = pipe_of("tiny"), (wall(-1, 1, -1, 1), wall(-3, 0, -2, 2))
    one, other = (Canvas(pipe, root, (40, 40), 1.2) for root in roots)
    draw([one], Pose())
    draw([other], Pose())
    alone = one.picture().copy(), other.picture().copy()
    draw([one, other], Pose(x=-2.0))
    draw([one, other], Pose())
    assert np.array_equal(one.picture(), alone[0])
    assert np.array_equal(other.picture(), alone[1])
    assert not np.array_equal(*alone)
    one.close()
    other.close()
