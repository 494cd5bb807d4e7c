"""CARLA's sensors on a car: attached, listened to, and destroyed on every way out.

The client aborts the whole process if a sensor still listens at exit, so each is stopped before it is destroyed.
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
"""CARLA's attribute `role_name` of our sensors, ..."""
CAR_ROLE = "alvinn_hero"
"""... and of our car: around a car whose role has `hero` in it, CARLA keeps a large map (Town11 and later) loaded."""
CONTACT_GAP = 20  # ticks without contact, after which contact with the same actor is a new collision


def attach(
    world: carla.World,
    vehicle: carla.Vehicle,
    kind: str,
    take: Callable[[Any], None],
    undo: ExitStack,
    mount: carla.Transform | None = None,
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Attach a sensor to a car.

    Args:
        world: the sensor's world.
        vehicle: the car.
        kind: id of the blueprint.
        take: called with every measurement, on the client's threads.
        undo: stops and destroys the sensor.
        mount: relative to the car; its origin if None.
        attributes: to be set, as far as the blueprint has them.

    Raises:
        ServerError: the server spawned something else.
    """
    blueprint = own_blueprint(world, kind)
    for name, value in (attributes or {}).items():
        if blueprint.has_attribute(name):
            blueprint.set_attribute(name, value)
    sensor = world.spawn_actor(blueprint, mount or carla.Transform(), attach_to=vehicle)
    if not isinstance(sensor, carla.Sensor):
        raise ServerError(f"the server spawned no sensor for {kind}")
    undo.callback(undo_quietly, sensor.destroy)
    undo.callback(undo_quietly, sensor.stop)
    sensor.listen(take)


def own_blueprint(world: carla.World, kind: str) -> carla.ActorBlueprint:
    """The blueprint of an actor that is marked as ours."""
    blueprint = world.get_blueprint_library().find(kind)
    if blueprint.has_attribute("role_name"):
        blueprint.set_attribute("role_name", CAR_ROLE if kind.startswith("vehicle.") else ROLE)
    return blueprint


def is_ours(actor: carla.Actor) -> bool:
    """Whether we have spawned an actor: by that, `doctor --release` knows what a killed run left."""
    return actor.attributes.get("role_name") in {ROLE, CAR_ROLE}


def own_attributes(world: carla.World, kind: str) -> dict[str, str]:
    """The attributes, as the server has them, of an actor of ours; none if there is no such actor."""
    for actor in world.get_actors().filter(kind):
        if is_ours(actor):
            return dict(actor.attributes)
    return {}


def undo_quietly(action: Callable[[], object]) -> None:
    """Call an undo action without errors or output: the client raises and prints where the server is gone already."""
    with quiet(), suppress(RuntimeError):
        action()


class EventCounter:
    """Counts the events of CARLA's own sensors; None where the server has no such sensor."""

    def __init__(self) -> None:
        self.collisions: int | None = None
        self.lane_invasions: int | None = None
        self._lock = threading.Lock()
        self._touched: dict[int, int] = {}

    def on_collision(self, frame: int, other: int) -> None:
        """Contact with actor `other` at a frame; the sensor reports it at every tick while it lasts."""
        with self._lock:
            last = self._touched.get(other)
            self.collisions = (self.collisions or 0) + (last is None or frame - last > CONTACT_GAP)
            self._touched[other] = frame

    def on_lane_invasion(self) -> None:
        """A wheel crossed a marking."""
        with self._lock:
            self.lane_invasions = (self.lane_invasions or 0) + 1


@contextmanager
def count_events(world: carla.World, vehicle: carla.Vehicle) -> Iterator[EventCounter]:
    """Attach the collision and lane invasion sensors that the server has; removed on leaving."""
    counts = EventCounter()
    library = world.get_blueprint_library()
    with ExitStack() as undo:
        if library.filter(COLLISION):
            counts.collisions = 0
            attach(world, vehicle, COLLISION, lambda e: counts.on_collision(e.frame, e.other_actor.id), undo)
        if library.filter(LANE_INVASION):
            counts.lane_invasions = 0
            attach(world, vehicle, LANE_INVASION, lambda _: counts.on_lane_invasion(), undo)
        yield counts
