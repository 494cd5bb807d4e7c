"""docs/experiments.md tells where the committed cells come from."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")


def ask_git(*words: str) -> str:
    """What git answers about this clone; the test is skipped where there is none, as in an archive."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("there is no git")
    done = subprocess.run([git, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git clone")
    return done.stdout.strip()


def test_every_commit_that_a_cell_names_is_in_the_history_or_on_the_page() -> None:
    if ask_git("rev-parse", "--is-shallow-repository") == "true":
        pytest.skip("a shallow clone has no history")
    history = set(ask_git("rev-list", "HEAD").splitlines())
    contents = [json.loads(path.read_bytes()) for path in (ROOT / "docs" / "experiments").rglob("*.json")]
    named = [cell["commit"] for cell in contents if isinstance(cell, dict) and "commit" in cell]
    lost = [commit for commit in named if commit not in history]
    assert named
    assert {commit[:7] for commit in lost if commit[:7] not in PAGE} == set()
    assert f"{len(lost)} of them name commits" in " ".join(PAGE.split())
