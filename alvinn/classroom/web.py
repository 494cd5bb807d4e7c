"""The web server: the page and its files, and one websocket for each guest.

Only a page that this server itself sent may speak: the websocket's origin must be the host that was asked, and that
must be one of ours, so that no other page in a guest's browser, and no name that somebody points here, reaches the car.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib import resources

import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from alvinn.classroom.address import EVERYWHERE, LOOPBACK
from alvinn.classroom.audience import FullError, Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.lessons import read_lessons
from alvinn.classroom.messages import MAX_BYTES, Hello, MessageError, decode
from alvinn.errors import AlvinnError

HELLO_SECONDS = 10.0  # for a page to say who it is
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws://{}"
)
VIOLATION, TOO_BUSY, REFUSED = 1008, 1013, 4403  # close codes


def make_app(classroom: Classroom, hosts: Collection[str]) -> Starlette:
    """The application.

    Args:
        classroom: whom the guests join.
        hosts: names and addresses, without ports, that a browser may have asked for.
    """

    def send_file(request: Request) -> Response:
        if not _is_ours(request, hosts):
            return PlainTextResponse("this is not the address of the class", status_code=421)
        return _read_file(request)

    async def converse(websocket: WebSocket) -> None:
        if not _is_ours(websocket, hosts) or websocket.headers.get("origin") != f"http://{websocket.headers['host']}":
            await websocket.close(REFUSED)
            return
        await websocket.accept()
        with suppress(WebSocketDisconnect, asyncio.TimeoutError):
            await _serve_guest(classroom, websocket)

    return Starlette(
        routes=[Route("/", send_file), Route("/{name}", send_file), WebSocketRoute("/class", converse)],
    )


def _is_ours(connection: HTTPConnection, hosts: Collection[str]) -> bool:
    name, _, port = connection.headers.get("host", "").rpartition(":")
    return (name if port.isdecimal() and name else connection.headers.get("host", "")).strip("[]") in hosts


def _read_file(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    if name.startswith("lesson-"):
        lessons = {f"lesson-{lesson.number}": lesson for lesson in read_lessons()}
        return HTMLResponse(lessons[name].to_html()) if name in lessons else _refuse_page()
    shared = name == "style.css"  # of the other pages
    folder = (
        resources.files("alvinn.visualization") / "templates"
        if shared
        else resources.files("alvinn.classroom") / "page"
    )
    if name not in {path.name for path in folder.iterdir()}:
        return _refuse_page()
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    policy = POLICY.format(request.headers["host"])
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response((folder / name).read_bytes(), media_type=kind, headers=headers)


def _refuse_page() -> Response:
    return PlainTextResponse("there is no such page", status_code=404)


async def _serve_guest(classroom: Classroom, websocket: WebSocket) -> None:
    try:
        hello = decode(await asyncio.wait_for(_receive(websocket), HELLO_SECONDS))
        if not isinstance(hello, Hello):
            raise MessageError("the first message must be hello")
        guest = classroom.join(hello)
    except MessageError as error:
        await websocket.close(VIOLATION, str(error)[:100])
        return
    except FullError:
        await websocket.close(TOO_BUSY, "the room is full")
        return
    sending = asyncio.ensure_future(_send(guest, websocket))
    try:
        await _listen(classroom, guest, websocket)
    finally:
        sending.cancel()
        classroom.leave(guest)


async def _listen(classroom: Classroom, guest: Guest, websocket: WebSocket) -> None:
    while not guest.is_gone:
        data = await _receive(websocket)
        try:
            classroom.receive(guest, data)
            await asyncio.sleep(0)  # a burst of messages does not keep those to all others from going out
        except MessageError as error:
            await websocket.close(VIOLATION, str(error)[:100])
            return


async def _receive(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    return text if text is not None else message.get("bytes") or b""


async def _send(guest: Guest, websocket: WebSocket) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # the page went away meanwhile
        while (message := await guest.next()) is not None:
            await websocket.send_bytes(message)
        await websocket.close(TOO_BUSY, "the page fell too far behind")


@contextmanager
def serve(classroom: Classroom, host: str, port: int, hosts: Collection[str]) -> Iterator[int]:
    """Serve the class from a thread of its own until the block ends; yields the port.

    Raises:
        AlvinnError: the port is taken.
    """
    with _listen_at(host, port) as listening:
        config = uvicorn.Config(
            make_app(classroom, hosts),
            ws="websockets-sansio",
            ws_max_size=MAX_BYTES,
            ws_max_queue=16,
            ws_per_message_deflate=False,  # pictures are compressed already
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(_run(server, classroom, listening)), daemon=True)
        thread.start()
        server.ready.wait()
        try:
            yield int(listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


async def _run(server: _Server, classroom: Classroom, listening: socket.socket) -> None:
    loop = asyncio.get_running_loop()

    def schedule(function: object, *given: object) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(function, *given)  # type: ignore[arg-type] # a callback and what it takes

    classroom.schedule = schedule
    await server.serve(sockets=[listening])


def is_free(port: int) -> bool:
    """Whether a port can be listened at, for this machine alone and for its networks, too; any is for 0."""
    try:
        for host in (LOOPBACK, EVERYWHERE):
            _listen_at(host, port).close()
    except AlvinnError:
        return False
    return True


def _listen_at(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise AlvinnError(
            f"port {port} of {host or 'this machine'} cannot be used ({error.strerror}): choose another with --port"
        ) from error
