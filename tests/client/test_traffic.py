"""CARLA's own traffic manager, which runs within the client, drives on the embedded server."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import carla
import pytest

from alvinn.world.traffic_manager import find_free_port, wake_traffic_manager, watch
from tests.client.conftest import connected, synchronous
from tests.conftest import Address, running_server

TICKS = 300
# A program of its own, as the managers of one process are shared by port within it. It ends when its input does.
USES_A_MANAGER = """
import carla, sys
client = carla.Client(sys.argv[1], int(sys.argv[2]))
client.set_timeout(60)
client.get_trafficmanager(int(sys.argv[3])).global_percentage_speed_difference(10.0)
print("used", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def country() -> Iterator[Address]:
    with running_server("--map", "country") as address:
        yield address


def using_a_manager(address: Address, port: int) -> subprocess.Popen[str]:
    """A program that has got the traffic manager on a port, and used it."""
    command = [sys.executable, "-c", USES_A_MANAGER, *map(str, (*address, port))]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    if program.stdout.readline() != "used\n":
        program.communicate()
        pytest.fail("there is no traffic manager for the program")
    return program


def drive(address: Address, cars: int, slower: float = 0.0) -> list[tuple[float, float]]:
    """Distance [m] and mean distance from the lane's centre [m] of cars that the traffic manager drives for 15 s."""
    client = connected(address)
    world = client.get_world()
    road_map = world.get_map()
    port = find_free_port()
    with synchronous(world), watch(partial(wake_traffic_manager, port)) as watcher:
        manager = client.get_trafficmanager(port)
        manager.set_synchronous_mode(True)
        manager.set_random_device_seed(7)
        manager.global_percentage_speed_difference(slower)
        blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
        places = road_map.get_spawn_points()[:: len(road_map.get_spawn_points()) // cars][:cars]
        fleet = [world.spawn_actor(blueprint, place) for place in places]
        with watcher.guard():
            world.tick()
        for car in fleet:
            car.set_autopilot(True, port)
            manager.auto_lane_change(car, False)
        driven, aside = [0.0] * cars, [0.0] * cars
        for _ in range(TICKS):
            before = [car.get_location() for car in fleet]
            with watcher.guard():
                world.tick()
            for i, car in enumerate(fleet):
                here = car.get_location()
                driven[i] += here.distance(before[i])
                aside[i] += here.distance(road_map.get_waypoint(here).transform.location) / TICKS
        manager.shut_down()
        return list(zip(driven, aside, strict=True))


def test_the_traffic_manager_drives_cars_at_the_speed_limit_in_their_lanes(country: Address) -> None:
    results = drive(country, cars=4)
    for driven, aside in results:
        assert driven > 70.0, results  # 30 km/h are 8.3 m/s
        assert aside < 0.6, results


def test_its_speed_percentage_has_an_effect(country: Address) -> None:
    ((driven, _),) = drive(country, cars=1, slower=50.0)
    assert 30.0 < driven < 70.0


def test_a_car_s_speed_limit_is_carla_s_default_and_its_light_is_green(country: Address) -> None:
    world = connected(country).get_world()
    with synchronous(world):
        blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
        car = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
        world.tick()
        assert math.isclose(car.get_speed_limit(), 30.0)
        assert car.get_traffic_light_state() == carla.TrafficLightState.Green
        assert not car.is_at_traffic_light()


def test_a_second_client_joins_the_traffic_manager_of_the_first_on_its_port(country: Address) -> None:
    port = find_free_port()
    with using_a_manager(country, port) as first, using_a_manager(country, port) as second:
        second.communicate(timeout=60)
        first.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0)


def test_the_port_of_a_traffic_manager_that_was_killed_is_the_next_one_s(country: Address) -> None:
    port = find_free_port()
    with using_a_manager(country, port) as first:
        first.kill()
    with using_a_manager(country, port) as second:
        second.communicate(timeout=60)
    assert second.returncode == 0
