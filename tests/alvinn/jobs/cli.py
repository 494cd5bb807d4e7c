"""How the tests of the jobs speak to the command line, and what every refusal must be."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from alvinn.cli import main

FRAME = re.compile(r"[│─╭╮╰╯]")
"""What the parser draws around its sentences."""


@dataclass(frozen=True)
class Said:
    """What a job answered."""

    status: int
    err: str
    out: str = ""


class Shell:
    """Runs jobs in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def run(self, *arguments: str) -> Said:
        """A job's exit status and what it said, from native code too."""
        self._capture.readouterr()
        try:
            status = main(arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        said = self._capture.readouterr()
        return Said(status, said.err, said.out)

    def refused(self, *arguments: str) -> str:
        """The one sentence that a job fails with: status 1, no traceback."""
        said = self.run(*arguments)
        assert said.status == 1, said
        assert "Traceback" not in said.err
        assert len(said.err.strip().splitlines()) == 1, said.err
        return said.err.strip()

    def misused(self, *arguments: str) -> str:
        """What a job says of a command line that is wrong wherever it is typed: status 2, no traceback."""
        said = self.run(*arguments)
        assert said.status == 2, said
        assert "Traceback" not in said.err
        return " ".join(FRAME.sub(" ", said.err).split())
