"""A road's parts show paint where the map says; from afar paint is a line that pales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from panda3d import core

from sim.graphics import mesh, textures
from sim.roads.terrain import LEVEL_CELL, Terrain
from sim.roads.track import Floats, LaneMarking, Stretch
from sim.scene import road_parts
from sim.scene.road_parts import make_road_nodes
from sim.scene.road_surface import DETAIL_LEVELS
from tests.sim.scene.test_road_surface import make_straight

PLAIN = Terrain(0.0, 0.0, LEVEL_CELL, np.zeros((2, 2)))


def chunks(node: core.PandaNode, level: int, at: int = len(DETAIL_LEVELS) - 1) -> Iterator[core.GeomNode]:
    """The chunks of one level in a part of road that has levels up to `at`."""
    if at == 0:
        yield node
    elif at == level:
        yield node.get_child(1)
    else:
        for child in node.get_child(0).get_children():
            yield from chunks(child, level, at - 1)


def unpictured(node: core.PandaNode, level: int) -> Iterator[tuple[Floats, mesh.Triangles, Floats]]:
    """Points, corners' numbers and colours of what is drawn without texture in one level of a part of road."""
    for chunk in chunks(node, level):
        for i in range(chunk.get_num_geoms()):
            if not chunk.get_geom_state(i).has_attrib(core.TextureAttrib):
                table, numbers = mesh.read_geom(chunk.get_geom(i))
                yield table["position"][:, :3].astype(float), numbers, table["colour"].astype(float)


def drawn(stretch: Stretch, level: int) -> tuple[float, float, float]:
    """The area of paint, the length of lines, and the lines' mean brightness, in one level of a whole road."""
    plain = mesh.make_texture(textures.make_shadow()), mesh.make_texture(textures.make_shadow())
    area, length, light = 0.0, 0.0, []
    for chunk in make_road_nodes(stretch, np.random.default_rng(0), *plain, PLAIN):
        for points, numbers, colours in unpictured(chunk, level):
            corners = [points[numbers[:, k]] for k in range(numbers.shape[1])]
            if len(corners) == 3:
                a, b, c = corners
                area += float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
            else:
                length += float(np.linalg.norm(corners[1] - corners[0], axis=1).sum())
                light.append(colours[numbers[:, 0], :3].mean())
    return area, length, float(np.mean(light))


def test_as_much_is_painted_as_the_marking_says() -> None:
    marking = LaneMarking("BROKEN", "White", 0.15, 3.0, 5.0)
    stretch = make_straight([LaneMarking(), marking, LaneMarking()], [3.5, 3.5], length=64.0)
    area, length, _ = drawn(stretch, 0)
    assert area == pytest.approx(8 * 3.0 * 0.15)
    assert length == pytest.approx(8 * 3.0)
    area, length, _ = drawn(stretch, len(DETAIL_LEVELS) - 1)
    assert area == 0.0
    assert length == pytest.approx(64.0, rel=1e-4)


def test_a_line_pales_towards_the_asphalt_the_farther_away_it_is() -> None:
    solid = make_straight([LaneMarking(), LaneMarking("SOLID", "White", 0.15), LaneMarking()], [3.5, 3.5])
    lights = [drawn(solid, level)[2] for level in range(1, len(DETAIL_LEVELS))]
    assert lights == sorted(lights, reverse=True)
    assert lights[-1] > 255 * 0.42 + 10


def vertices(together: int, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """All vertices of a road of which so many parts are built at once."""
    monkeypatch.setattr(road_parts, "TOGETHER", together)
    stretch = make_straight([LaneMarking(), LaneMarking("BROKEN", "White", 0.15), LaneMarking()], [3.5, 3.5], 300.0)
    plain = mesh.make_texture(textures.make_shadow()), mesh.make_texture(textures.make_shadow())
    roads = make_road_nodes(stretch, np.random.default_rng(0), *plain, PLAIN)
    nodes = [path.node() for road in roads for path in core.NodePath(road).find_all_matches("**/+GeomNode")]
    return [mesh.read_geom(node.get_geom(i))[0].tobytes() for node in nodes for i in range(node.get_num_geoms())]


def test_a_road_is_the_same_however_many_of_its_parts_are_built_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert vertices(1, monkeypatch) == vertices(8, monkeypatch)
