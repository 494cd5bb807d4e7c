"""Learning in a process of its own, while the next round is driven."""

from __future__ import annotations

import multiprocessing
import os
import sys
from contextlib import AbstractContextManager
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType

from alvinn.dagger.rounds import Rounds, learn
from alvinn.errors import AlvinnError, ModelError


class Apprentice(AbstractContextManager["Apprentice"]):
    """Learns one round at a time.

    Args:
        job: whose rounds.
        number: of the round to begin with.
    """

    def __init__(self, job: Rounds, number: int) -> None:
        self._job = job
        self._process: SpawnProcess | None = None
        self.start(number)

    def start(self, number: int) -> None:
        """Begin to learn a round."""
        context = multiprocessing.get_context("spawn")  # the same on every system, and no thread of ours is copied
        self._number = number
        self._process = context.Process(target=_learn, args=(self._job, number), daemon=True)
        self._process.start()

    def wait(self) -> None:
        """Until it is learned.

        Raises:
            ModelError: it could not be.
        """
        if self._process is None:
            return
        self._process.join()
        status, self._process = self._process.exitcode, None
        if status:
            raise ModelError(f"round {self._number} was not learned: {_said(self._job, self._number, status)}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join()


def _complaint(job: Rounds, number: int) -> Path:
    return job.model(number).with_name(f"round-{number:03d}.error")


def _said(job: Rounds, number: int, status: int) -> str:
    path = _complaint(job, number)
    return path.read_text(encoding="utf-8") if path.exists() else f"its process ended with status {status}"


def _learn(job: Rounds, number: int) -> None:
    """What the process does: silently, as its parent has the screen."""
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    complaint = _complaint(job, number)
    complaint.parent.mkdir(parents=True, exist_ok=True)
    complaint.unlink(missing_ok=True)
    try:
        learn(job, number)
    except AlvinnError as error:
        complaint.write_text(str(error), encoding="utf-8")
        sys.exit(1)
