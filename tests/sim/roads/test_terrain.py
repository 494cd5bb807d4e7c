"""Land lies level under level roads, follows those that climb, and is never above one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.roads import terrain
from sim.roads.terrain import Terrain


def climbing(grade: float, wave: float = 0.0) -> tuple[terrain.Floats, terrain.Floats, terrain.Floats, terrain.Floats]:
    """A straight road along x: its samples, ways ahead, grades, and the points of its borders."""
    x = np.arange(0.0, 300.0)
    z = grade * x + wave * np.sin(x / 25.0)
    centre = np.column_stack((x, 0 * x, z))
    ahead = np.tile([1.0, 0.0], (len(x), 1))
    borders = np.concatenate([centre + np.array([0.0, side, 0.0]) for side in (-4.0, 0.0, 4.0)])
    return centre, ahead, np.gradient(z), borders


def test_roads_on_a_plain_lie_in_a_level_grid_of_few_points() -> None:
    land = terrain.fit_terrain(*climbing(0.0))
    assert land.is_level
    assert (land.heights == 0.0).all()
    assert land.heights.size < 1000


@settings(max_examples=20)
@given(st.floats(0.01, 0.1), st.floats(0, 3), st.floats(0, 299), st.floats(-4, 4))
def test_land_is_never_above_a_road(grade: float, wave: float, x: float, y: float) -> None:
    land = terrain.fit_terrain(*climbing(grade, wave))
    assert not land.is_level
    assert land.at(x, y)[0] < grade * x + wave * np.sin(x / 25.0) - 0.1


@pytest.mark.parametrize("grade", [-0.1, -0.03, 0.05, 0.1])
def test_land_beside_a_climbing_road_climbs_with_it(grade: float) -> None:
    land = terrain.fit_terrain(*climbing(grade))
    for x in (60.0, 150.0, 240.0):
        z, east, south = land.at(x, 25.0)
        assert z == pytest.approx(grade * x, abs=1.0)
        assert east == pytest.approx(grade, abs=0.03)
        assert south == pytest.approx(0.0, abs=0.03)


@given(st.floats(-600, 900), st.floats(-600, 600))
def test_slopes_are_what_the_height_changes_by(x: float, y: float) -> None:
    x, y = round(x) + 0.5, round(y) + 0.5  # off the grid's lines, where slopes jump
    land = Terrain(-500.0, -500.0, 20.0, np.random.default_rng(1).normal(size=(60, 51)))
    z, east, south = land.at(x, y)
    assert min(land.heights.ravel()) <= z <= max(land.heights.ravel())
    if -500 < x < 680 and -500 < y < 500:
        assert east == pytest.approx((land.at(x + 0.1, y)[0] - land.at(x - 0.1, y)[0]) / 0.2, abs=1e-9)
        assert south == pytest.approx((land.at(x, y + 0.1)[0] - land.at(x, y - 0.1)[0]) / 0.2, abs=1e-9)


def test_the_grid_s_points_are_where_heights_are_looked_up() -> None:
    land = terrain.fit_terrain(*climbing(0.05, 1.0))
    points = land.points()
    assert points.shape == (*land.heights.shape, 3)
    assert [(n - 1) % terrain.BLOCK for n in land.heights.shape] == [0, 0]
    for x, y, z in points[3::9, 5::9].reshape(-1, 3).tolist():
        assert land.at(x, y)[0] == pytest.approx(z)


@given(st.lists(st.tuples(st.floats(-900, 900), st.floats(-900, 900)), min_size=1, max_size=9))
def test_heights_of_many_points_are_those_of_each_one(places: list[tuple[float, float]]) -> None:
    land = Terrain(-500.0, -500.0, 20.0, np.random.default_rng(1).normal(size=(60, 51)))
    x, y = np.array(places).T
    assert land.heights_at(x, y).tolist() == [land.at(*place)[0] for place in places]
