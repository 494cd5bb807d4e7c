"""`make test-install`: `pip install` into an empty environment, and what a newcomer runs first, in another folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.alvinn.cockpit.desktop import desktop
from tests.package import copy_source, run_from

pytestmark = [pytest.mark.install, pytest.mark.long]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`alvinn` in an environment that holds nothing but what pip installs with it, from the package index."""
    folder = tmp_path_factory.mktemp("installed")
    source = copy_source(tmp_path_factory.mktemp("source"))
    run_from(folder, sys.executable, "-m", "venv", "env")
    scripts = folder / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    run_from(folder, scripts / "python", "-m", "pip", "-qq", "--disable-pip-version-check", "install", source)
    return scripts / "alvinn"


def test_a_user_gets_no_tool_of_development(program: Path, tmp_path: Path) -> None:
    tools = "'pytest', 'ruff', 'mypy', 'hypothesis', 'psutil', 'ray', 'tests'"
    found = f"[name for name in ({tools}) if importlib.util.find_spec(name)]"
    run_from(tmp_path, program.with_name("python"), "-c", f"import importlib.util; assert not {found}")


def test_the_doctor_finds_everything(program: Path, tmp_path: Path) -> None:
    run_from(tmp_path, program, "doctor")


def test_the_shipped_model_drives_a_lap(program: Path, tmp_path: Path) -> None:
    run_from(tmp_path, program, "laps", "--model", "shipped", "--map", "random:42")
    assert (tmp_path / "models" / "shipped" / "laps" / "lap.mp4").exists()


def test_the_demo_records_learns_and_drives(program: Path, tmp_path: Path) -> None:
    run_from(tmp_path, program, "demo")
    assert (tmp_path / "models" / "demo" / "laps" / "report.html").exists()


@pytest.mark.parametrize(
    ("arguments", "key"), [((), "Escape"), (("--model", "shipped", "--seconds", "3"), "Return")], ids=["asks", "drives"]
)
def test_the_window_opens(program: Path, tmp_path: Path, arguments: tuple[str, ...], key: str) -> None:
    """Without a flag it asks, and Escape leaves it; with a model it waits for a person to say that they are ready."""
    with desktop() as screen, subprocess.Popen([program, "drive", *arguments], cwd=tmp_path) as process:
        screen.focus()
        screen.press(key)
        assert process.wait(timeout=120) == 0
