"""The project as a user gets it: a copy of what a package is built from, and programs run from another folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("alvinn", "sim")
FILES = ("pyproject.toml", "README.md", "LICENSE")
NOT_PACKAGED = ("tests", "docs", "data", "models")


def copy_source(folder: Path) -> Path:
    """Copy the project to a folder, since setuptools writes beside the sources that it packs.

    What must stay out of the package is there as well: compiled files, and the other folders in name.
    """
    for name in PACKAGES:
        shutil.copytree(ROOT / name, folder / name)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    for name in (*NOT_PACKAGED, "alvinn/__pycache__"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "cli.cpython-310.pyc").touch()
    return folder


def files_of_the_packages() -> set[str]:
    """Every file that a wheel must hold, relative to its root."""
    found = (path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if path.parent.name != "__pycache__"}


def run_from(folder: Path, *command: str | Path, **environment: str) -> None:
    """Run a program in a folder; it must end with status 0."""
    words = [str(word) for word in command]
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment
    done = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
