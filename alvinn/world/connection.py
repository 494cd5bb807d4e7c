"""The connection to a CARLA server: the client, its errors in our words, weathers by name."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import carla

from alvinn.errors import MapError, ServerError
from alvinn.util.nearest import find_name, suggest

TIMEOUT = 10.0  # s: for one response of the server
CONNECT_TIMEOUT = 5.0  # s
SILENCE = ("time-out", "onnect")  # in the client's message, where no answer came; another one is the server's own
# A request for the version in msgpack-rpc: kind, number, name, arguments. Its number has empty lines in it, so that a
# server of text does not wait for the end of one. An answer, too, is a list of four.
HELLO, ANSWER = b"\x94\x00\xce\r\n\r\n\xa7version\x91\x91\xc2", b"\x94"
EMBEDDED_TIMEOUT = 60.0  # s: it runs, so it will answer, if late on a busy machine


@contextmanager
def connect(host: str, port: int, *, embedded: bool = False) -> Iterator[carla.Client]:
    """Connect a client to the server at an address.

    Args:
        host: of the server.
        port: of the server.
        embedded: whether it is this program's own, which was seen to start.

    Raises:
        ServerError: no server answers there, or one of another version.
    """
    if not embedded:
        _require_protocol(host, port)
    try:
        client = carla.Client(host, port)
        client.set_timeout(EMBEDDED_TIMEOUT if embedded else CONNECT_TIMEOUT)
        theirs = client.get_server_version()
    except RuntimeError as error:
        if embedded:
            raise ServerError(
                f"the embedded server started, but did not answer within {EMBEDDED_TIMEOUT:g} s: "
                "try again when the machine is less busy"
            ) from error
        raise ServerError(
            f"no CARLA server answers at {host}:{port}: start one there, or leave --carla out to use the embedded one"
        ) from error
    ours = client.get_client_version()
    if theirs.split("-")[0] != ours:  # what is built from sources has a tail, as in 0.9.16-dirty
        raise ServerError(
            f"the server at {host}:{port} is CARLA {theirs}, this program's client is {ours}: "
            f"start a {ours} server, or leave --carla out to use the embedded one"
        )
    client.set_timeout(TIMEOUT)
    yield client


def _require_protocol(host: str, port: int) -> None:
    """See that what answers at an address speaks CARLA's protocol: at any other the client ends the whole program.

    Nobody there, and silence, are left to the client.

    Raises:
        ServerError: it does not.
    """
    first = b""
    with suppress(OSError), socket.create_connection((host, port), CONNECT_TIMEOUT) as connection:
        connection.sendall(HELLO)
        first = connection.recv(1)
    if first not in {b"", ANSWER}:
        raise ServerError(
            f"what answers at {host}:{port} is no CARLA server: mend the port (CARLA's is 2000 unless it was started "
            "with another), or leave --carla out to use the embedded one"
        )


@contextmanager
def explain_errors(doing: str) -> Iterator[None]:
    """Turn the client's RuntimeError into a ServerError that says what it interrupted.

    Raises:
        ServerError: in place of the client's RuntimeError.
    """
    try:
        yield
    except RuntimeError as error:
        did = "stopped answering" if any(word in str(error) for word in SILENCE) else "answered with an error"
        raise ServerError(f"the CARLA server {did} while {doing}: {error}") from error


def find_weather(name: str) -> carla.WeatherParameters:
    """CARLA's preset of a name such as ClearNoon.

    Raises:
        MapError: CARLA has no preset of that name.
    """
    known = find_name(name, weather_names())
    if known is None:
        raise MapError(f"CARLA has no weather {name!r}: {suggest(name, weather_names())}")
    preset: carla.WeatherParameters = getattr(carla.WeatherParameters, known)
    return preset


def weather_names() -> list[str]:
    """The names of CARLA's presets."""
    return sorted(name for name in dir(carla.WeatherParameters) if name[0].isupper())


def map_name(world: carla.World) -> str:
    """The name of a world's map without its folder."""
    return str(world.get_map().name).rsplit("/", maxsplit=1)[-1]


def server_kind(client: carla.Client) -> str:
    """`embedded` or `full`; the embedded server names families of maps, such as `random:1`, as CARLA names none."""
    return "embedded" if any(":" in name for name in client.get_available_maps()) else "full"
