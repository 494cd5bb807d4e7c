"""The genuine client, and a synchronous world that is left as it was found."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import carla
import pytest

from tests.conftest import Address

OPEN_EYES: list[Eye] = []
PLACE = carla.Transform(carla.Location(x=1.5, z=1.7))


def connected(address: Address, **options: int) -> carla.Client:
    client = carla.Client(*address, **options)
    client.set_timeout(60)  # a map takes that long on a busy machine
    return client


@contextmanager
def synchronous(world: carla.World) -> Iterator[None]:
    """Synchronous mode with 20 steps a second; on the way out what we spawned goes, and the old settings come back."""
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode = True
    settings.fixed_delta_seconds = 0.05
    world.apply_settings(settings)
    try:
        yield
    finally:
        # Sensors first: the client ends the whole process if it exits while one still listens.
        while OPEN_EYES:
            OPEN_EYES[-1].close()
        world.tick()  # get_actors knows what the last tick knew
        for actor in world.get_actors():
            if not actor.type_id.startswith("spectator"):
                actor.destroy()
        world.apply_settings(before)


def settled(world: carla.World, frame: int) -> bool:
    """Whether a client that joined has heard of a frame: its first news come a moment after `get_world`."""
    deadline = time.monotonic() + 10.0
    while world.get_snapshot().frame < frame and time.monotonic() < deadline:
        world.get_settings()  # a round trip to the server instead of a nap
    return bool(world.get_snapshot().frame == frame)


@pytest.fixture
def client(server: Address) -> carla.Client:
    return connected(server)


@pytest.fixture
def world(client: carla.Client) -> Iterator[carla.World]:
    world = client.get_world()
    with synchronous(world):
        yield world


@pytest.fixture
def car(world: carla.World) -> carla.Vehicle:
    return spawn_car(world)


def spawn_car(world: carla.World, place: int = 0) -> carla.Vehicle:
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    return world.spawn_actor(blueprint, world.get_map().get_spawn_points()[place])


class Eye:
    """A camera that listens, and its pictures."""

    def __init__(self, world: carla.World, parent: carla.Actor | None, place: carla.Transform = PLACE, **more: str):
        blueprint = world.get_blueprint_library().find("sensor.camera.rgb")
        for name, value in {"image_size_x": "64", "image_size_y": "32", **more}.items():
            blueprint.set_attribute(name, value)
        self.actor = world.spawn_actor(blueprint, place, attach_to=parent)
        self.images: queue.Queue[Any] = queue.Queue()
        self.actor.listen(self.images.put)
        OPEN_EYES.append(self)

    def next(self) -> Any:
        return self.images.get(timeout=10)

    def close(self) -> None:
        if self in OPEN_EYES:
            OPEN_EYES.remove(self)
        if self.actor.is_listening():
            self.actor.stop()
        self.actor.destroy()


@pytest.fixture
def camera(world: carla.World, car: carla.Vehicle) -> Eye:
    return Eye(world, car)
