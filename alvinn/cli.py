"""`python -m alvinn JOB ...`: the command line, made from the jobs' dataclasses.

Exit status: 0 done, 1 the job failed (one sentence on stderr), 2 wrong usage (tyro's own), 130 Ctrl-C or
SIGTERM: either way cars are braked, servers end, and what is finished is kept.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

DESCRIPTION = """Learn to steer by watching somebody drive, then drive. `alvinn sim` is the embedded CARLA server."""

LIBRARIES = {
    "libGL.so.1": "OpenCV needs libGL: on Debian and Ubuntu, apt-get install libgl1",
    "libX11.so.6": "Panda3D needs libX11: on Debian and Ubuntu, apt-get install libx11-6",
}
"""System libraries that wheels expect, and which package brings them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job; returns the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets in dozens of lines otherwise
    if arguments[:1] == ["sim"]:
        return _embedded_server(arguments[1:])
    try:
        return _job(arguments)
    except ImportError as error:
        missing = [advice for library, advice in LIBRARIES.items() if library in str(error)]
        if not missing:
            raise
        print(missing[0], file=sys.stderr)
        return 1


def parsed(arguments: Sequence[str]) -> Any:
    """The job that a command line asks for, ready to run.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    import tyro

    from alvinn.jobs.ablation import Ablation
    from alvinn.jobs.calibrate import Calibrate
    from alvinn.jobs.card import ShowCard
    from alvinn.jobs.compare import Compare
    from alvinn.jobs.convert import Convert
    from alvinn.jobs.correct import Correct
    from alvinn.jobs.demo import Demo
    from alvinn.jobs.doctor import Doctor
    from alvinn.jobs.drive import Drive
    from alvinn.jobs.laps import Laps
    from alvinn.jobs.record import Record
    from alvinn.jobs.replay import Replay
    from alvinn.jobs.shift import Shift
    from alvinn.jobs.train import Train

    jobs: dict[str, Callable[..., Any]] = {
        "record": Record,
        "replay": Replay,
        "train": Train,
        "drive": Drive,
        "calibrate": Calibrate,
        "laps": Laps,
        "card": ShowCard,
        "compare": Compare,
        "convert": Convert,
        "correct": Correct,
        "demo": Demo,
        "ablation": Ablation,
        "shift": Shift,
        "doctor": Doctor,
    }
    return tyro.extras.subcommand_cli_from_dict(jobs, prog="alvinn", args=arguments, description=DESCRIPTION)


def _job(arguments: Sequence[str]) -> int:
    from alvinn.errors import AlvinnError

    try:
        with _ended_by_sigterm_too():
            parsed(arguments).run()
    except AlvinnError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _ended_by_sigterm_too() -> Iterator[None]:
    """Whoever stops a job from outside, a scheduler or a shutdown, stops it as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # only there can signals be heard
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt  # not by SIGINT, which a shell's background jobs do not hear


def _embedded_server(arguments: list[str]) -> int:
    """Run `python -m sim` in this process, by name: the learner imports nothing of the simulator."""
    sys.argv = ["alvinn sim", *arguments]
    try:
        runpy.run_module("sim", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
