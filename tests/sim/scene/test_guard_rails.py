"""Guard rails stand on the outside of bends, clear of every road."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.episode.labels import Label
from sim.geometry.boxes import Box, is_overlapping
from sim.geometry.poses import Pose, Vector
from sim.graphics import mesh
from sim.roads import opendrive
from sim.roads.track import Floats, Track
from sim.scene.guard_rails import DISTANCE, Rail, make_rail_nodes, place_rails

COUNTRY = Track(*opendrive.load("country"))
EVERYWHERE = Track(*opendrive.load("country"))
EVERYWHERE.appearance = replace(EVERYWHERE.appearance, rails=1.0)


def nearest(rail: Rail) -> tuple[Floats, Floats]:
    """For each point of a rail its distance from the nearest edge of the road, and the road's turn there [1/m]."""
    (stretch, *_) = sorted(
        COUNTRY.stretches, key=lambda g: np.hypot(*(g.centre - rail.points[len(rail.points) // 2])[:, :2].T).min()
    )
    away, turn = [], []
    heading = np.unwrap(np.arctan2(-stretch.right[:, 0], stretch.right[:, 1]))
    for point in rail.points:
        i = int(np.hypot(*(stretch.centre - point)[:, :2].T).argmin())
        across = float((point - stretch.centre[i]) @ stretch.right[i])
        away.append(max(stretch.offsets[i, 0] - across, across - stretch.offsets[i, -1]))
        turn.append(np.gradient(heading, stretch.s)[i] * math.copysign(1.0, across))
    return np.array(away), np.array(turn)


def test_rails_stand_beside_the_road_on_the_outside_of_bends() -> None:
    found = place_rails(EVERYWHERE, np.random.default_rng(0))
    assert len(found) >= 6
    for rail in found:
        away, turn = nearest(rail)
        assert away == pytest.approx(np.full(len(away), DISTANCE), abs=0.25)
        assert np.median(turn) < 0.0  # a road that bends left (less than 0) has its rail on the right, and the reverse


def test_no_rail_stands_in_a_car_s_way() -> None:
    cars = [Box.from_bounding_box(pose, Vector(0, 0, 0.7), Vector(2.4, 1.1, 0.7)) for pose in EVERYWHERE.spawn_points]
    boxes = [box for rail in place_rails(EVERYWHERE, np.random.default_rng(0)) for box in rail.boxes()]
    assert not any(is_overlapping(car, box) for car in cars for box in boxes)
    for box in boxes:
        assert EVERYWHERE.ground(box.x, box.y, box.bottom).friction == 0.5


def test_a_map_has_the_share_of_rails_that_it_is_said_to_have_and_the_same_again() -> None:
    bare = Track(*opendrive.load("path"))
    assert place_rails(bare, np.random.default_rng(0)) == []  # an unmarked road has none
    some = place_rails(COUNTRY, np.random.default_rng(0))
    assert 0 < len(some) < len(place_rails(EVERYWHERE, np.random.default_rng(0)))
    again = place_rails(COUNTRY, np.random.default_rng(0))
    assert all(np.array_equal(a.points, b.points) for a, b in zip(some, again, strict=True))


def test_a_rail_is_drawn_as_high_as_what_stops_a_car() -> None:
    found = place_rails(COUNTRY, np.random.default_rng(0))
    for node in make_rail_nodes(found):
        table, _ = mesh.read_geom(node.get_child(0).get_geom(0))
        assert set(table["label"].tolist()) == {Label.GUARD_RAIL}
    box = next(found[0].boxes())
    assert (box.bottom, box.top) == pytest.approx((0.0, 0.78), abs=0.01)
    assert Pose(box.x, box.y).x == pytest.approx(found[0].points[:2, 0].mean())
