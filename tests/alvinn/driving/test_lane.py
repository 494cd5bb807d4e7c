from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvinn.driving.lane import Lane, wrap_angle
from tests.alvinn.fakes import circle, straight

Floats = npt.NDArray[np.float64]


def wavy(harmonics: list[float], *, uneven: float = 0.0) -> Lane:
    """A closed smooth lane, r(phi) = 60 (1 + a few small harmonics), its points as uneven as wanted."""
    turn = np.arange(1600) * 2.0 * math.pi / 1600
    phi = turn + uneven * np.sin(turn)
    r = 60.0 * (1.0 + sum(a * np.cos((k + 2) * phi + k) for k, a in enumerate(harmonics)))
    points = np.stack([r * np.cos(phi), r * np.sin(phi), np.sin(phi)], axis=1)
    return Lane(points, np.full(len(points), 3.5), closed=True)


LANES = st.builds(wavy, st.lists(st.floats(-0.03, 0.03), min_size=1, max_size=4), uneven=st.floats(-0.6, 0.6))
CIRCLES = st.builds(circle, st.floats(15.0, 200.0), right=st.booleans())


def beside(lane: Lane, s: float, offset: float) -> tuple[float, float]:
    """The place `offset` metres right of the lane's centre: right of (cos, sin) is (-sin, cos) with y to the right."""
    x, y, _, direction = lane.at(s)
    return x - offset * math.sin(direction), y + offset * math.cos(direction)


@given(st.one_of(LANES, CIRCLES), st.floats(0.0, 1.0, exclude_max=True), st.floats(-3.0, 3.0), st.booleans())
def test_a_place_beside_the_lane_is_found_again(lane: Lane, share: float, offset: float, known: bool) -> None:
    s = share * lane.length
    found = lane.project(*beside(lane, s, offset), near=s + 3.0 if known else None)
    assert lane.between(s, found.s) == pytest.approx(0.0, abs=0.05)
    assert found.offset == pytest.approx(offset, abs=5e-3)
    assert wrap_angle(found.direction - lane.at(s)[3]) == pytest.approx(0.0, abs=5e-3)
    assert found.width == pytest.approx(3.5)


@given(LANES, st.floats(0.0, 1.0, exclude_max=True))
def test_the_direction_is_the_way_the_lane_goes(lane: Lane, share: float) -> None:
    s = share * lane.length
    (x0, y0, _, _), (x1, y1, _, _) = lane.at(s - 0.5), lane.at(s + 0.5)
    assert wrap_angle(math.atan2(y1 - y0, x1 - x0) - lane.at(s)[3]) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("right", [True, False])
def test_right_of_travel_is_positive(right: bool) -> None:
    lane = circle(50.0, right=right)
    # y points right, so a right-hand circle has its middle on the right: nearer to the origin is further right
    inside = lane.project(49.0, 0.0).offset
    assert inside == pytest.approx(1.0 if right else -1.0, abs=1e-3)


def test_right_of_a_straight_lane_along_x_is_y() -> None:
    assert straight(20.0).project(10.0, 1.25).offset == pytest.approx(1.25)


@given(st.floats(15.0, 200.0), st.booleans(), st.floats(-10.0, 10.0))
def test_the_curvature_of_a_circle_is_one_over_its_radius(radius: float, right: bool, s: float) -> None:
    assert circle(radius, right=right).curvature(s) == pytest.approx((1.0 if right else -1.0) / radius, rel=1e-3)


def test_a_circle_is_as_long_as_its_circumference() -> None:
    assert circle(50.0).length == pytest.approx(2.0 * math.pi * 50.0, rel=1e-5)


@given(st.floats(-3.0, 3.0), st.floats(-5.0, 5.0))
def test_the_seam_of_the_ring_is_like_anywhere_else(offset: float, s: float) -> None:
    lane = circle(40.0)
    found = lane.project(*beside(lane, s, offset), near=lane.length - 0.1)
    assert lane.between(s, found.s) == pytest.approx(0.0, abs=0.02)
    assert found.offset == pytest.approx(offset, abs=2e-3)


def test_a_closed_lane_goes_around() -> None:
    lane = circle(40.0)
    assert lane.at(lane.length + 3.0) == pytest.approx(lane.at(3.0))
    assert lane.at(-3.0) == pytest.approx(lane.at(lane.length - 3.0))


@given(st.floats(0.0, 1.0, exclude_max=True), st.floats(-0.49, 0.49))
def test_between_takes_the_shorter_way_around(start: float, way: float) -> None:
    lane = circle(40.0)
    a, b = start * lane.length, (start + way) * lane.length % lane.length
    assert lane.between(a, b) == pytest.approx(way * lane.length, abs=1e-6)


def test_an_open_lane_ends_where_it_ends() -> None:
    lane = straight(20.0)
    assert lane.at(-5.0)[:2] == (0.0, 0.0)
    assert lane.at(25.0)[:2] == (20.0, 0.0)
    assert lane.project(25.0, 1.0).s == 20.0
    assert lane.project(25.0, 1.0).offset == pytest.approx(1.0)
    assert lane.between(15.0, 5.0) == -10.0


def test_what_is_known_of_the_place_decides_where_a_lane_passes_twice() -> None:
    """A hairpin whose legs are 3 m apart: the car is 2 m off its own leg, 1 m off the other."""
    out, back = np.arange(0.0, 101.0), np.arange(100.0, -1.0, -1.0)
    x, y = np.concatenate([out, back]), np.concatenate([0.0 * out, 0.0 * back + 3.0])
    lane = Lane(np.stack([x, y, 0.0 * x], axis=1), np.full(len(x), 3.0), closed=False)
    assert lane.project(50.0, 2.0).s == pytest.approx(153.0)
    found = lane.project(50.0, 2.0, near=48.0)
    assert (found.s, found.offset) == pytest.approx((50.0, 2.0))


