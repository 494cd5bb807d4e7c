"""`python -m sim`: the embedded server in the foreground.

When it is ready it says so in one line on stdout: `listening on HOST:PORT map NAME`. What keeps it from starting is one
sentence on stderr and exit status 1.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from sim.ports import StartError, listen
from sim.server import Server
from sim.studio import Studio
from sim.world import World, WorldError

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
    except (StartError, WorldError) as error:
        print(f"sim: {error}", file=sys.stderr)
        return 1


def run(options: ServerOptions) -> int:
    """Run the server with these options; raises StartError or WorldError if it cannot start."""
    if not 0 <= options.port < 65535:
        raise StartError(f"--port is {options.port}, expected 0 (any) to 65534")
    # These bring CARLA's map parser and Panda3D with them: not for --help, and not before the options are right.
    from sim import camera, maps

    world = World(maps.opened(options.map))
    try:
        renderer = camera.Renderer(options.renderer)
    except RuntimeError as error:
        raise StartError(f"{error}; the other --renderer may work") from error
    server = Server(world, Studio(renderer, options.seed), maps.opened, maps.read, maps.names())
    asyncio.run(_serve(server, options))
    return 0


async def _serve(server: Server, options: ServerOptions) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        loop.call_soon_threadsafe(stopped.set)

    _stop_on_signals(stop, parent_decides=options.exit_with_parent)
    ports, port = await listen(server, options.host, options.port)
    if options.exit_with_parent:
        _stop_with_parent(stop)
    print(f"listening on {options.host}:{port} map {server.world.track.name}", flush=True)
    await stopped.wait()
    for open_port in ports:
        open_port.close()
    server.close()


def _stop_on_signals(stop: Callable[[], None], *, parent_decides: bool) -> None:
    """Ctrl-C and SIGTERM end the server; Ctrl-C does not where a parent wants to clean up here first."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN if parent_decides else lambda _number, _frame: stop())


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
