from __future__ import annotations

import itertools
import math
import os
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import psutil
import pytest

from alvinn.cockpit.live_drive import LiveDrive
from alvinn.drivers.expert import ExpertDriver
from alvinn.jobs.record import Record, record_once
from alvinn.metrics.recorded import judge_recording
from alvinn.recording import Recording, RecordingWriter
from alvinn.world.carla_world import CarlaWorld
from sim.roads import opendrive
from tests.alvinn.fakes import session, step, write_recording
from tests.alvinn.fixtures import ROOT
from tests.alvinn.jobs.cli import Shell
from tests.conftest import Address, running_server
from tests.platforms import posix
from tests.towns import ROAD

SHORT = ("--camera.width", "64", "--camera.height", "32")


def test_three_seconds_of_the_expert_are_sixty_ticks_and_their_last_frame(shell: Shell, tmp_path: Path) -> None:
    record = ("record", "mine", "--map", "oval", "--home", str(tmp_path), "--seconds", "3", "--noise", *SHORT)
    assert shell.run(*record).status == 0
    recording = Recording(tmp_path / "data" / "mine")
    rows = recording.rows
    assert len(rows) == 61
    assert [b.frame - a.frame for a, b in itertools.pairwise(rows)] == [1] * 60
    assert rows[-1].time - rows[0].time == pytest.approx(3.0)
    assert rows[-1].speed > 1.0
    assert rows[-1].lane_s > rows[0].lane_s
    assert {(row.lane, row.weather, row.who) for row in rows} == {("oval/forward", "ClearNoon", "expert")}
    assert (recording.session.server, recording.session.maps) == ("embedded", ("oval",))
    assert "choose another name, or add --append" in shell.refused(*record)
    assert shell.run(*record, "--append").status == 0
    assert [row.segment for row in Recording(tmp_path / "data" / "mine").rows] == [0] * 61 + [1] * 61


def test_a_recording_whose_session_is_damaged_is_recorded_again(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "mine", 3)
    (tmp_path / "data" / "mine" / "session.json").write_text("{", encoding="utf-8")
    record = ("record", "mine", "--map", "oval", "--home", str(tmp_path), "--seconds", "1", *SHORT)
    assert "or record or import it again with --overwrite" in shell.refused(*record, "--append")
    assert shell.run(*record, "--overwrite").status == 0
    assert len(Recording(tmp_path / "data" / "mine").rows) == 21


def test_another_starting_point_is_where_the_recording_begins_and_part_of_its_lane(
    shell: Shell, tmp_path: Path
) -> None:
    record = ("record", "there", "--map", "country", "--home", str(tmp_path), "--seconds", "1", *SHORT)
    assert shell.run(*record, "--both-directions", "--start", "2").status == 0
    assert shell.run(*record, "--append").status == 0
    folder = tmp_path / "data" / "there"
    lanes = {row.lane: row for row in Recording(folder).rows}
    assert list(lanes) == ["country@2/forward", "country@2/reverse", "country/forward"]
    here, there = lanes["country/forward"], lanes["country@2/forward"]
    assert math.dist((here.x, here.y), (there.x, there.y)) > 30.0
    assert [result.run.start for result in judge_recording(Recording(folder))] == [2, 2, 0]
    assert "has starting points 0 to" in shell.refused(*record, "--overwrite", "--start", "999")
    assert len(Recording(folder).rows) > 0, "what was there is kept"


def test_a_length_that_would_be_ignored_is_refused(shell: Shell) -> None:
    said = shell.run("record", "mine", "--laps", "2", "--seconds", "5")
    assert (said.status, "--laps and --seconds both say how long" in said.err) == (2, True)


def test_a_person_who_gives_flags_but_no_name_is_asked_for_one_and_the_flags_are_not_dropped(shell: Shell) -> None:
    assert "requires a name" in shell.misused("record", "--driver", "human", "--noise", "--map", "oval")


