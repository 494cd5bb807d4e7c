"""Silencing libraries that print to the terminal, which is for the job's own output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what libraries print to stdout and stderr inside the block; exceptions pass through.

    The file descriptors are redirected, since TensorFlow prints from C++.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    copies = [(fd, os.dup(fd)) for fd in (1, 2)]
    devnull = os.open(os.devnull, os.O_WRONLY)
    try:
        for fd, _ in copies:
            os.dup2(devnull, fd)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for fd, copy in copies:
            os.dup2(copy, fd)
            os.close(copy)
        os.close(devnull)
