"""Driving for real: a window on a real screen, real keys, SDL's virtual wheel, the genuine client, a server."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from alvinn.cli import parse
from alvinn.cockpit import live_drive
from alvinn.cockpit.display.panel import Page
from alvinn.controls.profiles import Profile, profiles_path, save_profile
from alvinn.driving.types import Image
from alvinn.errors import FrameError
from alvinn.jobs.drive import Drive
from alvinn.jobs.train import Train
from alvinn.networks.inference import Network, read_card, write_card
from alvinn.recording import Recording
from alvinn.recording.writer import require_free
from alvinn.training.model_folder import require_room
from alvinn.util.locks import LOCK
from alvinn.world.carla_world import CarlaWorld
from tests.alvinn.cockpit.desktop import Desktop, VirtualWheel, desktop, until
from tests.alvinn.cockpit.person import Person
from tests.alvinn.fakes import PaperWorld, straight, write_recording
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address, running_server
from tests.towns import ROAD

SHORT = ("--camera.width", "64", "--camera.height", "32")


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop() as screen:
        yield screen


@pytest.fixture
def person(screen: Desktop) -> Person:
    return Person(screen)


@pytest.fixture(autouse=True)
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A config folder of one's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def at(server: Address, home: Path, *more: str) -> tuple[str, ...]:
    return ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--home", str(home), *more)


def test_a_person_records_by_the_keyboard(shell: Shell, person: Person, server: Address, tmp_path: Path) -> None:
    def script() -> None:
        person.reads("ready?")
        person.screen.press("Return")
        person.drives(1.5)
        person.holds("Right", lambda panel: (panel.steer or 0.0) > 0.1, "the wheel turned right")
        person.screen.press("n")
        person.sees(lambda panel: "HardRainNoon" in panel.title, "the rain")
        person.screen.press("BackSpace")
        person.sees(lambda panel: "are excluded" in " ".join(panel.notes), "the excluded frames")
        person.screen.press("u", "l")
        person.sees(lambda panel: "back on the lane" in panel.notes, "the reset")
        person.screen.press("F1")
        person.sees(lambda panel: bool(panel.help), "the help, which pauses")
        person.screen.press("F1", "p")
        person.sees(lambda panel: panel.alarm is not None, "the pause")
        person.screen.press("p")
        person.drives(0.3)

    with person.acting(script):
        record = ("record", "mine", "--driver", "human", "--alias", "Eva", "--device", "keyboard")
        said = shell.run(*record, *at(server, tmp_path, "--weathers", "WetNoon,HardRainNoon", *SHORT))
    assert said.status == 0
    recording = Recording(tmp_path / "data" / "mine")
    rows = recording.rows
    assert (recording.session.driver, recording.session.device) == ("Eva", "keyboard")
    assert {row.who for row in rows} == {"human"}
    assert {row.weather for row in rows} == {"WetNoon", "HardRainNoon"}
    assert recording.session.weathers == ("WetNoon", "HardRainNoon")
    assert not [panel for panel in person.panels if "an image did not arrive: braking" in panel.notes]
    assert len({row.steer for row in rows}) > 8, "the keys give graded labels"
    assert max(row.steer for row in rows) > 0.1
    assert all(row.steer == pytest.approx(row.steer_meant) for row in rows)
    for before, after in itertools.pairwise(rows):
        assert after.frame == before.frame + 1 or after.segment > before.segment, "no gap within a segment"
    assert recording.left_out == ()
    assert (recording.session.quality or {})["late"] == person.panels[-1].late, "late ticks are kept"


def test_a_drive_that_is_cancelled_before_it_began_leaves_no_recording_and_its_name_is_free(
    shell: Shell, person: Person, server: Address, tmp_path: Path
) -> None:
    def script() -> None:
        person.reads("ready?")
        person.screen.press("Escape")

    with person.acting(script):
        said = shell.run("drive", "--record", "mine", "--device", "keyboard", *at(server, tmp_path, *SHORT))
    assert said.status == 0
    assert "nothing was recorded" in said.out
    folder = tmp_path / "data" / "mine"
    assert [path.name for path in folder.iterdir()] == [LOCK]
    require_free(folder, append=False, overwrite=False)


def test_the_start_screen_leads_to_a_recording_without_a_single_flag_of_the_drive(
    shell: Shell, person: Person, server: Address, tmp_path: Path
) -> None:
    def script() -> None:
        person.reads("alvinn")
        person.screen.press("Down", "Down")  # the oval is offered; then who drives
        person.screen.write("x")
        person.screen.press("Down", "Down", "Right", "Return")
        person.reads("ready?")
        person.screen.press("Return")
        person.drives(0.5)
        person.screen.press("Escape")
        person.reads("alvinn")
        person.screen.press("Right", "Return")  # replay this
        person.sees(lambda panel: panel.timeline is not None, "the replay")
        person.screen.press("Escape")
        person.reads("alvinn")
        person.screen.press("Left", "Return")  # the next driver, whose name is asked for
        until(lambda: getattr(person.seen[-1], "warning", ""), "the question for a name")

    with person.acting(script):
        said = shell.run("drive", "--carla", f"{server[0]}:{server[1]}", "--home", str(tmp_path))
    assert said.status == 0
    scores = [one.foot for one in person.seen if isinstance(one, Page) and "next" in dict(one.lines)]
    assert "m, no departure, " in scores[0][0]
    recording = Recording(tmp_path / "data" / "drive-1")
    assert recording.session.driver.endswith("x")
    assert recording.session.maps == ("oval",)
    assert len(recording.rows) >= 10


@pytest.mark.long
@pytest.mark.timeout(600)  # 22 epochs
def test_a_drive_trains_a_network_in_the_window_and_the_next_drive_watches_it(
    shell: Shell, person: Person, server: Address, tmp_path: Path
) -> None:
    def script() -> None:
        person.reads("alvinn")
        person.screen.press("Down", "Down", "Down", "Down", "Right", "Return")  # record on the oval
        person.reads("ready?")
        person.screen.press("Return")
        person.drives(8.0)
        person.screen.press("Escape")
        person.reads("alvinn")
        person.screen.press("Right", "Right", "Return")  # train on this
        person.reads("Training")
        until(lambda: getattr(person.seen[-1], "title", "") == "alvinn", "the network", patience=480.0)
        person.screen.press("Return")  # watch it: nobody need be ready
        person.sees(lambda panel: panel.who == "network", "the network at the wheel")
        person.screen.press("Escape")
        person.reads("alvinn")  # which the script's own Escape leaves

    with person.acting(script):
        said = shell.run("drive", "--carla", f"{server[0]}:{server[1]}", "--home", str(tmp_path))
    assert said.status == 0
    trained = [one for one in person.seen if isinstance(one, Page) and "drive-1 is trained on drive-1" in str(one.foot)]
    assert dict(trained[-1].lines)["drive to"] == "watch drive-1"


def test_a_wheel_steers_linearly_brakes_the_car_when_pulled_out_and_goes_on_when_back(
    shell: Shell, person: Person, server: Address, tmp_path: Path
) -> None:
    wheel = VirtualWheel()

    def script() -> None:
        person.reads("ready?")
        person.screen.press("Return")
        wheel.turn(1, -0.05)
        person.drives(1.0)
        wheel.pull_out()
        person.sees(lambda panel: panel.alarm is not None and "unplugged" in panel.alarm.words, "the message")
        person.sees(lambda panel: (panel.speed or 0.0) < 0.1, "the car standing")
        wheel.plug_in()
        person.sees(lambda panel: panel.alarm is None and (panel.speed or 0.0) > 0.5, "the car driving on")

    wheel.plug_in()
    save_profile(profiles_path(), wheel.guid, Profile("my wheel", axis=1, left=1.0, right=-1.0))
    try:
        with person.acting(script):
            record = ("record", "mine", "--driver", "human", "--device", "wheel")
            said = shell.run(*record, *at(server, tmp_path, *SHORT))
    finally:
        wheel.pull_out()
    assert said.status == 0, said.err
    recording = Recording(tmp_path / "data" / "mine")
    assert recording.session.device == "my wheel"
    turned = [row for row in recording.rows if row.axis is not None and row.axis < -0.04]
    assert len(turned) > 10
    assert all(row.steer == pytest.approx(-(row.axis or 0.0), abs=1e-6) for row in turned), "linear, and as applied"
    assert max(row.segment for row in recording.rows) >= 1, "the time without a wheel is a gap"
    assert all(row.brake < 1.0 for row in recording.rows), "braking without a wheel is nobody's driving"


def test_a_touch_takes_the_wheel_from_the_network_and_only_that_is_recorded(
    shell: Shell, person: Person, server: Address, tmp_path: Path, model: Path
) -> None:
    def script() -> None:
        person.sees(lambda panel: panel.who == "network", "the network driving")
        person.screen.focus()
        person.drives(0.5)
        person.holds("Right", lambda panel: panel.who == "you", "the person driving")
        person.drives(1.0)
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "network", "the network driving again")
        person.drives(0.3)

    drive = ("drive", "--model", str(model), "--record", "better", "--device", "keyboard")
    with person.acting(script):
        said = shell.run(*drive, *at(server, tmp_path))
    assert said.status == 0, said.err
    rows = Recording(tmp_path / "data" / "better").rows
    assert len(rows) >= 15
    assert {(row.who, row.correction, row.why) for row in rows} == {("human", 1, "human: took the wheel")}
    assert person.panels[-1].doubt is not None
    steers = [panel.steer or 0.0 for panel in person.panels]
    assert max(abs(b - a) for a, b in itertools.pairwise(steers)) < 0.1, "the wheel changes hands without a jump"


def test_a_gate_that_asks_in_vain_brakes_the_car_until_a_key_takes_the_wheel(
    shell: Shell, person: Person, server: Address, tmp_path: Path, model: Path
) -> None:
    def script() -> None:
        person.sees(lambda panel: panel.alarm is not None and panel.alarm.seconds is not None, "the alarm")
        person.screen.focus()
        person.sees(lambda panel: panel.alarm is not None and "CAR BRAKES" in panel.alarm.words, "the braking")
        person.sees(lambda panel: (panel.speed or 0.0) < 0.1, "the car standing")
        person.screen.press("space")
        person.sees(lambda panel: panel.who == "you" and (panel.speed or 0.0) > 0.5, "the person driving on")

    drive = ("drive", "--model", str(model), "--gate", "doubt", "--doubt", "1e-9", "--device", "keyboard")
    with person.acting(script):
        assert shell.run(*drive, *at(server, tmp_path)).status == 0
    seconds = [panel.alarm.seconds for panel in person.panels if panel.alarm is not None and panel.alarm.seconds]
    assert seconds == sorted(seconds, reverse=True)
    assert seconds[0] > 2.5


def test_a_picture_that_does_not_come_is_survived_and_told(
    shell: Shell, person: Person, server: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, begun = itertools.count(), threading.Event()  # pictures looked at before that try out the window's size
    image = CarlaWorld._image

    def lossy(world: CarlaWorld, name: str) -> Image:
        if begun.is_set() and next(looks) == 10:
            raise FrameError("the picture did not come")
        return image(world, name)  # type: ignore[arg-type]

    def script() -> None:
        person.reads("ready?")
        begun.set()
        person.screen.press("Return")
        person.sees(lambda panel: "an image did not arrive: braking" in panel.notes, "the message")
        person.drives(0.5)

    monkeypatch.setattr(CarlaWorld, "_image", lossy)
    with person.acting(script):
        record = ("record", "mine", "--driver", "human", "--device", "keyboard")
        said = shell.run(*record, *at(server, tmp_path, *SHORT))
    assert said.status == 0, said.err
    segments = [row.segment for row in Recording(tmp_path / "data" / "mine").rows]
    assert segments.index(1) in {9, 10}, "it lost the tenth or eleventh picture"
    assert segments == sorted(segments)
    assert set(segments) == {0, 1}


def test_a_server_that_dies_ends_the_drive_in_one_sentence_with_the_recording_closed(
    shell: Shell, person: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.world.connection.TIMEOUT", 4.0)  # less, and a busy machine loads no car in time
    before = set(psutil.Process().children())

    def script() -> None:
        person.reads("ready?")
        person.screen.press("Return")
        person.drives(0.5)
        for child in set(psutil.Process().children()) - before:
            if "--exit-with-parent" in child.cmdline():
                child.kill()
        person.waits_for_the_end()

    with person.acting(script):
        flags = ("--map", "oval", "--home", str(tmp_path), "--device", "keyboard", *SHORT)
        said = shell.refused("record", "mine", "--driver", "human", *flags)
    assert "the CARLA server stopped answering while driving" in said
    recording = Recording(tmp_path / "data" / "mine")
    assert recording.session.closed
    assert len(recording.rows) >= 10


def test_another_map_loaded_under_the_car_is_told(
    shell: Shell, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.world.carla_world.FRAME_TIMEOUT", 1.0)
    looks = itertools.count()
    image = CarlaWorld._image

    def meddled(world: CarlaWorld, name: str) -> Image:
        if next(looks) == 5:
            # another client is another process; within one process the genuine client has crashed here once
            other = f"import carla; client = carla.Client({place[0]!r}, {place[1]}); client.set_timeout(60.0); "
            load = f"{other}client.load_world('oval')"
            subprocess.run([sys.executable, "-c", load], check=True)
        return image(world, name)  # type: ignore[arg-type]

    monkeypatch.setattr(CarlaWorld, "_image", meddled)
    with running_server("--map", "oval") as place:
        said = shell.refused("drive", "--model", str(model), "--headless", *at(place, tmp_path))
    assert "another map was loaded" in said


def test_a_network_that_answers_no_number_ends_the_drive_with_the_car_braked(
    shell: Shell, server: Address, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = itertools.chain([0.0] * 30, itertools.repeat(float("nan")))
    monkeypatch.setattr(Network, "curvature", lambda network, image: next(answers))
    speeds: list[float] = []
    stop = live_drive.stop

    def stopped(world: CarlaWorld) -> None:
        speeds.append(abs(world.vehicle.get_velocity().x))
        stop(world)
        speeds.append(abs(world.vehicle.get_velocity().x))

    monkeypatch.setattr(live_drive, "stop", stopped)
    said = shell.refused("drive", "--model", str(model), "--headless", *at(server, tmp_path))
    assert "the network answered nan" in said
    assert speeds[0] > 1.0
    assert speeds[1] < 0.2


def test_a_network_drives_without_a_window_for_the_seconds_it_is_given(
    shell: Shell, server: Address, tmp_path: Path, model: Path
) -> None:
    drive = ("drive", "--model", str(model), "--headless", "--seconds", "1")
    assert shell.run(*drive, *at(server, tmp_path)).status == 0


def test_a_network_without_a_window_stops_where_the_road_ends(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "road.xodr").write_text(ROAD, encoding="utf-8")
    road = ("--map", str(tmp_path / "road.xodr"), "--home", str(tmp_path))
    said = shell.run("drive", "--model", "shipped", "--headless", "--seconds", "120", *road)
    assert said.status == 0
    assert "forward ends here" in " ".join(said.out.split())


def test_whatever_ends_a_drive_the_car_is_braked_first() -> None:
    for error in (KeyboardInterrupt(), FrameError("lost"), None):
        world = PaperWorld(straight(200.0), speed=8.0)
        try:
            with live_drive.brake_at_end(world):
                if error is not None:
                    raise error
        except (KeyboardInterrupt, FrameError):
            pass
        assert world.observe().speed == 0.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("drive", "--model", "nobody"), "is not a model"),
        (("record", "x", "--driver", "human", "--device", "G29", "--map", "oval"), "no device called 'G29'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    shell: Shell, screen: Desktop, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.refused(*arguments, "--home", str(tmp_path))


@pytest.mark.parametrize("words", [("drive",), ("drive", "shipped", "--record", "mine")])
def test_without_a_window_a_network_drives_and_nobody_corrects_it(shell: Shell, words: tuple[str, ...]) -> None:
    assert "only lets a network drive" in shell.misused(*words, "--headless")


def test_a_recording_is_continued_or_replaced_but_not_both(shell: Shell) -> None:
    said = shell.run("drive", "--record", "mine", "--append", "--overwrite")
    assert said.status == 2
    assert "leave one out" in said.err


@pytest.mark.parametrize(
    ("watched", "record", "trained", "words"),
    [
        (None, "mine", None, "train mine-2 --data mine"),
        (None, "data/mine", None, "train mine-2 --data data/mine"),
        (None, "there/drive", None, "train drive --data there/drive"),
        ("better", "better", None, "train better-2 --data mine better"),
        ("better", "./data/better", None, "train better-2 --data mine ./data/better"),
        (None, "mine", "mine", "laps mine --maps country,oval --both-directions"),
    ],
)
def test_the_command_that_a_drive_proposes_can_be_typed_as_it_is(
    tmp_path: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    watched: str | None,
    record: str,
    trained: str | None,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data/mine", "data/better", "there/drive"):
        write_recording(Path(name), 3)
    for name in ("mine", "better"):
        shutil.copytree(model, Path("models") / name)
    card = read_card(Path("models/better"))
    write_card(Path("models/better"), replace(card, recordings=({"name": "mine"}, {"name": "better"})))
    proposed = Drive(model=watched, record=record, append=True).propose(record, trained)
    assert proposed == words.split()
    job = parse(proposed)
    if isinstance(job, Train):
        require_room(job.model_folder(job.name), resume=False, overwrite=False)
        assert all(Recording(job.recording_folder(name)).rows for name in job.data)
