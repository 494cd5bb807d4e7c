from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import AlvinnError, ResultsError
from alvinn.evaluation.laps import drive_laps
from alvinn.evaluation.outcome import compare_with_earlier
from alvinn.jobs.laps import Laps
from alvinn.metrics.referee import unfinished_result
from alvinn.metrics.results import write_laps
from alvinn.networks.inference import read_card, write_card
from alvinn.settings import CameraFlags
from alvinn.util.locks import locked
from alvinn.util.replaced import ASIDE
from alvinn.util.video import poster
from tests.alvinn.cockpit.desktop import until
from tests.alvinn.fakes import write_recording
from tests.alvinn.fixtures import ROOT
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.judged import HEAD, RUN, judged, sum_up
from tests.conftest import Address
from tests.platforms import posix

TINY = CameraFlags(width=64, height=32)
SHORT = ("--driver", "expert", "--km", "0.01", "--camera.width", "64", "--camera.height", "32")
"""An expert that drives ten metres."""


def left(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "laps.json").read_text(encoding="utf-8"))
    return content


def test_a_model_folder_that_is_missing_is_refused(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("laps", "--model", "ghost", "--home", str(tmp_path))
    assert "ghost is not a model" in said


def test_what_is_mistyped_is_named_before_an_earlier_result_is_replaced(
    shell: Shell, tmp_path: Path, model: Path
) -> None:
    (tmp_path / "laps.json").write_text("{}", encoding="utf-8")
    rest = ("--out", str(tmp_path), "--overwrite")
    assert "did you mean country?" in shell.misused("laps", str(model), "--maps", "oval,contry", *rest)
    assert "did you mean WetNoon?" in shell.misused("laps", str(model), "--weathers", "ClearNoon,WetNon", *rest)
    assert "not a recording" in shell.refused("laps", str(model), "--recording", "ghost", *rest)
    assert (tmp_path / "laps.json").read_text(encoding="utf-8") == "{}"


def test_without_a_model_it_says_what_it_wants(shell: Shell) -> None:
    assert "laps requires --model M" in shell.misused("laps")


def test_a_camera_that_the_model_was_not_made_for_is_refused_and_both_are_said(shell: Shell, model: Path) -> None:
    said = shell.refused("laps", "--model", str(model), "--camera.width", "640")
    assert "320x160" in said
    assert "640x160" in said


def test_another_camera_and_a_handicap_are_driven_with_if_asked_for_and_noted_beside_the_results(
    shell: Shell, model: Path, tmp_path: Path
) -> None:
    harder = ("--other-camera", "--camera.pitch", "-5", "--handicap.latency", "0.1", "--no-films")
    said = shell.run("laps", str(model), "--map", "oval", "--km", "0.01", "--out", str(tmp_path / "out"), *harder)
    assert said.status == 0, said.err
    settings = left(tmp_path / "out")["settings"]
    assert settings["camera"]["pitch"] == -5.0
    assert settings["handicap"] == {"latency": 0.1, "rate": None, "exposure": 0.0}
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "latency 0.1; camera pitch -5" in report


def test_a_camera_that_is_none_is_refused(shell: Shell, model: Path) -> None:
    assert "at least 1x1 pixels" in shell.misused("laps", "--model", str(model), "--camera.width", "0")


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


def test_runs_at_a_time_want_servers_of_their_own(shell: Shell) -> None:
    assert shell.run("laps", *SHORT, "--jobs", "2", "--carla", "127.0.0.1:2000").status == 2


@pytest.mark.parametrize(("sd", "word"), [(0.0, "worse"), (0.5, "better")])
def test_worse_than_before_is_a_failure_and_the_figure_is_said(
    capsys: pytest.CaptureFixture[str], sd: float, word: str
) -> None:
    runs = list(Laps(maps=",".join(f"random:{n}" for n in range(300, 306))).list_runs())
    before = {"model": "old", "runs": [judged([sd, -sd] * 15, run).as_json() for run in runs]}
    results = {"model": "new", "runs": [judged([0.2, -0.2] * 15, run).as_json() for run in runs]}
    if word == "worse":
        with pytest.raises(ResultsError, match=r"^offset sd \[m\]: 0.000 before, 0.200 now .* worse$"):
            compare_with_earlier(before, results)
    else:
        compare_with_earlier(before, results)
    assert f"against old: {word}" in capsys.readouterr().out


def test_what_cannot_be_compared_with_is_told_before_anything_is_driven(shell: Shell, tmp_path: Path) -> None:
    before, out = tmp_path / "before", tmp_path / "out"
    failed = unfinished_result(RUN, "failed")
    write_laps(before, HEAD, [failed.as_json()], sum_up(failed))
    said = shell.refused("laps", *SHORT, "--map", "oval", "--against", str(before), "--out", str(out))
    assert "has no run that was driven" in said
    assert not out.exists()


def test_what_was_not_driven_alike_is_said_beside_the_comparison(capsys: pytest.CaptureFixture[str]) -> None:
    runs = list(Laps(maps=",".join(f"random:{n}" for n in range(300, 306))).list_runs())
    before, now = (
        {
            "model": "old",
            "settings": {"speed": speed},
            "runs": [judged([0.1, -0.1] * 15, replace(run, seed=seed)).as_json() for run in runs],
        }
        for speed, seed in ((8.0, 0), (5.0, 1))
    )
    compare_with_earlier(before, now)
    said = " ".join(capsys.readouterr().out.split())
    assert "the earlier laps and these drove no run alike" in said
    assert "the earlier laps and these were driven with another speed" in said


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
    assert "<video" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("asked", [True, False])
def test_the_report_is_opened_where_that_is_asked_for(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, asked: bool
) -> None:
    write_recording(tmp_path / "data" / "lesson", 60)
    out, opened = tmp_path / "out", list[str]()
    monkeypatch.setattr("webbrowser.open", opened.append)
    arguments = ("laps", "--recording", "lesson", "--home", str(tmp_path), "--out", str(out))
    assert shell.run(*arguments, *(["--open"] if asked else [])).status == 0
    assert opened == ([(out / "report.html").as_uri()] if asked else [])


@pytest.mark.parametrize("flags", [("--jobs", "2", "--ray", "local"), ("--ray", "local", "--carla", "a:1")])
def test_ray_is_instead_of_jobs_and_of_a_named_server(shell: Shell, flags: tuple[str, ...]) -> None:
    assert shell.run("laps", *SHORT, *flags).status == 2


@pytest.mark.parametrize(
    "flags", [("--resume", "--overwrite", "--driver", "expert"), ("--driver", "expert", "--model", "shipped")]
)
def test_flags_that_contradict_each_other_are_wrong_usage(shell: Shell, flags: tuple[str, ...]) -> None:
    assert shell.run("laps", *flags).status == 2


def test_results_stay_where_nothing_could_be_driven_in_their_place(
    shell: Shell, tmp_path: Path, server: Address
) -> None:
    sweep = ("laps", "--driver", "expert", "--carla", f"{server[0]}:{server[1]}", "--map", "oval", "--km", "0.02")
    rest = ("--no-films", "--out", str(tmp_path))
    assert shell.run(*sweep, *rest).status == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    assert "has starting points" in shell.refused(*sweep, *rest, "--overwrite", "--start", "999")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before
    assert shell.run(*sweep, *rest, "--overwrite").status == 0
    assert not (tmp_path / ASIDE).exists()


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


def test_a_recording_alone_is_not_driven_so_flags_of_driving_are_refused(shell: Shell) -> None:
    said = shell.run("laps", "--recording", "mine", "--with-expert", "--maps", "oval")
    assert said.status == 2
    assert "leave out --maps, --with-expert, or name a model that drives" in " ".join(
        said.err.replace("│", " ").split()
    )
