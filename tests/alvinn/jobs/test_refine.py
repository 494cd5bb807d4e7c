"""`refine` on the command line: what it refuses, and (long) a whole minute of it on a server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psutil
import pytest

from alvinn.jobs.refine import judge_exams
from alvinn.networks.inference import CHECKPOINT as TRAINING
from alvinn.networks.inference import read_card, write_card
from alvinn.reinforcement.checkpoint import CHECKPOINT, HISTORY
from alvinn.reinforcement.lane_keeping import LaneKeeping, Tick
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.reinforcement.paper import PaperTask


def test_a_name_and_one_thing_to_begin_with_are_wanted(shell: Shell, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    for words in (("--model", "shipped"), ("better",)):
        assert shell.misused("refine", *words, *home).startswith("refine requires a name and a clone")
    assert "exclude each other" in shell.misused("refine", "better", "--model", "shipped", "--from-scratch", *home)


def test_a_refinement_ends_with_what_its_exams_found() -> None:
    found = {"exam_minute": 8.0, "exam_offset_sd_m": 0.0512, "exam_jerk_rms_mps3": 0.734}
    assert judge_exams(found) == (
        "its exam after minute 8 was the best, offset sd 0.051 m, requested jerk 0.73 m/s3 rms"
    )
    assert "it drives as its clone does" in judge_exams(found | {"exam_minute": 0.0})


def test_the_clone_is_never_overwritten(shell: Shell, model: Path, tmp_path: Path) -> None:
    for spelled in (model, model.parent / ".." / model.parent.name / model.name):
        words = ("refine", str(model), "--model", str(spelled), "--overwrite", "--home", str(tmp_path))
        assert "stays as it is: give the refined model another name" in shell.refused(*words)


def test_a_model_of_that_name_is_never_lost(shell: Shell, model: Path, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "models" / "better")
    words = ("refine", "better", "--model", str(model), "--home", str(tmp_path))
    assert "holds a model already: choose another name, or add --overwrite" in shell.refused(*words)


def test_an_interrupted_refinement_is_never_lost(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "better"
    folder.mkdir(parents=True)
    (folder / CHECKPOINT).write_bytes(b"hours of driving")
    said = shell.refused("refine", "better", "--model", str(model), "--home", str(tmp_path))
    assert "holds an interrupted refinement: add --resume to continue it, or --overwrite to begin anew" in said
    assert (folder / CHECKPOINT).read_bytes() == b"hours of driving"


def test_an_interrupted_training_is_never_lost_nor_mixed_with_a_refinement(
    shell: Shell, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "models" / "better"
    folder.mkdir(parents=True)
    (folder / TRAINING).write_bytes(b"hours of training")
    said = shell.refused("refine", "better", "--model", str(model), "--home", str(tmp_path))
    assert "holds an interrupted training: choose another name, or add --overwrite to replace it" in said
    said = shell.refused("refine", "better", "--model", str(model), "--resume", "--home", str(tmp_path))
    assert "holds no interrupted refinement to resume" in said
    assert (folder / TRAINING).read_bytes() == b"hours of training"


def test_no_model_is_no_clone(shell: Shell, tmp_path: Path) -> None:
    said = shell.refused("refine", "better", "--model", "nobody", "--home", str(tmp_path))
    assert "nobody is not a model" in said


def test_a_model_that_was_refined_is_no_clone(shell: Shell, model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "better"
    shutil.copytree(model, folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8")) | {"refined": {"from": "first"}}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    said = shell.refused("refine", "best", "--model", "better", "--home", str(tmp_path))
    assert "was refined already: start from first, the model it was refined from" in said


def test_a_clone_whose_camera_does_not_fit_its_preprocessing_is_refused(
    shell: Shell, model: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    folder = tmp_path / "models" / "squint"
    shutil.copytree(model, folder)
    card = read_card(folder)
    write_card(folder, replace(card, camera=replace(card.camera, width=64, height=32)))
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    said = shell.refused("refine", "better", "--model", "squint", "--home", str(tmp_path))
    assert "names the camera 64x32" in said
    assert "320x160" in said
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before


@pytest.mark.parametrize(
    "words",
    [
        ("--reward.smooth", "nan"),
        ("--reward.smooth", "inf"),
        ("--reward.departure", "-inf"),
        ("--reward.middle", "-1"),
        ("--reward.departure", "much"),
        ("--minutes", "0"),
        ("--minutes", "2", "--warm-up", "2"),
        ("--bound", "nan"),
        ("--maps", "random:211,random:212"),
        ("--maps", "random:212,random:212"),
        ("--maps", "random:211,oval", "--exams", "Random:211"),
    ],
    ids=" ".join,
)
def test_a_flag_of_no_use_is_wrong_usage(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("refine", "better", "--model", "shipped", *words).status == 2


def test_a_map_that_is_not_there_is_one_sentence_and_leaves_no_server(
    shell: Shell, model: Path, tmp_path: Path
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    said = shell.misused("refine", "better", "--model", str(model), "--exams", "atlantis", "--home", str(tmp_path))
    assert "atlantis" in said
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MINUTE", 40), ("CHUNK", 20), ("WATCHING", 1)):
        monkeypatch.setattr(f"alvinn.reinforcement.run.{name}", value)


def at_tick(monkeypatch: pytest.MonkeyPatch, tick: int, act: Callable[[], None]) -> None:
    """Has something happen at a tick of a refinement, exams included."""
    step, ticks = LaneKeeping.step, count()

    def disturbed(self: LaneKeeping, curvature: float) -> Tick:
        if next(ticks) == tick:
            act()
        return step(self, curvature)

    monkeypatch.setattr(LaneKeeping, "step", disturbed)


SHORT = ("--minutes", "2", "--warm-up", "1", "--maps", "oval", "--exams", "country")
IN_THE_SECOND_MINUTE = 40 + 40 + 20  # after the clone's exam and the warm-up


@pytest.mark.usefixtures("short_minutes")
def test_an_interrupted_refinement_ends_with_status_130_and_says_that_it_is_not_done(
    shell: Shell, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(PaperTask):
        def step(self, curvature: float) -> Tick:
            if self.ticks == IN_THE_SECOND_MINUTE:
                raise KeyboardInterrupt
            return super().step(curvature)

    monkeypatch.setattr("alvinn.reinforcement.run.LaneKeeping", Interrupted)
    said = shell.run("refine", "better", "--model", str(model), *SHORT, "--home", str(tmp_path))
    assert said.status == 130
    told = " ".join(said.out.split())
    assert "interrupted after 1 of 2 minutes, so it is not done: the best so far is in" in told
    assert "--resume continues" in told
    assert "next:" not in told


@pytest.mark.long
@pytest.mark.usefixtures("short_minutes")
def test_a_refined_model_drives_and_is_compared_like_any_other(shell: Shell, model: Path, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    shutil.copytree(model, tmp_path / "models" / "mine")
    assert shell.run("refine", "better", "--model", "mine", *SHORT, *home).status == 0
    for name in ("mine", "better"):
        shell.run("laps", "--model", name, "--map", "oval", "--km", "0.05", *home)
        laps = json.loads((tmp_path / "models" / name / "laps" / "laps.json").read_text(encoding="utf-8"))
        assert [run["status"] for run in laps["runs"]] == ["done"]
    assert shell.run("compare", "mine", "better", *home, "--out", str(tmp_path / "compare.html")).status == 0
    drive = ("drive", "--model", "better", "--map", "oval", "--headless", "--seconds", "1")
    assert shell.run(*drive, *home).status == 0
    assert shell.run("card", "better", *home).status == 0


@pytest.mark.long
@pytest.mark.usefixtures("short_minutes")
def test_a_resumed_refinement_ends_as_an_uninterrupted_one_on_the_embedded_server(
    shell: Shell, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    words = ("refine", "better", "--model", str(model), *SHORT)
    whole, cut = (tmp_path / name / "models" / "better" for name in ("whole", "cut"))
    assert shell.run(*words, "--home", str(tmp_path / "whole")).status == 0
    with monkeypatch.context() as patch:
        at_tick(patch, IN_THE_SECOND_MINUTE, interrupt)
        assert shell.run(*words, "--home", str(tmp_path / "cut")).status == 130
    assert (cut / CHECKPOINT).exists()
    assert shell.run(*words, "--resume", "--home", str(tmp_path / "cut")).status == 0
    for name in (HISTORY, "network.tflite"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.long
@pytest.mark.usefixtures("short_minutes")
def test_a_server_that_dies_is_one_sentence_that_names_resume_and_leaves_no_process(
    shell: Shell, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill_the_server() -> None:
        for child in psutil.Process().children():
            if child.pid not in before:
                child.kill()

    before = {child.pid for child in psutil.Process().children(recursive=True)}
    at_tick(monkeypatch, IN_THE_SECOND_MINUTE, kill_the_server)
    said = shell.refused("refine", "better", "--model", str(model), *SHORT, "--home", str(tmp_path))
    assert said.endswith("--resume continues after minute 1")
    assert {child.pid for child in psutil.Process().children(recursive=True)} == before
