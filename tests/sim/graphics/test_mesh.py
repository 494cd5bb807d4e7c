"""Arrays become Panda3D's triangles, axes swapped once and nothing else changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.mesh import Mesh


def flat(rows: int, columns: int) -> Mesh:
    x, y = np.meshgrid(np.arange(rows, dtype=float), np.arange(columns, dtype=float), indexing="ij")
    return mesh.sheet(np.stack((x, y, 0 * x), axis=-1), np.ones(3), np.stack((x, y), axis=-1), Label.TERRAIN)


def area(made: Mesh) -> float:
    a, b, c = (made.points[made.triangles[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@given(st.integers(2, 9), st.integers(2, 9))
def test_a_sheet_is_covered_once(rows: int, columns: int) -> None:
    made = flat(rows, columns)
    assert len(made.triangles) == 2 * (rows - 1) * (columns - 1)
    assert area(made) == pytest.approx((rows - 1) * (columns - 1))


def test_joined_meshes_keep_their_triangles() -> None:
    both = mesh.joined([flat(2, 3), flat(4, 2)])
    assert area(both) == pytest.approx(2 + 3)
    assert both.triangles.max() == len(both.points) - 1


def test_a_geom_swaps_x_and_y_and_keeps_colours_and_coordinates() -> None:
    points = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.5]])
    colours = np.array([[1.0, 0.0, 0.5], [2.0, -1.0, 0.2], [0.0, 0.0, 0.0]])
    labels = np.full(3, 7, dtype=np.uint32)
    made = mesh.geom(Mesh(points, colours, points[:, :2] / 10, np.array([[0, 1, 2]], dtype=np.uint32), labels))
    data = made.get_vertex_data()
    at, tint, uv = (core.GeomVertexReader(data, name) for name in ("vertex", "color", "texcoord"))
    assert [tuple(at.get_data3()) for _ in range(3)] == [(2, 1, 3), (5, 4, 6), (8, 7, 9.5)]
    assert [tuple(round(255 * c) for c in tint.get_data4()) for _ in range(2)] == [
        (255, 0, 128, 255),
        (255, 0, 51, 255),
    ]
    assert tuple(uv.get_data2()) == pytest.approx((0.1, 0.2))
    assert made.get_primitive(0).get_num_primitives() == 1


def test_arrays_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 3\) points, \(2, 3\) colours"):
        Mesh(
            np.zeros((3, 3)),
            np.zeros((2, 3)),
            np.zeros((3, 2)),
            np.zeros((1, 3), dtype=np.uint32),
            np.zeros(3, np.uint32),
        )


def test_a_texture_holds_the_image_the_right_way_up() -> None:
    image = np.zeros((2, 4, 3))
    image[0, 0] = (1.0, 0.5, 0.0)
    made = mesh.texture(image)
    texel = core.LColor()
    made.peek().fetch_pixel(texel, 0, 0)
    assert tuple(texel)[:3] == pytest.approx((1.0, 0.5, 0.0), abs=0.01)
    assert (made.get_x_size(), made.get_y_size()) == (4, 2)


def test_a_node_knows_from_how_far_it_is_seen() -> None:
    node = mesh.seen_within(50.0, np.array([1.0, 2.0, 3.0]), mesh.geom(flat(2, 2)), mesh.standing(None))
    assert (node.get_in(0), node.get_out(0)) == (50.0, 0.0)
    assert tuple(node.get_center()) == (2.0, 1.0, 3.0)


def test_what_was_put_into_a_geom_is_read_back() -> None:
    made = flat(3, 4)
    table, triangles = mesh.read(mesh.geom(made))
    assert np.allclose(table["at"][:, [1, 0, 2]], made.points)
    assert np.array_equal(triangles, made.triangles)
    assert set(table["label"].tolist()) == {Label.TERRAIN}


def test_a_line_has_only_the_pieces_that_are_drawn() -> None:
    points = np.column_stack((np.arange(4.0), np.zeros(4), np.zeros(4)))
    made = mesh.line(points, np.ones(3), np.array([True, False, True]), Label.ROAD_LINE)
    _, pairs = mesh.read(mesh.geom(made))
    assert pairs.tolist() == [[0, 1], [2, 3]]
    assert mesh.is_line(mesh.geom(made))
    assert not mesh.is_line(mesh.geom(flat(2, 2)))


def test_a_silhouette_keeps_alpha_and_nothing_else() -> None:
    image = np.full((4, 4, 4), 0.25)
    image[:2, :, 3] = 1.0
    made = np.frombuffer(mesh.silhouette(mesh.texture(image)).get_ram_image(), np.uint8).reshape(4, 4, 4)
    assert (made[..., :3] == 255).all()
    assert (made[:2, :, 3] == 255).all()
    assert (made[2:, :, 3] == 64).all()
