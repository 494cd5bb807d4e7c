from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from alvinn.cli import JOBS
from alvinn.errors import MapError, ResultsError
from alvinn.jobs.correct import Correct
from alvinn.jobs.demo import Demo
from alvinn.jobs.drive import Drive
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record
from alvinn.jobs.refine import Refine
from alvinn.jobs.shift import Shift
from alvinn.networks.inference import read_card
from alvinn.settings import FAMILIES, MAP_FLAGS, MAPS, WEATHERS, Driving, Home, find_map
from alvinn.training.run import TrainSettings
from alvinn.world.connection import weather_names
from sim.roads import circuits


def test_the_shipped_model_is_read_from_the_package_and_its_results_go_to_the_users_folder(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert read_card(home.find_model("shipped")).network == "conv"
    assert home.model_folder("shipped") == tmp_path / "models" / "shipped"
    assert home.find_model("other") == tmp_path / "models" / "other"


def test_results_of_the_shipped_model_do_not_hide_it(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    (home.model_folder("shipped") / "laps").mkdir(parents=True)
    assert (home.find_model("shipped") / "network.tflite").is_file()


def test_a_users_own_model_named_shipped_takes_its_place(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    own = Path(shutil.copytree(home.find_model("shipped"), home.model_folder("shipped")))
    assert home.find_model("shipped") == own


def test_the_models_to_choose_from_are_the_users_and_the_shipped_one(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    assert home.model_names() == ["shipped"]
    shutil.copytree(home.find_model("shipped"), home.model_folder("mine"))
    assert home.model_names() == ["mine", "shipped"]


def test_laps_are_found_by_their_models_name_by_a_folder_of_this_home_or_by_a_path(tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    with pytest.raises(ResultsError, match="no model and no folder of laps is called mine"):
        home.find_laps("mine")
    for folder in (tmp_path / "mine", home.model_folder("mine") / "laps", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
        (folder / "laps.json").touch()
        assert home.find_laps(str(folder) if folder.name == "elsewhere" else "mine") == folder
    assert home.find_laps(str(tmp_path / "elsewhere" / "laps.json")) == tmp_path / "elsewhere" / "laps.json"
    with pytest.raises(ResultsError, match="did you mean mine"):
        home.find_laps("mime")


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


@pytest.mark.parametrize(
    ("make", "answer"),
    [
        (lambda: Laps(map="oval", maps="country,path"), "--map oval and --maps country,path exclude each other"),
        (lambda: Laps(weather="WetNoon", weathers="ClearNoon"), "name all in --weathers"),
        (lambda: Correct(name="a", map="oval"), "--map oval and --maps random:213"),
        (lambda: Refine(name="a", model="b", map="oval"), "--map oval and --maps random:213"),
        (lambda: Record(weather="WetNoon", weathers="ClearNoon"), "name all in --weathers"),
    ],
)
def test_one_map_or_weather_beside_a_list_of_them_is_refused_and_not_ignored(
    make: Callable[[], object], answer: str
) -> None:
    with pytest.raises(ValueError, match=answer):
        make()


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


def test_a_job_is_bare_without_flags_other_than_home_and_carla_whatever_maps_the_server_has(tmp_path: Path) -> None:
    assert Drive(home=tmp_path, carla="somewhere:2000").is_bare()
    assert not Drive(carla="somewhere:2000", map="Town05").is_bare()
    assert not Drive(seconds=3.0).is_bare()


def test_the_maps_of_another_server_are_not_looked_up_here() -> None:
    assert Driving(carla="somewhere:2000", map="Town01").map == "Town01"


@pytest.mark.parametrize("make", [Driving, TrainSettings, Demo, Shift])
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_before_anything_is_done(make: Callable[..., object], seed: int) -> None:
    with pytest.raises(ValueError, match="--seed must be from 0 to 4294967295"):
        make(seed=seed)


@pytest.mark.parametrize("name", ["./mine", "mine/", "there/mine"])
def test_a_name_with_a_separator_is_a_path(name: str) -> None:
    home = Home(home=Path("elsewhere"))
    assert home.model_folder(name) == home.recording_folder(name) == Path(name)
    assert home.model_folder("mine") == Path("elsewhere/models/mine")
