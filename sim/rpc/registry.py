"""The table of remote procedures: their arguments, their results, and the one function that converts and calls.

Modules with procedures register them by decorator; the server uses `call` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sim.episode.world import World
from sim.wire.errors import NotSupportedError, PeerError
from sim.wire.messages import Layout
from sim.wire.rpc import Returns

TEXT_MAP = "OpenDriveMap"  # CARLA's name for the map of a text that a client sent


class Context(Protocol):
    """What a procedure works on: the world, and what only the server can do."""

    world: World
    stream_port: int
    traffic_managers: dict[int, str]
    """The hosts of the clients whose traffic managers the others can use, by port."""

    def tick(self) -> int:
        """In synchronous mode, advance one step and publish it; return the frame number in either mode."""

    def expect_subscription(self, stream: int) -> None:
        """Note that a client is about to subscribe to a stream and expects every frame from the next one on."""

    def restart_clock(self) -> None:
        """Start or stop ticking by the wall clock, according to the world's settings."""

    async def load(self, name: str) -> None:
        """Begin an episode on a built-in map, or on the current one if the name is empty."""

    def store_opendrive(self, opendrive: str) -> None:
        """Store an OpenDRIVE text that a client sent, for `load(TEXT_MAP)`."""

    def maps(self) -> tuple[str, ...]:
        """Return the names of the available maps."""


@dataclass(frozen=True, slots=True)
class Method:
    """One procedure: the layouts of its arguments, how its result is wrapped and packed, and its function."""

    arguments: tuple[Layout[Any], ...]
    returns: Returns
    result: Callable[[Any], Any]
    function: Callable[..., Any]


TABLE: dict[str, Method] = {}
Handler = Callable[..., Any]


def _plain(value: Any) -> Any:
    return value


def method(
    name: str, *arguments: Layout[Any], result: Layout[Any] | None = None, returns: Returns = Returns.VALUE
) -> Callable[[Handler], Handler]:
    """Register a function under CARLA's name for it; `result` is the layout of its result (default: plain msgpack)."""

    def enter(function: Handler) -> Handler:
        TABLE[name] = Method(arguments, returns, _plain if result is None else result.pack, function)
        return function

    return enter


def call(context: Context, name: str, arguments: tuple[Any, ...]) -> tuple[Returns, Any]:
    """Run a procedure; return how its result is wrapped, and the result as plain msgpack values.

    Raises:
        NotSupportedError: there is no such procedure.
        PeerError: the number or types of the arguments are wrong.
        WorldError: the world cannot do it.
    """
    entry = TABLE.get(name)
    if entry is None:
        raise NotSupportedError(f"this server has no method {name[:80]}")
    if len(arguments) != len(entry.arguments):
        raise PeerError(f"{name}: {len(arguments)} arguments came, expected {len(entry.arguments)}")
    try:
        values = [layout.unpack(argument) for layout, argument in zip(entry.arguments, arguments, strict=True)]
    except PeerError as error:
        raise PeerError(f"{name}: {error}") from error
    return entry.returns, entry.result(entry.function(context, *values))


def find_returns(name: str) -> Returns:
    """Return how a procedure's failure is wrapped."""
    return TABLE[name].returns
