"""The fixtures of the learner's tests."""

import pytest

from tests.alvinn.fixtures import model
from tests.alvinn.jobs.cli import Shell

__all__ = ["model", "shell"]


@pytest.fixture
def shell(capfd: pytest.CaptureFixture[str]) -> Shell:
    """The command line, in this process."""
    return Shell(capfd)
