from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from alvinn.classroom.activities.contenders import DAGGER, PLAIN, find_contenders, select_asked
from alvinn.jobs.classroom import ShowClassroom
from alvinn.recording import Recording
from alvinn.settings import SHIPPED, Home
from tests.alvinn import fakes
from tests.alvinn.classroom.people import visit
from tests.alvinn.jobs.cli import Shell
from tests.towns import ROAD


@contextmanager
def running_class(*arguments: str, home: Path) -> Iterator[tuple[str, str, str]]:
    """A class in a process of its own: its HOST:PORT, its code, and the lecturer's key."""
    command = [sys.executable, "-m", "alvinn", "classroom", "--port", "0", "--home", str(home), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            lines = [process.stdout.readline() for _ in range(3)]
            assert lines[0].startswith("listening on http://127.0.0.1:"), (lines, process.stderr.read())
            address = lines[0].split("//")[1].strip().strip("/")
            yield address, lines[1].split()[-1], lines[2].partition("#")[2].strip()
        finally:
            process.terminate()  # as Ctrl-C: cars are braked, recordings closed
            assert process.wait(timeout=60) == 0, process.stderr.read() if process.stderr else ""


@pytest.mark.parametrize(
    "arguments",
    [
        *(("--port", "70000"), ("--replay", "x", "--drive"), ("--replay", "x", "--record", "y"), ("--seconds", "0")),
        *(("--prepare", "--speed", "5"), ("--prepare", "--overwrite"), ("--prepare", "--carla", "localhost:2000")),
    ],
)
def test_wrong_usage_is_said_at_once(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell.run("classroom", *arguments).status == 2


def test_the_private_cars_circuit_is_looked_up_also_where_the_stage_is_on_another_server(shell: Shell) -> None:
    assert "did you mean country?" in shell.misused("classroom", "--carla", "localhost:2000", "--ground", "contry")


def test_a_recording_that_is_not_there_is_refused_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    assert "nothing" in shell.refused("classroom", "--replay", "nothing", "--home", str(tmp_path))


def test_a_road_that_ends_is_none_for_a_class(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "road.xodr").write_text(ROAD, encoding="utf-8")
    words = ("classroom", "--port", "0", "--map", str(tmp_path / "road.xodr"), "--home", str(tmp_path))
    said = shell.run(*words)
    assert said.status == 1
    assert "ends somewhere, and a class drives on and on: choose another --map" in said.err


def test_a_class_is_not_shared_where_there_is_no_network(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.classroom.address.find_network_addresses", list)
    assert "in no network" in shell.refused("classroom", "--share", "--home", str(tmp_path))


def test_a_recording_is_shown_to_whoever_comes(tmp_path: Path) -> None:
    fakes.write_recording(tmp_path / "data" / "mine", 20)
    with running_class("--replay", "mine", home=tmp_path) as (address, _, key), visit(address, key=key) as lecturer:
        assert lecturer.wait_for("welcome")[0]["role"] == "lecturer"
        assert lecturer.wait_for("invitation")[0]["url"] == f"http://{address}/"
        assert lecturer.wait_for("moment")[1]


def test_guests_paint_for_the_network_that_is_on_stage(tmp_path: Path) -> None:
    for folder in ("round-000", "round-001"):
        shutil.copytree(Home().find_model(SHIPPED), tmp_path / "models" / DAGGER / folder)
    with running_class("--map", "oval", "--headless", home=tmp_path) as (address, _, _), visit(address) as guest:
        assert guest.wait_for("welcome")[0]["title"] == "shipped on oval"
        moment, _ = guest.wait_for("moment")
        guest.say("paint", number=moment["number"])
        assert guest.wait_for("painted")[0]["name"] == "shipped"


@pytest.mark.parametrize("arguments", [{"drive": True}, {"learn": True}, {"replay": "mine"}])
def test_without_a_network_on_stage_they_paint_for_the_last_that_is_compared(
    tmp_path: Path, arguments: dict[str, Any]
) -> None:
    for folder in ("round-000", "round-001"):
        shutil.copytree(Home().find_model(SHIPPED), tmp_path / "models" / DAGGER / folder)
    job = ShowClassroom(home=tmp_path, **arguments)
    contenders = find_contenders(job)
    assert [one.name for one in contenders] == [PLAIN, DAGGER]
    assert select_asked(job, contenders, job.name_on_stage()).name == DAGGER


def test_a_guest_with_the_code_drives_the_car_from_a_browser_and_is_recorded(tmp_path: Path) -> None:
    arguments = ("--drive", "--map", "oval", "--record", "ours", "--headless")
    with running_class(*arguments, home=tmp_path) as (address, code, _), visit(address, key=code) as driver:
        assert driver.wait_for("welcome")[0]["drivable"]
        driver.say("take")
        speed = 0.0
        while speed < 2.0:
            driver.say("steer", steer=0.5)
            moment, _ = driver.wait_for("moment")
            driver.say("seen")
            speed = moment["speed"]
        assert moment["who"] == "human"
        assert moment["steer"] > 0.0
    rows = Recording(tmp_path / "data" / "ours").rows
    assert {row.who for row in rows} == {"human"}
    assert max(row.steer for row in rows) > 0.0
