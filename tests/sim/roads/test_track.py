"""The track's samples, ground and starts, against CARLA's waypoints and against closed form."""

from __future__ import annotations

import math
import re
from itertools import accumulate

import carla
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.geometry.boxes import Box, SolidsNear
from sim.geometry.poses import Pose, matrix, wrap_angle
from sim.roads import opendrive
from sim.roads.circuits import BUILT_IN
from sim.roads.track import Track
from tests.towns import town_file

COUNTRY = Track(*opendrive.load("country"))
CIRCUIT = BUILT_IN["country"]()
STARTS = list(accumulate((g.length for g in CIRCUIT.segments), initial=0.0))
WORLD = carla.Map("country", COUNTRY.opendrive)


def beside(segment: int, share: float, side: int, outside: float) -> tuple[float, float]:
    """A place beside country's curve, `outside` [m] beyond the edge of the shoulder."""
    g = CIRCUIT.segments[segment]
    x, y, heading = g.at(share * g.length)
    offset = side * (sum(CIRCUIT.widths(STARTS[segment] + share * g.length)) + outside)
    return x - offset * math.sin(heading), y + offset * math.cos(heading)


SEGMENTS = st.integers(0, len(CIRCUIT.segments) - 1)


SIDES = st.sampled_from((-1, 1))


@given(SEGMENTS, st.floats(0, 1), SIDES, st.floats(0.03, 3.0))
def test_on_the_road_the_ground_is_firm(segment: int, share: float, side: int, inside: float) -> None:
    ground = COUNTRY.ground(*beside(segment, share, side, -inside), 0.0)
    assert (ground.z, ground.friction, ground.rolling_resistance) == (0.0, 1.0, 0.015)


@given(SEGMENTS, st.floats(0, 1), SIDES, st.floats(0.03, 10.0))
def test_beside_the_road_the_ground_is_loose(segment: int, share: float, side: int, outside: float) -> None:
    ground = COUNTRY.ground(*beside(segment, share, side, outside), 0.0)
    assert ground.friction == 0.5
    assert ground.rolling_resistance > 0.05


def test_far_from_any_road_there_is_still_ground() -> None:
    assert COUNTRY.ground(1e6, -1e6, 3.0).friction == 0.5


@pytest.mark.parametrize("name", ["oval", "country"])
def test_starts_lie_in_the_middle_of_lanes_facing_along_them(name: str) -> None:
    track = Track(*opendrive.load(name))
    world = carla.Map(name, track.opendrive)
    lanes = set()
    for pose in track.spawn_points:
        waypoint = world.get_waypoint(carla.Location(pose.x, pose.y, pose.z))
        lanes.add(waypoint.lane_id)
        dx, dy = waypoint.transform.location.x - pose.x, waypoint.transform.location.y - pose.y
        assert abs(dy * math.cos(pose.yaw) - dx * math.sin(pose.yaw)) < 0.005
        assert math.hypot(dx, dy) < 0.2  # CARLA's search along the road stops at about this
        assert abs(wrap_angle(math.radians(waypoint.transform.rotation.yaw) - pose.yaw)) < 0.2 / 13.0
        assert track.ground(pose.x, pose.y, pose.z).friction == 1.0
    assert lanes == {-1, 1}


def test_starts_are_spread_over_the_lap_and_always_the_same() -> None:
    places = np.array([(p.x, p.y) for p in COUNTRY.spawn_points])
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert len(places) > 2 * CIRCUIT.length / 50
    assert apart.min() > 2.8
    assert apart.min(axis=1).max() < 50
    assert Track("country", COUNTRY.opendrive).spawn_points == COUNTRY.spawn_points


def test_stretches_follow_the_waypoints_edge_by_edge() -> None:
    for road, stretch in enumerate(COUNTRY.stretches):
        assert stretch.kinds == ("Shoulder", "Driving", "Driving", "Shoulder")
        for i in range(5, len(stretch.s) - 5, 40):
            waypoint = WORLD.get_waypoint_xodr(road, -1, float(stretch.s[i]))
            lane, shoulder = CIRCUIT.widths(CIRCUIT.cuts()[road] + float(stretch.s[i]))
            edge = lane + shoulder
            assert np.allclose(stretch.offsets[i], [-edge, -lane, 0.0, lane, edge], atol=1e-4)
            middle = stretch.centre[i] + lane / 2 * stretch.right[i]
            place = waypoint.transform.location
            assert math.dist(middle[:2], (place.x, place.y)) < 0.05  # a widening lane has a heading of its own


