"""Several clients, good ones and others, on one server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import carla
import pytest

from tests.client.conftest import Eye, connected, settled, spawn_car, synchronous
from tests.conftest import Address, running_server

WHILE_SYNCHRONOUS = """
import sys, time, carla
client = carla.Client(sys.argv[1], int(sys.argv[2]))
client.set_timeout(10)
world = client.get_world()
settings = world.get_settings()
settings.synchronous_mode = True
settings.fixed_delta_seconds = 0.05
world.apply_settings(settings)
blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
world.tick()
print("ready", flush=True)
time.sleep(600)
"""
UNDER_A_TRAFFIC_MANAGER = """
import carla, sys
client = carla.Client(sys.argv[1], int(sys.argv[2]))
client.set_timeout(60)
world = client.get_world()
blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
blueprint.set_attribute("role_name", "hero")
places = world.get_map().get_spawn_points()
manager = client.get_trafficmanager(int(sys.argv[3]))
world.spawn_actor(blueprint, places[0]).set_autopilot(True, int(sys.argv[3]))
for _ in range(20):
    ego = world.spawn_actor(blueprint, places[4])
    world.wait_for_tick()
    ego.destroy()
world.wait_for_tick()
print("drove on", flush=True)
manager.shut_down()
"""

WHILE_TICKING = (
    WHILE_SYNCHRONOUS.replace("world.spawn_actor", "car = world.spawn_actor").replace("time.sleep(600)", "")
    + """
eye = world.spawn_actor(
    world.get_blueprint_library().find("sensor.camera.rgb"), carla.Transform(carla.Location(z=2)), attach_to=car
)
eye.listen(lambda _: None)
while True:
    car.apply_control(carla.VehicleControl(throttle=0.5))
    world.tick()
"""
)


def test_a_fresh_server_ticks_by_itself(client: carla.Client) -> None:
    world = client.get_world()
    assert not world.get_settings().synchronous_mode
    first = world.wait_for_tick(10)
    assert world.wait_for_tick(10).frame > first.frame


def test_settings_are_what_was_applied_and_can_be_undone(client: carla.Client) -> None:
    world = client.get_world()
    before = world.get_settings()
    with synchronous(world):
        assert world.get_settings().synchronous_mode
        assert world.get_settings().fixed_delta_seconds == 0.05
        one, two = world.tick(), world.tick()
        assert two == one + 1
        assert world.get_snapshot().timestamp.delta_seconds == pytest.approx(0.05)
    assert world.get_settings() == before
    assert world.wait_for_tick(10).frame > two


def test_another_step_of_asynchronous_mode_is_seen_at_once_and_without_a_warning(
    client: carla.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    world = client.get_world()
    before = world.get_settings()
    for seconds in (0.1, 0.0625, 0.02):
        settings = world.get_settings()
        settings.fixed_delta_seconds = seconds
        world.apply_settings(settings)
        assert world.wait_for_tick(10).delta_seconds == pytest.approx(seconds)
    world.apply_settings(before)
    assert "WARNING" not in capfd.readouterr().err


def test_in_synchronous_mode_nothing_moves_between_ticks(world: carla.World, server: Address) -> None:
    frame = world.tick()
    other = connected(server).get_world()
    assert settled(other, frame)
    assert world.get_snapshot().frame == frame


def test_a_second_client_joins_a_synchronous_world_and_sees_the_same(
    world: carla.World, car: carla.Vehicle, server: Address
) -> None:
    frame = world.tick()
    began = time.monotonic()
    other = connected(server).get_world()
    assert time.monotonic() - began < 5.0, "joining did not wait for somebody's tick"
    assert settled(other, frame)
    twin = other.get_actor(car.id)
    assert twin.type_id == "vehicle.tesla.model3"
    assert twin.get_transform() == car.get_transform()


def test_two_clients_drive_a_car_each(world: carla.World, car: carla.Vehicle, server: Address) -> None:
    other = connected(server).get_world()
    second = spawn_car(other, place=4)
    eye = Eye(other, second)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    second.apply_control(carla.VehicleControl(throttle=1.0))
    other.get_settings()  # answered after the control before it, which is thereby applied
    for _ in range(20):
        assert world.tick() == eye.next().frame
    assert car.get_velocity().length() == pytest.approx(world.get_actor(second.id).get_velocity().length(), rel=0.01)


def test_a_client_that_dies_in_synchronous_mode_leaves_its_car_and_a_world_that_ticks() -> None:
    with running_server("--map", "oval") as (host, port):
        command = [sys.executable, "-c", WHILE_SYNCHRONOUS, host, str(port)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dying:
            assert dying.stdout is not None
            assert dying.stdout.readline() == "ready\n"
            dying.kill()
        world = connected((host, port)).get_world()
        world.wait_for_tick(10)
        assert not world.get_settings().synchronous_mode
        assert [actor.type_id for actor in world.get_actors().filter("vehicle.*")] == ["vehicle.tesla.model3"]


def test_a_client_killed_in_the_middle_of_a_tick_leaves_actors_that_do_the_next_one_no_harm() -> None:
    with running_server("--map", "oval") as (host, port):
        for _ in range(3):
            command = [sys.executable, "-c", WHILE_TICKING, host, str(port)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dying:
                assert dying.stdout is not None
                assert dying.stdout.readline() == "ready\n"
                looker = connected((host, port)).get_world()
                before = looker.get_snapshot().frame
                while looker.wait_for_tick(10).frame < before + 20:
                    pass
                dying.kill()  # ticks follow one another with nothing between them: it is in one
            world = connected((host, port)).get_world()
            world.wait_for_tick(10)
            assert not world.get_settings().synchronous_mode
            (left,) = world.get_actors().filter("vehicle.*")
            with synchronous(world):  # which destroys whatever was left
                eye = Eye(world, left)
                assert world.tick() == eye.next().frame
            world.wait_for_tick(10)
            assert not world.get_actors().filter("vehicle.*")
            assert not world.get_actors().filter("sensor.*")


def test_an_ego_destroyed_under_a_traffic_manager_does_not_abort_its_client() -> None:
    """CARLA answers the manager's question for the box of an actor that is gone with an empty one."""
    with running_server("--map", "oval") as (host, port), socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        command = [sys.executable, "-c", UNDER_A_TRAFFIC_MANAGER, host, str(port), str(free.getsockname()[1])]
        free.close()
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, "drove on\n"), done.stderr


