"""Which commit of the program is running, for a model's card."""

from __future__ import annotations

import subprocess
from pathlib import Path

GIT_SECONDS = 5.0


def program_commit(file: Path = Path(__file__)) -> str:
    """The commit that HEAD names in the program's repository; empty where the program does not run from it.

    A program that is installed in an environment inside some other repository is not that repository's: its files
    are unknown there.

    Args:
        file: one of the program's files.
    """
    here = file.resolve()
    if _git(here.parent, "ls-files", "--error-unmatch", here.name):
        return _git(here.parent, "rev-parse", "HEAD")
    return ""


def _git(folder: Path, *arguments: str) -> str:
    """What git prints in a folder; empty where it fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - whichever git the person has
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
