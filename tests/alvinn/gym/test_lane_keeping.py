"""The environment on a real server that all tests here share; servers of its own are in test_servers.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import carla
import gymnasium
import numpy as np
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

import alvinn.gym
from alvinn.driving.types import GroundTruth
from alvinn.errors import AlvinnError, MapError
from alvinn.gym.lane_keeping import LaneKeepingEnv
from alvinn.world.carla_world import CarlaWorld
from tests.alvinn.cockpit.desktop import desktop, until
from tests.alvinn.gym.processes import SMALL, STRAIGHT_ON, children
from tests.conftest import Address

SHARP_RIGHT = np.ones(1, dtype=np.float32)


@pytest.fixture(scope="module")
def env(server: Address) -> Iterator[LaneKeepingEnv]:
    made = gymnasium.make(alvinn.gym.LANE_KEEPING, map="oval", carla="{}:{}".format(*server), camera=SMALL)
    assert isinstance(made.unwrapped, LaneKeepingEnv)
    yield made.unwrapped
    made.close()


def rollout(env: LaneKeepingEnv, seed: int, actions: int = 15) -> list[Any]:
    """Everything that is told of an episode, pictures and all."""
    seen: list[Any] = [env.reset(seed=seed)]
    rng = np.random.default_rng(seed)
    return seen + [env.step(rng.uniform(-0.2, 0.2, 1).astype(np.float32)) for _ in range(actions)]


def test_gymnasium_finds_nothing_to_complain_of(env: LaneKeepingEnv) -> None:
    """Rendering is checked on servers of its own, by the long test in test_servers.py."""
    check_env(env, skip_render_check=True)


def test_without_further_words_an_observation_is_a_picture_of_320_by_160_pixels() -> None:
    made = gymnasium.make("alvinn/LaneKeeping-v0")
    assert made.observation_space == gymnasium.spaces.Box(0, 255, (160, 320, 3), np.uint8)
    made.close()


@pytest.mark.skipif(not hasattr(gymnasium.vector, "AutoresetMode"), reason="Gymnasium has autoreset modes from 1.1 on")
def test_it_says_that_it_never_resets_itself() -> None:
    assert LaneKeepingEnv.metadata["autoreset_mode"] == gymnasium.vector.AutoresetMode.DISABLED


def test_the_same_seed_and_actions_give_the_same_observations_whatever_was_before(env: LaneKeepingEnv) -> None:
    first = rollout(env, seed=3)
    other = rollout(env, seed=4)
    again = rollout(env, seed=3)
    np.testing.assert_equal(first, again)
    assert not np.array_equal(first[0][0], other[0][0])


def test_an_action_of_one_is_a_curvature_of_015_to_the_right(env: LaneKeepingEnv) -> None:
    _, before = env.reset(seed=0, options={"s": 5.0})
    for _ in range(8):
        *_, after = env.step(SHARP_RIGHT)
    travelled = 8 * 0.05 * before["speed"]
    turned = after["heading_error"] - before["heading_error"]
    assert 0.3 < turned / (0.15 * travelled) < 1.2  # the wheels and tyres lag


def test_a_departure_terminates_costs_and_wants_a_reset(env: LaneKeepingEnv) -> None:
    env.reset(seed=0)
    gain, terminated, truncated = 0.0, False, False
    while not terminated:
        _, gain, terminated, truncated, info = env.step(SHARP_RIGHT)
    assert info["departure"]
    assert not truncated
    assert gain < -15.0
    with pytest.raises(ResetNeeded, match="the episode has ended"):
        env.step(STRAIGHT_ON)
    env.reset()
    env.step(STRAIGHT_ON)


def test_time_that_is_up_truncates(server: Address) -> None:
    made = LaneKeepingEnv("oval", camera=SMALL, carla="{}:{}".format(*server), seconds=0.2)
    made.reset(seed=0)
    ends = [made.step(STRAIGHT_ON)[2:4] for _ in range(4)]
    assert ends == [(False, False)] * 3 + [(False, True)]
    made.close()


@pytest.mark.parametrize(
    ("end", "terminated", "truncated"),
    [
        ({}, False, False),
        ({"finished": True}, False, True),
        ({"collided": True}, True, False),
        ({"collided": True, "finished": True}, True, False),
        ({"margin": 0.05, "finished": True}, True, False),
    ],
    ids=["none", "lap", "collision", "collision at the end of a lap", "departure at the end of a lap"],
)
def test_a_lap_truncates_and_a_departure_or_collision_terminates(
    end: dict[str, Any], terminated: bool, truncated: bool, env: LaneKeepingEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    env.reset(seed=0, options={"offset": 0.1})
    drive = env._task.step
    monkeypatch.setattr(env._task, "step", lambda curvature: replace(drive(curvature), **end))
    _, gain, *ends, info = env.step(STRAIGHT_ON)
    assert ends == [terminated, truncated]
    assert (gain < -15.0) is terminated
    assert info["collision"] is ("collided" in end)


@pytest.mark.long
def test_a_lap_that_is_driven_truncates() -> None:
    made = LaneKeepingEnv("oval", camera=SMALL, seconds=300.0)
    _, info = made.reset(seed=0)
    began, ticks, terminated, truncated = info["s"], 0, False, False
    while not (terminated or truncated):
        *_, terminated, truncated, info = made.step(made.expert_action())
        ticks += 1
    assert not terminated
    assert made._task.lane.between(began, info["s"]) == pytest.approx(0.0, abs=1.0)
    assert ticks * 0.05 * 8.0 > 0.9 * made._task.lane.length
    made.close()


def test_a_collision_terminates_and_costs(env: LaneKeepingEnv) -> None:
    env.reset(options={"s": 20.0})
    world = env._task._world
    x, y, z, direction = world.lane.at(30.0)
    place = carla.Transform(carla.Location(x, y, z + 0.1), carla.Rotation(yaw=math.degrees(direction)))
    carlas = world.client.get_world()
    other = carlas.spawn_actor(carlas.get_blueprint_library().find("vehicle.tesla.model3"), place)
    try:
        terminated, truncated = False, False
        while not (terminated or truncated):
            _, gain, terminated, truncated, info = env.step(env.expert_action())
        assert terminated
        assert (info["collision"], info["departure"]) == (True, False)
        assert gain < -15.0
    finally:
        other.destroy()
    assert not env.reset()[1]["collision"]


def test_the_experts_actions_keep_the_lane(env: LaneKeepingEnv) -> None:
    _, info = env.reset(seed=5, options={"offset": 0.4})
    for _ in range(80):
        _, gain, terminated, _, info = env.step(env.expert_action())
        assert not terminated
    assert abs(info["offset"]) < 0.1
    assert gain > 0.9


def test_options_say_where_an_episode_starts_and_on_which_road(env: LaneKeepingEnv) -> None:
    _, info = env.reset(options={"s": 20.0, "offset": 0.3, "heading_error": -0.05, "direction": "reverse"})
    assert 20.0 <= info["s"] < 21.0
    assert info["offset"] == pytest.approx(0.3, abs=0.1)
    env.reset(options={"direction": "forward"})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"offsett": 0.3}, "no 'offsett': did you mean offset"),
        ({"direction": "revers"}, "no direction 'revers': did you mean reverse"),
        ({"weather": "Drizzle"}, "no weather 'Drizzle'"),
        ({"offset": math.nan}, "offset must be a finite number, not nan"),
        ({"offset": 50.0}, r"offset must be within 0\.\d\d m, beyond which the car departs, not 50"),
        ({"direction": "reverse", "offset": 50.0}, "offset must be within"),
    ],
)
def test_an_option_of_no_use_is_refused_and_the_road_stays(env: LaneKeepingEnv, options: Any, says: str) -> None:
    first, _ = env.reset(options={"s": 20.0})
    with pytest.raises(AlvinnError, match=says):
        env.reset(options=options)
    again, info = env.reset(options={"s": 20.0})
    assert abs(info["offset"]) < 0.05
    np.testing.assert_array_equal(first, again)


def test_what_the_map_knows_is_in_info_and_changes_no_observation(
    env: LaneKeepingEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell_wrong(world: CarlaWorld) -> GroundTruth:
        right = told(world)
        return replace(right, offset=right.offset + 0.2, heading_error=0.5, lane_s=right.lane_s + 30.0, lane_width=9.0)

    told = CarlaWorld.truth
    right = rollout(env, seed=1)
    monkeypatch.setattr(CarlaWorld, "truth", tell_wrong)
    wrong = rollout(env, seed=1)
    for (image, *_, info), (same, *_, lies) in zip(right, wrong, strict=True):
        np.testing.assert_array_equal(image, same)
        assert all(info[name] != lies[name] for name in ("offset", "heading_error", "s", "lane_width"))
        assert info["speed"] == lies["speed"], "the car does not know it either"


@pytest.mark.parametrize(
    "wrong",
    [np.array([math.nan]), np.array([1.5]), np.zeros(2), 0.3, "left", [[0.1], [0.1, 0.2]]],
    ids=["nan", "beyond", "two", "scalar", "text", "ragged"],
)
def test_an_action_that_is_none_is_refused_and_the_episode_goes_on(env: LaneKeepingEnv, wrong: Any) -> None:
    env.reset(seed=0)
    with pytest.raises(InvalidAction, match=r"one number in \[-1, 1\]"):
        env.step(wrong)
    env.step(STRAIGHT_ON)


def test_a_step_before_the_first_reset_is_refused() -> None:
    made = LaneKeepingEnv("oval")
    with pytest.raises(ResetNeeded, match="call reset"):
        made.step(STRAIGHT_ON)


def test_an_environment_may_be_closed_twice_and_does_nothing_after_that() -> None:
    made = LaneKeepingEnv("oval")
    made.close()
    made.close()
    for late in (made.reset, made.expert_action, made.render, lambda: made.step(STRAIGHT_ON)):
        with pytest.raises(ClosedEnvironmentError, match="make a new one"):
            late()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"map": "ovel"}, "no map called 'ovel': did you mean oval"),
        ({"weather": "ClearNon"}, "no weather 'ClearNon': did you mean ClearNoon"),
        ({"direction": "sideways"}, "no direction 'sideways': there are forward, reverse"),
        ({"camera": {"fov": 500.0}}, "field of view"),
        ({"reward": {"smooth": 0.0}}, "must be a Reward"),
        ({"render_mode": "ansi"}, "rgb_array, human or None, not 'ansi'"),
        ({"render_mode": []}, "rgb_array, human or None"),
        ({"seconds": math.nan}, "seconds must be a number above 0"),
        ({"seconds": "long"}, "seconds must be a number above 0, not 'long'"),
        ({"speed": -1.0}, "speed must be a number above 0"),
        ({"speed": None}, "speed must be a number above 0"),
        ({"carla": 2000}, "HOST:PORT"),
    ],
)
def test_an_argument_of_no_use_is_refused_before_a_server_starts(arguments: dict[str, Any], says: str) -> None:
    before = children()
    with pytest.raises(AlvinnError, match=says):
        LaneKeepingEnv(**arguments)
    assert children() == before


def test_rendering_is_the_picture_of_the_camera(server: Address) -> None:
    made = LaneKeepingEnv("oval", camera=SMALL, carla="{}:{}".format(*server), render_mode="rgb_array")
    with pytest.raises(ResetNeeded, match="no image yet"):
        made.render()
    image, _ = made.reset(seed=0)
    np.testing.assert_array_equal(made.render(), image)
    made.close()


def test_a_reset_that_fails_ends_the_episode_and_the_next_one_starts_on_the_old_road(env: LaneKeepingEnv) -> None:
    image, _ = env.reset(seed=0)
    with pytest.raises(MapError, match="no map 'atlantis'"):
        env.reset(options={"map": "atlantis"})
    for late in (lambda: env.step(STRAIGHT_ON), env.expert_action):
        with pytest.raises(ResetNeeded, match="call reset"):
            late()
    np.testing.assert_array_equal(env.reset(seed=0)[0], image)


def test_a_window_shows_what_the_camera_sees_and_close_takes_it_away(server: Address) -> None:
    with desktop((640, 400)) as screen:
        address = "{}:{}".format(*server)
        shown = gymnasium.make("alvinn/LaneKeeping-v0", map="oval", carla=address, camera=SMALL, render_mode="human")
        try:
            shown.reset(seed=0)
            until(lambda: screen.picture().std() > 20.0, "a road in the window")
            before = screen.picture()
            for _ in range(8):
                shown.step(SHARP_RIGHT)
            until(lambda: not np.array_equal(screen.picture(), before), "another picture after the car has turned")
            assert shown.render() is None, "the window is drawn without being asked"
        finally:
            shown.close()
        until(lambda: not screen.do("search", "--class", "."), "a screen without a window")
