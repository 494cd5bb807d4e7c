"""The commit of the running program, for a model's card."""

from __future__ import annotations

import subprocess
from pathlib import Path

GIT_SECONDS = 5.0


def program_commit(file: Path = Path(__file__)) -> str:
    """The commit at HEAD of the program's repository; empty if the program does not run from its repository.

    An environment may be inside some other repository: the program is not taken for that repository's, as its files are
    not tracked there.

    Args:
        file: one of the program's files.
    """
    here = file.resolve()
    if _git(here.parent, "ls-files", "--error-unmatch", here.name):
        return _git(here.parent, "rev-parse", "HEAD")
    return ""


def _git(folder: Path, *arguments: str) -> str:
    """The output of git in a folder; empty if git fails or is not installed."""
    try:
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607 - the user's git
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=GIT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
