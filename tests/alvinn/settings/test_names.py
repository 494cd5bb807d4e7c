from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from alvinn.commands import JOBS
from alvinn.errors import MapError
from alvinn.jobs.laps import Laps
from alvinn.settings import FAMILIES, MAP_FLAGS, MAPS, WEATHERS, Driving, find_map
from alvinn.world.connection import weather_names
from sim.roads import circuits


def test_the_maps_and_weathers_that_are_known_are_those_of_the_server_and_of_the_client() -> None:
    assert set(MAPS) == set(circuits.BUILT_IN)
    assert set(FAMILIES) == set(circuits.FAMILIES)
    assert sorted(WEATHERS) == weather_names()


@pytest.mark.parametrize("name", ["oval", "random:42", "wild:7", "mirror:path", "mirror:random:3"])
def test_a_map_that_the_server_has_is_found_whatever_its_capitals(name: str) -> None:
    assert find_map(name.upper()) == name
    assert circuits.find_circuit(name) is not None


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("contry", "did you mean country?"),
        ("random", "did you mean random:SEED?"),
        ("random:x", "did you mean random:SEED?"),
        ("nowhere", "there are oval, country, highway, path, hills, random:SEED, wild:SEED and any OpenDRIVE file"),
        ("missing.xodr", "there is no map file missing.xodr"),
        ("random:999999999999", "random:999999999999: the number of a circuit has at most 9 digits"),
        ("mirror:wild:1234567890", "mirror:wild:1234567890: the number of a circuit has at most 9 digits"),
    ],
)
def test_a_map_that_does_not_exist_is_answered_with_what_does(name: str, answer: str) -> None:
    with pytest.raises(MapError, match=re.escape(answer)):
        Driving(map=name)


def test_a_map_file_that_is_a_folder_or_mistyped_is_told(tmp_path: Path) -> None:
    (tmp_path / "d.xodr").mkdir()
    with pytest.raises(MapError, match=r"d\.xodr is a folder, a map is a file: OpenDRIVE \(\*\.xodr\) or"):
        Driving(map=str(tmp_path / "d.xodr"))
    (tmp_path / "Town01.xodr").touch()
    with pytest.raises(MapError, match=r"there is no map file .*Twon01\.xodr: did you mean .*Town01\.xodr\?"):
        Driving(map=str(tmp_path / "Twon01.xodr"))


def test_a_job_puts_the_capitals_of_weathers_right_and_names_the_nearest_one() -> None:
    assert Driving(weather="clearNOON").weather == "ClearNoon"
    assert Laps(weathers="wetnoon, duststorm").weathers == "WetNoon,DustStorm"
    with pytest.raises(MapError, match=r"no weather 'HardRain': did you mean HardRainNoon\?"):
        Laps(weathers="ClearNoon,HardRain")


def test_every_flag_that_takes_maps_is_looked_up_in_every_job() -> None:
    jobs: dict[str, Any] = {name: entry.load() for name, entry in JOBS.items()}
    missed = {
        f"{name} --{flag.name}"
        for name, job in jobs.items()
        if issubclass(job, Driving)
        for flag in fields(job)
        if isinstance(flag.default, str)
        and all(map(names_a_map, flag.default.split(",")))
        and flag.name not in MAP_FLAGS
    }
    assert not missed


def names_a_map(name: str) -> bool:
    try:
        return bool(find_map(name))
    except MapError:
        return False
