from __future__ import annotations

import math
import random
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.dynamics.single_track import VehicleControl
from sim.episode import collisions
from sim.episode.actors import Vehicle
from sim.episode.blueprints import VEHICLE, Description
from sim.episode.world import World, WorldError
from sim.geometry.boxes import Box, is_overlapping
from sim.geometry.poses import Pose, Vector
from tests.sim.fakes import Plain

CAR, BARRIER, CONE = (
    Description(0, name) for name in (VEHICLE, "static.prop.container", "static.prop.constructioncone")
)
LENGTH = 2 * 2.396


class Walled(Plain):
    """A plain with a wall across it."""

    wall = Box(50.0, 0.0, 0.0, 0.5, 20.0, kind="static.wall")

    def solids_near(self, x: float, y: float) -> Iterable[Box]:
        return (self.wall,) if math.hypot(x - 50.0, y) < 30.0 else ()


def rolling(world: World, speed: float, **pose: float) -> Vehicle:
    car = world.vehicle(world.spawn(CAR, Pose(**pose)).id)
    car.set_velocity(Vector(speed * math.cos(car.pose.yaw), speed * math.sin(car.pose.yaw)))
    return car


def momentum(*cars: Vehicle) -> tuple[float, float]:
    states = [car.state().velocity for car in cars]
    return (
        sum(v.x * car.physics.mass for v, car in zip(states, cars, strict=True)),
        sum(v.y * car.physics.mass for v, car in zip(states, cars, strict=True)),
    )


@pytest.mark.parametrize("speed", [3.0, 15.0, 60.0])
@pytest.mark.parametrize("thing", [BARRIER, CONE])
def test_a_car_stops_in_front_of_what_stands_there_and_is_told(speed: float, thing: Description) -> None:
    world = World(Plain())
    obstacle = world.spawn(thing, Pose(x=12.0))
    car = rolling(world, speed)
    told = []
    for _ in range(100):
        world.tick()
        assert car.pose.x < 12.0 - obstacle.box[1].x - LENGTH / 2 + 1e-6
        told += world.collisions
    assert car.pose.x == pytest.approx(12.0 - obstacle.box[1].x - LENGTH / 2, abs=0.12)
    assert abs(car.motion.speed) < 0.05
    assert abs(car.pose.y) < 0.01
    assert (told[0].vehicle, told[0].other) == (car, obstacle)
    assert 0.6 * 1845.0 * speed < -told[0].impulse.x < 1845.0 * speed
    assert obstacle.pose == Pose(x=12.0), "props stand still"


def test_scenery_stops_a_car_too() -> None:
    world = World(Walled())
    car = rolling(world, 20.0, x=30.0)
    told = []
    for _ in range(60):
        world.tick()
        told += world.collisions
    assert car.pose.x == pytest.approx(49.5 - LENGTH / 2, abs=0.05)
    assert told[0].other == Walled.wall


def test_a_car_that_pushes_on_is_told_in_every_tick() -> None:
    world = World(Plain())
    world.spawn(BARRIER, Pose(x=6.0))
    car = world.spawn(CAR, Pose())
    world.control(car.id, VehicleControl(throttle=0.5))
    counts = []
    for _ in range(100):
        world.tick()
        counts.append(len(world.collisions))
    assert set(counts[-20:]) == {1}


def test_one_car_runs_into_another_and_both_go_on_at_one_speed() -> None:
    world = World(Plain())
    behind, ahead = rolling(world, 10.0), rolling(world, 0.0, x=6.0)
    world.tick()
    while not world.collisions:
        before = momentum(behind, ahead)
        world.tick()
    one, other = world.collisions
    assert {one.vehicle, other.vehicle} == {behind, ahead}
    assert one.impulse.x == -other.impulse.x != 0.0
    assert behind.motion.speed == pytest.approx(ahead.motion.speed, abs=0.1)
    assert momentum(behind, ahead)[0] == pytest.approx(before[0], rel=0.05)


@pytest.mark.parametrize("speed", [14.0, 25.0, 30.0])
@pytest.mark.parametrize("aside", [0.3, 1.0, 1.5])
@pytest.mark.parametrize("parked_first", [True, False])
def test_a_car_hit_from_behind_is_pushed_along_the_road_whoever_was_spawned_first(
    speed: float, aside: float, parked_first: bool
) -> None:
    world = World(Plain())
    if parked_first:
        parked = rolling(world, 0.0, x=30.0, y=aside)
    fast = rolling(world, speed)
    if not parked_first:
        parked = rolling(world, 0.0, x=30.0, y=aside)
    told = 0
    for _ in range(60):
        world.tick()
        told += len(world.collisions)
        pairs = [(one.vehicle.id, getattr(one.other, "id", None)) for one in world.collisions]
        assert len(pairs) == len(set(pairs)), "one message a tick, not a second one of impulse 0"
    assert told >= 2
    assert (fast.pose.y, parked.pose.y) == pytest.approx((0.0, aside), abs=0.01), "nobody is shoved aside"
    assert parked.pose.x - 30.0 > 2.0
    assert fast.pose.x < parked.pose.x - LENGTH + 0.01


