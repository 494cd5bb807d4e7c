"""How the tests of the jobs speak to the command line, and what every refusal must be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from alvinn.cli import main


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
        """The one sentence that a job refuses with: status 1, no traceback."""
        said = self.run(*arguments)
        assert said.status == 1, said
        assert "Traceback" not in said.err
        assert len(said.err.strip().splitlines()) == 1, said.err
        return said.err.strip()
