"""requirements.txt is a whole lock of pyproject.toml, and pyproject.toml says which package is there for what."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from tests.lock import TARGETS, Target, _marker, environment, normal_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pytest brings it

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [Requirement(text) for text in PROJECT["dependencies"]]
DEVELOP = [Requirement(text) for text in PROJECT["optional-dependencies"]["dev"]]
LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()


def locked(where: dict[str, str]) -> dict[str, str]:
    """Names and versions that the lock installs in an environment."""
    pins = [Requirement(line) for line in LINES if line and not line.startswith("#")]
    chosen = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(dict(where))]
    versions = {normal_name(pin.name): str(pin.specifier).removeprefix("==") for pin in chosen}
    assert len(versions) == len(chosen), "a package is pinned twice"
    return versions


@pytest.mark.parametrize("target", TARGETS, ids="-".join)
def test_the_lock_has_everything_that_the_project_needs(target: Target) -> None:
    pins = locked(environment(target))
    for need in [*NEEDED, *(need for need in DEVELOP if need.name != PROJECT["name"])]:
        assert need.specifier.contains(pins[normal_name(need.name)]), f"{need} has changed: make lock"


def test_the_lock_has_everything_that_its_packages_need() -> None:
    """For the Python and the system that this test runs on: what is installed says what it needs."""
    here = {key: str(value) for key, value in default_environment().items()} | {"extra": ""}
    pins = locked(here)
    for name in pins:
        for text in metadata.requires(name) or ():
            need = Requirement(text)
            if need.marker is None or need.marker.evaluate(here):
                assert need.specifier.contains(pins[normal_name(need.name)]), f"{name} needs {need}: make lock"


def test_a_user_installs_no_tool_of_development() -> None:
    tools = {"pytest", "pytest-xdist", "hypothesis", "psutil", "ruff", "mypy", "import-linter", "packaging"}
    assert not tools & {need.name for need in NEEDED}
    assert tools <= {need.name for need in DEVELOP}


def test_every_dependency_has_its_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    for need in [*NEEDED, *DEVELOP]:
        line = next(line for line in section.splitlines() if f'"{need.name}' in line)
        assert "#" in line, line


@pytest.mark.parametrize(
    ("where", "marker"),
    [
        (set(TARGETS), ""),
        ({("3.10", "linux"), ("3.10", "win32")}, 'python_version <= "3.10"'),
        ({("3.11", "linux"), ("3.11", "win32"), ("3.12", "linux"), ("3.12", "win32")}, 'python_version >= "3.11"'),
        ({target for target in TARGETS if target[1] == "win32"}, 'sys_platform == "win32"'),
        ({("3.10", "win32")}, 'python_version <= "3.10" and sys_platform == "win32"'),
    ],
)
def test_a_marker_holds_where_the_version_is_needed(where: set[Target], marker: str) -> None:
    assert _marker(where) == marker
