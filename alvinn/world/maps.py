"""The maps of a server: found by name, or sent to it, where they are a file or a circuit of the embedded server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import carla

from alvinn.console import CONSOLE
from alvinn.errors import MapError
from alvinn.settings import find_map, is_built_in, is_file_name
from alvinn.util.nearest import find_name, suggest
from alvinn.world import connection
from alvinn.world.connection import connect, map_name, server_kind
from alvinn.world.embedded_server import embedded_server

LOAD_TIMEOUT = 300.0  # s: for another map; the large ones take a full server a minute and more
GAME = "/Game/"  # what the path of a full server's map begins with
MESH = carla.OpendriveGenerationParameters(wall_height=0.0)
"""How a full server builds a road that is sent to it: without the walls beside it."""


def available_maps(client: carla.Client) -> list[str]:
    """The names of a server's maps without their folders, the present one first."""
    here = map_name(client.get_world())
    names = sorted({str(name).rsplit("/", maxsplit=1)[-1] for name in client.get_available_maps()})
    return [here, *(name for name in names if name != here)]


def require_map(client: carla.Client, wanted: str) -> None:
    """See that a server has a map, or that it can be sent there.

    Raises:
        MapError: neither; the message names the nearest one.
    """
    wanted = _without_folder(wanted)
    if _find_own(client, wanted) is None:
        if not is_built_in(wanted) and not is_file_name(wanted):
            raise MapError(f"the server has no map {wanted!r}: {suggest(wanted, available_maps(client))}")
        find_map(wanted)


def load_map(client: carla.Client, wanted: str | None) -> carla.World:
    """The server's world on a map, loaded or sent if the server has another one; None keeps the present map.

    Raises:
        AlvinnError: there is no such map, or it cannot be read.
        RuntimeError: of the client.
    """
    world = client.get_world()
    if wanted is None:
        return world
    require_map(client, wanted)
    own = _find_own(client, wanted)
    if own is not None:
        if own == map_name(world):
            return world
        with _patience(client):
            return client.load_world(own)
    text = read_opendrive(find_map(wanted))
    if world.get_map().to_opendrive() == text:
        return world
    if server_kind(client) == "full":
        CONSOLE.print(
            f"{wanted} is sent to the server; a full CARLA draws no lane markings on such a road, so expect networks "
            "to fail there that have learned with them",
        )
    with _patience(client):
        return client.generate_opendrive_world(text, MESH)


def _find_own(client: carla.Client, wanted: str) -> str | None:
    """The name of a server's own map, whatever the capitals and the folder that are given; None if it has none."""
    name = _without_folder(wanted)
    if server_kind(client) == "embedded" and is_built_in(name):
        return name.lower()
    names = available_maps(client)
    if is_file_name(name) and not Path(name).is_file():  # of the machine on which the server was started with it
        name = Path(name).stem
        names = names[:1]
    return find_name(name, names)


def _without_folder(wanted: str) -> str:
    """A map's name, also where it is given as a full server prints it: /Game/Carla/Maps/Town01."""
    return wanted.rsplit("/", maxsplit=1)[-1] if wanted.startswith(GAME) else wanted


@cache
def read_opendrive(name: str) -> str:
    """The OpenDRIVE text of a file or of a circuit of the embedded server, as that server gives it.

    Raises:
        ServerError: the file is no road; the message is the server's own.
    """
    with embedded_server(name, 0) as address, connect(*address, embedded=True) as client:
        return str(client.get_world().get_map().to_opendrive())


@contextmanager
def _patience(client: carla.Client) -> Iterator[None]:
    client.set_timeout(LOAD_TIMEOUT)
    try:
        yield
    finally:
        client.set_timeout(connection.TIMEOUT)
