"""CARLA's own parser reads a map; the lane that comes out is compared with the parser's waypoints."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections import Counter
from functools import cache
from typing import cast

import carla
import pytest

from alvinn.driving.lane import Lane, wrap_angle
from alvinn.driving.types import Direction
from alvinn.errors import MapError, OneWayError
from alvinn.world.lane_map import SPACING, _lane_towards, build_lane, first_waypoint, follow, pick_straightest
from sim.roads import opendrive
from sim.roads.track import Track
from tests.towns import town_file


class ServedMap:
    """A map as a client has it from a server: the spawn points come with it, they are not in the text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._map = carla.Map(name, text)
        self._starts = Track(name, text).spawn_points

    def get_spawn_points(self) -> list[carla.Transform]:
        return [
            carla.Transform(carla.Location(start.x, start.y, start.z), carla.Rotation(yaw=math.degrees(start.yaw)))
            for start in self._starts
        ]

    def get_waypoint(self, place: carla.Location) -> carla.Waypoint | None:
        return self._map.get_waypoint(place)


@cache
def built_in(name: str) -> carla.Map:
    return cast("carla.Map", ServedMap(*opendrive.load(name)))


@cache
def built_in_lane(name: str, direction: str) -> Lane:
    return build_lane(built_in(name), "forward" if direction == "forward" else "reverse")


@pytest.mark.parametrize("name", ["oval", "country"])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_circuit_is_one_closed_lane_without_a_jump(name: str, direction: str) -> None:
    lane = built_in_lane(name, direction)
    assert lane.closed
    assert lane.length > 400.0
    places = [lane.at(s * 0.5) for s in range(int(lane.length * 2) + 2)]
    for (x0, y0, _, yaw0), (x1, y1, _, yaw1) in itertools.pairwise(places):
        assert math.dist((x0, y0), (x1, y1)) == pytest.approx(0.5, abs=0.02)
        assert abs(wrap_angle(yaw1 - yaw0)) < 0.5 / 13.0


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_the_lane_is_where_carla_says_its_waypoints_are(direction: str) -> None:
    lane = built_in_lane("country", direction)
    for s in (0.0, 123.4, 500.0, lane.length - 1.0):
        x, y, z, yaw = lane.at(s)
        waypoint = built_in("country").get_waypoint(carla.Location(x, y, z))
        assert waypoint is not None
        # the parser finds places along a road to some centimetres, across it exactly
        place = waypoint.transform.location
        assert abs((place.y - y) * math.cos(yaw) - (place.x - x) * math.sin(yaw)) < 2e-3
        assert place.distance(carla.Location(x, y, z)) < 0.2
        assert abs(wrap_angle(math.radians(waypoint.transform.rotation.yaw) - yaw)) < 0.02
        assert (waypoint.lane_id > 0) == (direction == "reverse")
        assert lane.project(x, y).width == pytest.approx(waypoint.lane_width, abs=1e-3)


def test_the_mirrored_path_is_the_mirror_image_of_the_lane_that_is_driven() -> None:
    path, mirrored = built_in_lane("path", "forward"), built_in_lane("mirror:path", "forward")
    assert mirrored.length == pytest.approx(path.length, abs=0.5)
    x, y, _, yaw = path.at(0.0)
    begin = mirrored.project(x, -y).s
    for s in range(0, int(path.length), 20):
        x, y, _, yaw = path.at(float(s))
        on = mirrored.project(x, -y)
        assert abs(on.offset) < 0.05
        assert abs(wrap_angle(on.direction + yaw)) < 0.02
        assert on.width == pytest.approx(3.0, abs=1e-3)
        assert abs((on.s - begin - s + 1.0) % mirrored.length) < 2.0, "driven in the same order"
    with pytest.raises(OneWayError, match="no driving lane for direction 'reverse'"):
        built_in_lane("path", "reverse")


def test_the_opposite_lane_lies_on_the_left_and_runs_the_other_way() -> None:
    ours, theirs = built_in_lane("oval", "forward"), built_in_lane("oval", "reverse")
    for s in (0.0, 100.0, 300.0):
        x, y, _, yaw = ours.at(s)
        across = theirs.project(x, y)
        width = ours.project(x, y).width
        assert abs(wrap_angle(across.direction - yaw)) == pytest.approx(math.pi, abs=0.02)
        # traffic keeps right: each lane has the other one on its left
        assert across.offset == pytest.approx(-width, abs=0.05)


@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_lane_beyond_a_median_is_found_from_either_side(direction: Direction) -> None:
    """As in Town04, Town06 and Town10HD: between the reference line and the driving lane lies another lane."""
    name, text = opendrive.load("oval")
    for side in (1, -1):
        kerb, lane = f'<lane id="{2 * side}" type="shoulder"', f'<lane id="{side}" type="driving"'
        text = text.replace(kerb, kerb.replace("shoulder", "driving")).replace(lane, lane.replace("driving", "median"))
    road_map = carla.Map(name, text)
    onto = {"forward": -2, "reverse": 2}
    for lane_id in onto.values():
        start = road_map.get_waypoint_xodr(0, lane_id, 10.0)
        assert start is not None
        assert _lane_towards(start, direction, name).lane_id == onto[direction]


def test_a_starting_point_that_is_not_there_is_refused() -> None:
    with pytest.raises(MapError, match="not 99"):
        build_lane(built_in("oval"), "forward", start=99)


@cache
def town(name: str) -> carla.Map:
    return cast("carla.Map", ServedMap(name, town_file(name).read_text(encoding="utf-8")))


