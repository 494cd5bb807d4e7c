from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from alvinn.errors import AlvinnError, MixedError, TakenError
from alvinn.online import table
from alvinn.online.settings import LearnSettings
from alvinn.online.story import Attempt, Story
from tests.alvinn.fixtures import ROOT


class Lessons:
    """Writes stories instead of teaching: alvinn1991 never converges, conv after 50 s and 10 more for each seed."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.broken = ""

    def __call__(self, job: LearnSettings, *, keep_interrupted: bool) -> Story:
        assert not keep_interrupted  # the cell is done anew
        self.held.append(job.name)
        if job.name == self.broken:
            raise AlvinnError("the server is gone")
        story = Story(job.network, job.teacher, job.map, job.direction, job.weather, job.seed, watched_s=300.0)
        if job.network == "conv":
            story.outcome, story.first_unaided_lap_after_s = "drove a lap", 50.0 + 10.0 * job.seed
        else:
            story.outcome = "did not converge"
            story.attempts = [Attempt(100.0, 0.01, driven_m=80.0), Attempt(120.0, 0.01, driven_m=60.0)]
        folder = job.model_folder(job.name)
        folder.mkdir(parents=True, exist_ok=True)
        story.write(folder)
        if job.network != "conv":
            raise AlvinnError("it does not drive a lap")
        return story


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> Lessons:
    lessons = Lessons()
    monkeypatch.setattr(table, "learn_alone", lessons)
    return lessons


def test_the_table_tells_who_drove_when_and_how_far_the_others_came(lessons: Lessons, tmp_path: Path) -> None:
    table.make_table(LearnSettings(home=tmp_path, headless=True), tmp_path / "out", 3)
    rows = (tmp_path / "out" / "table.md").read_text(encoding="utf-8").splitlines()
    assert rows[2] == "| conv | 3 | 3 | 2 | 3 | 50, 60, 70 |"
    assert rows[3] == "| alvinn1991 | 3 | 0 | 0 | 0 | none in 300 (80 m), none in 300 (80 m), none in 300 (80 m) |"


def test_what_is_done_is_not_done_again_and_what_broke_is(lessons: Lessons, tmp_path: Path) -> None:
    lessons.broken = "table-conv-1"
    settings, out = LearnSettings(home=tmp_path, headless=True), tmp_path / "out"
    with pytest.raises(AlvinnError, match="the server is gone"):
        table.make_table(settings, out, 2)
    assert lessons.held == ["table-conv-0", "table-alvinn1991-0", "table-conv-1"]
    lessons.broken, lessons.held = "", []
    table.make_table(settings, out, 2)
    assert lessons.held == ["table-conv-1", "table-alvinn1991-1"]
    assert json.loads((out / "conv-1.json").read_text(encoding="utf-8"))["seed"] == 1


def test_cells_of_other_settings_are_not_taken_for_those_asked_for(lessons: Lessons, tmp_path: Path) -> None:
    table.make_table(LearnSettings(home=tmp_path, headless=True), tmp_path / "out", 1)
    with pytest.raises(MixedError, match=r"was begun with map country \(now oval\), patience 300.0 \(now 30.0\)"):
        table.make_table(LearnSettings(home=tmp_path, headless=True, map="oval", patience=30.0), tmp_path / "out", 1)
    assert len(lessons.held) == 2
    table.make_table(LearnSettings(home=tmp_path / "elsewhere", headless=True), tmp_path / "out", 2)
    assert len(lessons.held) == 4


def test_a_table_that_is_none_of_these_is_not_replaced(lessons: Lessons, tmp_path: Path) -> None:
    (tmp_path / "table.md").write_text("mine", encoding="utf-8")
    with pytest.raises(TakenError, match=r"holds table\.md but no begun\.json"):
        table.make_table(LearnSettings(home=tmp_path, headless=True), tmp_path, 1)
    assert not lessons.held
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == "mine"


def test_a_model_of_ones_own_that_is_named_as_a_cell_is_kept(lessons: Lessons, tmp_path: Path) -> None:
    (tmp_path / "models" / "conv-0").mkdir(parents=True)
    table.make_table(LearnSettings(home=tmp_path, headless=True), tmp_path / "out", 1)
    assert lessons.held == ["table-conv-0", "table-alvinn1991-0"]
    assert not list((tmp_path / "models" / "conv-0").iterdir())


def test_the_cells_of_the_repository_say_what_they_were_made_with() -> None:
    """Else the same command with other flags would print these as its own."""
    begun = json.loads((ROOT / "docs" / "experiments" / "learn" / table.BEGUN).read_text(encoding="utf-8"))["settings"]
    assert begun == {name: value for name, value in asdict(LearnSettings()).items() if name not in table.FREE}
