"""The study of refinement: its cells, what it does again and what not, its table; a small one for real (long)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alvinn.jobs.refinement_study import Study, StudyCell, change_reward
from alvinn.reinforcement.checkpoint import CHECKPOINT
from alvinn.reinforcement.settings import RefineSettings
from alvinn.util.locks import locked
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.jobs.test_refinement_table import found


class Taught(Study):
    """A study in which nothing is driven: it notes what it would have taught."""

    def _teach(self, cell: StudyCell) -> Path:
        with (self.out / "taught").open("a", encoding="utf-8") as file:
            file.write(f"{cell.name}\n")
        return self.out

    def _judge(self, cell: StudyCell, model: Path) -> dict[str, Any]:
        return found(cell.way, cell.seed, 0)


def study(folder: Path, seeds: int = 1) -> Taught:
    return Taught(RefineSettings(home=folder), folder, seeds)


def test_every_way_has_every_seed_and_every_term_of_the_reward_two() -> None:
    cells = [cell.name for cell in Study(RefineSettings(), Path(), seeds=5).cells()]
    assert cells[:5] == ["clone-0", "dagger-0", "refine-0", "scratch-0", "clone-1"]
    assert cells[20:] == [f"no-{term}-{n}" for n in (0, 1) for term in ("middle", "smooth", "residual", "departure")]


def test_a_cell_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    study(folder).run()
    assert "Clone first, then refine" in (folder / "refine.html").read_text(encoding="utf-8")
    once = (folder / "taught").read_text(encoding="utf-8")
    assert once.splitlines()[:3] == ["clone-0", "dagger-0", "refine-0"]
    study(folder).run()
    assert (folder / "taught").read_text(encoding="utf-8") == once
    (folder / "refine-0.json").unlink()
    study(folder).run()
    assert (folder / "taught").read_text(encoding="utf-8") == once + "refine-0\n"


def test_a_cell_of_other_settings_is_done_anew(tmp_path: Path) -> None:
    study(tmp_path).run()
    once = (tmp_path / "taught").read_text(encoding="utf-8")
    Taught(RefineSettings(home=tmp_path, minutes=5), tmp_path, 1).run()
    assert (tmp_path / "taught").read_text(encoding="utf-8") == 2 * once


def test_a_cell_that_another_run_is_doing_is_left_to_it(tmp_path: Path) -> None:
    with locked(tmp_path / "study" / "dagger-0", "done"):
        study(tmp_path).run()
    assert not (tmp_path / "dagger-0.json").exists()
    assert (tmp_path / "refine-0.json").exists()
    study(tmp_path).run()
    assert (tmp_path / "taught").read_text(encoding="utf-8").endswith("no-departure-0\ndagger-0\n")


@pytest.fixture
def refined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[bool]]:
    """Teaches a cell, with a stand-in for the refinement that ends or is interrupted; returns which calls resumed."""

    def teach(*, ends: bool) -> list[bool]:
        resumed: list[bool] = []

        def refine(job: RefineSettings) -> None:
            resumed.append(job.resume)
            folder = job.model_folder(job.name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "card.json").touch()
            (folder / CHECKPOINT).touch()
            if ends:
                (folder / CHECKPOINT).unlink()

        monkeypatch.setattr("alvinn.reinforcement.run.refine", refine)
        Study(RefineSettings(home=tmp_path), tmp_path)._refined(StudyCell("scratch", 0), tmp_path)
        return resumed

    return teach


def test_a_refinement_that_was_interrupted_is_not_judged_and_is_resumed_by_the_next_run(
    refined: Callable[..., list[bool]],
) -> None:
    with pytest.raises(KeyboardInterrupt):
        refined(ends=False)
    assert refined(ends=True) == [True]


def test_a_refinement_that_ended_is_not_done_again_where_only_its_laps_are_missing(
    refined: Callable[..., list[bool]],
) -> None:
    assert refined(ends=True) == [False]
    assert refined(ends=True) == []


@pytest.mark.parametrize(
    "words", [("name",), ("--model", "shipped"), ("--from-scratch",), ("--resume",), ("--seeds", "0")]
)
def test_a_study_takes_no_clone_of_yours(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell.run("refine", *words, "--study").status == 2


@pytest.mark.long
def test_a_small_study_runs_to_its_table(tmp_path: Path) -> None:
    settings = RefineSettings(home=tmp_path, minutes=2, warm_up=1, maps="oval", exams="random:301")
    small = Study(settings, tmp_path, seeds=1, circuits="random:302", km=0.05, seconds=5.0)
    small.run()
    cells = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(tmp_path.glob("*-0.json"))]
    assert [cell["way"] for cell in cells] == [
        "clone", "dagger", "no-departure", "no-middle", "no-residual", "no-smooth", "refine", "scratch",
    ]  # fmt: skip
    assert all(cell["laps"] == 2 for cell in cells)
    assert len((tmp_path / "table.md").read_text(encoding="utf-8").splitlines()) == 10
    assert "no-departure" in (tmp_path / "refine.html").read_text(encoding="utf-8")


def test_a_term_is_left_out_by_its_weight_and_random_weights_may_jerk_at_first() -> None:
    assert change_reward("refine") == {}
    assert change_reward("no-middle") == {"middle": 0.0}
    assert change_reward("scratch")["smooth"] < RefineSettings().reward.smooth
