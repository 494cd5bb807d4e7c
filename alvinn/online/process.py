"""The learner in a process of its own, so that the drive never waits for a pass, or only where it is told to.

One request is on its way at most: frames and a pass, answered by new weights. While the answer is outstanding the drive
continues with the weights that it has. In lockstep the answer is awaited before the next request, so that weights
change at fixed ticks and a seed repeats the drive; in real time a learner that is late skips a turn.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from alvinn.driving.types import Camera, Image
from alvinn.errors import AlvinnError, ModelError, explain
from alvinn.networks.keras_file import StoredLayer
from alvinn.online.pace import LearnedOnline
from alvinn.util.quiet import quiet


@dataclass(frozen=True, slots=True)
class Watched:
    """A frame, as its driver answered it: a request to learn from it in one pass."""

    frame: Image
    curvature: float
    """1/m"""
    speed: float
    """m/s"""


@dataclass(frozen=True, slots=True)
class Learned:
    """The answer: what the learner has come to."""

    layers: Sequence[StoredLayer]
    passes: int
    loss: float | None
    """of the latest pass; None before the first"""
    failure: str = ""
    """why it learns no more"""


@dataclass(frozen=True, slots=True)
class Save:
    """A request to write the network's files."""

    folder: Path


class LearnerProcess(AbstractContextManager["LearnerProcess"]):
    """A learner that works while somebody drives.

    Args:
        name: of the network.
        camera: that takes the frames.
        seed: of everything random in it.
        lockstep: whether `request` waits for the answer to the request before.
    """

    def __init__(self, name: LearnedOnline, camera: Camera, seed: int, *, lockstep: bool) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system, and copies no threads
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, name, camera, seed), daemon=True)
        self._process.start()
        theirs.close()
        self._lockstep = lockstep
        self._outstanding = True  # it says when it is ready
        self.skipped = 0
        """turns that the learner was too late for"""

    def wait(self) -> Learned:
        """Wait for the outstanding answer: its first weights, or those after a pass.

        Raises:
            ModelError: the process ended.
        """
        try:
            answer: Learned = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            raise ModelError(f"the learner's process ended with status {self._process.exitcode}") from error
        self._outstanding = False
        return answer

    def request(self, watched: Watched) -> Learned | None:
        """Have the learner learn from a frame; returns the answer to the request before, if it has come."""
        answer = self.poll(patient=self._lockstep)
        if self._outstanding:
            self.skipped += 1
            return answer
        self._send(watched)
        self._outstanding = True
        return answer

    def poll(self, *, patient: bool = False) -> Learned | None:
        """The outstanding answer if there is one that has come, or, being patient, once it comes."""
        if self._outstanding and (patient or self._pipe.poll()):
            return self.wait()
        return None

    def save(self, folder: Path) -> Learned:
        """Write `network.keras`, `network.tflite` and the saliency model; returns the weights that were written.

        Raises:
            ModelError: the process ended, or the files cannot be written.
        """
        self.poll(patient=True)
        self._send(Save(folder))
        saved = self.wait()
        if saved.failure:
            raise ModelError(saved.failure)
        return saved

    def _send(self, what: Watched | Save) -> None:
        with suppress(OSError):  # it ended: `wait` says so
            self._pipe.send(what)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.terminate()
        self._process.join()


def _work(pipe: Connection, name: LearnedOnline, camera: Camera, seed: int) -> None:
    """The child process: learn until the other end is closed; the terminal belongs to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the parent saves first
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open while the process lives
    with quiet():
        from alvinn.online.learner import OnlineLearner, limit_to_one_core  # TensorFlow, in this process only

        limit_to_one_core()
        learner = OnlineLearner(name, camera, seed)
        loss: float | None = None
        failure = ""
        with suppress(EOFError, OSError):
            while True:
                pipe.send(Learned(learner.layers(), learner.passes, loss, failure))
                request = pipe.recv()
                failure = ""
                try:
                    if isinstance(request, Save):
                        learner.save(request.folder)
                    else:
                        learner.see(request.frame, request.curvature, request.speed)
                        loss = learner.learn()
                except (AlvinnError, OSError, ValueError) as error:
                    failure = explain(error)
