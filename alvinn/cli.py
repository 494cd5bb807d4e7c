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

from alvinn.commands import JOBS, MODEL_FIRST, SIM, STARTS
from alvinn.console import CONSOLE, invocation
from alvinn.help import explain, greet
from alvinn.util.system_libraries import SYSTEM_LIBRARIES


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
    if name in {"", "-h", "--help"}:  # before tyro is imported: the list of jobs appears in half the time
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