def test_a_client_that_only_looks_on_does_not_end_synchronous_mode_by_leaving(
    world: carla.World, server: Address
) -> None:
    command = [sys.executable, "-c", "import carla, sys; carla.Client(sys.argv[1], int(sys.argv[2])).get_world()"]
    subprocess.run([*command, server[0], str(server[1])], check=True)
    assert world.get_settings().synchronous_mode


GARBAGE = [
    b"GET / HTTP/1.1\r\nHost: carla\r\n\r\n",
    b"\x00" * 1000,
    b"\xff" * 1000,
    b"\xdd\xff\xff\xff\xff",
    b"\x94\x00\x01\xa7version\x91\x91",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x01\x00\x00\x00\x01",
    b"\x63\x00\x00\x00",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_at_either_port_harms_nobody_else(
    garbage: bytes, world: carla.World, camera: Eye, server: Address
) -> None:
    host, port = server
    episode_port = stream_port(server)
    for at in (port, episode_port):
        with socket.create_connection((host, at)) as peer:
            peer.sendall(garbage)
    assert world.tick() == camera.next().frame
    assert connected(server).get_server_version() == "0.9.16"


def stream_port(server: Address) -> int:
    """The port that the episode's token names."""
    with socket.create_connection(server) as peer:
        peer.sendall(bytes.fromhex("94 00 01 b0") + b"get_episode_info" + bytes.fromhex("91 91 c2"))
        answer = peer.recv(4096)
    token = answer[answer.index(b"\xc4\x18") + 2 :]
    return int.from_bytes(token[4:6], "little")


def test_an_unknown_method_is_an_error_and_no_more(client: carla.Client) -> None:
    with pytest.raises(RuntimeError, match="start_recorder"):
        client.start_recorder("a.log")
    assert client.get_server_version() == "0.9.16"


def test_a_map_that_is_not_there_is_an_error_and_no_more(client: carla.Client) -> None:
    with pytest.raises(RuntimeError, match="no map called 'Town99'"):
        client.load_world("Town99")
    assert client.get_world().get_map().name == "Carla/Maps/oval"


def test_a_client_cannot_make_the_server_open_files(client: carla.Client) -> None:
    with pytest.raises(RuntimeError, match="cannot open files"):
        client.load_world("secret.xodr")


def test_maps_are_listed_loaded_and_loaded_again() -> None:
    with running_server("--map", "oval") as address:
        client = connected(address)
        assert any(name.endswith("/country") for name in client.get_available_maps())
        first = client.get_world().id
        country = client.load_world("country")
        assert country.get_map().name == "Carla/Maps/country"
        again = client.reload_world()
        assert again.get_map().name == "Carla/Maps/country"
        assert len({first, country.id, again.id}) == 3
        with synchronous(again):
            eye = Eye(again, spawn_car(again))
            assert again.tick() == eye.next().frame
        sent = client.generate_opendrive_world(again.get_map().to_opendrive())
        assert sent.get_map().name == "Carla/Maps/OpenDriveMap"
        assert sent.get_map().get_spawn_points()


def test_time_begins_anew_with_an_episode_and_frames_go_on() -> None:
    with running_server("--map", "oval") as address:
        client = connected(address)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
        world.apply_settings(settings)
        frames = [world.tick() for _ in range(60)]
        for name in ("oval", "path"):
            world = client.load_world(name, reset_settings=False)
            frames += [world.tick() for _ in range(4)]
            assert 0.2 < world.get_snapshot().timestamp.elapsed_seconds + 0.001 < 0.5, "the client ticks at a load, too"
        assert frames == sorted(set(frames))


def test_a_map_is_changed_in_synchronous_mode_too() -> None:
    with running_server("--map", "oval") as address:
        client = connected(address)
        world = client.get_world()
        with synchronous(world):
            eye = Eye(world, spawn_car(world))
            assert world.tick() == eye.next().frame
            eye.close()
        settings = world.get_settings()
        settings.synchronous_mode = True
        world.apply_settings(settings)
        other = client.load_world("country", reset_settings=False)
        assert other.get_settings().synchronous_mode
        eye = Eye(other, spawn_car(other))
        assert other.tick() == eye.next().frame
        eye.close()
