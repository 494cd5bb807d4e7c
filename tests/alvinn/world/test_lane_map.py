"""CARLA's own parser reads a map; the lane that comes out is compared with the parser's waypoints."""

from __future__ import annotations

import itertools
import math
import os
from functools import cache
from pathlib import Path
from typing import cast

import carla
import pytest

from alvinn.driving.lane import Lane, wrapped
from alvinn.errors import MapError, OneWayError
from alvinn.world.lane_map import lane_of
from sim.roads import opendrive
from sim.roads.track import Track

TOWNS = Path(os.environ.get("ALVINN_OPENDRIVE", Path(__file__).parents[3] / "shared" / "opendrive"))


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
    return lane_of(built_in(name), "forward" if direction == "forward" else "reverse")


@pytest.mark.parametrize("name", ["oval", "country"])
@pytest.mark.parametrize("direction", ["forward", "reverse"])
def test_a_circuit_is_one_closed_lane_without_a_jump(name: str, direction: str) -> None:
    lane = built_in_lane(name, direction)
    assert lane.closed
    assert lane.length > 400.0
    places = [lane.at(s * 0.5) for s in range(int(lane.length * 2) + 2)]
    for (x0, y0, _, yaw0), (x1, y1, _, yaw1) in itertools.pairwise(places):
        assert math.dist((x0, y0), (x1, y1)) == pytest.approx(0.5, abs=0.02)
        assert abs(wrapped(yaw1 - yaw0)) < 0.5 / 13.0


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
        assert abs(wrapped(math.radians(waypoint.transform.rotation.yaw) - yaw)) < 0.02
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
        assert abs(wrapped(on.direction + yaw)) < 0.02
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
        assert abs(wrapped(across.direction - yaw)) == pytest.approx(math.pi, abs=0.02)
        # traffic keeps right: each lane has the other one on its left
        assert across.offset == pytest.approx(-width, abs=0.05)


def test_a_starting_point_that_is_not_there_is_refused() -> None:
    with pytest.raises(MapError, match="there is no number 99"):
        lane_of(built_in("oval"), "forward", start=99)


@pytest.mark.parametrize("town", ["Town01", "Town02", "Town07"])
def test_carlas_towns_have_lanes_too(town: str) -> None:
    path = TOWNS / f"{town}.xodr"
    if not path.is_file():
        pytest.skip(f"{path} is not there; ALVINN_OPENDRIVE names the folder of CARLA's towns")
    road_map = cast("carla.Map", ServedMap(town, path.read_text(encoding="utf-8")))
    lane = lane_of(road_map, "forward")
    assert lane.length > 100.0
    assert lane.project(*lane.at(50.0)[:2], near=50.0).offset == pytest.approx(0.0, abs=0.01)
