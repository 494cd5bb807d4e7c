"""What stands beside the code agrees with it: the guide for contributors, the version, the workflow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alvinn import __version__
from tests.conftest import SLOW_FILES
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


WITHOUT_TEST = {
    "alvinn/util/finding.py": "three fields, read in tests/alvinn/jobs/test_doctor.py",
    "alvinn/jobs/lesson.py": "prints what tests/alvinn/classroom/test_lessons.py and test_checks.py read and check",
    "alvinn/__main__.py": "one call of the command line, made by tests/alvinn/test_cli.py",
    "sim/__main__.py": "one call of the command line, made by tests/sim/test_cli.py",
    "alvinn/classroom/check_result.py": "two fields, read in tests/alvinn/classroom/test_checks.py",
    "alvinn/commands.py": "each command is held to its settings in tests/alvinn/test_cli.py",
    "alvinn/help.py": "its screens are read in tests/alvinn/test_cli.py",
    "alvinn/cockpit/display/lesson_box.py": "drawn in whole lessons, tests/alvinn/jobs/test_learn.py",
    "alvinn/online/live.py": "a lesson in a window is driven by tests/alvinn/jobs/test_learn.py",
    "alvinn/online/pace.py": "data only",
    "alvinn/online/settings.py": "the command's settings, given in tests/alvinn/jobs/test_learn.py",
    "alvinn/online/story.py": "the page of a lesson, written in tests/alvinn/jobs/test_learn.py",
    "alvinn/util/opening.py": "opens the desktop's browser",
    "alvinn/cockpit/display/panel.py": "data only; drawn in test_drawing.py",
    "alvinn/cockpit/wiring.py": "data and protocols only; used in test_cockpit.py",
    "alvinn/controls/inputs.py": "data only; read in test_devices.py",
}
"""Files without a test file of their own, and why."""


def sources() -> Iterator[str]:
    for house in ("alvinn", "sim"):
        for path in sorted((ROOT / house).rglob("*.py")):
            if path.name != "__init__.py":
                yield path.relative_to(ROOT).as_posix()


def test_every_source_file_has_a_test_file_of_the_same_name_or_a_reason_why_not() -> None:
    without = [path for path in sources() if not (ROOT / "tests" / path).with_name(f"test_{Path(path).name}").is_file()]
    assert [path for path in without if path not in WITHOUT_TEST] == []
    assert [path for path in WITHOUT_TEST if not (ROOT / path).is_file()] == []


def test_the_files_that_begin_first_exist() -> None:
    assert [name for name in SLOW_FILES if not (ROOT / name).is_file()] == []


def test_the_readme_names_every_room_in_a_line_and_no_other() -> None:
    named = re.findall(r"^\| `((?:alvinn|sim)/\w+)/` \| .+ \|$", read("README.md"), re.MULTILINE)
    rooms = {
        path.parent.relative_to(ROOT).as_posix() for house in ("alvinn", "sim") for path in ROOT.glob(f"{house}/*/*")
    }
    hidden = {room for room in rooms if Path(room).name.startswith("__")}
    assert sorted(named) == sorted(rooms - hidden)
