"""The built-in circuits are what their names promise."""

from __future__ import annotations

import numpy as np
import pytest

from sim.roads.circuits import BUILT_IN, find_circuit, list_names
from sim.roads.curves import Circuit


def made(name: str) -> Circuit:
    found = find_circuit(name)
    assert found is not None
    return found


def nearest_pass(lap: Circuit) -> float:
    s, x, y, _, _ = np.array(lap.places(3.0)).T
    along = np.abs(s[:, None] - s)
    along = np.minimum(along, s[-1] - along)
    return float(np.hypot(x[:, None] - x, y[:, None] - y)[along > 120].min())


@pytest.mark.parametrize("name", list_names())
def test_every_listed_circuit_can_be_made_and_keeps_away_from_itself(name: str) -> None:
    lap = made(name)
    across = lap.cross_section.along + lap.cross_section.against
    assert nearest_pass(lap) > across * lap.cross_section.lane_width + 8


def test_the_highway_is_long_wide_and_gentle() -> None:
    lap = made("highway")
    assert (lap.cross_section.along, lap.cross_section.against) == (3, 3)
    assert lap.cross_section.centre.style == "double"
    assert lap.length > 3000
    assert lap.min_radius >= 200


def test_the_path_is_one_narrow_lane_without_paint() -> None:
    lap = made("path")
    section = lap.cross_section
    assert (section.along, section.against) == (1, 0)
    assert section.lane_width <= 3.0
    assert {section.centre.style, section.edge.style} == {"none"}


def test_the_hills_climb_eight_to_ten_in_a_hundred_with_crests_and_dips() -> None:
    lap = made("hills")
    assert lap.elevation is not None
    grades = np.array([lap.elevation.at(s)[1] for s in np.arange(0.0, lap.length, 2.0).tolist()])
    assert 0.08 < np.abs(grades).max() <= 0.10
    assert (np.diff(np.sign(grades)) != 0).sum() >= 8
    assert (np.abs(grades) > 0.04).mean() > 0.25


def test_lanes_and_shoulders_of_country_are_as_wide_as_those_of_unseen_circuits_each_for_itself() -> None:
    lap = made("country")
    lanes, shoulders = np.array([lap.widths(s) for s in np.arange(0.0, lap.length, 1.0).tolist()]).T
    for found, (low, high) in ((lanes, (2.9, 4.1)), (shoulders, (0.1, 1.3))):
        for half in np.array_split(found, 2):
            quarters = np.histogram(half, 4, (low, high))[0] / len(half)
            assert quarters.min() > 0.1
            assert quarters.max() < 0.42
    assert abs(np.corrcoef(lanes, shoulders)[0, 1]) < 0.2
    assert np.abs(np.diff(lanes)).max() < 0.04


def test_only_the_hills_are_not_level_among_those_drawn_by_hand() -> None:
    assert [name for name in BUILT_IN if made(name).elevation] == ["hills"]


@pytest.mark.parametrize(
    "name",
    ["", "random", "random:", "random:-1", "random:x", "tame:3", "Oval", "random:" + 10 * "9", 2000 * "mirror:"],
)
def test_what_is_no_name_makes_nothing(name: str) -> None:
    assert find_circuit(name) is None


def test_a_seed_makes_the_same_circuit_every_time_and_another_seed_another() -> None:
    assert made("random:7") == made("random:7")
    assert made("random:7") != made("random:8")
    assert made("wild:7").length != made("random:7").length
