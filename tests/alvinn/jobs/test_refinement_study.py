"""The study of refinement: its cells, what it does again and what not, its table; a small one for real (long)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import MixedError, TakenError
from alvinn.jobs.laps import Laps
from alvinn.jobs.refinement_study import Study, StudyCell
from alvinn.jobs.refinement_table import change_reward
from alvinn.reinforcement.checkpoint import CHECKPOINT
from alvinn.reinforcement.reward import Reward
from alvinn.reinforcement.settings import RefineSettings
from alvinn.settings import Driving
from alvinn.util.locks import locked
from tests.alvinn.jobs.cli import Shell
from tests.alvinn.jobs.test_refinement_table import found

CELLS = Path(__file__).parents[3] / "docs" / "experiments" / "refine"


class Taught(Study):
    """A study in which nothing is driven: it notes what it would have taught."""

    def _teach(self, cell: StudyCell) -> Path:
        with (self.out / "taught").open("a", encoding="utf-8") as file:
            file.write(f"{cell.name}\n")
        return self.out

    def _judge(self, cell: StudyCell, model: Path) -> dict[str, Any]:
        judged = found(cell.way, cell.seed, 0)
        del judged["settings"]
        return judged


def study(folder: Path, seeds: int = 1) -> Taught:
    return Taught(RefineSettings(home=folder), folder, seeds)


def test_every_way_has_every_seed_and_every_term_of_the_reward_two() -> None:
    cells = [cell.name for cell in Study(RefineSettings(), Path(), seeds=5).cells()]
    assert cells[:5] == ["clone-0", "dagger-0", "refine-0", "scratch-0", "clone-1"]
    assert cells[20:] == [f"no-{term}-{n}" for n in (0, 1) for term in ("middle", "smooth", "residual", "departure")]


def test_a_cell_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    study(folder).run()
    page = (folder / "refine.html").read_text(encoding="utf-8")
    assert "Clone first, then refine" in page
    assert "middle 1 and smooth 0.5" in page, "the weights of scratch"
    once = (folder / "taught").read_text(encoding="utf-8")
    assert once.splitlines()[:3] == ["clone-0", "dagger-0", "refine-0"]
    study(folder).run()
    assert (folder / "taught").read_text(encoding="utf-8") == once
    (folder / "refine-0.json").unlink()
    study(folder).run()
    assert (folder / "taught").read_text(encoding="utf-8") == once + "refine-0\n"


def test_a_cell_of_other_settings_is_never_replaced(tmp_path: Path) -> None:
    study(tmp_path).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(MixedError, match=r"clone-0\.json was begun with minutes 20 \(now 5\): choose another --out$"):
        Taught(RefineSettings(home=tmp_path / "other", minutes=5), tmp_path, 1).run()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_table_that_is_none_of_a_study_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "table.md").write_text("mine", encoding="utf-8")
    with pytest.raises(TakenError, match=r"holds table\.md but no clone-0\.json"):
        study(tmp_path).run()
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"bound": 0.05}, r"bound none \(now 0.05\)"),
        ({"minutes": 5}, r"minutes 20 \(now 5\)"),
        ({"reward": Reward(smooth=1.0)}, r"reward middle 5.0 \(now 1.0\), reward smooth 15.0 \(now 1.0\)"),
    ],
)
def test_the_models_of_a_home_are_never_taken_for_those_of_other_settings(
    tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    study(tmp_path).run()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(MixedError, match=rf"was begun with {says}: choose another --home$"):
        Taught(RefineSettings(home=tmp_path, **changed), tmp_path, 1).run()
    with pytest.raises(MixedError, match=r"seconds 120.0 \(now 5.0\)"):
        Taught(RefineSettings(home=tmp_path), tmp_path, 1, seconds=5.0).run()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_second_run_and_more_seeds_share_the_home(tmp_path: Path) -> None:
    study(tmp_path).run()
    study(tmp_path, seeds=2).run()
    assert (tmp_path / "refine-1.json").exists()


@pytest.mark.parametrize("path", sorted(CELLS.glob("*.json")), ids=lambda path: path.stem)
def test_the_cells_in_the_docs_are_those_of_the_settings_that_the_docs_name(path: Path) -> None:
    assert Study(RefineSettings(minutes=12), CELLS)._is_done(StudyCell(*split(path.stem)))


def split(name: str) -> tuple[str, int]:
    way, _, seed = name.rpartition("-")
    return way, int(seed)


def test_the_expert_dagger_and_the_laps_drive_as_fast_and_in_the_weather_that_refinement_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Driving] = []

    def note(job: Driving, *_: Any, **__: Any) -> None:
        asked.append(job)
        raise KeyboardInterrupt

    for name in ("record_once", "correct", "drive_laps"):
        monkeypatch.setattr(f"alvinn.jobs.refinement_study.{name}", note)
    monkeypatch.setattr(Laps, "open_network", lambda _: None)
    wet = Study(RefineSettings(home=tmp_path, speed=6.0, weather="WetNoon"), tmp_path)
    for step in (
        lambda: wet._clone(0),
        lambda: wet._dagger(StudyCell("dagger", 0)),
        lambda: wet._judge(StudyCell("clone", 0), tmp_path),
    ):
        with pytest.raises(KeyboardInterrupt):
            step()
    assert [(type(job).__name__, job.speed, job.weather) for job in asked] == [
        ("Record", 6.0, "WetNoon"),
        ("Correct", 6.0, "WetNoon"),
        ("Laps", 6.0, "WetNoon"),
    ]


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

        def refine(job: RefineSettings, advice: str) -> None:
            resumed.append(job.resume)
            folder = job.model_folder(job.name)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "card.json").touch()
            (folder / CHECKPOINT).touch()
            if not ends:
                raise KeyboardInterrupt
            (folder / CHECKPOINT).unlink()

        monkeypatch.setattr("alvinn.reinforcement.run.refine", refine)
        Study(RefineSettings(home=tmp_path), tmp_path)._refine(StudyCell("scratch", 0), tmp_path)
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
    "words",
    [
        ("name",),
        ("--model", "shipped"),
        ("--from-scratch",),
        ("--resume",),
        ("--overwrite",),
        ("--seed", "3"),
        ("--seeds", "0"),
        ("--carla", "127.0.0.1:2000"),
        ("--weathers", "ClearNoon,WetNoon"),
    ],
)
def test_what_a_study_has_no_use_for_is_refused_before_anything_is_done(
    shell: Shell, tmp_path: Path, words: tuple[str, ...]
) -> None:
    home = ("--home", str(tmp_path / "home"), "--out", str(tmp_path / "out"))
    assert shell.run("refine", *words, "--study", *home).status == 2
    assert not list(tmp_path.iterdir())


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
