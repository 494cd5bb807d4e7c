from __future__ import annotations

import csv
import errno
import json
import multiprocessing
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.cli import parse
from alvinn.errors import AlvinnError, MixedError, ResultsError
from alvinn.evaluation.laps import drive_laps, judge_baselines
from alvinn.evaluation.outcome import compare_with_earlier
from alvinn.evaluation.runs import RunSpec, _work, drive_run, pick_next, run_in_parallel
from alvinn.jobs.laps import Laps
from alvinn.metrics.referee import Result
from alvinn.networks.inference import read_card, write_card
from alvinn.settings import CameraFlags
from alvinn.util.locks import locked
from alvinn.util.video import poster
from tests.alvinn.cockpit.desktop import until
from tests.alvinn.fakes import SMALL, write_recording
from tests.alvinn.fixtures import ROOT
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import judged
from tests.conftest import Address
from tests.platforms import posix

TINY = CameraFlags(width=64, height=32)
SHORT = ("--driver", "expert", "--km", "0.01", "--camera.width", "64", "--camera.height", "32")
"""An expert that drives ten metres."""


def left(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "laps.json").read_text(encoding="utf-8"))
    return content


def test_every_run_asked_for_is_made_once() -> None:
    job = Laps(maps="oval, country", both_directions=True, weathers="ClearNoon,WetNoon", seeds=2, seed=5, starts=3)
    runs = list(job.list_runs())
    assert len(set(runs)) == len(runs) == 2 * 2 * 2 * 2 * 3
    assert {run.seed for run in runs} == {5, 6}
    assert {run.start for run in runs} == {0, 1, 2}
    assert {run.map for run in runs} == {"oval", "country"}


@pytest.mark.parametrize("empty", [None, "", ","])
def test_without_maps_the_one_map_is_driven(empty: str | None) -> None:
    assert [run.map for run in Laps(map="oval", maps=empty).list_runs()] == ["oval"]


def test_a_model_folder_that_is_missing_is_refused(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("laps", "--model", "ghost", "--home", str(tmp_path))
    assert "ghost is not a model" in said


def test_what_is_mistyped_is_named_before_an_earlier_result_is_replaced(
    shell: Shell, tmp_path: Path, model: Path
) -> None:
    (tmp_path / "laps.json").write_text("{}", encoding="utf-8")
    rest = ("--out", str(tmp_path), "--overwrite")
    assert "did you mean country?" in shell.refused("laps", str(model), "--maps", "oval,contry", *rest)
    assert "did you mean WetNoon?" in shell.refused("laps", str(model), "--weathers", "ClearNoon,WetNon", *rest)
    assert "not a recording" in shell.refused("laps", str(model), "--recording", "ghost", *rest)
    assert (tmp_path / "laps.json").read_text(encoding="utf-8") == "{}"


def test_without_a_model_it_says_what_it_wants(shell: Shell) -> None:
    assert "laps requires --model M" in shell.refused("laps")


def test_a_camera_that_the_model_was_not_made_for_is_refused_and_both_are_said(shell: Shell, model: Path) -> None:
    said = shell.refused("laps", "--model", str(model), "--camera.width", "640")
    assert "320x160" in said
    assert "640x160" in said


def test_a_camera_that_is_none_is_refused(shell: Shell, model: Path) -> None:
    assert "at least 1x1 pixels" in shell.refused("laps", "--model", str(model), "--camera.width", "0")


def test_a_card_that_was_tampered_with_is_refused(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "mine"))
    card = read_card(folder)
    write_card(folder, replace(card, camera=replace(card.camera, width=640)))
    said = shell.refused("laps", "--model", "mine", "--home", str(tmp_path))
    assert "640x160" in said
    assert "320x160" in said


def test_a_run_that_cannot_be_driven_is_listed_as_failed_and_the_others_are_driven(
    shell: Shell, tmp_path: Path
) -> None:
    torn = tmp_path / "torn.xodr"
    torn.write_text("<OpenDRIVE>", encoding="utf-8")
    said = shell.refused("laps", *SHORT, "--maps", f"{torn},oval", "--out", str(tmp_path))
    assert "1 of 2 runs could not be driven" in said
    assert "torn.xodr cannot be used" in said
    failed, done = left(tmp_path)["runs"]
    assert [(run["map"], run["status"]) for run in (failed, done)] == [(str(torn), "failed"), ("oval", "done")]
    assert "torn.xodr cannot be used" in failed["reason"]
    assert (failed["offset_sd_m"], done["reason"]) == (None, None)


