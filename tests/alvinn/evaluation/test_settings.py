from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.cli import parse
from alvinn.drivers.handicap import Handicap
from alvinn.evaluation.settings import LapSettings, name_driver
from alvinn.jobs.laps import Laps
from alvinn.recording import Recording, RecordingWriter
from alvinn.settings import CameraFlags
from tests.alvinn.fakes import session


def test_every_run_asked_for_is_made_once() -> None:
    job = LapSettings(
        maps="oval, country", both_directions=True, weathers="ClearNoon,WetNoon", seeds=2, seed=5, starts=3
    )
    runs = list(job.list_runs())
    assert len(set(runs)) == len(runs) == 2 * 2 * 2 * 2 * 3
    assert {run.seed for run in runs} == {5, 6}
    assert {run.start for run in runs} == {0, 1, 2}
    assert {run.map for run in runs} == {"oval", "country"}


@pytest.mark.parametrize("empty", [None, "", ","])
def test_without_maps_the_one_map_is_driven(empty: str | None) -> None:
    assert [run.map for run in LapSettings(map="oval", maps=empty).list_runs()] == ["oval"]


def test_the_command_of_a_run_asks_for_that_run_alone() -> None:
    tiny = CameraFlags(width=64, height=32)
    job = Laps(driver="expert", maps="oval,random:7", both_directions=True, seeds=2, km=0.1, start=1, camera=tiny)
    for run in job.list_runs():
        again = parse(shlex.split(job.command_for(run))[3:])
        assert list(again.list_runs()) == [run]
        assert again.results_folder() != job.results_folder(), "the results of all stay where they are"
        assert (again.driver, again.km, again.camera, again.laps) == ("expert", 0.1, tiny, 1)


def test_the_command_of_a_run_repeats_what_made_it_harder() -> None:
    job = Laps(model="mine", other_camera=True, camera=CameraFlags(pitch=0.0), handicap=Handicap(latency=0.1))
    again = parse(shlex.split(job.command_for(next(job.list_runs())))[3:])
    assert (again.other_camera, again.camera, again.handicap) == (True, job.camera, job.handicap)


@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("mine", "mine"),
        ("/home/me/study/models/mine", "mine"),
        ("/home/me/models/mine/round-002", "mine/round-002"),
    ],
)
def test_a_report_names_a_model_without_the_folders_above_it(model: str, shown: str) -> None:
    assert LapSettings(model=model).shown_name() == shown


def test_seeds_of_a_server_that_runs_already_would_be_the_same_run() -> None:
    with pytest.raises(ValueError, match="--seeds varies what an embedded server draws"):
        LapSettings(model="m", carla="somewhere:2000", seeds=3)
    assert LapSettings(model="m", carla="somewhere:2000", seed=3).seeds == 1, "as the laps of correct --seed 3"


@pytest.mark.parametrize(
    ("driver", "name"),
    [("expert", "expert in drive"), ("human", "you in drive"), ("human, bob", "you and bob in drive")],
)
def test_a_recording_is_judged_in_the_names_of_all_who_drove(tmp_path: Path, driver: str, name: str) -> None:
    with RecordingWriter(tmp_path / "drive", replace(session(), driver=driver)):
        pass
    assert name_driver(Recording(tmp_path / "drive")) == name
