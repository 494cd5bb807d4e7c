"""Plants stand where there is room for them, judged by CARLA's own map."""

from __future__ import annotations

import math

import carla
import numpy as np
import pytest

from sim.roads import opendrive
from sim.roads.track import Track
from sim.scene.vegetation import KINDS, make_plant_nodes, place_plants, place_posts
from tests.towns import town_file

COUNTRY = Track(*opendrive.load("country"))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_leaf_is_above_a_road(seed: int) -> None:
    world = carla.Map("country", COUNTRY.opendrive)
    found = place_plants(COUNTRY, np.random.default_rng(seed))
    for (x, y, _), width in zip(found.positions.tolist(), found.widths.tolist(), strict=True):
        road = world.get_waypoint(carla.Location(x, y, 0.0), lane_type=carla.LaneType.Any)
        away = road.transform.location.distance(carla.Location(x, y, 0.0)) - road.lane_width / 2
        assert away > width / 2 + 1.0


def test_nothing_grows_on_a_town_s_wide_roads() -> None:
    track = Track(*opendrive.load(str(town_file("Town02"))))
    for x, y, z in place_plants(track, np.random.default_rng(1)).positions.tolist():
        assert track.ground(x, y, z).friction == 0.5


def test_there_are_plants_of_every_kind_along_the_whole_road() -> None:
    found = place_plants(COUNTRY, np.random.default_rng(0))
    assert set(found.kinds.tolist()) == set(range(len(KINDS)))
    for stretch in COUNTRY.stretches:
        middle = stretch.centre[len(stretch.s) // 2]
        assert np.hypot(*(found.positions - middle)[:, :2].T).min() < 60


def test_plants_are_as_large_as_their_kind() -> None:
    found = place_plants(COUNTRY, np.random.default_rng(4))
    for number, kind in enumerate(KINDS):
        heights = found.heights[found.kinds == number]
        assert kind.lowest <= heights.min() <= heights.max() <= kind.highest
        assert np.allclose(found.widths[found.kinds == number], heights * kind.aspect)


def test_the_same_seed_plants_the_same() -> None:
    one, same, other = (place_plants(COUNTRY, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.positions, same.positions)
    assert not np.array_equal(one.positions[:50], other.positions[:50])


def test_nodes_are_chunks_that_are_dropped_from_afar() -> None:
    nodes = list(make_plant_nodes(COUNTRY, place_plants(COUNTRY, np.random.default_rng(0)), np.random.default_rng(0)))
    assert len(nodes) > 100
    assert all(node.get_in(0) < 400 for node in nodes)


ONE_WAY = """<road name="" length="200" id="{id}" junction="-1"><link/><planView>
<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="200"><line/></geometry></planView><lanes><laneSection s="0">
<center><lane id="0" type="none" level="false"/></center><right><lane id="-1" type="driving" level="false">
<width sOffset="0" a="4" b="0" c="0" d="0"/></lane></right></laneSection></lanes></road>"""


@pytest.mark.parametrize(("between", "posts"), [(0.2, 16), (1.5, 32)])
def test_a_post_stands_on_no_road_where_one_way_roads_lie_side_by_side(between: float, posts: int) -> None:
    roads = ONE_WAY.format(id=1, x=0, y=0, heading=0) + ONE_WAY.format(id=2, x=200, y=between, heading=math.pi)
    track = Track("dual", f'<OpenDRIVE><header revMajor="1" revMinor="4"/>{roads}</OpenDRIVE>')
    feet = [float(foot[1]) for _, feet in place_posts(track) for foot in feet]
    assert len(feet) == posts
    assert not [y for y in feet if 0.0 <= y <= 4.0 or -4.0 <= y + between <= 0.0]