def test_a_named_server_that_does_not_answer_is_told_before_anything_is_written(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 0.5)
    said = shell.refused("laps", *SHORT, "--carla", "127.0.0.1:1", "--out", str(tmp_path / "out"))
    assert "no CARLA server answers at 127.0.0.1:1" in said
    assert not (tmp_path / "out").exists()


def test_where_the_named_server_stops_answering_nothing_more_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alvinn.world.connection.CONNECT_TIMEOUT", 0.5)
    job = Laps(driver="expert", maps="oval,country", carla="127.0.0.1:1", out=tmp_path)
    with pytest.raises(AlvinnError, match="could not be driven"):
        drive_laps(job, None)
    assert [run["status"] for run in left(tmp_path)["runs"]] == ["failed", "interrupted"]


def test_ctrl_c_lists_every_run_as_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drive_laps(Laps(driver="expert", maps="oval,country", out=tmp_path), None)
    assert [run["status"] for run in left(tmp_path)["runs"]] == ["interrupted"] * 2


WALL_CLOCK = {"realtime_factor", "latency_ms_p50", "latency_ms_p99"}


def figures(folder: Path) -> list[dict[str, Any]]:
    """The runs of a `laps.json` without what no two drives have in common."""
    return [{key: value for key, value in run.items() if key not in WALL_CLOCK} for run in left(folder)["runs"]]


def logs(folder: Path) -> dict[str, list[str]]:
    """Every tick of every run, but for the server's clock, which runs before the car is there."""
    return {
        path.parent.name: [line.partition(",")[2] for line in path.read_text(encoding="utf-8").splitlines()]
        for path in folder.glob("runs/*/log.csv")
    }


def test_ctrl_c_keeps_what_is_finished_resume_drives_the_rest_and_two_at_a_time_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, as each run costs a server's start."""
    job = Laps(driver="expert", map="oval", both_directions=True, km=0.02, camera=TINY, out=tmp_path / "one")
    driven = []

    def once(spec: RunSpec, *rest: Any) -> Result:
        driven.append(spec.run.direction)
        if len(driven) == 2:
            raise KeyboardInterrupt
        return drive_run(spec, *rest)

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", once)
    with pytest.raises(KeyboardInterrupt):
        drive_laps(job, None)
    assert [run["status"] for run in left(tmp_path / "one")["runs"]] == ["done", "interrupted"]
    before = left(tmp_path / "one")["runs"][0]

    results = drive_laps(replace(job, resume=True), None)
    assert driven == ["forward", "reverse", "reverse"]
    assert [result.status for result in results] == ["done", "done"]
    assert left(tmp_path / "one")["runs"][0] == before, "what was kept is what was measured, to the last digit"
    with pytest.raises(MixedError, match=r"laps.json was begun with speed 8.0 \(now 6.0\): choose another --out"):
        drive_laps(replace(job, resume=True, speed=6.0), None)
    with pytest.raises(ResultsError, match=r"holds finished runs \(2\): add --resume .*, --overwrite .* another --out"):
        drive_laps(job, None)
    with pytest.raises(ResultsError, match=r"holds 1 runs that are not asked for now \(oval reverse in ClearNoon\)"):
        drive_laps(replace(job, resume=True, both_directions=False), None)
    assert left(tmp_path / "one")["runs"][0] == before

    drive_laps(replace(job, jobs=2, out=tmp_path / "two"), None)
    assert figures(tmp_path / "two") == figures(tmp_path / "one")
    assert logs(tmp_path / "two") == logs(tmp_path / "one")
    assert len(logs(tmp_path / "two")) == 2
    assert figures(tmp_path / "two")[0]["collisions"] == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sweep_that_is_stopped_from_outside_lists_its_runs_as_interrupted(
    server: Address, tmp_path: Path, number: signal.Signals
) -> None:
    where = ("--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--laps", "99", "--out", str(tmp_path))
    command = [sys.executable, "-m", "alvinn", "laps", "--driver", "expert", "--both-directions", *where]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT) as job:
        until(lambda: any(path.stat().st_size for path in tmp_path.glob("runs/*/log.csv")), "the drive")
        job.send_signal(number)
        _, said = job.communicate()
    assert job.returncode == 130
    assert said.splitlines()[-1] == "interrupted"
    assert [run["status"] for run in left(tmp_path)["runs"]] == ["interrupted"] * 2
    assert (tmp_path / "report.html").is_file()


