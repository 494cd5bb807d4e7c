"""A log of the server's own faults: each is logged once, with its traceback, and does not end the server."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


class FaultLog:
    """Writes tracebacks to stderr, each fault once: a fault in the clock would repeat twenty times a second."""

    def __init__(self) -> None:
        self._seen: set[tuple[type[BaseException], str, int]] = set()

    @contextmanager
    def logged(self) -> Iterator[None]:
        """Log and suppress an exception of the block."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the server
            self.write(error)

    def write(self, error: Exception) -> None:
        """Log a fault, unless it was logged before."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        fault = (type(error), *_place(trace))
        if fault not in self._seen:
            self._seen.add(fault)
            traceback.print_exception(error, file=sys.stderr)


def _place(trace: TracebackType | None) -> tuple[str, int]:
    """File and line of a traceback's last entry."""
    return ("", 0) if trace is None else (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
