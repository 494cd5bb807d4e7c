"""Arrays become Panda3D's triangles, axes swapped once and nothing else changed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh
from sim.graphics.canvas import Canvas, draw, make_pipe
from sim.graphics.mesh import Mesh

RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def flat(rows: int, columns: int) -> Mesh:
    x, y = np.meshgrid(np.arange(rows, dtype=float), np.arange(columns, dtype=float), indexing="ij")
    return mesh.make_sheet(np.stack((x, y, 0 * x), axis=-1), np.ones(3), np.stack((x, y), axis=-1), Label.TERRAIN)


def area(made: Mesh) -> float:
    a, b, c = (made.points[made.triangles[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


@given(st.integers(2, 9), st.integers(2, 9))
def test_a_sheet_is_covered_once(rows: int, columns: int) -> None:
    made = flat(rows, columns)
    assert len(made.triangles) == 2 * (rows - 1) * (columns - 1)
    assert area(made) == pytest.approx((rows - 1) * (columns - 1))


def test_joined_meshes_keep_their_triangles() -> None:
    both = mesh.join([flat(2, 3), flat(4, 2)])
    assert area(both) == pytest.approx(2 + 3)
    assert both.triangles.max() == len(both.points) - 1


def test_a_geom_swaps_x_and_y_and_keeps_colours_and_coordinates() -> None:
    points = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.5]])
    colours = np.array([[1.0, 0.0, 0.5], [2.0, -1.0, 0.2], [0.0, 0.0, 0.0]])
    labels = np.full(3, 7, dtype=np.uint32)
    made = mesh.make_geom(Mesh(points, colours, points[:, :2] / 10, np.array([[0, 1, 2]], dtype=np.uint32), labels))
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
    with pytest.raises(ValueError, match=r"\(3, 3\) points, \(2, 3\) colours, .* expected \(n, 3\)"):
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
    made = mesh.make_texture(image)
    texel = core.LColor()
    made.peek().fetch_pixel(texel, 0, 0)
    assert tuple(texel)[:3] == pytest.approx((1.0, 0.5, 0.0), abs=0.01)
    assert (made.get_x_size(), made.get_y_size()) == (4, 2)


def test_a_node_knows_from_how_far_it_is_seen() -> None:
    node = mesh.make_near_node(
        50.0, np.array([1.0, 2.0, 3.0]), mesh.make_geom(flat(2, 2)), mesh.make_upright_state(None)
    )
    assert (node.get_in(0), node.get_out(0)) == (50.0, 0.0)
    assert tuple(node.get_center()) == (2.0, 1.0, 3.0)


def test_what_was_put_into_a_geom_is_read_back() -> None:
    made = flat(3, 4)
    table, triangles = mesh.read_geom(mesh.make_geom(made))
    assert np.allclose(table["position"][:, [1, 0, 2]], made.points)
    assert np.array_equal(triangles, made.triangles)
    assert set(table["label"].tolist()) == {Label.TERRAIN}


def test_a_line_has_only_the_pieces_that_are_drawn() -> None:
    points = np.column_stack((np.arange(4.0), np.zeros(4), np.zeros(4)))
    made = mesh.make_line(points, np.ones(3), np.array([True, False, True]), Label.ROAD_LINE)
    _, pairs = mesh.read_geom(mesh.make_geom(made))
    assert pairs.tolist() == [[0, 1], [2, 3]]
    assert mesh.is_line(mesh.make_geom(made))
    assert not mesh.is_line(mesh.make_geom(flat(2, 2)))


def test_a_silhouette_keeps_alpha_and_nothing_else() -> None:
    image = np.full((4, 4, 4), 0.25)
    image[:2, :, 3] = 1.0
    made = np.frombuffer(mesh.make_silhouette(mesh.make_texture(image)).get_ram_image(), np.uint8).reshape(4, 4, 4)
    assert (made[..., :3] == 255).all()
    assert (made[:2, :, 3] == 255).all()
    assert (made[2:, :, 3] == 64).all()


def is_later_sheet_visible(distance: float, behind: float, *, depth_tested: bool, depth_offset: int) -> bool:
    """Whether a green sheet is visible that is drawn after a red one, `distance` [m] away, and `behind` [m] it."""
    root = core.NodePath("root")
    root.set_two_sided(True)
    for order, (x, colour) in enumerate(((distance, RED), (distance + behind, GREEN))):
        corners = np.array([[[x, -90.0, -90.0], [x, 90.0, -90.0]], [[x, -90.0, 90.0], [x, 90.0, 90.0]]])
        sheet = mesh.make_sheet(corners, np.array(colour), np.zeros((2, 2, 2)), Label.ROAD)
        state = mesh.make_flat_state(order, None, depth_tested=depth_tested, depth_offset=depth_offset * order)
        node = core.GeomNode("sheet")
        node.add_geom(mesh.make_geom(sheet), state)
        root.attach_new_node(node)
    canvas = Canvas(make_pipe("tiny"), root, (64, 64), np.pi / 2)
    draw([canvas], Pose())
    _, green, red, _ = canvas.read()[32, 32].tolist()
    canvas.close()
    return bool(green > red)


@pytest.mark.parametrize("distance", [5.0, 30.0, 100.0, 200.0])
def test_on_level_land_the_drawing_order_decides(distance: float) -> None:
    assert is_later_sheet_visible(distance, 10.0, depth_tested=False, depth_offset=0)


@pytest.mark.parametrize(("distance", "behind"), [(5.0, 0.2), (30.0, 1.0), (100.0, 4.0), (200.0, 20.0)])
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_with_depth_test_the_nearer_sheet_hides_the_other_at_any_offset(
    distance: float, behind: float, offset: int
) -> None:
    assert not is_later_sheet_visible(distance, behind, depth_tested=True, depth_offset=offset)


@pytest.mark.parametrize("distance", [5.0, 30.0, 100.0, 200.0])
def test_of_two_coplanar_sheets_the_one_with_the_larger_offset_is_visible(distance: float) -> None:
    assert is_later_sheet_visible(distance, 0.0, depth_tested=True, depth_offset=2)
