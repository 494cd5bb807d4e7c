"""Faults of our own: each is logged with its traceback the first time, and ends nothing."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class FaultLog:
    """Writes tracebacks to stderr, the same fault once: one in the clock would come twenty times a second."""

    def __init__(self) -> None:
        self._seen: set[tuple[type[BaseException], str, int]] = set()

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Log what the block raises, and go on after it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the others' server
            self.write(error)

    def write(self, error: Exception) -> None:
        """Log a fault, unless the same one was logged before."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        fault = (type(error), *_place(trace))
        if fault not in self._seen:
            self._seen.add(fault)
            traceback.print_exception(error, file=sys.stderr)


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """The file and line of a traceback's end."""
    return ("", 0) if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
