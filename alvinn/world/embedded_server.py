"""A private embedded server: a process of its own that ends when this one ends, however that happens.

The server holds the reading end of our pipe as its standard input and stops when the pipe closes; the operating system
closes it even after kill -9.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from alvinn.errors import ServerError

START_SECONDS = 180.0  # a cold start on a busy machine reads Panda3D and carla from disk
STOP_SECONDS = 5.0
POLL = 0.2  # s between two looks whether a server that starts is needed still
MESSAGE_PREFIX = "sim: "  # of the server's own messages
TRACEBACK = "Traceback (most recent call last):"
ROOT = str(Path(__file__).resolve().parents[2])  # the folder that holds `sim`, whatever the current folder is
# `python -m sim` would look into the current folder first, and run a `sim/` or a `carla.py` that lies there.
BOOTSTRAP = (
    "import sys; sys.path[:] = [sys.argv.pop(1), *filter(None, sys.path)]; "
    "import runpy; runpy.run_module('sim', run_name='__main__', alter_sys=True)"
)


@contextmanager
def embedded_server(
    map_name: str, seed: int, is_cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[str, int]]:
    """Start an embedded server on a free loopback port; yields (host, port).

    Args:
        map_name: a built-in map or an OpenDRIVE file.
        seed: of its scenery and noise.
        is_cancelled: whether the start is to be given up, for threads that Ctrl-C does not reach.

    Raises:
        ServerError: it did not start, or was cancelled; the message is the server's own. A ServerError raised inside
            the block is extended by the server's exit status if the server has ended.
    """
    options = ["--port", "0", "--exit-with-parent", "--map", map_name, "--seed", str(seed)]
    with subprocess.Popen(
        [sys.executable, "-c", BOOTSTRAP, ROOT, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            address = _wait_until_ready(process, is_cancelled)
        except BaseException:
            process.kill()  # it looks after its parent only once it is ready, and has nothing to clean up before
            raise
        try:
            with _report_exit(process):
                yield address
        finally:
            _end(process)


@contextmanager
def _report_exit(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except ServerError as error:
        if process.poll() is None:
            raise
        raise ServerError(f"{error} (the embedded server exited with status {process.returncode})") from error


class KeptServer(AbstractContextManager["KeptServer"]):
    """An embedded server that is reused from run to run, as long as map and seed stay the same.

    Starting one costs as much as driving some hundred metres. A frame depends on the scene and the pose alone, so a run
    on a reused server equals, to the last digit, a run on a fresh one.
    """

    def __init__(self) -> None:
        self._undo = ExitStack()
        self._kept: dict[tuple[str, int], tuple[str, int]] = {}

    def address(self, map_name: str, seed: int) -> tuple[str, int]:
        """Host and port of a server with this map and seed; raises as `embedded_server` does."""
        wanted = (map_name, seed)
        if wanted not in self._kept:
            self.drop()
            self._kept[wanted] = self._undo.enter_context(embedded_server(map_name, seed))
        return self._kept[wanted]

    def drop(self) -> None:
        """End the server: it failed, or another one is needed."""
        self._kept.clear()
        self._undo.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()


def _wait_until_ready(
    process: subprocess.Popen[str], is_cancelled: Callable[[], bool] = lambda: False
) -> tuple[str, int]:
    """Host and port from the line that a ready server prints: `listening on HOST:PORT map NAME`."""
    lines: queue.Queue[str] = queue.Queue()
    errors: list[str] = []
    ready = threading.Event()
    readers = [
        threading.Thread(target=_read_first, args=(process.stdout, lines), daemon=True),
        threading.Thread(target=_read_errors, args=(process.stderr, errors, ready), daemon=True),
    ]
    for reader in readers:
        reader.start()
    words = _wait_for_line(lines, is_cancelled).split()
    if len(words) < 3 or words[:2] != ["listening", "on"]:
        process.wait(timeout=STOP_SECONDS)
        readers[1].join(timeout=STOP_SECONDS)
        raise ServerError(_find_message(errors) or "the embedded server exited without a message")
    ready.set()
    host, _, port = words[2].rpartition(":")
    return host, int(port)


def _wait_for_line(lines: queue.Queue[str], is_cancelled: Callable[[], bool]) -> str:
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS:
        if is_cancelled():
            raise ServerError("the start of the embedded server was cancelled")
        with suppress(queue.Empty):
            return lines.get(timeout=POLL)
    raise ServerError(f"the embedded server did not start within {START_SECONDS:g} s")


def _find_message(errors: list[str]) -> str:
    """The server's own last message on stderr, where libraries print too; everything if there is none."""
    own = [line.removeprefix(MESSAGE_PREFIX) for line in errors if line.startswith(MESSAGE_PREFIX)]
    return (own[-1] if own else "".join(errors)).strip()


def _read_first(stream: IO[str] | None, lines: queue.Queue[str]) -> None:
    if stream is not None:
        lines.put(stream.readline())
        with suppress(ValueError):  # closed meanwhile
            for _ in stream:  # keep the pipe empty
                pass


def _read_errors(stream: IO[str] | None, errors: list[str], ready: threading.Event) -> None:
    """Collect the server's stderr until it is ready; from then on pass its own messages and tracebacks to the user."""
    in_traceback = False
    with suppress(ValueError):  # closed meanwhile
        for line in stream or ():
            if not ready.is_set():
                errors.append(line)
                continue
            is_first, is_inside = line.startswith(TRACEBACK), in_traceback
            in_traceback = is_first or (in_traceback and line.startswith(" "))  # its last line is not indented
            if is_first or is_inside or line.startswith(MESSAGE_PREFIX):
                message = line.removeprefix(MESSAGE_PREFIX)
                print(f"the embedded server: {message}", end="", file=sys.stderr, flush=True)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
