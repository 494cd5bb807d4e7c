"""`python -m alvinn JOB ...`: the command line, generated from the jobs' dataclasses.

Exit status: 0 done, 1 the job failed (one sentence on stderr), 2 wrong usage, which the command line alone tells
(tyro's own, a ValueError of the settings, or a UsageError), 130 Ctrl-C or SIGTERM: cars are braked, servers ended, and
finished work is kept.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from alvinn.console import CONSOLE, invocation
from alvinn.help import Job, explain, greet
from alvinn.util.system_libraries import SYSTEM_LIBRARIES

SIM = Job("", "", "Start the embedded CARLA server, for any 0.9.16 client.")
STARTS = {
    "demo": "See it learn and drive, in five minutes, with nobody at the wheel",
    "drive shipped": "Watch the network that is installed drive, and take over when you like",
    "drive": "Drive yourself and record it, for a network to learn from",
}
"""What to type first, after the name of the program."""
MODEL_FIRST = {"card", "drive", "laps"}
"""Jobs whose positional word is a model; they take --model too."""


JOBS = {
    "drive": Job(
        "drive",
        "Drive",
        "Drive in a window: alone, or supervising a network.",
        group="drive",
        matters=("model", "map", "device", "record", "gate"),
        example="drive shipped --map oval",
    ),
    "record": Job(
        "record",
        "Record",
        "Record camera frames and steering.",
        group="drive",
        matters=("driver", "map", "seconds", "noise", "both_directions"),
        example="record mine --noise --both-directions",
    ),
    "replay": Job(
        "replay",
        "Replay",
        "Show a recording; F1 in the window lists the keys.",
        group="drive",
        example="replay mine --model shipped",
    ),
    "calibrate": Job(
        "calibrate",
        "Calibrate",
        "Get to know a wheel or gamepad, and remember it for all drives.",
        group="drive",
        example="calibrate",
    ),
    "train": Job(
        "train",
        "Train",
        "Train a network to steer from recordings.",
        group="learn",
        matters=("data", "network", "epochs", "resume", "overwrite"),
        example="train mine --data mine",
    ),
    "learn": Job(
        "learn",
        "Learn",
        "Learn to steer while somebody drives, then drive (ALVINN, 1991).",
        group="learn",
        matters=("network", "driver", "map", "fallback", "patience"),
        example="learn quick --headless --map oval",
    ),
    "correct": Job(
        "correct",
        "Correct",
        "Let the network drive, and teach it where it drifts (DAgger).",
        group="learn",
        matters=("data", "rounds", "gate", "expert", "live"),
        example="correct better --data mine --rounds 1",
    ),
    "refine": Job(
        "refine",
        "Refine",
        "Refine a model by reinforcement: it learns what to add to its steering.",
        group="learn",
        matters=("model", "from_scratch", "minutes", "resume", "overwrite"),
        example="refine finer --model mine",
    ),
    "laps": Job(
        "laps",
        "Laps",
        "Drive laps and judge them: completion, departures, offset.",
        group="judge",
        matters=("model", "maps", "both_directions", "weathers", "with_expert", "overwrite"),
        example="laps mine --maps country,random:400 --both-directions",
    ),
    "compare": Job(
        "compare",
        "Compare",
        "Compare judged models: a table, and a page with figures.",
        group="judge",
        example="compare mine better",
    ),
    "recount": Job(
        "recount",
        "Recount",
        "Recount judged laps from their logs, with separate code.",
        group="judge",
        example="recount mine",
    ),
    "card": Job(
        "card",
        "ShowCard",
        "Describe a model: card, network, hidden units, training curves.",
        group="judge",
        example="card shipped",
    ),
    "classroom": Job(
        "classroom",
        "ShowClassroom",
        "Serve a page on which a class watches, bets, pushes and drives.",
        group="teach",
        matters=("model", "drive", "replay", "share", "port"),
        example="classroom --share",
    ),
    "lesson": Job(
        "lesson",
        "ShowLesson",
        "Show a lesson, or check its exercise.",
        group="teach",
        example="lesson 2 --check",
    ),
    "demo": Job(
        "demo",
        "Demo",
        "Record, train and drive by itself, in about five minutes.",
        group="teach",
        example="demo",
    ),
    "shift": Job(
        "shift",
        "Shift",
        "Measure the covariate shift, and what each teaching method does for it.",
        group="teach",
        matters=("out", "seeds", "rounds", "maps", "judge"),
        example="shift --seeds 1 --rounds 1",
    ),
    "accept": Job(
        "accept",
        "Accept",
        "Judge what corrections reach on unseen circuits, seed by seed.",
        group="teach",
        example="accept --seeds 1",
    ),
    "ablation": Job(
        "ablation",
        "Ablation",
        "Measure the contribution of each part of the learner.",
        group="teach",
        matters=("out", "cells", "seeds", "maps", "jobs"),
        example="ablation --cells conv,conv-scalar --seeds 1",
    ),
    "list": Job(
        "list",
        "ShowList",
        "List recordings and models: length, driver, quality, last verdict, size.",
        example="list",
    ),
    "convert": Job(
        "convert",
        "Convert",
        "Import a recording of another program, or export one of ours.",
        matters=("source_format", "target_format", "overwrite"),
        example="convert mine data/mine-udacity --to udacity",
    ),
    "doctor": Job(
        "doctor",
        "Doctor",
        "Check the installation, the devices and the CARLA server.",
        example="doctor",
    ),
}
"""Every job by its name on the command line; a test compares the summaries with the docstrings of the settings."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a job and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow greets in dozens of lines otherwise
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for matrices as small as ours its threads only wait, busily
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
    name, rest = arguments[0] if arguments else "", arguments[1:]
    if name in {"", "-h", "--help"}:  # before tyro is imported: whoever asks what there is waits half as long
        greet(JOBS | {"sim": SIM}, invocation(), STARTS, CONSOLE)
        raise SystemExit(0)
    import tyro

    if name in JOBS:
        if {"-h", "--help"} & set(rest):
            explain(name, JOBS[name], invocation(), CONSOLE, everything=rest[-1] == "all")
            raise SystemExit(0)
        _require_distinct_flags(rest)
        words = _put_model_first(rest) if name in MODEL_FIRST else rest
        return tyro.cli(JOBS[name].load(), prog=f"{invocation()} {name}", args=words)
    if name.startswith("--tyro"):  # shell completion needs every flag of every job
        every = {name: job.load() for name, job in JOBS.items()}
        return tyro.extras.subcommand_cli_from_dict(every, prog="alvinn", args=arguments)
    near = get_close_matches(name, [*JOBS, "sim"], n=1)
    hint = f"did you mean {near[0]}?" if near else f"{invocation()} lists the jobs"
    print(f"there is no job {name}: {hint}", file=sys.stderr)
    raise SystemExit(2)


def _put_model_first(words: Sequence[str]) -> list[str]:
    """`--model M` as the positional word that it also is.

    Raises:
        SystemExit: 2, the flag has no value.
    """
    for index, word in enumerate(words):
        flag, equals, model = word.partition("=")
        if flag == "--model":
            after = words[index + 1 : index + 2]
            if not equals and (not after or after[0].startswith("--")):
                print("--model names a model: add its name", file=sys.stderr)
                raise SystemExit(2)
            rest = words[index + 1 :] if equals else words[index + 2 :]
            return [model if equals else after[0], *words[:index], *rest]
    return list(words)


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
    from alvinn.errors import AlvinnError, UsageError, explain

    try:
        with _interrupt_on_sigterm():
            parse(arguments).run()
    except (AlvinnError, OSError) as error:
        print(explain(error), file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
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
