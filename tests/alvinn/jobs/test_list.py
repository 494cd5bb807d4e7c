from __future__ import annotations

from pathlib import Path

import pytest

from alvinn.settings import Home
from tests.alvinn.fakes import write_recording
from tests.alvinn.jobs.cli import Shell


def test_without_anything_the_list_says_so_and_shows_the_shipped_model(shell: Shell, tmp_path: Path) -> None:
    said = shell.run("list", "--home", str(tmp_path))
    assert said.status == 0
    assert "no recording yet" in said.out
    assert "shipped" in said.out


def test_a_recording_is_listed_with_its_driver_and_length(shell: Shell, tmp_path: Path) -> None:
    write_recording(tmp_path / "data" / "mine", 3)
    said = shell.run("list", "--home", str(tmp_path))
    assert "mine" in said.out
    assert "0:00 min" in said.out


@pytest.mark.parametrize(("answer", "stays"), [("y", False), ("n", True), ("", True), (None, True)])
def test_only_what_was_confirmed_is_deleted(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, stays: bool
) -> None:
    def say(question: str) -> str:
        assert "data/mine" in question.replace("\\", "/")
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", say)
    folder = tmp_path / "data" / "mine"
    write_recording(folder, 3)
    assert shell.run("list", "--delete", "mine", "--home", str(tmp_path)).status == 0
    assert folder.exists() == stays


def test_what_cannot_be_deleted_is_said_before_anything_is(shell: Shell, tmp_path: Path) -> None:
    home = Home(home=tmp_path)
    write_recording(home.recording_folder("mine"), 3)
    home.model_folder("mine").mkdir(parents=True)
    (home.model_folder("mine") / "card.json").write_text("{", encoding="utf-8")
    rest = ("--home", str(tmp_path))
    assert "did you mean mine?" in shell.refused("list", "--delete", "mien", *rest)
    assert "is a recording and a model" in shell.refused("list", "--delete", "mine", *rest)
    assert "installed with the program" in shell.refused("list", "--delete", "shipped", *rest)
    assert home.recording_folder("mine").is_dir()
