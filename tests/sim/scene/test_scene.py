"""The scene has all its parts, cut into pieces that can be dropped when out of sight."""

from __future__ import annotations

import numpy as np
import pytest
from panda3d import core

from sim.roads import opendrive
from sim.roads.terrain import LEVEL_CELL
from sim.roads.track import Track
from sim.scene import sky
from sim.scene.scene import Scene


@pytest.fixture(scope="module")
def built() -> core.NodePath:
    return Scene(Track(*opendrive.load("oval")), 1).root


def triangles(path: core.NodePath) -> int:
    geoms = [geom for found in path.find_all_matches("**/+GeomNode") for geom in found.node().get_geoms()]
    return sum(geom.get_primitive(0).get_num_primitives() for geom in geoms)


def test_the_scene_has_sky_ground_road_and_plants(built: core.NodePath) -> None:
    names = {path.get_name() for path in (built.find("sky"), *built.find_all_matches("lit/*/*"))}
    assert {"sky", "ground", "road", "near"} <= names
    assert built.find("sky").get_num_children() == sky.SECTORS


def test_no_part_is_so_large_that_it_is_always_in_sight(built: core.NodePath) -> None:
    for child in built.find_all_matches("lit/*/*"):
        low, high = child.get_tight_bounds()
        assert max(high - low) <= 4.1 * LEVEL_CELL
        assert triangles(child) < 6000


def test_the_ground_reaches_beyond_what_the_eye_can_tell(built: core.NodePath) -> None:
    bounds = [ground.get_tight_bounds() for ground in built.find_all_matches("**/ground")]
    low, high = (np.array([tuple(pair[i]) for pair in bounds]) for i in (0, 1))
    assert (low.min(axis=0)[:2] < [-59 - 300, -90 - 300]).all()
    assert (high.max(axis=0)[:2] > [59 + 300, 90 + 300]).all()


def test_figures_count_what_there_is_to_draw(built: core.NodePath) -> None:
    figures = Scene(Track(*opendrive.load("oval")), 1).statistics
    assert figures["triangles"] + figures["lines"] == triangles(built)
    assert figures["textures"] == len(built.find_all_textures())
    assert figures["chunks"] > len(built.find_all_matches("**/+GeomNode")) / 2


def test_the_scene_fits_a_frame_s_budget(built: core.NodePath) -> None:
    assert triangles(built) < 120_000
    assert len(built.find_all_textures()) <= 12