def test_carla_s_own_driver_teaches_too_and_cannot_be_disturbed(shell: Shell, tmp_path: Path) -> None:
    record = ("record", "auto", "--driver", "autopilot", "--map", "oval", "--home", str(tmp_path), *SHORT)
    assert "--noise" in shell.run(*record, "--noise").err
    assert shell.run(*record, "--seconds", "4").status == 0
    recording = Recording(tmp_path / "data" / "auto")
    rows = recording.rows
    assert [b.frame - a.frame for a, b in itertools.pairwise(rows)] == [1] * 80
    assert {row.who for row in rows} == {recording.session.driver} == {"autopilot"}
    assert rows[-1].speed > 3.0
    assert abs(rows[-1].offset) < 0.3


def test_a_recording_ends_with_its_road(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "road.xodr").write_text(ROAD, encoding="utf-8")
    words = ("record", "short", "--map", str(tmp_path / "road.xodr"), "--home", str(tmp_path), *SHORT)
    said = shell.run(*words, "--seconds", "60", "--weathers", "ClearNoon,WetNoon,ClearSunset")
    assert said.status == 0
    assert "as its lane ends there" in said.out
    rows = Recording(tmp_path / "data" / "short").rows
    assert 150 < len(rows) < 900
    assert max(row.lane_s for row in rows) < 212.6 - 16.0 + 1.0, "two seconds before the end of the road"


def test_a_map_that_only_the_running_server_has_is_recorded_on(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "Elsewhere.xodr").write_text(opendrive.load("oval")[1], encoding="utf-8")
    with running_server("--map", "country", "--maps", str(tmp_path)) as (host, port):
        words = ("record", "there", "--carla", f"{host}:{port}", "--map", "Elsewhere", "--home", str(tmp_path), *SHORT)
        assert shell.run(*words, "--seconds", "1").status == 0
    assert {row.lane for row in Recording(tmp_path / "data" / "there").rows} == {"Elsewhere/forward"}


def test_both_directions_get_half_each_on_a_running_server(shell: Shell, tmp_path: Path, server: Address) -> None:
    place = f"{server[0]}:{server[1]}"
    record = ("record", "both", "--carla", place, "--map", "oval", "--home", str(tmp_path), "--both-directions")
    assert shell.run(*record, "--seconds", "2", *SHORT).status == 0
    recording = Recording(tmp_path / "data" / "both")
    assert [row.lane for row in recording.rows] == ["oval/forward"] * 21 + ["oval/reverse"] * 21
    assert recording.session.server == "embedded", "whoever started it"


def test_the_way_back_on_a_path_is_its_mirror_image(shell: Shell, tmp_path: Path) -> None:
    record = ("record", "both", "--map", "path", "--home", str(tmp_path), "--both-directions", "--seconds", "9", *SHORT)
    assert shell.run(*record).status == 0
    recording = Recording(tmp_path / "data" / "both")
    there, back = (
        [row for row in recording.rows if row.lane == f"path/{way}" and row.speed > 6.0]
        for way in ("forward", "reverse")
    )
    assert min(len(there), len(back)) > 20
    bends = [(first, second) for first, second in zip(there, back, strict=False) if abs(first.curvature) > 0.01]
    assert len(bends) > 10
    for first, second in bends:
        assert second.curvature == pytest.approx(-first.curvature, abs=0.01)
        assert abs(second.offset) < 0.3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--carla", "127.0.0.1:1"), "no CARLA server answers at 127.0.0.1:1"),
        (("--carla", "no-such-host.invalid:2000"), "no CARLA server answers at no-such-host.invalid:2000"),
        (("--map", "missing.xodr"), "missing.xodr"),
    ],
)
def test_a_bad_input_is_refused_in_one_sentence(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], sentence: str
) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 2.0)
    assert sentence in shell.refused("record", "x", "--home", str(tmp_path), *arguments)
    assert not (tmp_path / "data" / "x").exists()


