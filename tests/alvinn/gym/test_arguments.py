from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gymnasium.error import InvalidAction

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, MapError
from alvinn.gym.arguments import (
    Start,
    check_above_zero,
    check_action,
    check_camera,
    check_options,
    check_reward,
    check_road,
)
from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.reward import Reward

OVAL = Road("oval")


def test_names_are_found_whatever_their_capitals() -> None:
    assert check_road(Road("Oval", "reverse", "wetnoon"), embedded=True) == Road("oval", "reverse", "WetNoon")


def test_a_map_may_be_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.xodr").touch()
    path = tmp_path / "a.xodr"
    assert check_road(Road(path), embedded=True).map == str(path)  # type: ignore[arg-type]


def test_another_server_knows_its_own_maps() -> None:
    assert check_road(Road("Town01"), embedded=False).map == "Town01"
    with pytest.raises(MapError, match="no map called 'Town01'"):
        check_road(Road("Town01"), embedded=True)


@pytest.mark.parametrize("unknown", [Road(None), Road(5), Road("oval", weather=3)])  # type: ignore[arg-type]
def test_a_road_of_no_name_is_refused(unknown: Road) -> None:
    with pytest.raises(MapError, match=r"there is no map|no weather"):
        check_road(unknown, embedded=True)


def test_a_camera_differs_from_the_default_one_in_what_is_given() -> None:
    assert check_camera(None) == check_camera({}) == Camera()
    assert check_camera({"fov": 70}) == Camera(fov=70.0)
    assert check_camera({"width": np.int64(64)}).width == 64
    assert check_camera(Camera(z=1.2)) == Camera(z=1.2)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"width": 64.5}, "width must be a whole number, not 64.5"),
        ({"width": "wide"}, "width must be a whole number, not 'wide'"),
        ({"z": math.nan}, "z must be a finite number, not nan"),
        ({"pitch": math.inf}, "pitch must be a finite number"),
        ({"fov": None}, "fov must be a finite number, not None"),
        ({"heigth": 32}, "camera has no 'heigth': did you mean height"),
        ({3: 32}, "camera has no 3"),
        ("wide", "camera must be a mapping with some of width, height, fov, x, y, z, pitch, not 'wide'"),
        ([], "camera must be a mapping"),
    ],
)
def test_a_camera_that_cannot_be_is_refused(wrong: Any, says: str) -> None:
    with pytest.raises(AlvinnError, match=says):
        check_camera(wrong)


def test_a_reward_is_a_reward() -> None:
    assert check_reward(None) == Reward()
    assert check_reward(Reward(smooth=0.0)) == Reward(smooth=0.0)
    for wrong in ({"smooth": 0.0}, lambda *_: 0.0, 0):
        with pytest.raises(AlvinnError, match=r"must be a Reward of .*such as Reward\(smooth=0.0\), not"):
            check_reward(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [0.0, -1, math.nan, math.inf, "8", None, [8.0]])
def test_a_speed_is_a_number_above_0(wrong: Any) -> None:
    with pytest.raises(AlvinnError, match="speed must be a number above 0, not"):
        check_above_zero("speed", wrong)


def test_options_change_the_road_and_the_start() -> None:
    assert check_options(None, OVAL, embedded=True) == check_options({}, OVAL, embedded=True) == (OVAL, Start())
    wanted = {"direction": "reverse", "s": 20, "offset": np.float32(0.5), "heading_error": Fraction(-1, 4)}
    assert check_options(wanted, OVAL, embedded=True) == (Road("oval", "reverse"), Start(20.0, 0.5, -0.25))


@pytest.mark.parametrize("name", ["s", "offset", "heading_error"])
@pytest.mark.parametrize("wrong", [math.nan, -math.inf, "far", None, [0.1]])
def test_a_start_is_made_of_finite_numbers(name: str, wrong: Any) -> None:
    with pytest.raises(AlvinnError, match=f"the option {name} must be a finite number, not"):
        check_options({name: wrong}, OVAL, embedded=True)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"heading_error": -90.0}, "in radians and at most pi/2, along the lane, not -90"),
        ({"direction": "sideways"}, "no direction 'sideways': there are forward, reverse"),
        ({"map": "atlantis"}, "no map called 'atlantis'"),
        ({"ofset": 0.1}, "options has no 'ofset': did you mean offset"),
        ("reverse", "options must be a mapping"),
    ],
)
def test_an_option_that_cannot_be_is_refused(wrong: Any, says: str) -> None:
    with pytest.raises(AlvinnError, match=says):
        check_options(wrong, OVAL, embedded=True)


@pytest.mark.parametrize(("action", "number"), [(np.array([0.5], np.float32), 0.5), ([-1], -1.0), ((0.25,), 0.25)])
def test_an_action_is_one_number(action: Any, number: float) -> None:
    assert check_action(action) == number


@pytest.mark.parametrize(
    "wrong",
    [
        [math.nan],
        [1.5],
        [-math.inf],
        [0.1, 0.2],
        0.3,
        [[0.3]],
        [],
        "left",
        ["0.3"],
        [[0.1], [0.1, 0.2]],
        None,
        {},
        [1j],
    ],
)
def test_an_action_that_is_none_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidAction, match=r"one number in \[-1, 1\], shape \(1,\), not"):
        check_action(wrong)