@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 25), st.floats(0, 25))
def test_cars_never_gain_energy_from_each_other(
    x: float, y: float, one_yaw: float, other_yaw: float, one_speed: float, other_speed: float
) -> None:
    if math.hypot(x, y) < 6.0:
        return
    world = World(Plain())
    cars = rolling(world, one_speed, yaw=one_yaw), rolling(world, other_speed, x=x, y=y, yaw=other_yaw)
    before = math.inf
    for _ in range(60):
        world.tick()
        energy = sum(car.motion.speed**2 + car.motion.lateral_speed**2 + 2.07 * car.motion.yaw_rate**2 for car in cars)
        assert energy <= before * (1.0 + 1e-6) + 1e-6
        before = energy


def test_a_car_slides_along_what_it_touches_at_a_slant() -> None:
    world = World(Walled())
    car = rolling(world, 10.0, x=44.0, yaw=math.pi / 2 - 0.2)
    start = car.pose.y
    for _ in range(40):
        world.tick()
        assert not is_overlapping(car.footprint, Box(50.01, 0.0, 0.0, 0.5, 20.0))
    assert car.pose.y - start > 5.0


def test_a_client_can_switch_an_actor_s_collisions_off() -> None:
    world = World(Plain())
    world.spawn(BARRIER, Pose(x=8.0)).collides = False
    car = rolling(world, 10.0)
    for _ in range(60):
        world.tick()
        assert not world.collisions
    assert car.pose.x > 12.0


def test_a_car_whose_physics_are_off_is_as_heavy_as_a_wall() -> None:
    world = World(Plain())
    parked, car = rolling(world, 0.0, x=8.0), rolling(world, 10.0)
    parked.simulate_physics(on=False)
    for _ in range(40):
        world.tick()
    assert parked.pose.x == 8.0
    assert car.pose.x == pytest.approx(8.0 - LENGTH, abs=0.01)


def crowd(count: int, spread: float, seed: int) -> World:
    """A world of cars and barriers that drive every way within a square [m]."""
    world, chance = World(Plain()), random.Random(seed)
    for _ in range(count):
        kind = CAR if chance.random() < 0.8 else BARRIER
        place = Pose(chance.uniform(0.0, spread), chance.uniform(0.0, spread), yaw=chance.uniform(-math.pi, math.pi))
        with suppress(WorldError):  # somebody stands there
            actor = world.spawn(kind, place)
            if isinstance(actor, Vehicle):
                actor.set_velocity(Vector(chance.uniform(-15.0, 15.0), chance.uniform(-15.0, 15.0)))
    return world


@given(st.integers(0, 10_000), st.floats(30.0, 120.0))
@settings(max_examples=10)
def test_the_grid_finds_all_that_asking_everybody_finds(seed: int, spread: float) -> None:
    def driven() -> tuple[object, int]:
        world, count = crowd(40, spread, seed), 0
        for _ in range(15):
            world.tick()
            count += len(world.collisions)
        return world.snapshot(), count

    with pytest.MonkeyPatch.context() as patch:
        for limit in ("MOST_NEIGHBOURS", "MOST_PUSHES"):
            patch.setattr(collisions, limit, 1000)
        patch.setattr(collisions, "CELL", 1e6)  # everybody is in one cell
        expected = driven()
    assert driven() == expected


def looked_at(world: World) -> int:
    """How many pairs a tick looks at."""
    pairs: list[object] = []

    def counted(*pair: object) -> list[collisions.Collision]:
        pairs.append(pair)
        return []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "_contact", counted)
        world.tick()
    return len(pairs)


def test_four_times_as_many_cars_on_four_times_the_land_are_four_times_the_pairs() -> None:
    few, many = looked_at(crowd(100, 150.0, 1)), looked_at(crowd(400, 300.0, 1))
    assert 0 < many < 6 * few


def test_cars_piled_up_cost_no_more_than_so_many_pairs_each() -> None:
    world = crowd(300, 1000.0, 2)
    cars = [actor for actor in world.actors.values() if isinstance(actor, Vehicle)]
    for car in cars:
        car.put(Pose(x=-100.0))
    contacts = 0
    touched = collisions._contact

    def counted(*pair: Any) -> list[collisions.Collision]:
        nonlocal contacts
        contacts += 1
        return touched(*pair)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collisions, "_contact", counted)
        world.tick()
    assert contacts <= collisions.MOST_NEIGHBOURS * len(cars)
    assert len({(car.pose.x, car.pose.y) for car in cars}) > 1, "they are pushed apart all the same"
