"""What a user installs is whole: the wheel holds both packages with their data, and drives without the repository."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.package import copy_source, files_of_the_packages, run_from

PIP = (sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "--no-input")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network, with the setuptools of the extra `dev`."""
    source = copy_source(tmp_path_factory.mktemp("source"))
    run_from(source, *PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist", ".")
    (built,) = (source / "dist").glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_both_packages_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if ".dist-info/" not in name} == files_of_the_packages()


def test_the_installed_program_drives_with_the_shipped_model_from_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    """The packages come from the wheel, the embedded server among them; what they need is what runs this test."""
    site, home = tmp_path / "site", tmp_path / "home"
    home.mkdir()
    run_from(home, *PIP, "install", "--no-deps", "--no-index", "--target", site, wheel)
    program = shutil.which("alvinn", path=str(site / "bin"))
    assert program is not None
    laps = ("laps", "--model", "shipped", "--map", "random:42", "--km", "0.02", "--no-films")
    run_from(home, program, *laps, PYTHONPATH=str(site))
    assert [path.name for path in home.iterdir()] == ["models"]
    assert (home / "models" / "shipped" / "laps" / "laps.json").exists()
