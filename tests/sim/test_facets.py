"""Every facet has a number that survives drawing, a plane that gives its depth, and the label of what it belongs to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from panda3d import core

from sim import mesh
from sim.facets import SKY, Facets, numbers_of
from sim.geometry import Pose
from sim.labels import Label
from sim.mesh import Floats, Mesh
from sim.rays import Rays

CORNERS = np.array([[[0.0, -5.0, 0.0], [0.0, 5.0, 0.0]], [[40.0, -5.0, 0.0], [40.0, 5.0, 0.0]]])


def square(points: Floats, label: Label) -> Mesh:
    return mesh.sheet(points, np.ones(3), np.zeros((2, 2, 2)), label)


def scene(*parts: tuple[Mesh, core.RenderState]) -> core.NodePath:
    root = core.NodePath("scene")
    root.attach_new_node("sky")
    for part, state in parts:
        node = core.GeomNode("part")
        node.add_geom(mesh.geom(part), state)
        root.attach_new_node(node)
    return root


PLAIN = mesh.lying(0, None)


def test_what_lies_in_one_plane_under_one_label_is_one_facet() -> None:
    wall = CORNERS[..., [2, 1, 0]] / 4 + (20.0, 0.0, 0.0)
    parts = [(square(CORNERS, Label.ROAD), PLAIN), (square(CORNERS + np.array([50.0, 0.0, 0.0]), Label.ROAD), PLAIN)]
    parts += [(square(CORNERS, Label.TERRAIN), PLAIN), (square(wall, Label.BUILDING), PLAIN)]
    found = Facets(scene(*parts))
    assert sorted(found.labels.tolist()) == [Label.ROAD, Label.BUILDING, Label.TERRAIN, Label.SKY]
    assert found.labels[SKY] == Label.SKY


def test_depth_is_the_plane_s_along_the_camera_s_axis() -> None:
    wall = CORNERS[..., [2, 1, 0]] / 4 + (20.0, 0.0, 0.0)
    found = Facets(scene((square(CORNERS, Label.ROAD), PLAIN), (square(wall, Label.BUILDING), PLAIN)))
    rays, pose = Rays.of((64, 64), math.radians(90)), Pose(2.0, 0.0, 1.5)
    numbers = {label: np.full((64, 64), found.labels.tolist().index(label)) for label in (Label.ROAD, Label.BUILDING)}
    road = found.sight(numbers[Label.ROAD], rays, pose)
    assert 1 / road.inverse[48, 10] == pytest.approx(1.5 / (16.5 / 32), rel=1e-4)
    assert road.height[48, 10] == pytest.approx(1.5, rel=1e-4)
    building = found.sight(numbers[Label.BUILDING], rays, pose)
    assert 1 / building.inverse == pytest.approx(np.full((64, 64), 18.0), rel=1e-4)
    assert building.height.min() > 1e5


def test_the_sky_has_no_depth() -> None:
    found = Facets(scene((square(CORNERS, Label.ROAD), PLAIN)))
    sight = found.sight(np.full((8, 8), SKY), Rays.of((8, 8), 1.0), Pose())
    assert not sight.inverse.any()


def test_a_tree_is_as_far_away_as_its_middle_even_edge_on() -> None:
    upright = np.array([[[10.0, 0.0, 0.0], [14.0, 0.0, 0.0]], [[10.0, 0.0, 6.0], [14.0, 0.0, 6.0]]])
    found = Facets(scene((square(upright, Label.VEGETATION), PLAIN)))
    number = found.labels.tolist().index(Label.VEGETATION)
    sight = found.sight(np.full((8, 8), number), Rays.of((8, 8), 1.0), Pose())
    assert 1 / sight.inverse == pytest.approx(np.full((8, 8), 12.0), rel=1e-4)


def test_what_is_blended_over_other_things_has_no_facet() -> None:
    shadow = mesh.lying(5, mesh.texture(np.ones((4, 4, 4))), blended=True)
    found = Facets(scene((square(CORNERS, Label.ROAD), PLAIN), (square(CORNERS, Label.WALL), shadow)))
    assert Label.WALL not in found.labels.tolist()


def test_numbers_survive_a_loss_of_one_in_every_channel() -> None:
    numbers = np.array([[0, 1, 127, 128, 16_383, 16_384, (1 << 21) - 1]])
    drawing = np.stack([((numbers >> shift) & 127) * 2 + 1 for shift in (0, 7, 14)] + [0 * numbers + 255], axis=-1)
    assert np.array_equal(numbers_of(drawing.astype(np.uint8)), numbers)
    drawing[..., :3] -= 1
    assert np.array_equal(numbers_of(drawing.astype(np.uint8)), numbers)
