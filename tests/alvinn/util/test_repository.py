from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from alvinn.util.repository import program_commit


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one committed file, `program.py`."""
    git(tmp_path, "init", "-q")
    (tmp_path / "program.py").touch()
    git(tmp_path, "add", "program.py")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@needs_git
def test_a_program_in_its_repository_has_the_commit_of_head(repository: Path) -> None:
    assert program_commit(repository / "program.py") == git(repository, "rev-parse", "HEAD")


@needs_git
def test_a_program_installed_inside_another_repository_does_not_take_its_commit(repository: Path) -> None:
    installed = repository / "venv" / "installed.py"
    installed.parent.mkdir()
    installed.touch()
    assert program_commit(installed) == ""


def test_a_program_outside_any_repository_has_no_commit(tmp_path: Path) -> None:
    (tmp_path / "program.py").touch()
    assert program_commit(tmp_path / "program.py") == ""


def test_a_machine_without_git_has_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program_commit() == ""
