"""Houses stand clear of every road and of one another, on the ground, and have walls and roofs."""

from __future__ import annotations

from itertools import combinations

import carla
import numpy as np
import pytest

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.roads import opendrive
from sim.roads.track import Track
from sim.scene.buildings import FARTHEST, make_house_nodes, place_houses

COUNTRY = Track(*opendrive.load("country"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_wall_is_near_a_road(seed: int) -> None:
    world = carla.Map("country", COUNTRY.opendrive)
    found = place_houses(COUNTRY, np.random.default_rng(seed))
    assert len(found) >= 5
    for house in found:
        x, y, _ = house.position.tolist()
        road = world.get_waypoint(carla.Location(x, y, 0.0), lane_type=carla.LaneType.Any)
        away = road.transform.location.distance(carla.Location(x, y, road.transform.location.z)) - road.lane_width / 2
        assert house.radius + 2.5 < away < FARTHEST + 5


def test_no_two_houses_stand_in_each_other() -> None:
    for one, other in combinations(place_houses(COUNTRY, np.random.default_rng(3)), 2):
        assert np.hypot(*(one.position - other.position)[:2]) > one.radius + other.radius


def test_a_house_is_drawn_as_large_as_it_is() -> None:
    found = place_houses(COUNTRY, np.random.default_rng(0))
    for house, node in zip(found, make_house_nodes(found), strict=True):
        table, _ = mesh.read_geom(node.get_child(0).get_geom(0))
        points = table["position"][:, [1, 0, 2]] - house.position
        assert set(table["label"].tolist()) == {Label.BUILDING}
        assert points[:, 2].min() == pytest.approx(0.0, abs=1e-3)
        assert points[:, 2].max() == pytest.approx(house.size[2] + house.size[3], abs=1e-3)
        assert np.hypot(*points[:, :2].T).max() < house.radius + 0.7


def test_the_same_seed_builds_the_same_and_another_something_else() -> None:
    one, same, other = (
        [h.position.tolist() for h in place_houses(COUNTRY, np.random.default_rng(s))] for s in (1, 1, 2)
    )
    assert one == same
    assert one != other
