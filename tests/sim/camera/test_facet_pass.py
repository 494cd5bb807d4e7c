"""Every facet has a number that survives drawing, a plane that gives its depth, and the label of what it belongs to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from panda3d import core

from sim.camera.facet_pass import SKY, FacetPass, decode_ids
from sim.camera.renderer import Renderer
from sim.episode.labels import Label
from sim.geometry.poses import Pose, compose
from sim.geometry.rays import Rays
from sim.graphics import mesh
from sim.graphics.canvas import draw
from sim.graphics.mesh import Floats, Mesh
from sim.roads import opendrive
from sim.roads.track import Track
from sim.scene.scene import Scene

CORNERS = np.array([[[0.0, -5.0, 0.0], [0.0, 5.0, 0.0]], [[40.0, -5.0, 0.0], [40.0, 5.0, 0.0]]])


def square(points: Floats, label: Label) -> Mesh:
    return mesh.make_sheet(points, np.ones(3), np.zeros((2, 2, 2)), label)


def scene(*parts: tuple[Mesh, core.RenderState]) -> core.NodePath:
    root = core.NodePath("scene")
    root.attach_new_node("sky")
    for part, state in parts:
        node = core.GeomNode("part")
        node.add_geom(mesh.make_geom(part), state)
        root.attach_new_node(node)
    return root


PLAIN = mesh.make_flat_state(0, None)


def test_what_lies_in_one_plane_under_one_label_is_one_facet() -> None:
    wall = CORNERS[..., [2, 1, 0]] / 4 + (20.0, 0.0, 0.0)
    parts = [(square(CORNERS, Label.ROAD), PLAIN), (square(CORNERS + np.array([50.0, 0.0, 0.0]), Label.ROAD), PLAIN)]
    parts += [(square(CORNERS, Label.TERRAIN), PLAIN), (square(wall, Label.BUILDING), PLAIN)]
    found = FacetPass(scene(*parts))
    assert sorted(found.labels.tolist()) == [Label.ROAD, Label.BUILDING, Label.TERRAIN, Label.SKY]
    assert found.labels[SKY] == Label.SKY


def test_depth_is_the_plane_s_along_the_camera_s_axis() -> None:
    wall = CORNERS[..., [2, 1, 0]] / 4 + (20.0, 0.0, 0.0)
    found = FacetPass(scene((square(CORNERS, Label.ROAD), PLAIN), (square(wall, Label.BUILDING), PLAIN)))
    rays, pose = Rays.from_fov((64, 64), math.radians(90)), Pose(2.0, 0.0, 1.5)
    numbers = {label: np.full((64, 64), found.labels.tolist().index(label)) for label in (Label.ROAD, Label.BUILDING)}
    road = found.compute_geometry(numbers[Label.ROAD], rays, pose)
    assert 1 / road.inverse_depth[48, 10] == pytest.approx(1.5 / (16.5 / 32), rel=1e-4)
    assert road.height[48, 10] == pytest.approx(1.5, rel=1e-4)
    building = found.compute_geometry(numbers[Label.BUILDING], rays, pose)
    assert 1 / building.inverse_depth == pytest.approx(np.full((64, 64), 18.0), rel=1e-4)
    assert building.height.min() > 1e5


def test_the_sky_has_no_depth() -> None:
    found = FacetPass(scene((square(CORNERS, Label.ROAD), PLAIN)))
    sight = found.compute_geometry(np.full((8, 8), SKY), Rays.from_fov((8, 8), 1.0), Pose())
    assert not sight.inverse_depth.any()


def test_a_tree_is_as_far_away_as_its_middle_even_edge_on() -> None:
    upright = np.array([[[10.0, 0.0, 0.0], [14.0, 0.0, 0.0]], [[10.0, 0.0, 6.0], [14.0, 0.0, 6.0]]])
    found = FacetPass(scene((square(upright, Label.VEGETATION), PLAIN)))
    number = found.labels.tolist().index(Label.VEGETATION)
    sight = found.compute_geometry(np.full((8, 8), number), Rays.from_fov((8, 8), 1.0), Pose())
    assert 1 / sight.inverse_depth == pytest.approx(np.full((8, 8), 12.0), rel=1e-4)


def test_what_is_blended_over_other_things_has_no_facet() -> None:
    shadow = mesh.make_flat_state(5, mesh.make_texture(np.ones((4, 4, 4))), blended=True)
    found = FacetPass(scene((square(CORNERS, Label.ROAD), PLAIN), (square(CORNERS, Label.WALL), shadow)))
    assert Label.WALL not in found.labels.tolist()


def test_numbers_survive_a_loss_of_one_in_every_channel() -> None:
    numbers = np.array([[0, 1, 127, 128, 16_383, 16_384, (1 << 21) - 1]])
    drawing = np.stack([((numbers >> shift) & 127) * 2 + 1 for shift in (0, 7, 14)] + [0 * numbers + 255], axis=-1)
    assert np.array_equal(decode_ids(drawing.astype(np.uint8)), numbers)
    drawing[..., :3] -= 1
    assert np.array_equal(decode_ids(drawing.astype(np.uint8)), numbers)


def test_rough_facets_tell_road_from_the_rest_and_nothing_more() -> None:
    wall = CORNERS[..., [2, 1, 0]] / 4 + (20.0, 0.0, 0.0)
    upright = CORNERS[..., [2, 1, 0]] / 4 + (30.0, 0.0, 0.0)
    parts = [(square(CORNERS, label), PLAIN) for label in (Label.ROAD, Label.ROAD_LINE, Label.TERRAIN, Label.SIDEWALK)]
    parts += [(square(wall, Label.BUILDING), PLAIN), (square(upright, Label.VEGETATION), PLAIN)]
    found = FacetPass(scene(*parts), coarse=True)
    assert sorted(found.labels.tolist()) == [Label.ROAD, Label.TERRAIN, Label.TERRAIN, Label.TERRAIN, Label.SKY]
    assert found.labels[SKY] == Label.SKY
    road = np.full((8, 8), found.labels.tolist().index(Label.ROAD))
    assert found.compute_geometry(road, Rays.from_fov((8, 8), 1.0), Pose(z=1.5)).height.max() == pytest.approx(
        1.5, rel=1e-4
    )


def test_rough_facets_have_about_half_of_a_circuit_s_corners() -> None:
    track = Track(*opendrive.load("random:101"))
    built = Scene(track, 0)
    full, coarse = (corners(FacetPass(built.root, built.level_height, coarse=coarse)) for coarse in (False, True))
    assert coarse < 0.55 * full


def test_rough_facets_show_the_road_where_it_is() -> None:
    renderer = Renderer()
    renderer.load(track := Track(*opendrive.load("random:101")), 0)
    stage, rays = renderer._scenes, Rays.from_fov((160, 80), math.radians(90))
    pictures = {
        coarse: renderer.create_camera(160, 80, math.radians(90), "rgb" if coarse else "depth")
        for coarse in (True, False)
    }
    for spawn in track.spawn_points[::20]:
        pose = compose(spawn, Pose(x=0.6, z=1.4, pitch=math.radians(-6)))
        seen = {}
        for coarse, camera in pictures.items():
            facets = stage.get_facet_pass(coarse=coarse)
            camera._facets.set_background(facets.background)
            draw([camera._facets], pose)
            seen[coarse] = facets.compute_geometry(decode_ids(camera._facets.read()), rays, pose)
        differing = (seen[True].height < 1e5) != (seen[False].height < 1e5)
        assert differing.mean() < 0.01
        nearer = np.abs(seen[True].inverse_depth - seen[False].inverse_depth) > 0.02
        assert nearer.mean() < 0.01


def corners(facets: FacetPass) -> int:
    geoms = (path.node() for path in facets.root.find_all_matches("**/+GeomNode"))
    return sum(node.get_geom(i).get_vertex_data().get_num_rows() for node in geoms for i in range(node.get_num_geoms()))
