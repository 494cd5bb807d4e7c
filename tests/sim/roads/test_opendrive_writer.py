"""Circuits as CARLA's own parser sees them, against the curves they were written from."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import accumulate, pairwise

import carla
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.geometry.poses import wrap_angle
from sim.roads import opendrive
from sim.roads.circuits import BUILT_IN, list_names
from sim.roads.curves import Bend, Circuit, CrossSection, Segment, Straight, chain
from sim.roads.opendrive_writer import to_opendrive
from sim.roads.xml_document import Document

NAMES = ("oval", "country", "highway", "path", "hills")
LANES = [(name, lane) for name in NAMES for lane in (-1, 1) if (name, lane) != ("path", 1)]
WIDE = ("oval", 600, 800, 40), ("country", 1600, 2200, 15)

SCHEMA_1_4 = {
    "OpenDRIVE": ("", "header road"),
    "header": ("revMajor revMinor name version date north south east west vendor", "geoReference"),
    "geoReference": ("", ""),
    "road": ("name length id junction", "link type planView elevationProfile lateralProfile lanes"),
    "link": ("", "predecessor successor"),
    "predecessor": ("elementType elementId contactPoint id", ""),
    "successor": ("elementType elementId contactPoint id", ""),
    "planView": ("", "geometry"),
    "geometry": ("s x y hdg length", "line spiral arc"),
    "line": ("length space tOffset sOffset rule width", ""),
    "spiral": ("curvStart curvEnd", ""),
    "arc": ("curvature", ""),
    "elevationProfile": ("", "elevation"),
    "lateralProfile": ("", ""),
    "elevation": ("s a b c d", ""),
    "lanes": ("", "laneOffset laneSection"),
    "laneOffset": ("s a b c d", ""),
    "laneSection": ("s singleSide", "left center right"),
    "left": ("", "lane"),
    "center": ("", "lane"),
    "right": ("", "lane"),
    "lane": ("id type level", "link width roadMark"),
    "width": ("sOffset a b c d", ""),
    "roadMark": ("sOffset type weight color material width laneChange height", "type"),
    "type": ("name width", "line"),
}
"""Element -> (its attributes, its children in their order), of what our circuits may hold of OpenDRIVE 1.4."""
NEVER_EMPTY = (
    "OpenDRIVE",
    "planView",
    "geometry",
    "elevationProfile",
    "lanes",
    "laneSection",
    "left",
    "right",
    "center",
)


def parsed(name: str) -> tuple[carla.Map, Circuit]:
    circuit = BUILT_IN[name]()
    return carla.Map(name, to_opendrive(name, circuit)), circuit


def sampled(circuit: Circuit, step: float = 1.0) -> npt.NDArray[np.float64]:
    """Rows of s, x, y, heading, curvature along a lap."""
    starts = accumulate((g.length for g in circuit.segments), initial=0.0)
    rows = (
        (start + u, *g.at(u), g.curvature + g.rate * u)
        for g, start in zip(circuit.segments, starts, strict=False)
        for u in np.arange(0.0, g.length, step).tolist()
    )
    return np.array(list(rows))


@pytest.mark.parametrize("name", [*list_names(), *(f"{kind}:{seed}" for kind in ("random", "wild") for seed in (3, 4))])
def test_a_map_holds_only_what_the_schema_of_its_version_allows(name: str) -> None:
    root = Document(opendrive.load(name)[1]).root
    for element in root.iter():
        attributes, children = SCHEMA_1_4[element.tag]
        assert set(element.keys()) <= set(attributes.split()), element.tag
        order = [children.split().index(child.tag) for child in element]  # a child that has no place there is an error
        assert order == sorted(order), element.tag
        assert len(element) or element.tag not in NEVER_EMPTY, element.tag


def test_level_ground_is_written_once() -> None:
    for profile in Document(opendrive.load("wild:6")[1]).root.iter("elevationProfile"):
        written = [[element.get(factor) for factor in "abcd"] for element in profile]
        level = ["0.0", "0.0", "0.0", "0.0"]
        assert not any(a == b == level for a, b in pairwise(written))


@pytest.mark.parametrize(("name", "lane"), LANES)
def test_walking_a_lane_goes_round_for_ever(name: str, lane: int) -> None:
    world, circuit = parsed(name)
    here = world.get_waypoint_xodr(0, lane, 5.0)
    passed = [here.road_id]
    for _ in range(round(2.5 * circuit.length / 2)):
        (following,) = here.next(2.0)
        assert 1.5 < following.transform.location.distance(here.transform.location) < 2.5
        here = following
        passed += [here.road_id] if here.road_id != passed[-1] else []
    count = len(circuit.roads())
    assert passed[: 2 * count] == [-lane * i % count for i in range(2 * count)]


@pytest.mark.parametrize("name", NAMES)
def test_waypoints_lie_where_the_curve_says(name: str) -> None:
    world, circuit = parsed(name)
    starts = list(accumulate((sum(g.length for g in road) for road in circuit.roads()), initial=0.0))
    for s, x, y, heading, _ in sampled(circuit, 3.7):
        road = max(i for i, start in enumerate(starts[:-1]) if start <= s)
        waypoint = world.get_waypoint_xodr(road, -1, float(s - starts[road]))
        width, _ = circuit.widths(float(s))
        place, yaw = waypoint.transform.location, math.radians(waypoint.transform.rotation.yaw)
        assert place.x == pytest.approx(x - width / 2 * math.sin(heading), abs=0.01)
        assert place.y == pytest.approx(y + width / 2 * math.cos(heading), abs=0.01)
        widening = circuit.lane_width.at(float(s))[1] / 2 if circuit.lane_width else 0.0
        assert abs(wrap_angle(yaw - heading - widening)) < 0.005
        assert waypoint.lane_width == pytest.approx(width)


@pytest.mark.parametrize("name", NAMES)
def test_roads_join_without_a_step(name: str) -> None:
    world, circuit = parsed(name)
    roads = circuit.roads()
    for i, road in enumerate(roads):
        length = sum(g.length for g in road)
        end = world.get_waypoint_xodr(i, -1, length - 0.002).transform
        start = world.get_waypoint_xodr((i + 1) % len(roads), -1, 0.002).transform
        assert end.location.distance(start.location) < 0.01
        assert abs(wrap_angle(math.radians(end.rotation.yaw - start.rotation.yaw))) < 0.002


@pytest.mark.parametrize("name", [name for name in NAMES if BUILT_IN[name]().lane_width is None])
def test_headings_of_waypoints_change_as_the_intended_curvature(name: str) -> None:
    world, circuit = parsed(name)
    length = sum(g.length for g in circuit.roads()[1])
    for s in np.arange(2.0, length - 3.0, 5.0):
        yaws = [world.get_waypoint_xodr(1, -1, float(s + d)).transform.rotation.yaw for d in (-1.0, 1.0)]
        measured = wrap_angle(math.radians(yaws[1] - yaws[0])) / 2.0
        meant = np.mean([circuit.curvature(length + float(s + d)) for d in np.linspace(-1.0, 1.0, 41)])
        assert measured == pytest.approx(meant, abs=3e-4)


@pytest.mark.parametrize(("name", "shortest", "longest", "radius"), WIDE)
def test_circuits_have_the_length_and_radius_they_promise(name: str, shortest: int, longest: int, radius: int) -> None:
    circuit = BUILT_IN[name]()
    assert shortest < circuit.length < longest
    assert radius <= circuit.min_radius < radius + 10
    assert len(circuit.roads()) >= 4


def test_country_winds_both_ways() -> None:
    curvature = sampled(BUILT_IN["country"]())[:, 4]
    assert (np.abs(curvature) > 1 / 60).mean() > 0.25
    assert (curvature < -1 / 60).mean() > 0.1
    assert (curvature > 1 / 60).mean() > 0.1


@pytest.mark.parametrize("way", [1, -1])
def test_a_minute_of_country_either_way_has_tight_bends_to_both_sides(way: int) -> None:
    s, curvature = sampled(BUILT_IN["country"](), 1.0)[:, [0, 4]].T
    first = (s if way > 0 else s[-1] - s) < 440.0
    for side in (-1, 1):
        tight = side * curvature[first] > 1 / 20
        assert (np.diff(tight.astype(int)) == 1).sum() >= 2
        assert 0.05 < tight.mean() < 0.15


def test_country_never_comes_near_itself() -> None:
    rows = sampled(BUILT_IN["country"](), 2.0)
    s, x, y = rows[:, 0], rows[:, 1], rows[:, 2]
    along = np.abs(s[:, None] - s)
    along = np.minimum(along, s[-1] - along)
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    assert distance[along > 120].min() > 40


def test_lanes_are_marked_yellow_and_broken_between_white_and_solid_outside() -> None:
    world, _ = parsed("country")
    for lane in (-1, 1):
        waypoint = world.get_waypoint_xodr(2, lane, 30.0)
        inner, outer = waypoint.left_lane_marking, waypoint.right_lane_marking
        assert (inner.type, inner.color) == (carla.LaneMarkingType.Broken, carla.LaneMarkingColor.Yellow)
        assert (outer.type, outer.color) == (carla.LaneMarkingType.Solid, carla.LaneMarkingColor.White)


@settings(max_examples=15)
@given(st.floats(2.5, 5.0), st.integers(1, 3), st.integers(0, 2), st.floats(15, 80))
def test_any_cross_section_is_read_back_as_it_was_meant(width: float, along: int, against: int, radius: float) -> None:
    bend = Bend(math.pi, radius, 0.5 * radius)
    section = CrossSection(along=along, against=against, lane_width=width)
    circuit = Circuit(chain((0, 0, 0), [Straight(80.0), bend, Straight(80.0), bend]), section)
    world = carla.Map("any", to_opendrive("any", circuit))
    for lane in [*range(-along, 0), *range(1, against + 1)]:
        waypoint = world.get_waypoint_xodr(1, lane, 20.0)
        assert waypoint.lane_type == carla.LaneType.Driving
        assert waypoint.lane_width == pytest.approx(width)
    assert {w.lane_id for w in world.generate_waypoints(10.0)} == {*range(-along, 0), *range(1, against + 1)}


def test_the_same_map_is_the_same_text_every_time() -> None:
    assert opendrive.load("country") == opendrive.load("country")


def test_axes_are_mirrored_on_the_way_out() -> None:
    right_bend = Segment(0.0, 0.0, 0.0, 0.02, 0.0, 50 * 2 * math.pi)
    world = carla.Map("ring", to_opendrive("ring", Circuit((replace(right_bend),))))
    quarter = world.get_waypoint_xodr(1, -1, 0.0).transform
    assert quarter.location.y > 40
    assert quarter.rotation.yaw == pytest.approx(90, abs=0.1)


@pytest.mark.parametrize("name", ["oval", "country", "highway", "hills", "random:1", "wild:3"])
def test_lanes_are_changed_within_a_direction_where_the_line_is_broken_and_never_into_oncoming_traffic(
    name: str,
) -> None:
    parsed = carla.Map(*opendrive.load(name))
    found = set()
    for waypoint in parsed.generate_waypoints(50.0):
        change = waypoint.lane_change
        for side, there in ((carla.LaneChange.Left, waypoint.get_left_lane()), (carla.LaneChange.Right, None)):
            other = waypoint.get_right_lane() if side == carla.LaneChange.Right else there
            if not change & side:
                continue
            assert other is not None
            assert other.lane_type == carla.LaneType.Driving
            assert other.lane_id * waypoint.lane_id > 0
            found.add(name)
    assert (name in found) is (name in {"highway", "wild:3"})
