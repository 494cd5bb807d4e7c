"""`python -m sim`: the embedded server in the foreground.

When it is ready it says so in one line on stdout: `listening on HOST:PORT map NAME`. What keeps it from starting is one
sentence on stderr and exit status 1.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import tyro

from sim.episode.world import WorldError
from sim.server.camera_streams import CameraStreams
from sim.server.connections import StartError, listen
from sim.server.server import Server

LAST_RESORT = 2.0  # seconds that the loop has to end once the parent is gone
PARENT_CHECK = 0.5  # seconds between two looks at who the parent is


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The embedded CARLA: a small server that the genuine carla 0.9.16 client drives in."""

    map: str = "country"
    """A built-in map by its name, or an OpenDRIVE file (NAME|FILE.xodr)."""
    port: int = 2000
    """The port that clients name; streams take the one above. 0 takes any two free ones."""
    host: str = "127.0.0.1"
    """The address to listen on; 0.0.0.0 lets other machines in."""
    renderer: Annotated[Literal["tiny", "gl"], tyro.conf.arg(help="tiny needs no graphics card, gl uses one.")] = "tiny"
    seed: int = 0
    """Chooses the surroundings of the road."""
    exit_with_parent: Annotated[
        bool, tyro.conf.arg(help="End when the process that started this one ends; it holds a pipe to our stdin.")
    ] = False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until it is told to stop; the exit status: 0 after a clean end, 1 if it could not start.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    options = tyro.cli(ServerOptions, args=None if argv is None else list(argv), prog="python -m sim")
    try:
        return run(options)
    except KeyboardInterrupt:  # before it was ready
        return 0
    except (StartError, WorldError) as error:
        print(f"sim: {error}", file=sys.stderr)
        return 1


def run(options: ServerOptions) -> int:
    """Run the server with these options; raises StartError or WorldError if it cannot start."""
    if not 0 <= options.port < 65535:
        raise StartError(f"--port is {options.port}, expected 0 (any) to 65534")
    if not options.host.strip():  # asyncio would listen on every address
        raise StartError("--host is empty, expected an address: 127.0.0.1, or 0.0.0.0 to admit other machines")
    # Ctrl-C goes to a parent as well, which then wants to clean up here first and closes our stdin when it has.
    with _handling([signal.SIGINT] if options.exit_with_parent else [], signal.SIG_IGN):
        with _uncollected():
            server = _server(options)
        asyncio.run(_serve(server, options))
    return 0


def _server(options: ServerOptions) -> Server:
    # These bring CARLA's map parser and Panda3D with them: not for --help, and not before the options are right.
    from sim.camera.renderer import Renderer
    from sim.server import maps

    open_track = partial(maps.open_built_in, seed=options.seed)
    read_track = partial(maps.read_map, seed=options.seed)
    track = maps.open_map(options.map, options.seed)
    try:
        renderer = Renderer(options.renderer)
    except RuntimeError as error:
        raise StartError(f"{error}; the other --renderer may work") from error
    return Server(track, CameraStreams(renderer, options.seed), open_track, read_track, maps.list_names())


async def _serve(server: Server, options: ServerOptions) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(stopped.set)

    ports, port = await listen(server, options.host, options.port)
    with _handling([signal.SIGTERM] if options.exit_with_parent else [signal.SIGTERM, signal.SIGINT], stop):
        if options.exit_with_parent:
            _stop_with_parent(stop)
        print(f"listening on {options.host}:{port} map {server.world.track.name}", flush=True)
        await stopped.wait()
        for open_port in ports:
            open_port.close()
        server.close()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Spare the garbage collector what the block makes: it stays, and looking through it is 6% of the start."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def _handling(numbers: Iterable[signal.Signals], handler: Callable[..., None] | signal.Handlers) -> Iterator[None]:
    """Answer signals in a way of ours while the block runs."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _stop_with_parent(stop: Callable[[], None]) -> None:
    """Stop once the parent is gone, in whatever way it went: its pipe to our stdin closes, or we have a new parent.

    The second matters where a sibling of ours holds a copy of the pipe.
    """

    def end() -> None:
        stop()
        timer = threading.Timer(LAST_RESORT, os._exit, args=(1,))
        timer.daemon = True
        timer.start()

    def read_to_the_end() -> None:
        # Not sys.stdin: its lock, held by a thread that still reads, makes the interpreter's exit fatal.
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        end()

    def watch_the_parent(parent: int) -> None:
        while os.getppid() == parent:
            pause.wait(PARENT_CHECK)
        end()

    pause = threading.Event()
    threading.Thread(target=read_to_the_end, daemon=True).start()
    if os.name == "posix":
        threading.Thread(target=watch_the_parent, args=(os.getppid(),), daemon=True).start()
