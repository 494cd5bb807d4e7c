"""The layouts of CARLA's values in msgpack: each a pair, domain value to plain lists and back.

A layout is built from smaller ones in the order of CARLA's fields. Degrees become radians here, and nowhere else.
What a client sent is judged here once: `unpack` raises PeerError for a wrong type, a wrong length, or a number that is
infinite or absurd, so that everything behind works with sound values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sim.dynamics.ackermann import AckermannControl, AckermannSettings
from sim.dynamics.single_track import Gear, PhysicsControl, VehicleControl, Wheel
from sim.episode.attributes import Blueprint
from sim.episode.blueprints import AttributeValue, Description
from sim.episode.settings import EpisodeSettings
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, Vector
from sim.wire.errors import PeerError

T = TypeVar("T")
LARGEST = 1e9  # beyond every quantity that CARLA knows; sums and products of such numbers still fit a float32
LONGEST_HOST = 253  # characters of a machine's name or address, as in the Domain Name System


@dataclass(frozen=True, slots=True)
class Layout(Generic[T]):
    """How a value looks on the wire: `pack` gives plain msgpack values, `unpack` takes them or raises PeerError."""

    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]


# --- the parts that layouts are made of ------------------------------------------------------------------------------


def _same(value: T) -> T:
    return value


def _error(value: object, expected: str) -> PeerError:
    return PeerError(f"{type(value).__name__} came, expected {expected}")


def _float(value: object) -> float:
    if type(value) not in {float, int} or not abs(value) <= LARGEST:  # type: ignore[arg-type]  # the first half says
        raise _error(value, f"a number within +-{LARGEST:g}")
    return float(value)  # type: ignore[arg-type]  # a number, as was just seen


def _int(value: object) -> int:
    if type(value) is not int or not -(1 << 31) <= value < 1 << 31:
        raise _error(value, "an integer of 32 bits")
    return value


def _uint(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 32:
        raise _error(value, "a positive integer of 32 bits")
    return value


def _bool(value: object) -> bool:
    if type(value) is not bool:
        raise _error(value, "true or false")
    return value


def _text(value: object) -> str:
    if type(value) is not str:
        raise _error(value, "a text")
    return value


def _list(value: object, length: int | None = None) -> list[Any]:
    if type(value) is not list or (length is not None and len(value) != length):
        raise _error(value, "a list" if length is None else f"a list of {length}")
    return value


FLOAT: Layout[float] = Layout(_same, _float)
INT: Layout[int] = Layout(_same, _int)
UINT: Layout[int] = Layout(_same, _uint)
BOOL: Layout[bool] = Layout(_same, _bool)
TEXT: Layout[str] = Layout(_same, _text)
LIST: Layout[list[Any]] = Layout(_same, _list)
ANYTHING: Layout[Any] = Layout(_same, _same)  # an unused argument
ANGLE: Layout[float] = Layout(math.degrees, lambda value: math.radians(_float(value)))


def record(kind: type[T], *layouts: Layout[Any]) -> Layout[T]:
    """A dataclass as the list of its first `len(layouts)` fields."""
    names = [field.name for field in fields(kind)][: len(layouts)]  # type: ignore[arg-type]  # T is a dataclass

    def pack(value: T) -> list[Any]:
        return [layout.pack(getattr(value, name)) for name, layout in zip(names, layouts, strict=True)]

    def unpack(value: object) -> T:
        items = _list(value, len(layouts))
        return kind(*(layout.unpack(item) for layout, item in zip(layouts, items, strict=True)))

    return Layout(pack, unpack)


def many(layout: Layout[T]) -> Layout[tuple[T, ...]]:
    """A list of any length."""
    return Layout(
        lambda values: [layout.pack(value) for value in values],
        lambda value: tuple(layout.unpack(item) for item in _list(value)),
    )


def optional(layout: Layout[T]) -> Layout[T | None]:
    """CARLA's optional: `[false]` or `[true, value]`."""

    def unpack(value: object) -> T | None:
        items = _list(value)
        if items == [False]:
            return None
        present, inner = _list(items, 2)
        if present is not True:
            raise _error(present, "true")
        return layout.unpack(inner)

    return Layout(lambda value: [False] if value is None else [True, layout.pack(value)], unpack)


def _pair(value: object) -> tuple[float, float]:
    x, y = _list(value, 2)
    return _float(x), _float(y)


# --- CARLA's values ---------------------------------------------------------------------------------------------------

VECTOR = record(Vector, FLOAT, FLOAT, FLOAT)
POINT: Layout[tuple[float, float]] = Layout(list, _pair)


