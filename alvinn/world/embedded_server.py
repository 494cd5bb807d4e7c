"""A private embedded server: started as a process of its own, ended when we end, however that happens.

The server holds the reading end of our pipe as its standard input and stops when that closes: the operating system
closes it for us even after kill -9.
"""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO

from alvinn.errors import ServerError

START_SECONDS = 180.0  # a cold start on a busy machine reads Panda3D and carla from disk
STOP_SECONDS = 5.0
OWN = "sim: "  # how the server's own sentences begin
TRACEBACK = "Traceback (most recent call last):"
ROOT = str(Path(__file__).resolve().parents[2])  # the folder that holds `sim`, whatever the current folder is
# `python -m sim` would look into the current folder first, and run a `sim/` or a `carla.py` that lies there.
BOOTSTRAP = (
    "import sys; sys.path[:] = [sys.argv.pop(1), *filter(None, sys.path)]; "
    "import runpy; runpy.run_module('sim', run_name='__main__', alter_sys=True)"
)


@contextmanager
def embedded_server(map_name: str, seed: int) -> Iterator[tuple[str, int]]:
    """Start an embedded server on a free port of the loopback; yields (host, port).

    Args:
        map_name: a built-in map or an OpenDRIVE file.
        seed: of its picture.

    Raises:
        ServerError: it did not start; the message is the server's own. One that comes from inside the block says
            so where the server had ended.
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
            address = _address(process)
            with _telling_of_its_end(process):
                yield address
        finally:
            _end(process)


@contextmanager
def _telling_of_its_end(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except ServerError as error:
        if process.poll() is None:
            raise
        raise ServerError(f"{error} (the embedded server ended by itself, status {process.returncode})") from error


class KeptServer(AbstractContextManager["KeptServer"]):
    """An embedded server that is kept from run to run, as long as they want the same map and seed.

    Starting one costs as much as driving some hundred metres. It draws a frame from the scene and the pose alone, so
    that a run on a kept server is, to the last digit, the run on a fresh one.
    """

    def __init__(self) -> None:
        self._undo = ExitStack()
        self._kept: dict[tuple[str, int], tuple[str, int]] = {}

    def address(self, map_name: str, seed: int) -> tuple[str, int]:
        """Host and port of a server of this map and seed; raises as `embedded_server` does."""
        wanted = (map_name, seed)
        if wanted not in self._kept:
            self.drop()
            self._kept[wanted] = self._undo.enter_context(embedded_server(map_name, seed))
        return self._kept[wanted]

    def drop(self) -> None:
        """End the server: something went wrong with it, or another is wanted."""
        self._kept.clear()
        self._undo.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()


def _address(process: subprocess.Popen[str]) -> tuple[str, int]:
    """What the server printed when it was ready: `listening on HOST:PORT map NAME`."""
    lines: queue.Queue[str] = queue.Queue()
    complaints: list[str] = []
    ready = threading.Event()
    readers = [
        threading.Thread(target=_read_first, args=(process.stdout, lines), daemon=True),
        threading.Thread(target=_read_complaints, args=(process.stderr, complaints, ready), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        words = lines.get(timeout=START_SECONDS).split()
    except queue.Empty:
        raise ServerError(f"the embedded server did not start within {START_SECONDS:g} s") from None
    if len(words) < 3 or words[:2] != ["listening", "on"]:
        process.wait(timeout=STOP_SECONDS)
        readers[1].join(timeout=STOP_SECONDS)
        raise ServerError(_sentence(complaints) or "the embedded server ended without a word")
    ready.set()
    host, _, port = words[2].rpartition(":")
    return host, int(port)


def _sentence(complaints: list[str]) -> str:
    """The server's own sentence out of its stderr, where libraries print too; all of it if there is none."""
    own = [line.removeprefix(OWN) for line in complaints if line.startswith(OWN)]
    return (own[-1] if own else "".join(complaints)).strip()


def _read_first(stream: IO[str] | None, lines: queue.Queue[str]) -> None:
    if stream is not None:
        lines.put(stream.readline())
        with suppress(ValueError):  # closed meanwhile
            for _ in stream:  # keep the pipe empty
                pass


def _read_complaints(stream: IO[str] | None, complaints: list[str], ready: threading.Event) -> None:
    """Keep what the server says until it is ready; from then on pass its sentences and tracebacks on as they come."""
    in_traceback = False
    with suppress(ValueError):  # closed meanwhile
        for line in stream or ():
            if not ready.is_set():
                complaints.append(line)
                continue
            is_first, is_inside = line.startswith(TRACEBACK), in_traceback
            in_traceback = is_first or (in_traceback and line.startswith(" "))  # its last line is not indented
            if is_first or is_inside or line.startswith(OWN):
                print(f"the embedded server: {line.removeprefix(OWN)}", end="", file=sys.stderr, flush=True)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
