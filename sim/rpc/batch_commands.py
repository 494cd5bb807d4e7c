"""Batches of CARLA's numbered commands; each has its own response, so that a failure does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sim.episode.world import WorldError
from sim.geometry.poses import Pose
from sim.rpc import episode_methods, vehicle_methods
from sim.rpc.registry import Context, method
from sim.wire import messages
from sim.wire.errors import NotSupportedError, PeerError
from sim.wire.messages import ACKERMANN, ANYTHING, BOOL, CONTROL, FLOAT, LIST, PHYSICS, TRANSFORM, UINT, VECTOR, Layout
from sim.wire.rpc import Returns

SPAWN, DESTROY = 0, 1
MAX_DEPTH = 16  # of spawn commands nested in spawn commands
MAX_MESSAGE = 200  # characters of an error message in a batch's response
FAILURES = (PeerError, NotSupportedError, WorldError)  # of one command; the others are run


def _ignore(_context: Context, _identity: int, *_: object) -> None:
    """Accept a command of CARLA's that has no effect here."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command on an actor: the layouts of its payload after the actor's id, and its function."""

    arguments: tuple[Layout[Any], ...]
    function: Callable[..., None]


def _destroy(context: Context, identity: int) -> None:
    context.world.destroy(identity)


def _set_walker_state(context: Context, identity: int, pose: Pose, _speed: float) -> None:
    episode_methods.set_transform(context, identity, pose)


TABLE: dict[int, Command] = {
    DESTROY: Command((), _destroy),
    2: Command((CONTROL,), vehicle_methods.apply_control),
    3: Command((ACKERMANN,), vehicle_methods.apply_ackermann),
    4: Command((ANYTHING,), _ignore),  # ApplyWalkerControl: walkers stand
    5: Command((PHYSICS,), vehicle_methods.apply_physics),
    6: Command((TRANSFORM,), episode_methods.set_transform),
    7: Command((TRANSFORM, FLOAT), _set_walker_state),
    8: Command((VECTOR,), vehicle_methods.set_velocity),
    9: Command((VECTOR,), vehicle_methods.set_angular_velocity),
    10: Command((VECTOR,), vehicle_methods.add_impulse),
    11: Command((VECTOR,), vehicle_methods.add_force),
    14: Command((BOOL,), vehicle_methods.set_simulate_physics),
    15: Command((BOOL,), _ignore),  # SetEnableGravity
    16: Command((BOOL,), _ignore),  # SetAutopilot: the traffic manager drives from within the client
    17: Command((BOOL,), _ignore),  # ShowDebugTelemetry
    18: Command((UINT,), vehicle_methods.set_lights),
    19: Command((VECTOR,), episode_methods.set_location),
}


@method("apply_batch", LIST, BOOL, returns=Returns.BARE)
def _batch(context: Context, commands: list[Any], then_tick: bool) -> list[Any]:
    answers = [_answer(context, value) for value in commands]
    if then_tick:
        context.tick()
    return answers


def _answer(context: Context, value: object) -> list[Any]:
    """CARLA's response to one command: the actor's id, or an error message."""
    try:
        return [[1, _run(context, *messages.unpack_command(value))]]
    except FAILURES as error:
        return [[0, [str(error)[:MAX_MESSAGE]]]]


def _run(context: Context, number: int, payload: list[Any]) -> int:
    if number == SPAWN:
        return _spawn(context, payload)
    command = TABLE.get(number)
    if command is None:
        raise NotSupportedError(f"this server has no batch command number {number}")
    if len(payload) != len(command.arguments) + 1:
        raise PeerError(f"command {number}: {len(payload)} values came, expected {len(command.arguments) + 1}")
    identity = UINT.unpack(payload[0])
    command.function(context, identity, *_unpack_all(command.arguments, payload[1:]))
    return identity


def _unpack_all(layouts: Iterable[Layout[Any]], values: list[Any]) -> list[Any]:
    return [layout.unpack(value) for layout, value in zip(layouts, values, strict=True)]


def _spawn(context: Context, payload: list[Any], depth: int = 0) -> int:
    """Spawn, then run the commands of `.then` on the new actor, whose id they could not contain.

    What becomes of those is not told, as in CARLA: the actor is there, and its id is the answer.
    """
    order = messages.unpack_spawn(payload)
    actor = context.world.spawn(order.description, order.pose, order.parent or 0)
    for number, rest in order.then:
        with suppress(*FAILURES):
            if number != SPAWN:
                _run(context, number, [actor.id, *rest[1:]])
            elif depth < MAX_DEPTH:
                _spawn(context, rest, depth + 1)
    return actor.id