def test_stretches_know_their_paint() -> None:
    styles = [(m.style, m.colour) for m in COUNTRY.stretches[0].markings]
    assert styles[1:4] == [("SOLID", "White"), ("BROKEN", "Yellow"), ("SOLID", "White")]
    assert styles[0][0] == styles[4][0] == "NONE"


def test_dashes_fit_their_road_a_whole_number_of_times() -> None:
    for stretch in COUNTRY.stretches:
        broken = stretch.markings[2]
        times = (stretch.s[-1] - stretch.s[0]) / (broken.dash + broken.gap)
        assert times == pytest.approx(round(times), abs=1e-5)
        assert broken.dash == pytest.approx(3.0, rel=0.05)


def test_samples_are_never_far_apart_and_cover_the_lap() -> None:
    assert max(np.diff(g.s).max() for g in COUNTRY.stretches) <= 1.0
    assert sum(np.ptp(g.s) for g in COUNTRY.stretches) == pytest.approx(CIRCUIT.length)


HILLS = Track(*opendrive.load("hills"))
LAP = BUILT_IN["hills"]()


def on_hills(s: float, offset: float) -> tuple[float, float, float, float, float]:
    """x, y, z [m], heading [rad] and grade [m/m] of a place on the hills' road."""
    starts = np.cumsum([0.0, *(g.length for g in LAP.segments)])
    i = int(np.searchsorted(starts, s, side="right")) - 1
    x, y, heading = LAP.segments[i].at(s - float(starts[i]))
    assert LAP.elevation is not None
    z, grade = LAP.elevation.at(s)
    return x - offset * math.sin(heading), y + offset * math.cos(heading), z, heading, grade


@given(st.floats(2, LAP.length - 2), st.floats(-3.9, 3.9))
def test_on_hills_the_ground_has_the_road_s_height_and_grade(s: float, offset: float) -> None:
    x, y, z, heading, grade = on_hills(s, offset)
    for yaw, way in ((heading, 1.0), (heading + math.pi, -1.0)):
        ground = HILLS.ground(x, y, z, yaw)
        assert ground.friction == 1.0
        assert ground.z == pytest.approx(z, abs=0.01)
        assert math.tan(ground.pitch) == pytest.approx(way * grade, abs=0.002)
        assert ground.roll == pytest.approx(0.0, abs=0.002)


@given(st.floats(2, LAP.length - 2), st.floats(-3, 3), st.floats(-math.pi, math.pi))
def test_a_car_across_a_slope_lies_in_the_road_s_surface(s: float, offset: float, yaw: float) -> None:
    x, y, z, heading, grade = on_hills(s, offset)
    ground = HILLS.ground(x, y, z, yaw)
    normal = matrix(Pose(pitch=ground.pitch, yaw=yaw, roll=ground.roll))[:3, 2]
    expected = np.array([-grade * math.cos(heading), -grade * math.sin(heading), 1.0])
    assert np.allclose(normal, expected / np.linalg.norm(expected), atol=0.003)


@given(st.floats(2, LAP.length - 2), st.sampled_from((-1, 1)))
def test_beside_a_road_on_hills_the_ground_goes_over_into_the_land_without_a_step(s: float, side: int) -> None:
    heights = []
    for beside_it in np.arange(3.5, 14.0, 0.1):
        x, y, z, _, _ = on_hills(s, side * float(beside_it))
        heights.append(HILLS.ground(x, y, z).z)
    assert np.abs(np.diff(heights)).max() < 0.1
    x, y, z, _, _ = on_hills(s, side * 30.0)
    assert HILLS.ground(x, y, z).z == HILLS.terrain.at(x, y)[0] or HILLS.ground(x, y, z).z == pytest.approx(z, abs=4)


def test_the_towns_ground_is_the_road_of_its_waypoints() -> None:
    track = Track(*opendrive.load(str(town_file("Town07"))))
    world = carla.Map("Town07", track.opendrive)
    assert not track.terrain.is_level
    for waypoint in world.generate_waypoints(7.0):
        place, turn = waypoint.transform.location, waypoint.transform.rotation
        ground = track.ground(place.x, place.y, place.z, math.radians(turn.yaw))
        assert ground.friction == 1.0
        assert ground.z == pytest.approx(place.z, abs=0.1)