def test_what_another_driver_adds_is_told_with_their_name_and_seed(
    shell: Shell, tmp_path: Path, server: Address
) -> None:
    place = ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--home", str(tmp_path), "--seconds", "1", *SHORT)
    assert shell.run("record", "ours", "--noise", *place).status == 0
    assert shell.run("record", "ours", "--noise", "--append", "--alias", "bob", "--seed", "7", *place).status == 0
    session = Recording(tmp_path / "data" / "ours").session
    assert (session.driver, session.seeds) == ("expert, bob", (0, 7))
    assert "expert, bob" in shell.run("list", "--home", str(tmp_path)).out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "requires a name"),
        (("x", "--carla", "nonsense"), "--carla must be HOST:PORT"),
        (("x", "--carla", "127.0.0.1:99999"), "--carla must be HOST:PORT"),
        (("x", "--map", "nowhere"), "no map called 'nowhere'"),
        (("x", "--map", "oval", "--weather", "Sunny"), "CARLA has no weather 'Sunny'"),
        (("x", "--map", "oval", "--start", "-1"), "--start must be 0 or more"),
        (("x", "--driver", "human", "--headless"), "a person drives in a window"),
        (("x", "--driver", "human", "--laps", "2"), "by the clock"),
    ],
)
def test_what_could_be_recorded_nowhere_is_wrong_usage(
    shell: Shell, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in shell.misused("record", *arguments, "--home", str(tmp_path))


def test_a_map_file_that_does_not_parse_is_refused(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "torn.xodr"
    path.write_text("<OpenDRIVE><road", encoding="utf-8")
    assert "torn.xodr" in shell.refused("record", "x", "--home", str(tmp_path), "--map", str(path))


def test_a_server_of_another_version_is_refused(shell: Shell, tmp_path: Path) -> None:
    code = (
        "import sys, sim.cli; from sim.rpc import episode_methods; episode_methods.VERSION = '0.9.15'; "
        "sys.exit(sim.cli.main(sys.argv[1:]))"
    )
    with running_server("--map", "oval", program=("-c", code)) as (host, port):
        said = shell.refused("record", "x", "--home", str(tmp_path), "--carla", f"{host}:{port}")
    assert "CARLA 0.9.15" in said
    assert "0.9.16" in said


def test_another_camera_than_the_recordings_is_refused(shell: Shell, tmp_path: Path, server: Address) -> None:
    write_recording(tmp_path / "data" / "mine", 2)
    place = f"{server[0]}:{server[1]}"
    record = ("record", "mine", "--append", "--carla", place, "--map", "oval", "--home", str(tmp_path))
    said = shell.refused(*record, "--camera.width", "128")
    assert "64x32" in said
    assert "128x160" in said


def test_a_server_that_dies_meanwhile_is_told_in_one_sentence(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_the_server(self: ExpertDriver) -> None:
        for child in set(psutil.Process().children()) - before:
            child.kill()

    before = set(psutil.Process().children())
    monkeypatch.setattr("alvinn.world.connection.TIMEOUT", 4.0)  # a busy machine opens the map within that
    monkeypatch.setattr(ExpertDriver, "reset", kill_the_server)
    said = shell.refused("record", "x", "--map", "oval", "--home", str(tmp_path), *SHORT)
    assert "the CARLA server stopped answering while driving" in said
    assert len(Recording(tmp_path / "data" / "x").rows) >= 1


@posix
def test_ctrl_c_leaves_no_server_and_a_recording_that_opens(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alvinn", "record", "x", "--map", "oval", "--home", str(tmp_path), *SHORT]
    table = tmp_path / "data" / "x" / "drive.csv"
    with subprocess.Popen(
        [*command, "--seconds", "100000"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as job:
        while not table.exists() or table.read_bytes().count(b"\n") < 10:
            assert job.poll() is None, "the job ended by itself"
        servers = psutil.Process(job.pid).children(recursive=True)
        os.killpg(job.pid, signal.SIGINT)
        _, err = job.communicate()
    assert job.returncode == 130
    assert err.strip() == "interrupted"
    assert len(servers) == 1
    assert psutil.wait_procs(servers, timeout=30.0)[1] == []
    recording = Recording(tmp_path / "data" / "x")
    assert len(recording.rows) >= 9
    assert recording.read_picture(recording.rows[-1]).shape == (32, 64, 3)


def test_several_weathers_get_an_equal_share_each_and_a_segment_of_their_own(shell: Shell, tmp_path: Path) -> None:
    skies = ("--weathers", "ClearNoon,HardRainNoon", "--both-directions")
    record = ("record", "mine", "--map", "oval", "--home", str(tmp_path), "--seconds", "4", *skies, *SHORT)
    assert shell.run(*record).status == 0
    recording = Recording(tmp_path / "data" / "mine")
    assert recording.session.weathers == ("ClearNoon", "HardRainNoon")
    stretches = [(row.segment, row.weather, row.lane) for row in recording.rows]
    assert [(key, len(list(group))) for key, group in itertools.groupby(stretches)] == [
        ((segment, weather, f"oval/{way}"), 21)
        for segment, (way, weather) in enumerate(
            itertools.product(("forward", "reverse"), ("ClearNoon", "HardRainNoon"))
        )
    ]
    dry, wet = (recording.read_picture(recording.rows[index]).mean() for index in (20, 21))
    assert wet < dry - 10.0, "the first frame of the rain shows it"
    frames = [row.frame for row in recording.rows[:42]]
    assert frames == sorted(set(frames)), "no frame is there twice"


def test_while_cameras_adapt_to_another_weather_nothing_is_recorded(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full server, whose cameras adapt slowly; only that is a mock."""
    monkeypatch.setattr(CarlaWorld, "adaptation", 0.5)
    skies = ("--weathers", "ClearNoon,HardRainNoon", "--map", "oval")
    assert shell.run("record", "mine", *skies, "--home", str(tmp_path), "--seconds", "2", *SHORT).status == 0
    rows = Recording(tmp_path / "data" / "mine").rows
    assert [row.weather for row in rows] == ["ClearNoon"] * 21 + ["HardRainNoon"] * 21
    assert rows[21].time - rows[20].time >= 0.5


def drive_by_hand(monkeypatch: pytest.MonkeyPatch, *counts: int) -> None:
    """Let a person record so many rows in each direction; 0: they leave before the drive begins."""
    left = list(counts)

    def drive(wish: LiveDrive, _: object) -> SimpleNamespace:
        folder = wish.settings.recording_folder(wish.recording or "")
        new = RecordingWriter(folder, session(), append=wish.append, overwrite=wish.overwrite, keep_empty=False)
        with new as writer:
            for number in range(left.pop(0)):
                writer.add(step(number), lane=f"oval/{wish.direction}", weather="ClearNoon")
        return SimpleNamespace(rows=writer.added)

    monkeypatch.setattr("alvinn.jobs.record.drive_live", drive)
    monkeypatch.setattr("alvinn.jobs.record.Window", lambda _: nullcontext())


@pytest.mark.parametrize(
    ("counts", "flags", "rows"),
    [((3, 4), (), 7), ((0, 4), ("--overwrite",), 4), ((0, 4), (), 4), ((2, 0), ("--overwrite",), 2)],
)
def test_a_way_that_a_person_leaves_out_does_not_mix_recordings(
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    counts: tuple[int, int],
    flags: tuple[str, ...],
    rows: int,
) -> None:
    if flags:
        write_recording(tmp_path / "data" / "mine", 5)
    drive_by_hand(monkeypatch, *counts)
    words = ("record", "mine", "--driver", "human", "--both-directions", "--home", str(tmp_path))
    assert shell.run(*words, *flags).status == 0
    assert len(Recording(tmp_path / "data" / "mine").rows) == rows


@pytest.mark.parametrize("flags", [(), ("--overwrite",), ("--append",)])
def test_a_drive_that_a_person_cancels_is_told_as_none(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    if flags:
        write_recording(tmp_path / "data" / "mine", 5)
    drive_by_hand(monkeypatch, 0)
    said = shell.run("record", "mine", "--driver", "human", "--home", str(tmp_path), *flags)
    assert (said.status, said.out.strip()) == (0, "nothing was recorded")


@pytest.mark.parametrize(
    ("told", "turns"),
    [
        ({"weathers": "ClearNoon,WetNoon", "seconds": 40.0}, ("ClearNoon", "WetNoon") * 3),
        ({"weathers": "ClearNoon,WetNoon", "seconds": 40.0, "both_directions": True}, ("ClearNoon", "WetNoon") * 2),
        ({"weathers": "ClearNoon,WetNoon", "laps": 2}, ("ClearNoon", "WetNoon")),
        ({"seconds": 40.0}, ("ClearNoon",)),
    ],
)
def test_weathers_take_turns_so_that_each_sees_many_parts_of_the_road(
    told: dict[str, Any], turns: tuple[str, ...]
) -> None:
    job = Record(name="mine", **told)
    assert job.take_turns(1.0 / len(job.directions())) == turns


def test_the_car_carries_the_cameras_that_were_asked_for(shell: Shell, tmp_path: Path) -> None:
    record = ("record", "many", "--map", "path", "--home", str(tmp_path), "--seconds", "1", *SHORT)
    assert shell.run(*record, "--cameras", "depth,left,right,segmentation").status == 0
    recording = Recording(tmp_path / "data" / "many")
    assert recording.session.cameras == ("center", "left", "right", "depth", "segmentation")
    for row in recording.rows:
        left, center, right = (recording.read_picture(row, name).astype(int) for name in ("left", "center", "right"))
        assert np.abs(left - center).mean() > 1.0
        assert np.abs(right - center).mean() > 1.0
    labels = recording.read_picture(recording.rows[-1], "segmentation")
    assert 1 in labels[-1, :, 0], "the road's own label is there to the bit"
    near, far = (recording.read_picture(recording.rows[-1], "depth")[at, 32] @ [1, 256, 65536] for at in (-1, 18))
    assert near < far / 2


def test_a_camera_that_there_is_not_is_wrong_usage(shell: Shell) -> None:
    said = shell.run("record", "x", "--cameras", "center,rear")
    assert said.status == 2
    assert "not rear" in said.err


@pytest.mark.long
def test_the_job_itself_killed_at_random_moments_leaves_a_recording_that_goes_on_and_no_server(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alvinn", "record", "x", "--map", "oval", "--home", str(tmp_path), *SHORT]
    command += ["--seconds", "100000", "--append"]
    folder, rng, rows = tmp_path / "data" / "x", np.random.default_rng(0), 0
    for _ in range(5):
        wanted = rows + int(rng.integers(1, 150))
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as job:
            while not (folder / "drive.csv").exists() or len(Recording(folder).rows) < wanted:
                assert job.poll() is None, "the job ended by itself"
            servers = psutil.Process(job.pid).children(recursive=True)
            frames = len(list((folder / "frames").iterdir()))
            job.kill()
        assert psutil.wait_procs(servers, timeout=30.0)[1] == []
        recording = Recording(folder)
        assert frames - len(recording.rows) <= 20
        assert "was not closed" in recording.unclosed_warning
        assert recording.read_picture(recording.rows[-1]).shape == (32, 64, 3)
        rows = len(recording.rows)
    assert len({row.segment for row in recording.rows}) == 5


def test_what_finds_no_room_on_the_disk_is_not_begun(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    said = shell.refused("record", "x", "--seconds", "3600", "--home", str(tmp_path))
    assert "a recording of 3600 s needs 369 MB" in said
    assert not (tmp_path / "data").exists()


def test_to_append_and_to_overwrite_is_wrong_usage(shell: Shell) -> None:
    assert shell.run("record", "x", "--append", "--overwrite").status == 2


def test_a_recording_is_made_once_and_an_interrupted_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def write(job: Record) -> int:
        assert not job.recording_folder(job.name).exists(), "what an interrupted run left is removed"
        made.append(job.name)
        write_recording(job.recording_folder(job.name), 3)
        if len(made) == 1:
            raise KeyboardInterrupt
        return 3

    monkeypatch.setattr("alvinn.jobs.record.record", write)
    job = Record(home=tmp_path, name="plain")
    with pytest.raises(KeyboardInterrupt):
        record_once(job)
    assert not job.recording_folder("plain").exists()
    folder = record_once(job)
    assert record_once(job) == folder
    assert made == ["plain-unfinished"] * 2
    assert [path.name for path in folder.parent.iterdir()] == ["plain"]


def test_what_is_appended_is_not_what_is_there_already(shell: Shell, tmp_path: Path) -> None:
    words = ("record", "mine", "--map", "oval", "--home", str(tmp_path), "--seconds", "3", *SHORT)
    assert shell.run(*words, "--noise").status == 0
    said = shell.run(*words, "--noise", "--append")
    assert "is driven again" not in said.out
    rows = Recording(tmp_path / "data" / "mine").rows
    one, other = ([row.disturbance for row in rows if row.segment == segment] for segment in (0, 1))
    assert len(one) == len(other) == 61
    assert one != other
    said = shell.run(*words, "--append")
    assert "without disturbances the same is driven again" in " ".join(said.out.split())
    said = shell.run(*words, "--append", "--weather", "WetNoon")
    assert "is driven again" not in said.out
