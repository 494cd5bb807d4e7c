"""Fixtures for all tests: a real embedded server in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import settings

# A busy machine is no reason for a property to fail, and the same commit passes or fails the same way twice.
# Its examples are always the same, so fewer will do than of the other profile, which has new ones.
settings.register_profile("calm", deadline=None, derandomize=True, max_examples=50)
# New examples at every run, for `make test-long`.
settings.register_profile("wander", deadline=None)
settings.load_profile("calm")

# As the command line does; TensorFlow reads it once in a process, whichever test imports it first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A shell's background jobs do not hear Ctrl-C, and neither would the programs that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

Address = tuple[str, int]

SLOW_FILES = (
    "tests/alvinn/jobs/test_correct.py",
    "tests/alvinn/training/test_trainer.py",
    "tests/laps/test_first_lap.py",
    "tests/alvinn/jobs/test_learn.py",
    "tests/alvinn/jobs/test_record.py",
    "tests/alvinn/jobs/test_drive.py",
    "tests/alvinn/reinforcement/test_run.py",
    "tests/sim/roads/test_random_circuits.py",
    "tests/alvinn/metrics/test_recount.py",
    "tests/alvinn/evaluation/test_laps.py",
    "tests/alvinn/jobs/test_laps.py",
    "tests/alvinn/recording/test_writer_thread.py",
    "tests/alvinn/visualization/test_report.py",
    "tests/client/test_garbage.py",
)
"""They begin first: at the end, a worker would be left alone with one of them."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the slow files first; pytest-xdist hands out files in this order."""
    ranks = {config.rootpath / name: rank for rank, name in enumerate(SLOW_FILES)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@contextmanager
def running_server(*arguments: str, program: Sequence[str] = ("-m", "sim")) -> Iterator[Address]:
    """A server process on any port; it ends with the block."""
    command = [sys.executable, *program, "--port", "0", "--exit-with-parent", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words[:2] == ["listening", "on"], f"the server did not come up: {words}"
            host, _, port = words[2].rpartition(":")
            yield host, int(port)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(timeout=10) == 0


@pytest.fixture(scope="session")
def server() -> Iterator[Address]:
    """Host and port of one server on the oval that the whole session shares; leave it as you found it."""
    with running_server("--map", "oval") as address:
        yield address