every_town = pytest.mark.parametrize("name", ["Town01", "Town02", "Town07"])


@every_town
@pytest.mark.parametrize("every", [25, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_lane_of_a_town_never_runs_over_itself_before_it_closes(name: str, direction: str, every: int) -> None:
    way: Direction = "forward" if direction == "forward" else "reverse"
    followed = 0
    for start in range(0, len(town(name).get_spawn_points()), every):
        with contextlib.suppress(OneWayError):
            waypoints, back_to = follow(first_waypoint(town(name), way, start))
            places = Counter((w.road_id, w.lane_id, round(w.s / SPACING)) for w in waypoints)
            # the first and last point of a road may be nearer to each other than SPACING, never three of them
            assert max(places.values()) <= 2, f"{name} {start}: {places.most_common(1)}"
            assert sum(number > 1 for number in places.values()) < 0.02 * len(places)
            followed += 1
            if back_to is None:
                assert not waypoints[-1].next(SPACING), "an open lane ends where the road does"
    assert followed >= 20 // every
    assert followed


@every_town
def test_a_lane_of_a_town_goes_on_without_a_jump_through_its_seam(name: str) -> None:
    for start in range(0, len(town(name).get_spawn_points()), 30):
        lane = build_lane(town(name), "forward", start)
        places = [lane.at(s * 0.25) for s in range(int((lane.length + 5.0) * 4))]
        for (x0, y0, _, yaw0), (x1, y1, _, yaw1) in itertools.pairwise(places if lane.closed else places[:-20]):
            assert 0.1 < math.dist((x0, y0), (x1, y1)) < 0.4
            assert abs(wrap_angle(yaw1 - yaw0)) < 0.3


@every_town
def test_at_every_fork_of_a_town_the_way_is_taken_whose_end_turns_least(name: str) -> None:
    """The ends come from the map's topology, which lists each lane by its first and last waypoint."""
    roads = carla.Map(name, town_file(name).read_text(encoding="utf-8"))
    entries, forks = dict[tuple[int, int], list[carla.Waypoint]](), 0
    for before, after in roads.get_topology():
        if not before.is_junction and after.is_junction:
            entries.setdefault((before.road_id, before.lane_id), []).append(after)
    ends = {
        (before.road_id, before.lane_id): after
        for before, after in roads.get_topology()
        if before.is_junction and not after.is_junction
    }
    for ways in (ways for ways in entries.values() if len(ways) > 1):
        here, found = ways[0], [(w.road_id, w.lane_id) for w in ways]
        if not all(key in ends for key in found):
            continue
        turns = {
            key: abs(wrap_angle(math.radians(ends[key].transform.rotation.yaw - here.transform.rotation.yaw)))
            for key in found
        }
        chosen = pick_straightest(here, ways)
        assert turns[chosen.road_id, chosen.lane_id] <= min(turns.values()) + math.radians(6.0)
        forks += 1
    assert forks >= 20


def test_in_town01_the_lane_goes_straight_on_where_a_way_straight_on_exists() -> None:
    lane = build_lane(town("Town01"), "forward", 0)
    assert abs(wrap_angle(lane.at(60.0)[3] - lane.at(20.0)[3])) < 0.1


def test_of_ways_that_turn_alike_the_longest_is_taken_whatever_their_order() -> None:
    roads = carla.Map("Town01", town_file("Town01").read_text(encoding="utf-8"))
    into = [after for before, after in roads.get_topology() if after.road_id in {168, 170} and after.is_junction]
    lengths = {w.road_id: len(w.next_until_lane_end(0.5)) for w in into}
    assert len(lengths) == 2
    assert pick_straightest(into[0], into).road_id == max(lengths, key=lambda road: lengths[road])
    assert pick_straightest(into[0], into[::-1]).road_id == pick_straightest(into[0], into).road_id


class StartsOnEntries(ServedMap):
    """The starts of a full server's `generate_opendrive_world`: one on the entry of each road's lanes."""

    def get_spawn_points(self) -> list[carla.Transform]:
        return [before.transform for before, _ in self._map.get_topology()]


def test_a_start_on_a_roads_entry_gives_the_same_ring_and_no_piece_is_driven_backwards() -> None:
    roads = cast("carla.Map", StartsOnEntries(*opendrive.load("country")))
    starts = len(roads.get_spawn_points())
    assert starts >= 10
    for start in range(0, starts, 3):
        for direction in ("forward", "reverse"):
            lane = build_lane(roads, "forward" if direction == "forward" else "reverse", start)
            assert lane.closed
            assert lane.lead_in == 0.0
            assert lane.length == pytest.approx(built_in_lane("country", direction).length, abs=0.3)
            places = [lane.at(lane.length - 2.0 + 0.05 * n) for n in range(80)]
            for (x0, y0, _, yaw0), (x1, y1, _, yaw1) in itertools.pairwise(places):
                assert math.dist((x0, y0), (x1, y1)) == pytest.approx(0.05, abs=0.01)
                assert abs(wrap_angle(yaw1 - yaw0)) < 0.1


@every_town
def test_some_lanes_of_a_town_run_into_a_loop_without_their_start(name: str) -> None:
    lanes = [build_lane(town(name), "forward", start) for start in range(0, len(town(name).get_spawn_points()), 20)]
    entered = [lane for lane in lanes if lane.lead_in > 1.0]
    assert entered
    for lane in entered:
        assert lane.at(lane.length)[:2] == pytest.approx(lane.at(lane.lead_in)[:2], abs=0.01)
        assert lane.loop > 50.0