def test_a_town_with_junctions_becomes_a_track() -> None:
    track = Track(*opendrive.load(str(town_file("Town02"))))
    assert any(g.junction for g in track.stretches)
    assert len(track.spawn_points) > 50
    assert all(track.ground(p.x, p.y, p.z).friction == 1.0 for p in track.spawn_points)


def test_roads_that_carla_s_parser_cannot_know_by_number_are_left_out() -> None:
    text = opendrive.load("oval")[1]
    foreign = text.replace('id="2" junction', 'id="Main Street" junction')
    assert foreign != text
    assert len(Track("odd", foreign).stretches) == len(Track("oval", text).stretches) - 1


def test_a_lane_edge_that_the_map_does_not_describe_has_no_paint() -> None:
    text = re.sub(r"<roadMark[^>]*/>|<roadMark[^>]*>.*?</roadMark>", "", opendrive.load("oval")[1], flags=re.DOTALL)
    assert {mark.style for stretch in Track("bare", text).stretches for mark in stretch.markings} == {"NONE"}


def test_a_map_whose_places_are_no_numbers_is_refused() -> None:
    text = re.sub(r'hdg="[^"]*"', 'hdg="nan"', opendrive.load("oval")[1])
    with pytest.raises(ValueError, match="finite positions and widths"):
        Track("nowhere", text)


def test_scenery_is_placed_once_the_track_is_complete_and_looked_up_by_position() -> None:
    wall = Box(3.0, 4.0, 0.0, 0.5, 20.0)

    def furnish(track: Track) -> SolidsNear:
        assert track.ground(0.0, 0.0, 0.0) is not None
        return lambda x, y: [wall] if (x, y) == (3.0, 4.0) else []

    text = opendrive.load("oval")[1]
    furnished = Track("oval", text, furnish)
    assert furnished.solids_near(3.0, 4.0) == [wall]
    assert furnished.solids_near(0.0, 0.0) == []
    assert list(Track("oval", text).solids_near(3.0, 4.0)) == []


@pytest.mark.parametrize(
    ("types", "limit"),
    [
        ("", 30.0),
        ('<type s="0" type="town"/>', 30.0),
        ('<type s="0" type="town"><speed max="25" unit="mph"/></type>', 40.2),
        ('<type s="0" type="rural"><speed max="90" unit="km/h"/></type>', 90.0),
        ('<type s="0" type="rural"><speed max="10"/></type>', 36.0),
        ('<type s="0" type="motorway"><speed max="no limit"/></type>', 30.0),
        ('<type s="0" type="rural"><speed max="90" unit="km/h"/></type><type s="1e4" type="town"/>', 90.0),
    ],
)
def test_the_speed_limit_is_the_road_s_or_carla_s_default(types: str, limit: float) -> None:
    text = opendrive.load("oval")[1].replace("<planView>", types + "<planView>")
    track = Track("oval", text)
    start = track.spawn_points[0]
    assert track.ground(start.x, start.y, start.z).speed_limit == pytest.approx(limit, abs=0.1)


def test_a_speed_limit_that_begins_in_the_middle_of_a_road_holds_from_there() -> None:
    def speed(kmh: int, s: float) -> str:
        return f'<type s="{s}" type="town"><speed max="{kmh}" unit="km/h"/></type>'

    text = opendrive.load("oval")[1]
    track = Track("oval", text.replace("<planView>", f"{speed(50, 0.0)}{speed(70, 40.5)}{speed(90, 60.0)}<planView>"))
    world = carla.Map("oval", text)
    for road in {waypoint.road_id for waypoint, _ in world.get_topology()}:
        for s, limit in ((0.1, 50.0), (39.0, 50.0), (42.0, 70.0), (58.5, 70.0), (61.5, 90.0), (80.0, 90.0)):
            for lane in (-1, 1):
                place = world.get_waypoint_xodr(road, lane, s).transform.location
                assert track.ground(place.x, place.y, place.z).speed_limit == limit, (road, lane, s)
    assert len(track.stretches) == len(Track("oval", text).stretches), "what is drawn is the same"
