"""The procedures by which a client reads and changes the episode."""

from __future__ import annotations

import asyncio
import math

import pytest

from sim.episode.world import WorldError
from sim.geometry.poses import Pose
from sim.wire.errors import PeerError
from tests.sim.rpc.context import CAMERA, CAR, ORIGIN, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_box_of_an_actor_that_is_gone_is_empty_as_in_carla_and_other_questions_are_errors(desk: Desk) -> None:
    car = desk.call("spawn_actor", CAR, ORIGIN)[0]
    assert desk.call("get_actor_bounding_box", car)[1] != [0.0, 0.0, 0.0]
    desk.call("destroy_actor", car)
    assert desk.call("get_actor_bounding_box", car) == [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 0]
    for name, *arguments in (("destroy_actor",), ("get_physics_control",), ("get_wheel_steer_angle", 0)):
        with pytest.raises(WorldError, match=f"there is no actor {car}"):
            desk.call(name, car, *arguments)


def test_the_calls_by_which_a_client_gets_its_world_have_these_answers(desk: Desk) -> None:
    assert desk.call("version") == "0.9.16"
    token = bytes.fromhex("01000000 d107 01 00") + bytes(16)
    assert desk.call("get_episode_info") == [desk.world.episode, [token]]
    assert desk.call("get_sensor_token", 1) == [token]
    assert desk.call("get_episode_settings")[0] is False
    assert desk.call("get_required_files", "Nav") == []
    assert desk.call("query_lights_state", "localhost:2000") == []
    name, spawn_points = desk.call("get_map_info")
    assert name == "Carla/Maps/plain"
    assert spawn_points[2] == [[100.0, 0.0, 0.0], [0.0, pytest.approx(math.degrees(1.0)), 0.0]]


def test_places_to_start_from_are_as_a_car_will_stand_there(desk: Desk) -> None:
    desk.world.track.spawn_points = (Pose(pitch=math.tau, yaw=1.5 * math.pi),)  # type: ignore[misc]  # a plain's can be set
    angles = desk.call("get_map_info")[1][0][1]
    assert angles == pytest.approx([0.0, -90.0, 0.0])


def test_a_spawned_camera_has_its_parent_and_a_bare_token(desk: Desk) -> None:
    car = desk.call("spawn_actor", CAR, ORIGIN)
    camera = desk.call("spawn_actor_with_parent", CAMERA, ORIGIN, car[0], 0, "")
    assert (camera[1], len(camera[5])) == (car[0], 24)
    assert (car[1], car[5]) == (0, b"")
    assert [actor[0] for actor in desk.call("get_actors_by_id", [camera[0], 999, car[0]])] == [camera[0], car[0]]


def test_an_attached_camera_is_moved_in_its_parent_s_axes_and_a_car_in_the_world(desk: Desk) -> None:
    car = desk.call("spawn_actor", CAR, [[50.0, 0.0, 0.0], [0.0, 90.0, 0.0]])[0]
    camera = desk.call("spawn_actor_with_parent", CAMERA, ORIGIN, car, 0, "")[0]

    def place(identity: int) -> tuple[float, float, float]:
        pose = desk.world.actors[identity].pose
        return pose.x, pose.y, pose.z

    desk.call("set_actor_transform", camera, [[2.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert place(camera) == pytest.approx((50.0, 2.0, 1.0))
    desk.call("set_actor_location", camera, [-3.0, 0.0, 2.0])
    assert place(camera) == pytest.approx((50.0, -3.0, 2.0))
    desk.call("set_actor_location", car, [10.0, 20.0, 0.0])
    assert place(car) == pytest.approx((10.0, 20.0, 0.0))
    assert place(camera) == pytest.approx((10.0, 17.0, 2.0))


def test_settings_are_taken_over_and_the_server_is_told(desk: Desk) -> None:
    settings = desk.call("get_episode_settings")
    settings[0], settings[2] = True, [True, 0.1]
    assert desk.call("set_episode_settings", settings) == desk.world.timestamp.frame
    assert desk.call("get_episode_settings") == settings
    assert desk.asked == ["settings"]


def test_a_map_s_folder_is_taken_off_its_name(desk: Desk) -> None:
    asyncio.run(desk.call("load_new_episode", "/Game/Carla/Maps/country", False, 65535))
    asyncio.run(desk.call("load_new_episode", "", True, 65535))
    assert desk.asked == [("load", "country"), ("load", ""), "settings"]


def test_wheels_keep_their_places_whatever_a_client_sends(desk: Desk) -> None:
    car = desk.call("spawn_actor", CAR, [[50.0, 0.0, 0.0], [0.0, 90.0, 0.0]])[0]
    physics = desk.call("get_physics_control", car)
    x, y, _ = physics[15][0][9]
    assert (x, y) == pytest.approx((5000.0 + 79.0, 143.75))
    physics[15] = [[*wheel[:9], [0.0, 0.0, 0.0]] for wheel in physics[15]]
    desk.call("apply_physics_control", car, physics)
    assert desk.call("get_physics_control", car)[15][0][9] == pytest.approx([x, y, 33.5])
    with pytest.raises(WorldError, match="3 wheels came, expected 4"):
        desk.call("apply_physics_control", car, [*physics[:15], physics[15][:3], False])


def test_a_traffic_manager_is_found_by_its_port_until_it_is_destroyed(desk: Desk) -> None:
    assert desk.call("is_traffic_manager_running", 8000) is False
    assert desk.call("get_traffic_manager_running", 8000) == ["", 0]
    assert desk.call("add_traffic_manager_running", ["192.0.2.2", 8000]) is True
    assert desk.call("add_traffic_manager_running", ["192.0.2.3", 8000]) is False, "the port is taken"
    assert desk.call("is_traffic_manager_running", 8000) is True
    assert desk.call("get_traffic_manager_running", 8000) == ["192.0.2.2", 8000]
    assert desk.call("is_traffic_manager_running", 8001) is False
    assert [desk.call("destroy_traffic_manager", 8000) for _ in range(2)] == [True, False]
    assert desk.call("get_traffic_manager_running", 8000) == ["", 0]


@pytest.mark.parametrize("address", [["192.0.2.2", 65536], ["192.0.2.2", -1], ["x" * 254, 8000], [8000], "8000"])
def test_what_is_no_address_of_a_traffic_manager_is_not_remembered(desk: Desk, address: object) -> None:
    with pytest.raises(PeerError):
        desk.call("add_traffic_manager_running", address)
    assert desk.traffic_managers == {}
