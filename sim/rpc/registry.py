"""The table of procedures: what each takes, how it answers, and the one place where both are done.

`methods` and whoever else serves calls enters functions here by decorator; the server only knows `call`.
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
    """What a method works on: the world, and the few things that only the server can do."""

    world: World
    stream_port: int

    def tick(self) -> int:
        """Make a step and tell everybody, if the clock is the clients'; the frame's number either way."""

    def expect_subscription(self, stream: int) -> None:
        """A client is about to subscribe to a stream and wants every frame from the next one on."""

    def restart_clock(self) -> None:
        """Begin or end to tick by the wall clock, as the world's settings now say."""

    def load(self, name: str) -> None:
        """Begin an episode on a map; the name is a built-in one, empty for the same again."""

    def store_opendrive(self, opendrive: str) -> None:
        """Keep an OpenDRIVE text that a client sent, for `load(TEXT_MAP)`."""

    def maps(self) -> tuple[str, ...]:
        """The names of the maps there are."""


@dataclass(frozen=True, slots=True)
class Method:
    """One procedure: the layouts of its arguments, how it answers, and what it does."""

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
    """Enter a function into the table; `result` lays its result out (default: it is plain already)."""

    def enter(function: Handler) -> Handler:
        TABLE[name] = Method(arguments, returns, _plain if result is None else result.pack, function)
        return function

    return enter


def call(context: Context, name: str, arguments: tuple[Any, ...]) -> tuple[Returns, Any]:
    """Run a procedure; how its result is wrapped, and the result as plain msgpack values.

    Raises:
        NotSupportedError: there is no such procedure.
        PeerError: the arguments are not what it takes.
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
    """How a procedure's failure is wrapped."""
    return TABLE[name].returns