def test_runs_go_to_the_worker_that_has_their_server_and_else_to_one_that_nobody_has(tmp_path: Path) -> None:
    job = Laps(maps="oval,country,hills", both_directions=True)
    waiting = [
        RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=tmp_path)
        for run in job.list_runs()
    ]
    order = []
    last: list[RunSpec | None] = [None, None]
    for worker in (0, 1, 0, 1, 0, 1):
        chosen = pick_next(waiting, last[worker], [spec for spec in last[:worker] + last[worker + 1 :] if spec])
        last[worker] = chosen
        order.append((worker, chosen.run.map, chosen.run.direction))
    assert order == [
        (0, "oval", "forward"),
        (1, "country", "forward"),
        (0, "oval", "reverse"),
        (1, "country", "reverse"),
        (0, "hills", "forward"),
        (1, "hills", "reverse"),
    ]
    assert waiting == []


class Deadly(Laps):
    """Settings that end the process which unpacks them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (7,)


def test_a_run_that_cannot_begin_or_whose_process_dies_is_a_failed_result(tmp_path: Path) -> None:
    specs = [
        RunSpec(settings=job, run=run, model=tmp_path, camera=SMALL, laps=1, longest=9.0, folder=tmp_path)
        for job in (Laps(map="oval"), Deadly(map="country"))
        for run in job.list_runs()
    ]
    found = {result.run.map: result for result in run_in_parallel(specs, 2, lambda *_: None)}
    assert [found[name].status for name in ("oval", "country")] == ["failed", "failed"]
    assert "is not a model" in str(found["oval"].reason)
    assert found["country"].reason == "its process died with status 7"


def test_a_full_disk_fails_the_run_of_a_worker_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Result:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "log.csv")

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", full)
    monkeypatch.setattr("alvinn.evaluation.runs.signal.signal", lambda *_: None)  # this process still hears Ctrl-C
    ours, theirs = multiprocessing.Pipe()
    job = Laps(driver="expert", map="oval")
    (run,) = job.list_runs()
    ours.send(RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=tmp_path))
    ours.send(None)
    _work(theirs)
    assert ours.recv().reason.startswith("log.csv: No space left on device; free some space")


def test_runs_at_a_time_want_servers_of_their_own(shell: Shell) -> None:
    assert shell.run("laps", *SHORT, "--jobs", "2", "--carla", "127.0.0.1:2000").status == 2


@pytest.mark.parametrize(("sd", "word"), [(0.0, "worse"), (0.5, "better")])
def test_worse_than_before_is_a_failure_and_the_figure_is_said(
    capsys: pytest.CaptureFixture[str], sd: float, word: str
) -> None:
    runs = list(Laps(maps=",".join(f"random:{n}" for n in range(300, 306))).list_runs())
    before = {"model": "old", "runs": [judged([sd, -sd] * 15, run).as_json() for run in runs]}
    results = [judged([0.2, -0.2] * 15, run) for run in runs]
    if word == "worse":
        with pytest.raises(ResultsError, match=r"^offset sd \[m\]: 0.000 before, 0.200 now .* worse$"):
            compare_with_earlier(before, results)
    else:
        compare_with_earlier(before, results)
    assert f"against old: {word}" in capsys.readouterr().out


def test_the_command_of_a_run_asks_for_that_run_alone() -> None:
    job = Laps(driver="expert", maps="oval,random:7", both_directions=True, seeds=2, km=0.1, start=1, camera=TINY)
    for run in job.list_runs():
        again = parse(shlex.split(job.command_for(run))[3:])
        assert list(again.list_runs()) == [run]
        assert again.results_folder() != job.results_folder(), "the results of all stay where they are"
        assert (again.driver, again.km, again.camera, again.laps) == ("expert", 0.1, TINY, 1)


def test_a_recording_alone_is_judged_with_nobody_driving(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "lesson", 200)
    out = tmp_path / "out"
    assert shell.run("laps", "--recording", "lesson", "--home", str(tmp_path), "--out", str(out)).status == 0
    told = left(out)
    assert told["model"] == "expert in lesson, pushed by disturbances"
    (run,) = told["runs"]
    assert (run["map"], run["status"], run["offset_sd_m"]) == ("oval", "done", 0.0)
    assert run["distance_m"] == pytest.approx(199 * 0.4)
    assert "laps --recording lesson" in run["command"]
    (clip,) = out.glob("runs/*/worst.mp4")
    assert poster(clip), "its worst ten seconds are filmed as a drive's are"
    assert "The worst ten seconds of each run" in (out / "report.html").read_text(encoding="utf-8")


def test_expert_and_recording_stand_beside_the_driver_in_one_report(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver is played by the expert as well: what is beside it is what counts."""
    write_recording(tmp_path / "data" / "lesson", 50)
    job = Laps(
        driver="expert", map="oval", km=0.01, camera=TINY, out=tmp_path / "out", home=tmp_path, recording="lesson"
    )
    assert [who for who, _ in judge_baselines(job)] == ["expert in lesson, pushed by disturbances"]
    drive_laps(job, None, judge_baselines(job))
    (beside,) = left(tmp_path / "out")["baselines"]
    assert beside["summary"]["offset_sd_m"] == 0.0
    assert "All are judged by the same rule" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    (clip,) = (tmp_path / "out").glob("runs/*/worst.mp4")
    assert clip.stat().st_size > 0


