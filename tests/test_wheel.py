"""What a user installs is whole: the wheel holds both packages with their data, and drives without the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("alvinn", "sim")
BESIDE = ("pyproject.toml", "README.md", "LICENSE", "Makefile", "requirements.txt", "tests", "docs", "data", "models")
PIP = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input")


def pip(*arguments: str | Path) -> None:
    done = subprocess.run([*PIP, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, since setuptools writes beside its sources; with the setuptools at hand, offline."""
    copy = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, copy / name)  # with __pycache__, as a developer's folder has it
    for name in BESIDE:
        source = ROOT / name
        if source.is_dir():
            (copy / name).mkdir()
            (copy / name / "__init__.py").touch()
        else:
            shutil.copy(source, copy)
    pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", copy / "dist", copy)
    (built,) = (copy / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_both_packages_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    assert held == {path.relative_to(ROOT).as_posix() for path in files if path.parent.name != "__pycache__"}


def test_the_installed_program_drives_with_the_shipped_model_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """Its dependencies are ours; the packages come from the wheel, and the embedded server with them."""
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    pip("install", "--no-deps", "--no-index", "--target", site, wheel)
    program = shutil.which("alvinn", path=str(site / "bin"))
    assert program is not None
    arguments = ("laps", "--model", "shipped", "--map", "random:42", "--km", "0.02", "--no-films")
    environment = os.environ | {"PYTHONPATH": str(site)}
    ended = subprocess.run(
        [program, *arguments], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert (home / "models" / "shipped" / "laps" / "laps.json").exists()
    assert [path.name for path in home.iterdir()] == ["models"]
    assert not list(site.rglob("laps.json"))
