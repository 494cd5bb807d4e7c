"""What keeps CARLA's traffic manager going in synchronous mode, where it runs within the client.

A tick gives its thread a signal and waits for another without end. On a busy machine CARLA 0.9.16 can lose either of
them (its issue 9172): the thread then waits for the tick and the tick for the thread. To leave synchronous mode and
come back gives both once more; it is asked for on the traffic manager's own port, as the stuck tick holds the client's
lock.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PATIENCE = 5.0  # s: beyond what a tick takes on a busy machine; a needless signal costs one more step of the manager
SET_MODE = b"\xb4set_synchronous_mode\x91"  # and what follows, in msgpack: a name, and a list of one argument
NOTIFICATION, FALSE, TRUE = b"\x93\x02", b"\xc2", b"\xc3"


@contextmanager
def watch(wake: Callable[[], None], patience: float = PATIENCE) -> Iterator[Watch]:
    """Look after calls that may get stuck, in a thread, until the block is left.

    Args:
        wake: frees a call that is stuck.
        patience: a call is taken for stuck after this time [s], and once more whenever it has passed again.
    """
    watch = Watch(wake, patience)
    thread = threading.Thread(target=watch.look, name="traffic manager's watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        watch.over.set()
        thread.join()


class Watch:
    """Looks after one call at a time; see `watch`."""

    def __init__(self, wake: Callable[[], None], patience: float) -> None:
        self.over = threading.Event()
        self._wake, self._patience = wake, patience
        self._since: float | None = None

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Look after the call inside the block."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._since = None

    def look(self) -> None:
        """Wake the calls that are stuck, until it is over."""
        woken = 0.0
        while not self.over.wait(self._patience / 5.0):
            since = self._since
            if since is not None and time.monotonic() - max(since, woken) > self._patience:
                self._wake()
                woken = time.monotonic()


def find_free_port() -> int:
    """A port on which a traffic manager can listen."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wake_traffic_manager(port: int) -> None:
    """Give a traffic manager of this process, in synchronous mode, and a tick that waits for it their signals again.

    Nothing happens where there is no traffic manager any more.

    Args:
        port: of the traffic manager.
    """
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(b"".join(NOTIFICATION + SET_MODE + mode for mode in (FALSE, TRUE)))