@pytest.mark.parametrize("flags", [("--jobs", "2", "--ray", "local"), ("--ray", "local", "--carla", "a:1")])
def test_ray_is_instead_of_jobs_and_of_a_named_server(shell: Shell, flags: tuple[str, ...]) -> None:
    assert shell.run("laps", *SHORT, *flags).status == 2


@pytest.mark.parametrize(
    "flags", [("--resume", "--overwrite", "--driver", "expert"), ("--driver", "expert", "--model", "shipped")]
)
def test_flags_that_contradict_each_other_are_wrong_usage(shell: Shell, flags: tuple[str, ...]) -> None:
    assert shell.run("laps", *flags).status == 2


def test_the_laps_of_a_recording_replace_no_others(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "lesson", 50)
    words = ("laps", "--recording", "lesson", "--home", str(tmp_path), "--out", str(tmp_path / "out"))
    assert shell.run(*words).status == 0
    assert "--overwrite" in shell.refused(*words)
    assert shell.run(*words, "--overwrite").status == 0


def test_two_sweeps_into_one_folder_exclude_each_other(shell: Shell, tmp_path: Path) -> None:
    with locked(tmp_path, "written"):
        assert "another process" in shell.refused("laps", *SHORT, "--map", "oval", "--out", str(tmp_path))


def test_a_table_beside_the_json_has_a_row_a_run(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("laps", *SHORT, "--map", "oval", "--out", str(tmp_path)).status == 0
    with (tmp_path / "laps.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    (run,) = left(tmp_path)["runs"]
    assert list(row) == list(run)
    assert float(row["offset_sd_m"]) == run["offset_sd_m"]


def test_a_run_is_driven_judged_and_left_on_disk(
    shell: Shell, tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that learned nothing of roads drives for some simulated seconds, until it is given up."""
    monkeypatch.setattr("alvinn.metrics.referee.PATIENCE", 0.05)
    monkeypatch.setattr("alvinn.metrics.referee.PATIENCE_SECONDS", 4.0)
    monkeypatch.setattr("alvinn.evaluation.runs.FILM_SECONDS", 1.0)
    said = shell.refused("laps", "--model", str(model), "--map", "oval", "--out", str(tmp_path))
    assert said == "1 of 1 runs were not driven to their end"
    told = left(tmp_path)
    assert told["schema"] == 1
    (run,) = told["runs"]
    assert (run["map"], run["direction"], run["status"], run["completed"]) == ("oval", "forward", "done", False)
    assert run["latency_ms_p50"] > 0.0
    assert told["summary"]["departures"] == run["departures"]
    assert {path.name for path in tmp_path.iterdir()} >= {"laps.json", "laps.csv", "report.html", "lap.mp4", "runs"}
    (log,) = tmp_path.glob("runs/*/log.csv")
    with log.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["time"]) - float(rows[0]["time"]) == pytest.approx(run["duration_s"], abs=1e-3)
    assert max(abs(float(row["offset"])) for row in rows) == pytest.approx(run["offset_max_m"], abs=1e-5)


def test_a_model_that_passed_is_to_be_watched_and_one_that_failed_to_be_corrected(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(model, tmp_path / "models" / "mine")
    card = read_card(tmp_path / "models" / "mine")
    write_card(tmp_path / "models" / "mine", replace(card, recordings=({"name": "first"}, {"name": "gone"})))
    job = Laps(home=tmp_path, model="mine")
    job._print_next(passed=False)  # on nothing that is still there
    write_recording(tmp_path / "data" / "first", 3)
    job._print_next(passed=False)
    job._print_next(passed=True)
    commands = [line.partition(" -m alvinn ")[2] for line in capsys.readouterr().out.splitlines()]
    home = f" --home {tmp_path}"
    assert commands == [
        f"drive mine{home}",
        f"correct mine-corrected --data first{home}",
        f"drive mine{home}",
    ]
