"""What is drawn beside the road is also run into: houses, trunks and rails stop a car, and say what they are."""

from __future__ import annotations

import math

import pytest

from sim.dynamics.single_track import VehicleControl
from sim.episode.blueprints import VEHICLE, Description
from sim.episode.world import World
from sim.geometry.boxes import Box
from sim.geometry.poses import Pose, Vector
from sim.scene.scenery import get_scenery
from sim.server import maps

KINDS = ("static.building", "static.vegetation", "static.guardrail")
SEED = 3
COUNTRY = maps.open_map("country", SEED)


def some(kind: str) -> Box:
    """One of the things of a kind on the map."""
    return next(box for box in get_scenery(COUNTRY, SEED).solids() if box.kind == kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_car_stops_at_what_it_runs_into(kind: str) -> None:
    world, solid = World(COUNTRY), some(kind)
    across = solid.yaw + math.pi / 2  # straight at its broad side
    start = solid.half_y + 6.0
    pose = Pose(solid.x - start * math.cos(across), solid.y - start * math.sin(across), yaw=across)
    car = world.vehicle(world.spawn(Description(0, VEHICLE), pose).id)
    world.set_velocity(car.id, Vector(8.0 * math.cos(across), 8.0 * math.sin(across)))
    hits = []
    for _ in range(60):
        world.control(car.id, VehicleControl(throttle=0.2))
        world.tick()
        hits += [c.other.kind for c in world.collisions if isinstance(c.other, Box)]
    left = math.hypot(car.pose.x - solid.x, car.pose.y - solid.y)
    assert kind in hits
    assert left > solid.half_y + 1.5
    assert abs(car.motion.speed) < 1.0


def test_nothing_stands_where_cars_start() -> None:
    world = World(COUNTRY)
    for point in COUNTRY.spawn_points:
        car = world.spawn(Description(0, VEHICLE), point)
        world.tick()
        assert world.collisions == []
        world.destroy(car.id)


def test_what_is_near_is_listed_wherever_a_car_could_touch_it() -> None:
    scenery = get_scenery(COUNTRY, SEED)
    for box in list(scenery.solids())[::40]:
        for angle in range(0, 360, 45):
            out = math.hypot(box.half_x, box.half_y) + 2.6  # half a car's diagonal
            x, y = box.x + out * math.cos(math.radians(angle)), box.y + out * math.sin(math.radians(angle))
            assert box in scenery.solids_near(x, y)


def test_the_same_seed_furnishes_the_same_and_another_something_else() -> None:
    one = [(b.x, b.y, b.kind) for b in get_scenery(maps.open_map("country", SEED), SEED).solids()]
    assert one == [(b.x, b.y, b.kind) for b in get_scenery(COUNTRY, SEED).solids()]
    assert one != [(b.x, b.y, b.kind) for b in get_scenery(COUNTRY, SEED + 1).solids()]
