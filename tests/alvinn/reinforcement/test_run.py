"""A whole refinement, on paper: minutes of 3 seconds, noise for pictures."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alvinn.drivers.network import NetworkDriver
from alvinn.errors import BusyError, ModelError, ServerError
from alvinn.jobs.refine import Refine
from alvinn.networks.inference import CHECKPOINT as TRAINING
from alvinn.networks.inference import Network, read_card
from alvinn.reinforcement import run as module
from alvinn.reinforcement.checkpoint import CHECKPOINT, HISTORY, read_history
from alvinn.reinforcement.clone import load_clone
from alvinn.reinforcement.progress import RefinementBar
from alvinn.reinforcement.run import refine, select_settings
from alvinn.reinforcement.settings import RefineSettings
from alvinn.settings import Home
from alvinn.training.model_folder import BEGUN, is_trained, is_unfinished
from alvinn.util.locks import LOCK, locked
from tests.alvinn.reinforcement.paper import PaperTask
from tests.alvinn.reinforcement.test_residual import seen


@pytest.fixture(autouse=True)
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MINUTE", 60)
    monkeypatch.setattr(module, "CHUNK", 20)
    monkeypatch.setattr(module, "WATCHING", 2)
    monkeypatch.setattr(module, "LaneKeeping", PaperTask)


def job(home: Path, clone: Path, **changed: Any) -> RefineSettings:
    wanted = RefineSettings(home=home, name="better", model=str(clone), minutes=4, warm_up=1, exam_every=2)
    return replace(wanted, **changed)


def answers(folder: Path) -> list[float]:
    driver = NetworkDriver(Network(folder))
    return [driver.decide(seen(number)).curvature for number in range(10)]


def cut(wanted: RefineSettings) -> Path:
    """Refine until it is interrupted; returns the folder of the new model."""
    with pytest.raises(KeyboardInterrupt):
        refine(wanted)
    return wanted.model_folder(wanted.name)


def interrupt_after(monkeypatch: pytest.MonkeyPatch, ticks: int) -> None:
    class Interrupted(PaperTask):
        def step(self, curvature: float) -> Any:
            if self.ticks == ticks:
                raise KeyboardInterrupt
            return super().step(curvature)

    monkeypatch.setattr(module, "LaneKeeping", Interrupted)


def test_a_model_folder_comes_out_that_drives_and_says_what_it_was_refined_from(model: Path, tmp_path: Path) -> None:
    folder = refine(job(tmp_path, model))
    card = read_card(folder)
    assert card.refined is not None
    assert card.refined["from"] == str(model)
    assert card.refined["reward"] == {"middle": 5.0, "smooth": 15.0, "residual": 0.02, "departure": 20.0}
    assert card.refined["minutes"] == 4
    assert card.refined["speed"] == 8.0
    assert set(card.metrics) == {
        "exam_minute", "exam_return", "exam_offset_sd_m", "exam_offset_max_m", "exam_jerk_rms_mps3",
        "exam_residual_mean_1pm", "exam_departures",
    }, "the clone's errors on held-out frames are not this network's"  # fmt: skip
    assert card.exam is None
    assert np.isfinite(answers(folder)).all()
    lines = (folder / HISTORY).read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        "exam", "warm-up", "learning", "exam", "learning", "learning", "exam",
    ]  # fmt: skip
    assert not (folder / CHECKPOINT).exists()


def test_a_model_belongs_to_the_server_that_it_was_refined_on(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "find_server_kind", lambda _: "full")
    assert read_card(model).server == "embedded"
    assert read_card(refine(job(tmp_path, model, minutes=2))).server == "full"
    assert "was trained on the embedded server and drives on a full CARLA" in " ".join(capsys.readouterr().out.split())


def test_the_card_names_a_clone_as_model_finds_it(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clone = Path(shutil.copytree(model, Path("models") / "mine" / "round-003"))
    interrupt_after(monkeypatch, ticks=60 + 30)
    card = read_card(cut(job(Path(), clone)))
    assert card.refined is not None
    assert Home().find_model(card.refined["from"]) == clone


@pytest.mark.long
def test_the_same_seed_gives_the_same_model_and_another_another(model: Path, tmp_path: Path) -> None:
    first = refine(job(tmp_path / "1", model))
    again = refine(job(tmp_path / "2", model))
    other = refine(job(tmp_path / "3", model, seed=1))
    table = (first / HISTORY).read_bytes()
    assert (again / HISTORY).read_bytes() == table
    assert (other / HISTORY).read_bytes() != table
    assert answers(again) == answers(first)


@pytest.mark.long
def test_ctrl_c_keeps_the_best_so_far_and_resume_goes_on_to_the_same_end(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = refine(job(tmp_path / "whole", model))
    with monkeypatch.context() as patch:
        interrupt_after(patch, ticks=60 * 4 + 30)  # in the third minute, after two exams
        folder = cut(job(tmp_path / "cut", model))
    assert np.isfinite(answers(folder)).all()
    assert read_card(folder).refined["minutes"] == 2  # type: ignore[index]
    assert (folder / CHECKPOINT).exists()
    refine(job(tmp_path / "cut", model, resume=True))
    assert (folder / HISTORY).read_bytes() == (whole / HISTORY).read_bytes()
    assert answers(folder) == answers(whole)
    assert not (folder / CHECKPOINT).exists()


@pytest.mark.long
def test_ctrl_c_in_the_last_exam_leaves_that_exam_to_resume(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        interrupt_after(patch, ticks=60 * 2 + 60 + 30)  # clone's exam, two minutes, half of the exam after them
        folder = cut(job(tmp_path, model, minutes=2))
    assert "interrupted after 1 of 2 minutes" in capsys.readouterr().out
    assert [entry["minute"] for entry in read_history(folder)] == [0, 1]
    assert read_card(folder).refined["minutes"] == 1  # type: ignore[index]
    refine(job(tmp_path, model, minutes=2, resume=True))
    assert [entry["minute"] for entry in read_history(folder)] == [0, 1, 2, 2]
    assert not (folder / CHECKPOINT).exists()


def test_ctrl_c_before_the_first_exam_leaves_nothing_but_the_lock(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_after(monkeypatch, ticks=10)
    assert [path.name for path in cut(job(tmp_path, model)).iterdir()] == [LOCK]


def test_one_name_is_refined_by_one_process_at_a_time(model: Path, tmp_path: Path) -> None:
    wanted = job(tmp_path, model)
    with locked(wanted.model_folder(wanted.name), "refined"), pytest.raises(BusyError, match="is being refined by"):
        refine(wanted)


def test_a_clone_that_nothing_beats_comes_out_as_it_was(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt_after(monkeypatch, ticks=60 + 30)  # in the warm-up: its own exam is the only one
    folder = cut(job(tmp_path, model))
    assert answers(folder) == answers(model)


def test_a_refinement_that_replaces_a_training_leaves_nothing_of_it_nor_of_what_was_derived_from_it(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "better"
    (folder / "laps").mkdir(parents=True)
    for name in (TRAINING, BEGUN, "learn.json", "history.csv", "features.png"):
        (folder / name).write_text("of an interrupted training", encoding="utf-8")
    interrupt_after(monkeypatch, ticks=60 + 30)
    cut(job(tmp_path, model, overwrite=True))
    assert is_trained(folder)
    assert not is_unfinished(folder)
    assert not any((folder / name).exists() for name in ("learn.json", "history.csv", "features.png", "laps"))


def test_a_model_stays_until_the_refinement_that_replaces_it_has_something_to_show(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "models" / "better"))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    interrupt_after(monkeypatch, ticks=30)
    cut(job(tmp_path, model, overwrite=True))
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in before} == before


def test_the_flags_of_the_command_are_no_settings_of_the_refinement(model: Path, tmp_path: Path) -> None:
    clone = load_clone(model, None)
    command = Refine(home=tmp_path, name="better", model=str(model))
    assert select_settings(command, clone) == select_settings(RefineSettings(), clone)
    json.dumps(select_settings(command, clone))


@pytest.mark.long
def test_resuming_wants_the_settings_that_it_was_begun_with(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="no interrupted refinement to resume"):
        refine(job(tmp_path, model, resume=True))
    with monkeypatch.context() as patch:
        interrupt_after(patch, ticks=60 * 3)
        folder = cut(job(tmp_path, model))
    with pytest.raises(ModelError, match=r"begun with seed 0, not 5: resume it with the same"):
        refine(job(tmp_path, model, resume=True, seed=5))
    (folder / CHECKPOINT).write_bytes(b"PK\x03\x04")
    with pytest.raises(ModelError, match="is damaged"):
        refine(job(tmp_path, model, resume=True))


def test_a_server_that_dies_is_one_sentence_that_says_how_to_go_on(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dying(PaperTask):
        def step(self, curvature: float) -> Any:
            if self.ticks == dies_after:
                raise ServerError("the server stopped answering")
            return super().step(curvature)

    monkeypatch.setattr(module, "LaneKeeping", Dying)
    dies_after = 30  # in the first exam: there is nothing to resume
    with pytest.raises(ServerError, match=r"the server stopped answering$"):
        refine(job(tmp_path, model))
    dies_after = 60 * 2 + 30
    with pytest.raises(ServerError, match=r"the server stopped answering; --resume continues after minute 1$"):
        refine(job(tmp_path, model))


def test_the_bar_says_that_an_exam_is_being_driven(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Spy(RefinementBar):
        def announce(self, note: str) -> None:
            super().announce(note)
            announced.append(note)

    announced: list[str] = []
    monkeypatch.setattr(module, "RefinementBar", Spy)
    interrupt_after(monkeypatch, ticks=60 + 30)
    cut(job(tmp_path, model, exams="hills,oval"))
    assert announced == ["exam, circuit 1 of 2", "exam, circuit 2 of 2"]


@pytest.mark.long
def test_from_scratch_begins_with_a_network_that_steers_straight_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "find_server_kind", lambda _: "full")
    folder = refine(job(tmp_path, tmp_path, model=None, from_scratch=True))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["refined"]["from"] == "random weights"
    assert card["server"] == "full"
    assert card["refined"]["limits"]["bound"] == 0.15
    assert np.isfinite(answers(folder)).all()
