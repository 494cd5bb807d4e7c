"""`python -m alvinn JOB ...`: the command line, generated from the jobs' dataclasses.

Exit status: 0 done, 1 the job failed (one sentence on stderr), 2 wrong usage (tyro's own), 130 Ctrl-C or SIGTERM:
cars are braked, servers ended, and finished work is kept.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from alvinn.util.system_libraries import SYSTEM_LIBRARIES

DESCRIPTION = """Learn to steer by watching somebody drive, then drive. `alvinn sim` is the embedded CARLA server."""


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job's settings are defined, and what it does in one sentence."""

    module: str
    settings: str
    summary: str

    def load(self) -> Callable[..., Any]:
        """Import the dataclass of its settings; only the requested job is imported, since that takes time."""
        found: Callable[..., Any] = getattr(import_module(f"alvinn.jobs.{self.module}"), self.settings)
        return found

    def make_placeholder(self) -> Callable[[], None]:
        """A function with the summary as its docstring, for the list of all jobs."""

        def placeholder() -> None:
            pass

        placeholder.__doc__ = self.summary
        return placeholder


JOBS = {
    "record": Job("record", "Record", "Record camera frames and steering."),
    "replay": Job("replay", "Replay", "Show a recording; F1 in the window lists the keys."),
    "train": Job("train", "Train", "Train a network to steer from recordings."),
    "drive": Job(
        "drive",
        "Drive",
        "Drive in a window: a network supervised by a person, or a person alone; without flags it asks.",
    ),
    "calibrate": Job("calibrate", "Calibrate", "Get to know a wheel or gamepad, and remember it for all drives."),
    "laps": Job("laps", "Laps", "Drive laps and judge them: completion, departures, offset."),
    "card": Job("card", "ShowCard", "Describe a model: card, network, hidden units, training curves."),
    "compare": Job("compare", "Compare", "Compare judged models: a table, and a page with figures."),
    "convert": Job("convert", "Convert", "Import a recording of another program, or export one of ours."),
    "correct": Job(
        "correct",
        "Correct",
        "Let the network drive, correct it where it drifts, learn from that; round after round (DAgger).",
    ),
    "refine": Job("refine", "Refine", "Refine a model by reinforcement: it learns what to add to its steering."),
    "demo": Job(
        "demo", "Demo", "Record two minutes, train a network on them, and let it drive circuits seen and unseen."
    ),
    "ablation": Job(
        "ablation",
        "Ablation",
        "Measure the contribution of each part of the learner; resumes where it was interrupted.",
    ),
    "shift": Job(
        "shift",
        "Shift",
        "Measure the covariate shift and the benefit of each teaching method; resumes where it was interrupted.",
    ),
    "doctor": Job("doctor", "Doctor", "Check the installation, the devices and the CARLA server."),
}
"""Every job by its name on the command line; a test compares the summaries with the docstrings of the settings."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets in dozens of lines otherwise
    try:
        return _embedded_server(arguments[1:]) if arguments[:1] == ["sim"] else _job(arguments)
    except ImportError as error:
        missing = [library for library in SYSTEM_LIBRARIES if library.file in str(error)]
        if not missing:
            raise
        print(missing[0], file=sys.stderr)
        return 1


def parse(arguments: Sequence[str]) -> Any:
    """Parse a command line into its job, ready to run.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    import tyro

    name, rest = arguments[0] if arguments else "", arguments[1:]
    if name in JOBS:
        _require_distinct_flags(rest)
        return tyro.cli(JOBS[name].load(), prog=f"alvinn {name}", args=rest)
    for_completion = name.startswith("--tyro")  # shell completion needs every flag of every job
    every = {name: job.load() if for_completion else job.make_placeholder() for name, job in JOBS.items()}
    return tyro.extras.subcommand_cli_from_dict(every, prog="alvinn", args=arguments, description=DESCRIPTION)


def _require_distinct_flags(arguments: Sequence[str]) -> None:
    """See that no flag is given twice: the parser would take the last and forget the first without a word.

    Raises:
        SystemExit: 2, one is.
    """
    flags = [word.partition("=")[0].replace("_", "-") for word in arguments if word.startswith("--")]
    count = Counter(flag.replace("--no-", "--", 1) for flag in flags)
    for flag, times in count.items():
        if times > 1:
            print(f"{flag} was given twice: give it once, with everything that it should say", file=sys.stderr)
            raise SystemExit(2)


def _job(arguments: Sequence[str]) -> int:
    from alvinn.errors import AlvinnError, explain

    try:
        with _interrupt_on_sigterm():
            parse(arguments).run()
    except (AlvinnError, OSError) as error:
        print(explain(error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


@contextmanager
def _interrupt_on_sigterm() -> Iterator[None]:
    """Have SIGTERM, from a scheduler or a shutdown, stop a job as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():  # Python handles signals only there
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt  # raised directly: a shell's background jobs ignore SIGINT


def _embedded_server(arguments: list[str]) -> int:
    """Run `python -m sim` in this process, by name: the learner imports nothing of the simulator."""
    sys.argv = ["alvinn sim", *arguments]
    sys.path[:] = [str(Path(__file__).resolve().parents[1]), *sys.path]  # before a `sim/` of the current folder
    try:
        runpy.run_module("sim", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
