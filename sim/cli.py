"""`python -m sim`: the embedded server in the foreground.

When it is ready it prints one line on stdout: `listening on HOST:PORT map NAME`. If it cannot start, it prints one
sentence on stderr and ends with exit status 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Literal

from sim.episode.world import WorldError
from sim.server.camera_streams import CameraStreams
from sim.server.connections import StartError, listen
from sim.server.server import Server

EXIT_TIMEOUT = 15.0  # seconds that a busy machine may take to end once the parent is gone
PARENT_CHECK_INTERVAL = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the server is told on the command line; `make_parser` says what each option means."""

    map: str = "country"
    maps: Path | None = None
    port: int = 2000
    host: str = "127.0.0.1"
    renderer: Literal["tiny", "gl"] = "tiny"
    seed: int = 0
    exit_with_parent: bool = False


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line, whose namespace has the fields of ServerOptions.

    It is argparse's, as tyro alone would take a sixth of the time that the server needs to start.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sim",
        description="The embedded CARLA: a small server for the genuine carla 0.9.16 client.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    add, default = parser.add_argument, ServerOptions()
    add(
        "--map",
        default=default.map,
        metavar="NAME|FILE",
        help="a built-in map, OpenDRIVE, or a centre line (*.csv)",
    )
    add(
        "--maps",
        type=Path,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="folder of *.xodr files, for clients and --map to load by name",
    )
    add("--port", type=int, default=default.port, metavar="N", help="for clients; streams use the next. 0: any two")
    add("--host", default=default.host, help="address to listen on; 0.0.0.0 admits other machines")
    add("--renderer", default=default.renderer, choices=("tiny", "gl"), help="in software, or on a graphics card")
    add("--seed", type=int, default=default.seed, metavar="N", help="of the surroundings of the roads")
    parent = "end when the parent process ends; it must hold a pipe to this one's stdin"
    add("--exit-with-parent", action="store_true", default=argparse.SUPPRESS, help=parent)
    return parser


def read_options(argv: Sequence[str] | None = None) -> ServerOptions:
    """Return the options on the command line.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    parser = make_parser()
    known, others = parser.parse_known_args(argv)
    if others:
        flags = [f"--{field.name.replace('_', '-')}" for field in fields(ServerOptions)]
        near = get_close_matches(others[0], flags, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        parser.error(f"there is no option {others[0]}{hint}")
    options = ServerOptions(**vars(known))
    if wrong := _find_wrong(options):
        parser.exit(2, f"sim: {wrong}\n")  # no usage: a job of alvinn passes it on
    return options


def _find_wrong(options: ServerOptions) -> str:
    """The first option that is out of range, and what was expected; empty if none is."""
    if options.seed < 0:
        return f"--seed is {options.seed}, expected 0 or more"
    if not 0 <= options.port < 65535:
        return f"--port is {options.port}, expected 0 (any) to 65534"
    if not options.host.strip():  # asyncio would listen on every address
        return "--host is empty, expected an address: 127.0.0.1, or 0.0.0.0 to admit other machines"
    return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the server until a signal stops it; return the exit status: 0 after a clean end, 1 if it could not start.

    Raises:
        SystemExit: 2 for wrong usage, 0 after --help.
    """
    options = read_options(argv)
    try:
        return run(options)
    except KeyboardInterrupt:  # before it was ready
        return 0
    except (StartError, WorldError) as error:
        print(f"sim: {error}", file=sys.stderr)
        return 1


def run(options: ServerOptions) -> int:
    """Run the server with these options until a signal stops it; return exit status 0.

    Raises:
        StartError: a port or the renderer is not available.
        WorldError: the map does not exist or cannot be used.
    """
    # Ctrl-C also reaches the parent, which first cleans up through this server and then closes its stdin.
    with _handle_signals([signal.SIGINT] if options.exit_with_parent else [], signal.SIG_IGN):
        with _suspend_collector():
            server = _create_server(options)
        asyncio.run(_serve(server, options))
    return 0


def _create_server(options: ServerOptions) -> Server:
    # These import CARLA's map parser and Panda3D, which --help and wrong usage need not wait for.
    from sim.camera.renderer import Renderer
    from sim.server import maps

    files = maps.find_files(options.maps)
    open_track = partial(maps.open_listed, seed=options.seed, files=files)
    read_track = partial(maps.read_map_apart, seed=options.seed)
    track = maps.open_first(options.map, options.seed, files)
    try:
        renderer = Renderer(options.renderer)
    except RuntimeError as error:
        raise StartError(f"{error}; the other --renderer may work") from error
    names = (*maps.list_names(), *files)
    return Server(track, CameraStreams(renderer, options.seed), open_track, read_track, names)


async def _serve(server: Server, options: ServerOptions) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(stopped.set)

    ports, port = await listen(server, options.host, options.port)
    with _handle_signals([signal.SIGTERM] if options.exit_with_parent else [signal.SIGTERM, signal.SIGINT], stop):
        if options.exit_with_parent:
            _stop_with_parent(stop)
        print(f"listening on {options.host}:{port} map {server.world.track.name}", flush=True)
        await stopped.wait()
        for open_port in ports:
            open_port.close()
        server.close()


@contextmanager
def _suspend_collector() -> Iterator[None]:
    """Exempt what the block creates from garbage collection: it is permanent, and scanning it is 6% of the start."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def _handle_signals(
    numbers: Iterable[signal.Signals], handler: Callable[..., None] | signal.Handlers
) -> Iterator[None]:
    """Install a signal handler while the block runs."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _stop_with_parent(stop: Callable[[], None]) -> None:
    """Stop once the parent is gone, however it ended: its pipe to our stdin closes, or we have a new parent.

    The second check matters where another process holds a copy of the pipe.
    """

    def end() -> None:
        stop()
        timer = threading.Timer(EXIT_TIMEOUT, os._exit, args=(1,))
        timer.daemon = True
        timer.start()

    def read_to_the_end() -> None:
        # Not sys.stdin: a thread that is still reading holds its lock, which would abort the interpreter at exit.
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass
        end()

    def watch_the_parent(parent: int) -> None:
        while os.getppid() == parent:
            pause.wait(PARENT_CHECK_INTERVAL)
        end()

    pause = threading.Event()
    threading.Thread(target=read_to_the_end, daemon=True).start()
    if os.name == "posix":
        threading.Thread(target=watch_the_parent, args=(os.getppid(),), daemon=True).start()
