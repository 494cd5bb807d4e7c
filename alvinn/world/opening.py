"""Opening a world to drive in, on a running server or on a private embedded one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache

from alvinn.console import CONSOLE
from alvinn.driving.lane import Lane
from alvinn.driving.types import Camera, CameraName, Direction
from alvinn.errors import AlvinnError, MapError, OneWayError
from alvinn.settings import Driving, is_address
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.connection import connect, explain_errors, server_kind
from alvinn.world.embedded_server import KeptServer, embedded_server
from alvinn.world.lane_map import find_start
from alvinn.world.maps import require_map
from alvinn.world.spawning import spawn_car

KINDS = {"embedded": "the embedded server", "full": "a full CARLA server"}
MIRROR = "mirror:"  # before a map's name, the embedded server has its mirror image


def parse_address(carla: str) -> tuple[str, int]:
    """Split HOST:PORT.

    Raises:
        AlvinnError: the address has another form.
    """
    if not is_address(carla):
        raise AlvinnError(f"--carla must be HOST:PORT such as 127.0.0.1:2000, not {carla!r}")
    host, _, port = carla.rpartition(":")
    return host, int(port)


def require_server(settings: Driving, maps: Sequence[str]) -> None:
    """See that the server that the settings name answers and has the maps, before anything is begun.

    Raises:
        AlvinnError: it does not.
    """
    if settings.carla is None:
        return
    with connect(*parse_address(settings.carla)) as client, explain_errors("being asked for its maps"):
        for wanted in maps:
            require_map(client, wanted)


def require_starts(settings: Driving, maps: Sequence[str], last: int) -> None:
    """See that maps of the embedded server have so many starting points, before anything is begun.

    Those of a running server are not loaded for that, as it takes minutes.

    Raises:
        AlvinnError: a map has fewer.
    """
    if settings.carla is not None or last == 0:
        return
    with KeptServer() as kept:
        for name in maps:
            with connect(*kept.address(name, settings.seed), embedded=True) as client:
                find_start(client.get_world().get_map(), last)


def require_loop(lane: Lane, place: str, why: str) -> None:
    """See that a lane leads back to where it began.

    Args:
        lane: that is to be driven.
        place: its map and direction.
        why: what wants that.

    Raises:
        MapError: it does not.
    """
    if not lane.closed:
        raise MapError(f"the lane of {place} ends somewhere, and {why}: choose another --map")


def find_server_kind(settings: Driving) -> str:
    """The kind of server that the settings name: `embedded` or `full`.

    Raises:
        ServerError: it does not answer.
    """
    if settings.carla is None:
        return "embedded"
    with connect(*parse_address(settings.carla)) as client, explain_errors("being asked for its maps"):
        return server_kind(client)


@contextmanager
def open_world(
    settings: Driving,
    *,
    camera: Camera,
    map_name: str,
    direction: Direction,
    weather: str,
    seed: int,
    start: int = 0,
    cameras: Sequence[CameraName] = ("center",),
    kept: KeptServer | None = None,
    learned_on: str = "",
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[CarlaWorld]:
    """Open a world with a car on a lane, on the server that `settings` names or on an embedded one.

    The reverse of a one-way road is its mirror image, if the server has it. A network that was trained on another kind
    of server (`learned_on`, from its card) is warned about. A thread that Ctrl-C does not reach stops waiting for an
    embedded server to start once `is_cancelled` says so.

    Raises:
        AlvinnError: the server, map, lane or weather is not available, or its start was cancelled.
    """
    with ExitStack() as stack:

        def enter(name: str, way: Direction) -> CarlaWorld:
            address = _server(settings, name, seed, kept, stack, is_cancelled)
            client = stack.enter_context(connect(*address, embedded=settings.carla is None))
            wanted = name if settings.carla is not None else None
            opening = spawn_car(
                client, camera=camera, weather=weather, direction=way, map_wanted=wanted, start=start, cameras=cameras
            )
            return stack.enter_context(opening)

        try:
            world = enter(map_name, direction)
        except OneWayError as error:
            try:
                world = enter(MIRROR + map_name, "forward")
            except AlvinnError:  # a map without a mirror image
                raise error from None
        warn_of_other_server(learned_on, world.server)
        yield world


def _server(
    settings: Driving,
    map_name: str,
    seed: int,
    kept: KeptServer | None,
    stack: ExitStack,
    is_cancelled: Callable[[], bool],
) -> tuple[str, int]:
    """Host and port of the server to drive on."""
    if settings.carla is not None:
        return parse_address(settings.carla)
    if kept is not None:
        return kept.address(map_name, seed)
    return stack.enter_context(embedded_server(map_name, seed, is_cancelled))


@cache
def warn_of_other_server(learned_on: str, here: str) -> None:
    """Warn, once, that a network drives on another kind of server than it was trained on; old cards do not name it."""
    if learned_on in KINDS and here != learned_on:
        CONSOLE.print(
            f"the network was trained on {KINDS[learned_on]} and drives on {KINDS[here]}: images and car differ, so "
            "expect it to drive worse, or record and train on the server where it is to drive"
        )
