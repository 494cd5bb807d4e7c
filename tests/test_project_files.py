"""What stands beside the code agrees with it: the guide for contributors, the version, the workflow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alvinn import __version__
from tests.lock import PYTHONS

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^\| `([\w/.]+)` \| (.*) \|$", GUIDE, re.MULTILINE)
"""Where, and what is done there."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:alvinn|sim|tests|docs)/[\w/.]*)`", GUIDE))))
def test_the_guide_names_files_that_are_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    ("path", "what"), [step for step in STEPS if step[0].endswith(".py")], ids=lambda text: text[:60]
)
def test_the_guide_names_what_its_files_hold(path: str, what: str) -> None:
    held = read(path)
    for name in re.findall(r"`(\w+)`", what):
        assert re.search(rf"\b{name}\b", held), f"{path} has no {name}"


def test_the_version_is_written_in_one_place_and_told_in_the_others() -> None:
    assert f"\nversion: {__version__}\n" in read("CITATION.cff")
    assert f"\n## [{__version__}]" in read("CHANGELOG.md")
    assert __version__ not in read("pyproject.toml")


def test_the_workflow_runs_what_make_test_runs_on_every_python() -> None:
    workflow, recipe = (
        read(".github/workflows/test.yml"),
        re.search(r"^test: setup\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE),
    )
    assert recipe is not None
    for line in recipe[1].splitlines():
        assert f"- run: {line.strip().replace('$(PY)', 'python')}\n" in workflow
    assert re.findall(r'"(3\.\d+)"', workflow) == list(PYTHONS)
