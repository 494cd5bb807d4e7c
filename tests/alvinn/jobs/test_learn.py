"""Learning on the fly for real: the genuine client, a server, the learner in its process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.cockpit.display.panel import LessonState
from alvinn.evaluation.inventory import find_models
from alvinn.networks.inference import Network, read_card
from alvinn.online.pace import PACES
from alvinn.settings import Home
from alvinn.training.history import read_history
from tests.alvinn.cockpit.desktop import Desktop, desktop
from tests.alvinn.cockpit.person import Person
from tests.alvinn.fakes import CAMERA, picture
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address
from tests.towns import ROAD

NONE = LessonState("", 0.0, 0)


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop() as screen:
        yield screen


@pytest.fixture
def person(screen: Desktop) -> Person:
    return Person(screen)


def at(server: Address, home: Path, *more: str) -> tuple[str, ...]:
    return ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--home", str(home), "--headless", *more)


def test_a_network_that_does_not_converge_is_kept_and_a_prepared_one_drives_in_its_place_if_asked(
    shell: Shell, server: Address, tmp_path: Path, model: Path
) -> None:
    learn = ("learn", "mine", "--network", "alvinn1991", "--patience", "6")
    said = shell.refused(*learn, *at(server, tmp_path))
    assert "after 6 s of watching the network does not drive a lap" in said
    assert "--fallback" in said
    folder = tmp_path / "models" / "mine"
    story = json.loads((folder / "learn.json").read_text())
    assert (story["outcome"], story["watched_s"], story["passes"]) == ("did not converge", 6.0, 3)
    assert len(story["error_by_second"]) == 6
    assert story["first_unaided_lap_after_s"] is None
    card = read_card(folder)
    assert (card.network, card.camera, card.server) == ("alvinn1991", CAMERA, "embedded")
    assert abs(Network(folder).curvature(picture(0, CAMERA))) <= 0.15
    assert [row.epoch for row in read_history(folder / "history.csv")] == [3, 4, 5, 6], (
        "seconds, from the first pass on"
    )
    told = shell.run("card", "mine", "--home", str(tmp_path))
    assert told.status == 0, "a model folder like any other"
    assert "watching expert on oval" in told.out
    assert card.speeds is not None
    assert 0.0 <= card.speeds[0] < card.speeds[1] < 10.0
    assert (folder / "curves.png").is_file()
    assert next(find_models(Home(home=tmp_path))).learned_from == "watching expert on oval"

    assert "holds a model already" in shell.refused(*learn, *at(server, tmp_path))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "learn requires a name for the model"),
        (("x", "--driver", "human"), "requires a window"),
        (("x", "--camera.fov", "500"), "a field of view must be 1 to 170 degrees"),
    ],
)
def test_what_could_be_learned_nowhere_is_wrong_usage(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.misused("learn", "--headless", *arguments, "--home", str(tmp_path))


def test_a_road_that_leads_nowhere_is_none_to_learn_laps_on(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "road.xodr").write_text(ROAD, encoding="utf-8")
    words = ("learn", "x", "--headless", "--map", str(tmp_path / "road.xodr"), "--home", str(tmp_path))
    said = shell.run(*words)
    assert said.status == 1
    assert "ends somewhere, and a lesson is over with a whole lap: choose another --map" in said.err


def test_a_prepared_model_that_is_not_there_is_told_before_anything_is_learned(shell: Shell, tmp_path: Path) -> None:
    learn = ("learn", "x", "--headless", "--fallback", "nobody", "--home", str(tmp_path))
    assert "is not a model" in shell.refused(*learn)
    assert not list(tmp_path.glob("models/*/card.json"))


def test_a_person_is_watched_hands_over_takes_the_wheel_back_and_keeps_what_was_learned(
    shell: Shell, person: Person, server: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("alvinn.online.run.LEAST_SECONDS", 1.0)
    monkeypatch.setattr("alvinn.online.run.LOW_SECONDS", 0.5)
    monkeypatch.setitem(PACES, "alvinn1991", replace(PACES["alvinn1991"], low=1.0))  # anything will do

    def script() -> None:
        person.reads("ready?")
        person.screen.press("Return")
        person.sees(lambda panel: panel.time is not None and panel.time < 0.1, "the first tick alone")
        person.screen.press("period")
        person.sees(lambda panel: panel.alarm is not None and "P resumes" in panel.alarm.words, "the pause after it")
        person.screen.press("p")
        person.holds("Right", lambda panel: panel.who == "you" and (panel.steer or 0.0) > 0.05, "the person steering")
        person.sees(lambda panel: panel.lesson is not None and panel.lesson.passes > 0, "a pass")
        person.sees(lambda panel: panel.other_steer is not None, "the network's wheel beside the person's")
        person.sees(lambda panel: panel.lesson is not None and "I can drive now" in panel.lesson.words, "its offer")
        person.screen.press("space")
        person.sees(
            lambda panel: panel.who == "network" and "mine drives" in (panel.lesson or NONE).words, "it driving"
        )
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "you", "the person driving")

    with person.acting(script):
        learn = ("learn", "mine", "--network", "alvinn1991", "--device", "keyboard", "--step")
        server_flags = ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--home", str(tmp_path))
        said = shell.run(*learn, *server_flags)
    assert said.status == 0, said.err
    assert "the driver left after" in said.out
    story = json.loads((tmp_path / "models" / "mine" / "learn.json").read_text())
    assert (story["driver"], story["outcome"]) == ("human", "ended by the driver")
    assert story["watched_s"] > 1.5
    assert len(story["attempts"]) == 1
    assert story["late"] == person.panels[-1].late
    assert len([panel for panel in person.panels if panel.lesson is not None and panel.lesson.errors]) > 0
    assert read_card(tmp_path / "models" / "mine").settings["watched"] == "human"


@pytest.mark.parametrize("flag", [("--step",), ("--slow", "2"), ("--seed", "3"), ("--network", "alvinn1991")])
def test_a_flag_that_a_table_does_not_heed_is_wrong_usage(shell: Shell, flag: tuple[str, ...]) -> None:
    assert shell.run("learn", "--table", *flag).status == 2
