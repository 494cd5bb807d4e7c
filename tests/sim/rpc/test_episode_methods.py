from __future__ import annotations

import math
from typing import Any

import pytest

from sim.episode.world import World, WorldError
from sim.geometry.poses import Pose
from sim.rpc import registry
from sim.rpc.batch_commands import DEEPEST
from sim.rpc.registry import call
from sim.wire import messages
from sim.wire.errors import NotSupportedError, PeerError
from sim.wire.rpc import Returns
from tests.sim.fakes import Plain

CAR = [0, "vehicle.tesla.model3", []]
CAMERA = [0, "sensor.camera.rgb", []]
ORIGIN = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


class Desk:
    """A context that writes down what the server was asked for."""

    def __init__(self) -> None:
        self.world = World(Plain())
        self.stream_port = 2001
        self.asked: list[object] = []

    def tick(self) -> int:
        self.asked.append("tick")
        return 42

    def restart_clock(self) -> None:
        self.asked.append("settings")

    def expect_subscription(self, stream: int) -> None:
        self.asked.append(("promise", stream))

    def load(self, name: str) -> None:
        self.asked.append(("load", name))

    def store_opendrive(self, opendrive: str) -> None:
        self.asked.append(("text", opendrive))

    def maps(self) -> tuple[str, ...]:
        return ("plain",)

    def call(self, name: str, *arguments: object) -> Any:
        return call(self, name, arguments)[1]


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


def test_a_method_that_is_not_there_is_not_supported(desk: Desk) -> None:
    with pytest.raises(NotSupportedError, match="no method start_recorder"):
        desk.call("start_recorder", "a", False)


@pytest.mark.parametrize("name", sorted(registry.TABLE))
def test_no_method_takes_one_argument_too_many(desk: Desk, name: str) -> None:
    with pytest.raises(PeerError, match=f"{name}: .* arguments came, expected"):
        desk.call(name, *range(len(registry.TABLE[name].arguments) + 1))


@pytest.mark.parametrize("name", sorted(name for name, entry in registry.TABLE.items() if entry.arguments))
def test_no_method_breaks_on_arguments_of_any_kind(desk: Desk, name: str) -> None:
    things: list[object] = [None, True, 7, -1, 1.5, "x", b"x", [], [[]], {}, [None] * 17]
    for thing in things:
        try:
            desk.call(name, *[thing] * len(registry.TABLE[name].arguments))
        except (PeerError, WorldError):
            continue


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


def test_settings_are_taken_over_and_the_server_is_told(desk: Desk) -> None:
    settings = desk.call("get_episode_settings")
    settings[0], settings[2] = True, [True, 0.1]
    assert desk.call("set_episode_settings", settings) == desk.world.timestamp.frame
    assert desk.call("get_episode_settings") == settings
    assert desk.asked == ["settings"]


def test_a_map_s_folder_is_taken_off_its_name(desk: Desk) -> None:
    desk.call("load_new_episode", "/Game/Carla/Maps/country", False, 65535)
    desk.call("load_new_episode", "", True, 65535)
    assert desk.asked == [("load", "country"), ("load", ""), "settings"]


def test_methods_answer_as_the_client_expects_them_to() -> None:
    kinds = {name: entry.returns for name, entry in registry.TABLE.items()}
    assert kinds["destroy_actor"] == kinds["tick_cue"] == Returns.VALUE
    assert kinds["set_actor_transform"] == kinds["load_new_episode"] == Returns.NOTHING
    assert kinds["apply_batch"] == Returns.BARE


def test_each_command_of_a_batch_has_an_answer_of_its_own(desk: Desk) -> None:
    car = desk.world.spawn(messages.DESCRIPTION.unpack(CAR), Pose())
    answers = desk.call(
        "apply_batch",
        [
            [[2, [car.id, [1.0, 0.0, 0.0, False, False, False, 0]]]],
            [[2, [car.id, "control"]]],
            [[1, [777]]],
            [[21, [car.id, 0]]],
            "command",
            [[6, [car.id, [[9.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]],
        ],
        False,
    )
    assert [answer[0][0] for answer in answers] == [1, 0, 0, 0, 0, 1]
    assert answers[0] == [[1, car.id]]
    assert "no actor 777" in answers[2][0][1][0]
    assert car.pose.x == 9.0
    assert desk.asked == []


def test_commands_that_follow_a_spawn_are_for_the_new_actor(desk: Desk) -> None:
    follow = [[2, [0, [1.0, 0.0, 0.0, False, False, False, 0]]]]
    (answer,) = desk.call("apply_batch", [[[0, [CAR, ORIGIN, [False], 176, "", [follow]]]]], True)
    assert desk.world.vehicle(answer[0][1]).control.throttle == 1.0
    assert desk.asked == ["tick"]


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


def test_spawns_that_follow_on_spawns_end_somewhere(desk: Desk) -> None:
    nested: list[Any] = []
    for depth in range(3 * DEEPEST):
        nested = [[[0, [CAR, [[20.0 * depth, 0.0, 0.0], [0.0, 0.0, 0.0]], [False], 0, "", nested]]]]
    assert desk.call("apply_batch", nested, False)[0][0][0] == 1
    assert len(desk.world.actors) == 1 + DEEPEST + 1
