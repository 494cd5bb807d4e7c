"""CARLA's sensors on a car: attached, listened to, and undone on every way out.

The client ends the whole process if a sensor still listens at the end, so each is stopped before it goes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import carla

from alvinn.errors import ServerError
from alvinn.util.quiet import quiet

COLLISION, LANE_INVASION = "sensor.other.collision", "sensor.other.lane_invasion"
ROLE = "alvinn"
"""CARLA's attribute `role_name` of every actor of ours: by it `doctor --release` knows what a killed run left."""
APART = 20  # ticks: contact that ceased for that long and comes again is another collision


def attach(
    world: carla.World,
    vehicle: carla.Vehicle,
    kind: str,
    take: Callable[[Any], None],
    undo: ExitStack,
    mount: carla.Transform | None = None,
    attributes: Mapping[str, str] | None = None,
) -> None:
    """A sensor on a car that hands what it measures to `take`, on the client's threads.

    Args:
        world: where.
        vehicle: what it sits on.
        kind: of its blueprint.
        take: called with every measurement.
        undo: stops and destroys it.
        mount: where on the car.
        attributes: of the blueprint.

    Raises:
        ServerError: the server gave something else.
    """
    blueprint = own_blueprint(world, kind)
    for name, value in (attributes or {}).items():
        blueprint.set_attribute(name, value)
    sensor = world.spawn_actor(blueprint, mount or carla.Transform(), attach_to=vehicle)
    if not isinstance(sensor, carla.Sensor):
        raise ServerError(f"the server gave no sensor for {kind}")
    undo.callback(quietly, sensor.destroy)
    undo.callback(quietly, sensor.stop)
    sensor.listen(take)


def own_blueprint(world: carla.World, kind: str) -> carla.ActorBlueprint:
    """The blueprint of an actor that is marked as ours."""
    blueprint = world.get_blueprint_library().find(kind)
    if blueprint.has_attribute("role_name"):
        blueprint.set_attribute("role_name", ROLE)
    return blueprint


def quietly(action: Callable[[], object]) -> None:
    """Undo what can be undone: a server that is gone needs no undoing, and the client prints that it is gone."""
    with quiet(), suppress(RuntimeError):
        action()


class Witness:
    """Counts what CARLA's own sensors tell; None where the server has no such sensor."""

    def __init__(self) -> None:
        self.collisions: int | None = None
        self.lane_invasions: int | None = None
        self._lock = threading.Lock()
        self._touched: dict[int, int] = {}

    def collided(self, frame: int, other: int) -> None:
        """Contact with actor `other` at a frame; a sensor tells of it at every tick while it lasts."""
        with self._lock:
            last = self._touched.get(other)
            self.collisions = (self.collisions or 0) + (last is None or frame - last > APART)
            self._touched[other] = frame

    def invaded(self) -> None:
        """A wheel crossed a marking."""
        with self._lock:
            self.lane_invasions = (self.lane_invasions or 0) + 1


@contextmanager
def witness(world: carla.World, vehicle: carla.Vehicle) -> Iterator[Witness]:
    """Collision and lane invasion sensors on a car, those that the server has; undone on leaving."""
    counts = Witness()
    library = world.get_blueprint_library()
    with ExitStack() as undo:
        if library.filter(COLLISION):
            counts.collisions = 0
            attach(world, vehicle, COLLISION, lambda e: counts.collided(e.frame, e.other_actor.id), undo)
        if library.filter(LANE_INVASION):
            counts.lane_invasions = 0
            attach(world, vehicle, LANE_INVASION, lambda _: counts.invaded(), undo)
        yield counts