def _pose(value: object) -> Pose:
    location, rotation = _list(value, 2)
    at = VECTOR.unpack(location)
    return Pose(at.x, at.y, at.z, *(ANGLE.unpack(angle) for angle in _list(rotation, 3)))


TRANSFORM: Layout[Pose] = Layout(
    lambda pose: [[pose.x, pose.y, pose.z], [math.degrees(angle) for angle in (pose.pitch, pose.yaw, pose.roll)]],
    _pose,
)
CONTROL = record(VehicleControl, FLOAT, FLOAT, FLOAT, BOOL, BOOL, BOOL, INT)
ACKERMANN = record(AckermannControl, *[FLOAT] * 5)
ACKERMANN_SETTINGS = record(AckermannSettings, *[FLOAT] * 6)
SETTINGS = record(EpisodeSettings, BOOL, BOOL, optional(FLOAT), BOOL, FLOAT, INT, FLOAT, BOOL, FLOAT, FLOAT, BOOL)
WEATHER = record(WeatherParameters, *[FLOAT] * 14)
GEAR = record(Gear, FLOAT, FLOAT, FLOAT)
WHEEL = record(Wheel, *[FLOAT] * 9, VECTOR)
PHYSICS = record(
    PhysicsControl,
    many(POINT), FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, BOOL, FLOAT, FLOAT, FLOAT, many(GEAR),
    FLOAT, FLOAT, VECTOR, many(POINT), many(WHEEL), BOOL,
)  # fmt: skip
LIGHTS: Layout[int] = Layout(lambda flags: [flags], lambda value: _uint(_list(value, 1)[0]))
LIGHTS_OF_ALL: Layout[dict[int, int]] = Layout(
    lambda flags: [list(item) for item in flags.items()],
    lambda value: {_uint(_list(item, 2)[0]): _uint(item[1]) for item in _list(value)},
)


def _port(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 16:
        raise _error(value, "a port")
    return value


def _address(value: object) -> tuple[str, int]:
    host, port = _list(value, 2)
    if len(_text(host)) > LONGEST_HOST:
        raise _error(host, f"up to {LONGEST_HOST} characters of an address")
    return host, _port(port)


PORT: Layout[int] = Layout(_same, _port)
ADDRESS: Layout[tuple[str, int]] = Layout(list, _address)


def _no_token(value: object) -> bytes:
    raise _error(value, "no token: clients send none")


DESCRIPTION = record(Description, UINT, TEXT, many(record(AttributeValue, TEXT, UINT, TEXT)))
TOKEN: Layout[bytes] = Layout(lambda token: [token], _no_token)
IDS = many(UINT)
TEXTS = many(TEXT)


def pack_definition(blueprint: Blueprint) -> list[Any]:
    """A blueprint as CARLA's ActorDefinition."""
    attributes = [
        [a.id, int(a.type), a.value, list(a.recommended or (a.value,)), a.is_modifiable, a.restrict_to_recommended]
        for a in blueprint.attributes
    ]
    return [blueprint.uid, blueprint.id, blueprint.tags, attributes]


def pack_bounding_box(centre: Vector, extent: Vector, actor: int) -> list[Any]:
    """A box [m] in its actor's own axes."""
    return [VECTOR.pack(centre), VECTOR.pack(extent), [0.0, 0.0, 0.0], actor]


def pack_actor(
    identity: int, parent: int, description: Description, box: list[Any], *, tags: bytes = b"", token: bytes = b""
) -> list[Any]:
    """Pack an actor; `parent` is 0 and `token` empty if it has none."""
    return [identity, parent, DESCRIPTION.pack(description), box, tags, token]


@dataclass(frozen=True, slots=True)
class Spawn:
    """The batch command that spawns, with the commands to run on the new actor."""

    description: Description
    pose: Pose
    parent: int | None
    then: tuple[tuple[int, list[Any]], ...]


def unpack_command(value: object) -> tuple[int, list[Any]]:
    """A batch command's number and payload: `[[number, payload]]`."""
    number, payload = _list(_list(value, 1)[0], 2)
    return _int(number), _list(payload)


def unpack_spawn(payload: list[Any]) -> Spawn:
    """The payload of SpawnActor.

    Its attachment may be anything, since the client seldom sets it; CARLA ignores it, and attaches rigidly to a parent.
    """
    description, pose, parent, _attachment, _socket, then = _list(payload, 6)
    return Spawn(
        DESCRIPTION.unpack(description),
        TRANSFORM.unpack(pose),
        optional(UINT).unpack(parent),
        tuple(unpack_command(item) for item in _list(then)),
    )
