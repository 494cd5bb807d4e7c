"""Built-in maps and those drawn from a seed, loaded and stood on through the genuine client."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import carla
import msgpack
import pytest

from sim.roads import opendrive
from tests.client.conftest import connected, spawn_car, synchronous
from tests.conftest import running_server


@pytest.fixture(scope="module")
def own() -> Iterator[carla.Client]:
    """A client with a server of its own, since maps are changed here."""
    with running_server("--map", "oval") as address:
        yield connected(address)


@pytest.mark.parametrize("name", ["random:7", "/Game/Carla/Maps/wild:3", "hills"])
def test_a_map_is_loaded_by_name_and_a_car_stands_on_its_road(own: carla.Client, name: str) -> None:
    world = own.load_world(name)
    assert world.get_map().name == "Carla/Maps/" + name.rsplit("/", maxsplit=1)[-1]
    with synchronous(world):
        car = spawn_car(world, 5)
        world.tick()
        stands = car.get_transform()
        lane = world.get_map().get_waypoint(stands.location).transform
        assert stands.location.distance(lane.location) < 0.3
        assert stands.location.z == pytest.approx(lane.location.z, abs=0.02)
        assert stands.rotation.pitch == pytest.approx(lane.rotation.pitch, abs=0.2)


@pytest.mark.long
def test_every_map_that_is_listed_can_be_loaded(own: carla.Client) -> None:
    names = own.get_available_maps()
    assert {name.rsplit("/", maxsplit=1)[-1] for name in names} >= {"highway", "path", "hills", "random:1", "wild:1"}
    for name in names:
        assert own.load_world(name).get_map().get_spawn_points()


def test_a_seed_that_is_none_is_answered_in_a_sentence(own: carla.Client) -> None:
    with pytest.raises(RuntimeError, match=r"no map called 'random:x'.*random and wild take any number"):
        own.load_world("random:x")


def test_a_text_that_is_no_map_is_refused_with_its_line_before_anybody_sees_an_empty_world(own: carla.Client) -> None:
    before = own.get_world()
    text = before.get_map().to_opendrive().replace("curvature=", "bend=", 1)
    line = text[: text.index("bend=")].count("\n") + 1
    with pytest.raises(RuntimeError, match=rf"line {line}, column \d+: <arc> has no curvature"):
        own.generate_opendrive_world(text)
    after = own.get_world()
    assert (after.id, after.get_map().name) == (before.id, before.get_map().name)


def test_the_others_tick_on_while_a_map_is_read_and_its_scene_is_built() -> None:
    with running_server("--map", "oval") as address:
        world = connected(address).get_world()
        text = world.get_map().to_opendrive()
        with (
            synchronous(world),
            socket.create_connection(address) as loader,
            socket.create_connection(address) as ticker,
        ):
            loader.sendall(msgpack.packb([0, 1, "copy_opendrive_to_file", [[False], text, []]]))
            loader.recv(100)
            loader.sendall(msgpack.packb([0, 2, "load_new_episode", [[False], "OpenDriveMap", False, 0]]))
            ticks = 0
            while not select.select([loader], [], [], 0.0)[0]:
                ticker.sendall(msgpack.packb([0, 3, "tick_cue", [[False]]]))
                assert msgpack.unpackb(ticker.recv(100))[2] is None
                ticks += 1
            assert msgpack.unpackb(loader.recv(100)) == [1, 2, None, [[False]]]
        assert ticks > 20
        assert connected(address).get_world().get_map().name == "Carla/Maps/OpenDriveMap"


def test_the_maps_of_a_folder_are_listed_and_loaded_by_name(tmp_path: Path) -> None:
    (tmp_path / "Ring.xodr").write_text(opendrive.load("oval")[1], encoding="utf-8")
    with running_server("--map", "Ring", "--maps", str(tmp_path)) as address:
        client = connected(address)
        assert client.get_world().get_map().name.endswith("/Ring")
        client.load_world("path")
        assert any(name.endswith("/Ring") for name in client.get_available_maps())
        assert client.load_world("Ring").get_map().name.endswith("/Ring")
