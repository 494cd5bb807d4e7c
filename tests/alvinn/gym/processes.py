"""A small environment, and the processes that it leaves."""

from __future__ import annotations

import os
import signal

import numpy as np
import psutil

SMALL = {"width": 64, "height": 32}
STRAIGHT_ON = np.zeros(1, dtype=np.float32)


def children() -> set[int]:
    """Everything that this process has started and that has not ended."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


def kill(pids: set[int]) -> None:
    """End the only one of these processes, as if it had crashed."""
    (pid,) = pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
