from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import carla

from alvinn.driving.types import Control
from alvinn.world.sensors import CONTACT_GAP, EventCounter, count_events
from tests.alvinn.fixtures import car_on
from tests.conftest import Address

SWERVE = Control(steer=0.2, throttle=0.8, brake=0.0)
FULL = Control(steer=0.0, throttle=1.0, brake=0.0)


def test_contact_counts_once_while_it_lasts_and_again_when_it_had_ceased() -> None:
    counts = EventCounter()
    for frame in (5, 6, 7, 7 + CONTACT_GAP, 7 + 2 * CONTACT_GAP + 1):
        counts.on_collision(frame, other=3)
    assert counts.collisions == 2
    counts.on_collision(frame=8 + 2 * CONTACT_GAP, other=4)
    assert counts.collisions == 3


def test_a_car_that_crosses_markings_and_hits_something_is_told_of_and_the_sensors_go(server: Address) -> None:
    with car_on(server) as world:
        simulator: carla.World = world._world
        with world.count_events() as seen:
            assert (seen.collisions, seen.lane_invasions) == (0, 0)
            for _ in range(80):
                world.apply(SWERVE)
            assert seen.lane_invasions
            world.place(0.0, 0.0)
            place = world.vehicle.get_transform()
            place.location += 10.0 * place.get_forward_vector()
            box = simulator.spawn_actor(simulator.get_blueprint_library().find("static.prop.container"), place)
            try:
                for _ in range(80):
                    world.apply(FULL)
            finally:
                box.destroy()
            assert seen.collisions == 1
        world.tick()
        kinds = {actor.type_id for actor in simulator.get_actors() if actor.type_id.startswith("sensor.")}
        assert kinds == {"sensor.camera.rgb"}


def test_where_the_server_has_no_such_sensors_nothing_is_told_rather_than_nought() -> None:
    library = SimpleNamespace(filter=lambda _: [])
    bare: Any = SimpleNamespace(get_blueprint_library=lambda: library)
    with count_events(bare, bare) as seen:
        assert (seen.collisions, seen.lane_invasions) == (None, None)
