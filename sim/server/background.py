"""Long work in threads and processes, so that the server's event loop and its ticks do not wait for it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from sim.episode.world import WorldError
from sim.roads.track import Track

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

READ_SECONDS = 180.0  # at most, to read a client's map
T = TypeVar("T")
_processes: set[SpawnProcess] = set()


async def run_in_thread(function: Callable[[], T]) -> T:
    """Call a function in a thread; unlike with `asyncio.to_thread`, the server can end before it returns."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        if not outcome.done():
            set_outcome()

    def work() -> None:
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - re-raised in the caller
            report = _bind(outcome.set_exception, error)
        else:
            report = _bind(outcome.set_result, result)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, report)

    threading.Thread(target=work, daemon=True).start()
    return await outcome


def _bind(function: Callable[[T], None], value: T) -> Callable[[], None]:
    return lambda: function(value)


def run_in_process(read: Callable[[str, str, int], Track], name: str, text: str, seed: int) -> Track:
    """Read a client's map in a process of its own, whose time, memory and crashes do not affect the server.

    Raises:
        WorldError: from `read`, or the process crashed or took more than READ_SECONDS.
    """
    import multiprocessing  # which few servers need

    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, read, name, text, seed), daemon=True)
    process.start()
    theirs.close()
    _processes.add(process)
    try:
        if not ours.poll(READ_SECONDS):
            raise WorldError(f"the OpenDRIVE text takes more than {READ_SECONDS:g} s to read")
        answer = ours.recv()
    except EOFError:
        raise WorldError("the OpenDRIVE text cannot be read: the process that read it ended") from None
    finally:
        _processes.discard(process)
        process.kill()
        process.join()
        ours.close()
    if isinstance(answer, Track):
        return answer
    raise WorldError(str(answer))


def end_processes() -> None:
    """End the processes that `run_in_process` still waits for; called when the server ends."""
    for process in tuple(_processes):
        process.kill()


def _answer(answers: Connection, read: Callable[[str, str, int], Track], name: str, text: str, seed: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answers.send(read(name, text, seed))
    except WorldError as error:
        answers.send(str(error))


def _end_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
