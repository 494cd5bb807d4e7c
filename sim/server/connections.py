"""The connections of the server's two ports, on one asyncio event loop, without threads or locks.

One port takes RPC calls, the other subscriptions to streams. Writing never blocks: messages for a slow reader of a
stream are queued up to BACKLOG bytes, then the oldest are dropped, whole; the calls of a client that does not read its
answers are not read either.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, cast

from sim.episode.world import WorldError
from sim.rpc import batch_commands, episode_methods, registry, vehicle_methods
from sim.server.server import Server
from sim.wire import rpc, streaming
from sim.wire.errors import NotSupportedError, PeerError

BACKLOG = 64 << 20  # bytes queued for one reader of a stream
PAUSE = 0.005  # s between an answer and its images, see `_Calls._finish`
CLOCK_METHODS = {"set_episode_settings", "tick_cue"}
FAMILIES = (batch_commands, episode_methods, vehicle_methods)  # importing them fills the registry


class StartError(Exception):
    """The server cannot start; the message is one sentence for the user."""


class _Connection(asyncio.Protocol):
    """A connection whose writing may be paused; asyncio itself sets TCP_NODELAY."""

    transport: asyncio.Transport
    paused = False

    def __init__(self, server: Server) -> None:
        self.server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False

    def abort(self) -> None:
        """Close at once and discard what is not sent yet."""
        self.transport.abort()


class _Calls(_Connection):
    """One client's calls, served in order; a client that does not read its answers is not read either."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._connection = rpc.Connection()
        self._after_batch = False
        self._unfinished: asyncio.Task[None] | None = None  # a call that takes long; later calls wait

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.server.callers.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self.server.drop_client(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._connection.receive_data(data)
            self._serve_all()
        except PeerError:
            self.abort()  # there is no answer to a peer that does not speak msgpack-rpc

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._resume()

    def _resume(self) -> None:
        """Read again and serve the calls received before the pause, unless there is another reason to wait."""
        if not self.paused and self._unfinished is None and not self.transport.is_closing():
            self.transport.resume_reading()
            self.data_received(b"")

    def _serve_all(self) -> None:
        while not self.paused and self._unfinished is None and not self.transport.is_closing():
            request = self._connection.next_request()
            if request is None:
                return
            reply = answer(self.server, request)
            if isinstance(reply, bytes):
                self._finish(request, reply)
            else:
                self.transport.pause_reading()
                self._unfinished = asyncio.get_running_loop().create_task(self._finish_later(request, reply))

    async def _finish_later(self, request: rpc.Request, reply: Awaitable[bytes]) -> None:
        data = await reply
        self._unfinished = None
        if not self.transport.is_closing():
            self._finish(request, data)
        self._resume()

    def _finish(self, request: rpc.Request, reply: bytes) -> None:
        self.transport.write(reply)
        if request.method in CLOCK_METHODS and self.server.world.settings.synchronous_mode:
            self.server.clock_holders.add(self)
        # `apply_batch_sync(commands, True)` ticks with Python's lock held. If by then every thread of the client's has
        # an image to hand to Python, none is left to read the episode state that the tick waits for. `tick()` releases
        # the lock, so only a tick right after a batch needs the pause.
        self.server.draw_pictures(PAUSE if self._after_batch else 0.0)
        self._after_batch = request.method == "apply_batch" and request.wants_answer


def answer(server: registry.Context, request: rpc.Request) -> bytes | Awaitable[bytes]:
    """Carry out a request; returns the bytes of its answer, which may report a failure, or an awaitable of them."""
    try:
        returns, result = registry.call(server, request.method, request.arguments)
        if isinstance(result, Awaitable):
            return _answer_later(request, returns, result)
        return rpc.pack_result(request.id, returns, result)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one method must not end the server
        return _answer_failure(request, error)


async def _answer_later(request: rpc.Request, returns: rpc.Returns, result: Awaitable[Any]) -> bytes:
    try:
        return rpc.pack_result(request.id, returns, await result)
    except Exception as error:  # noqa: BLE001 - as in `answer`
        return _answer_failure(request, error)


def _answer_failure(request: rpc.Request, error: Exception) -> bytes:
    if isinstance(error, NotSupportedError):
        return rpc.pack_refusal(request.id, str(error))
    if isinstance(error, (PeerError, WorldError)):
        return rpc.pack_failure(request.id, registry.find_returns(request.method), str(error))
    traceback.print_exception(error, file=sys.stderr)
    return rpc.pack_refusal(request.id, f"internal error in {request.method}: {error}")


class _Stream(_Connection):
    """One reader of one stream.

    The connection to a stream that does not exist (any more) is kept open and silent: if it were closed, the genuine
    client would reconnect at once, for ever.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._subscription = streaming.Subscription()
        self._stream: int | None = None
        self._queue: deque[bytes] = deque()
        self._bytes_queued = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=0)  # paused as soon as the system's buffer is full

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._stream is not None:
            self.server.unsubscribe(self, self._stream)

    def data_received(self, data: bytes) -> None:
        try:
            self._stream = self._subscription.receive_data(data)
        except PeerError:
            self.abort()
            return
        if self._stream is not None:
            self.server.subscribe(self, self._stream)

    def send(self, message: bytes) -> None:
        """Send a message now, or queue it behind those that the reader has not taken yet."""
        if not self.paused:
            self.transport.write(message)
            return
        self._queue.append(message)
        self._bytes_queued += len(message)
        while self._bytes_queued > BACKLOG and len(self._queue) > 1:
            self._bytes_queued -= len(self._queue.popleft())

    def resume_writing(self) -> None:
        super().resume_writing()
        while self._queue and not self.paused:
            message = self._queue.popleft()
            self._bytes_queued -= len(message)
            self.transport.write(message)


async def listen(server: Server, host: str, port: int) -> tuple[list[asyncio.Server], int]:
    """Open both ports and start the clock; returns the servers and the port for calls.

    Raises:
        StartError: a port is not available, or the host is no name.
    """
    streams, server.stream_port = await _open(lambda: _Stream(server), host, port + 1 if port else 0)
    try:
        calls, rpc_port = await _open(lambda: _Calls(server), host, port)
    except StartError:
        streams.close()
        raise
    server.restart_clock()
    return [streams, calls], rpc_port


async def _open(protocol: Callable[[], asyncio.Protocol], host: str, port: int) -> tuple[asyncio.Server, int]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        server = await asyncio.get_running_loop().create_server(protocol, host, port, family=family)
    except UnicodeError as error:  # of the codec for names of machines
        raise StartError(f"--host is {host}, expected an address or the name of a machine") from error
    except OSError as error:
        raise StartError(
            f"cannot listen on {host}:{port} ({error.strerror}): the server needs --port and the next port; "
            "choose another --port, or 0 for any free ones"
        ) from error
    return server, int(server.sockets[0].getsockname()[1])
