from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import carla
import pytest

from alvinn.controls.profiles import guess, profiles_path, save_profile
from alvinn.errors import TakenError
from alvinn.jobs import doctor
from alvinn.jobs.doctor import Doctor, check_installation, check_wheels
from alvinn.util.finding import Finding
from alvinn.util.system_libraries import SystemLibrary
from alvinn.world.connection import connect
from tests.alvinn.cockpit.desktop import VirtualWheel
from tests.alvinn.fixtures import ROOT, car_on
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address, running_server


def test_what_is_installed_needs_nothing_done() -> None:
    packages = [finding for finding in check_installation() if finding.what in doctor.PACKAGES]
    assert len(packages) == len(doctor.PACKAGES)
    assert [finding.remedy for finding in packages] == [""] * len(packages)
    assert next(finding.found for finding in packages if finding.what == "carla") == metadata.version("carla")


def test_a_package_that_is_missing_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("carla", "a-package-of-nobody"))
    missing = [finding for finding in check_installation() if finding.what == "a-package-of-nobody"]
    assert [(finding.found, "pip install" in finding.remedy) for finding in missing] == [("missing", True)]


def test_without_carla_or_pygame_it_still_says_what_is_missing() -> None:
    """In a process of its own, in which neither can be imported."""
    program = (
        "import sys, importlib.metadata as m\n"
        "sys.modules['carla'] = sys.modules['pygame'] = None\n"
        "real = m.version\n"
        "def version(name):\n"
        "    if name in ('carla', 'pygame'): raise m.PackageNotFoundError(name)\n"
        "    return real(name)\n"
        "m.version = version\n"
        "from alvinn.cli import main\n"
        "sys.exit(main(['doctor']))\n"
    )
    words = [sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "pip install carla; pip install pygame" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_damaged_calibrations_hide_nothing_else(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    profiles_path().parent.mkdir(parents=True)
    profiles_path().write_text("not JSON", encoding="utf-8")
    said = shell.run("doctor")
    assert said.status == 1
    assert "answers as CARLA 0.9.16" in " ".join(said.out.split())
    assert profiles_path().name in said.err


def test_a_library_that_is_missing_is_told_with_debians_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "needed_here", lambda: (SystemLibrary("libNobody.so.1", "OpenCV", "libnobody1"),))
    (finding,) = [finding for finding in check_installation() if finding.what == "libNobody.so.1"]
    assert (finding.found, "apt-get install libnobody1" in finding.remedy) == ("missing", True)


def test_another_python_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 13, 0))
    assert next(check_installation()).remedy == "use Python 3.10, 3.11 or 3.12"


def test_a_running_server_is_described(server: Address) -> None:
    (finding,) = Doctor(carla=f"{server[0]}:{server[1]}")._server()
    assert (finding.found, finding.remedy) == ("CARLA 0.9.16, map oval, asynchronous", "")


def test_where_no_server_answers_it_says_what_to_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 0.5)
    assert "no CARLA server answers" in shell.refused("doctor", "--carla", "127.0.0.1:1")


def test_release_without_a_server_is_refused(shell: Shell) -> None:
    assert "--carla HOST:PORT" in shell.misused("doctor", "--release")


def test_release_makes_a_frozen_server_run_again_and_removes_what_was_left() -> None:
    with running_server("--map", "oval") as place, connect(*place) as client, car_on(place):
        library, places = client.get_world().get_blueprint_library(), client.get_world().get_map().get_spawn_points()
        theirs = client.get_world().spawn_actor(library.find("vehicle.tesla.model3"), places[-1])
        assert doctor.release(client) == 2
        settings = client.get_world().get_settings()
        assert (settings.synchronous_mode, settings.fixed_delta_seconds) == (False, None)
        client.get_world().wait_for_tick(10.0)
        actors = client.get_world().get_actors()
        assert [one.id for one in actors if isinstance(one, carla.Vehicle | carla.Sensor)] == [theirs.id]


def test_the_wheel_that_is_plugged_in_is_told_and_whether_it_was_calibrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert [finding.found for finding in check_wheels()] == ["none: the keyboard or the mouse steers"]
    wheel = VirtualWheel()
    wheel.plug_in()
    guid = wheel.guid
    (guessed,) = check_wheels()
    save_profile(profiles_path(), guid, guess("Virtual Wheel"))
    wheel.plug_in()  # asking ends SDL's joysticks, and a virtual one with them
    (calibrated,) = check_wheels()
    assert "Virtual Wheel, as guessed" in guessed.found
    assert calibrated.found == "Virtual Wheel, calibrated"


def test_try_without_a_server_is_refused(shell: Shell) -> None:
    assert "--carla HOST:PORT" in shell.misused("doctor", "--try")


def test_try_writes_down_what_it_found(server: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alvinn.evaluation.server_trial.try_server", lambda *_: [Finding("lane", "a closed loop")])
    report = tmp_path / "reports" / "report.json"
    Doctor(carla=f"{server[0]}:{server[1]}", try_=True, report=report).run()
    with pytest.raises(TakenError, match=r"report\.json is there already"):
        Doctor(carla=f"{server[0]}:{server[1]}", try_=True, report=report).run()
    told = json.loads(report.read_text(encoding="utf-8"))
    assert {"what": "lane", "found": "a closed loop", "remedy": ""} in told["findings"]


def test_the_usual_report_is_written_anew_but_only_over_its_like(
    server: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.evaluation.server_trial.try_server", lambda *_: [])
    monkeypatch.chdir(tmp_path)
    job = Doctor(carla=f"{server[0]}:{server[1]}", try_=True)
    job.run()
    job.run()
    job.report.write_text("{}", encoding="utf-8")
    with pytest.raises(TakenError):
        job.run()
    replace(job, overwrite=True).run()
    assert "findings" in job.report.read_text(encoding="utf-8")