def test_width_is_interpolated() -> None:
    points = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [20.0, 0.0, 0.0]])
    lane = Lane(points, np.array([3.0, 4.0, 4.0]), closed=False)
    assert lane.project(5.0, 0.0).width == pytest.approx(3.5)


def test_height_is_interpolated() -> None:
    points = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 2.0], [20.0, 0.0, 2.0]])
    assert Lane(points, np.full(3, 3.0), closed=False).at(5.0)[2] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("points", "widths"),
    [(np.zeros((2, 3)), np.zeros(2)), (np.zeros((4, 2)), np.zeros(4)), (np.zeros((4, 3)), np.zeros(3))],
)
def test_a_lane_of_other_shapes_is_refused(points: Floats, widths: Floats) -> None:
    with pytest.raises(ValueError, match="points"):
        Lane(points, widths, closed=True)


def test_a_lane_that_stands_still_somewhere_is_refused() -> None:
    points = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    with pytest.raises(ValueError, match="coincide"):
        Lane(points, np.full(4, 3.0), closed=False)


@given(st.floats(-100.0, 100.0))
def test_a_wrapped_angle_is_the_same_angle(angle: float) -> None:
    assert -math.pi <= wrap_angle(angle) < math.pi
    assert math.cos(wrap_angle(angle)) == pytest.approx(math.cos(angle), abs=1e-9)
    assert math.sin(wrap_angle(angle)) == pytest.approx(math.sin(angle), abs=1e-9)


def with_lead_in(radius: float = 30.0) -> Lane:
    """40 m straight, then a circle to the right around the origin, entered at its top."""
    lead = [(-x, -radius, 0.0) for x in np.arange(40.0, 0.0, -0.5).tolist()]
    turns = np.arange(round(4.0 * math.pi * radius)) / round(4.0 * math.pi * radius) * 2.0 * math.pi
    ring = [(radius * math.sin(turn), -radius * math.cos(turn), 0.0) for turn in turns.tolist()]
    points = np.array(lead + ring)
    return Lane(points, np.full(len(points), 3.5), closed=True, lead_in=len(lead))


def test_a_lead_in_is_driven_once_and_a_lap_is_the_loop() -> None:
    lane = with_lead_in()
    assert lane.lead_in == pytest.approx(40.0)
    assert lane.loop == pytest.approx(2.0 * math.pi * 30.0, rel=1e-3)
    assert lane.distance_around(0.0, 2) == pytest.approx(40.0 + 2.0 * lane.loop)
    assert lane.distance_around(50.0, 1) == pytest.approx(lane.loop)
    assert lane.at(lane.length + 10.0)[:2] == pytest.approx(lane.at(50.0)[:2])
    assert lane.at(-5.0)[:2] == pytest.approx((-40.0, -30.0)), "nothing lies before a lead-in"
    assert circle(30.0).distance_around(12.0, 3) == pytest.approx(3.0 * circle(30.0).length)


def test_a_car_on_a_loop_is_followed_across_its_seam_and_not_back_into_the_lead_in() -> None:
    lane = with_lead_in()
    near, way = 0.0, 0.0
    for driven in np.arange(0.0, 40.0 + 2.5 * lane.loop, 0.4).tolist():
        found = lane.project(*beside(lane, driven, 0.8), near=near)
        assert found.offset == pytest.approx(0.8, abs=0.02)
        way += lane.between(near, found.s)
        near = found.s
        assert way == pytest.approx(driven, abs=0.3)
    # three metres behind the seam on the way round, where the lead-in lies elsewhere
    assert lane.project(*lane.at(lane.length - 3.0)[:2], near=lane.lead_in + 1.0).s == pytest.approx(lane.length - 3.0)


@pytest.mark.parametrize(("closed", "lead_in"), [(False, 2), (True, 8), (True, -1)])
def test_a_lead_in_without_a_loop_is_refused(closed: bool, lead_in: int) -> None:
    points = np.array([(float(x), 0.0, 0.0) for x in range(10)])
    with pytest.raises(ValueError, match="followed by a loop"):
        Lane(points, np.full(10, 3.0), closed=closed, lead_in=lead_in)


def test_a_loop_may_have_three_points_and_no_fewer() -> None:
    points = np.array([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (2.0, 1.0, 0.0), (2.0, -1.0, 0.0)])
    assert Lane(points, np.full(4, 3.0), closed=True, lead_in=1).lead_in == 1.0
    with pytest.raises(ValueError, match="followed by a loop"):
        Lane(points, np.full(4, 3.0), closed=True, lead_in=2)


@pytest.mark.parametrize("radius", [2.0, 3.0, 3.8])
def test_on_a_small_loop_a_car_is_found_wherever_it_was_before(radius: float) -> None:
    lane = circle(radius)
    for s in np.arange(0.0, lane.length, 1.0).tolist():
        for near in np.arange(0.0, lane.length, 1.5).tolist():
            found = lane.project(*beside(lane, s, 0.5), near=near)
            assert lane.between(s, found.s) == pytest.approx(0.0, abs=0.05)


@pytest.mark.parametrize("rise", [-0.1, 0.0, 0.05])
def test_a_lane_s_slope_is_what_it_rises_for_each_metre_along(rise: float) -> None:
    along = np.arange(0.0, 50.0, 0.25)
    lane = Lane(np.column_stack((along, 0.0 * along, rise * along)), np.full(len(along), 3.5), closed=False)
    for s in (0.0, 0.1, 20.0, lane.length):
        assert lane.slope(s) == pytest.approx(rise, abs=0.01)
