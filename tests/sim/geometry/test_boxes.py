from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.geometry.boxes import Box, gap, is_overlapping
from sim.geometry.poses import Pose, Vector

boxes = st.builds(Box, st.floats(-5, 5), st.floats(-5, 5), st.floats(-4, 4), st.floats(0.1, 3.0), st.floats(0.1, 3.0))


def points(box: Box, steps: int = 12) -> list[tuple[float, float]]:
    """Points all over a box, its corners among them."""
    c, s = math.cos(box.yaw), math.sin(box.yaw)
    shares = [2.0 * i / steps - 1.0 for i in range(steps + 1)]
    inside = [(box.half_x * i, box.half_y * j) for i in shares for j in shares]
    return [(box.x + x * c - y * s, box.y + x * s + y * c) for x, y in inside]


def distance(a: Box, b: Box) -> float:
    return min(math.hypot(px - qx, py - qy) for px, py in points(a) for qx, qy in points(b))


@given(boxes, boxes)
def test_boxes_with_a_common_point_overlap_and_boxes_with_a_gap_are_that_far_apart(a: Box, b: Box) -> None:
    assert is_overlapping(a, b) == is_overlapping(b, a)
    if not is_overlapping(a, b):
        assert distance(a, b) >= gap(a, b)[0] - 1e-9
        assert distance(a, b) > 0.0
    elif gap(a, b)[0] < -0.7:
        assert distance(a, b) < 0.75, "some points of both are as near as the points are dense"


@given(boxes, boxes)
def test_moving_a_box_along_the_gap_s_direction_by_its_depth_parts_the_two(a: Box, b: Box) -> None:
    wide, nx, ny = gap(a, b)
    assert math.hypot(nx, ny) == pytest.approx(1.0)
    if wide > 0.0:
        return
    moved = Box(a.x - nx * (wide - 1e-6), a.y - ny * (wide - 1e-6), a.yaw, a.half_x, a.half_y)
    assert abs(gap(moved, b)[0]) < 1e-5


def test_boxes_on_different_levels_do_not_overlap() -> None:
    low, high = Box(0, 0, 0, 1, 1, bottom=0.0, top=2.0), Box(0, 0, 0, 1, 1, bottom=2.5, top=4.0)
    assert not is_overlapping(low, high)
    assert is_overlapping(low, Box(0, 0, 0, 1, 1, bottom=1.5, top=4.0))


def test_a_box_around_a_pose_turns_with_it() -> None:
    box = Box.from_bounding_box(Pose(10.0, 20.0, 3.0, yaw=math.pi / 2), Vector(1.0, 0.5, 0.7), Vector(2.0, 1.0, 0.7))
    assert (box.x, box.y) == pytest.approx((9.5, 21.0))
    assert (box.bottom, box.top) == pytest.approx((3.0, 4.4))
    assert (box.extent_along(1.0, 0.0), box.extent_along(0.0, 1.0)) == pytest.approx((1.0, 2.0))
