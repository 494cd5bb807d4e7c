"""Train a round's network in a separate process while the next round is driven."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import AbstractContextManager
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType

from alvinn.dagger.rounds import train_round
from alvinn.dagger.settings import RoundSettings
from alvinn.errors import AlvinnError, ModelError, explain


class BackgroundTrainer(AbstractContextManager["BackgroundTrainer"]):
    """Trains one round at a time in a child process.

    Args:
        job: settings of the rounds.
        number: the first round to train.
    """

    def __init__(self, job: RoundSettings, number: int) -> None:
        self._job = job
        self._process: SpawnProcess | None = None
        self.start(number)

    def start(self, number: int) -> None:
        """Start training a round."""
        context = multiprocessing.get_context("spawn")  # the same on every system, and copies no threads
        self._number = number
        self._process = context.Process(target=_train_in_process, args=(self._job, number), daemon=True)
        self._process.start()

    def wait(self) -> None:
        """Wait until the round is trained.

        Raises:
            ModelError: the training failed.
        """
        if self._process is None:
            return
        self._process.join()
        status, self._process = self._process.exitcode, None
        if status:
            raise ModelError(
                f"round {self._number} was not trained: {_explain_failure(self._job, self._number, status)}"
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join()


def _error_file(job: RoundSettings, number: int) -> Path:
    return job.model(number).with_name(f"round-{number:03d}.error")


def _explain_failure(job: RoundSettings, number: int, status: int) -> str:
    path = _error_file(job, number)
    return path.read_text(encoding="utf-8") if path.exists() else f"its process ended with status {status}"


def _train_in_process(job: RoundSettings, number: int) -> None:
    """The child process: train a round without output, since the terminal belongs to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the terminal's whole group; the parent decides
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - stays open for the life of the process
    error_file = _error_file(job, number)
    error_file.parent.mkdir(parents=True, exist_ok=True)
    error_file.unlink(missing_ok=True)
    try:
        train_round(job, number)
    except (AlvinnError, OSError) as error:
        error_file.write_text(explain(error), encoding="utf-8")
        sys.exit(1)
