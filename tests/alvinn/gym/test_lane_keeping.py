"""The environment on real servers: what Gymnasium's own checks ask for, and every way out."""

from __future__ import annotations

import math
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import psutil
import pytest
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

import alvinn.gym
from alvinn.driving.types import Camera, Image
from alvinn.errors import AlvinnError, MapError, ServerError
from alvinn.gym.lane_keeping import LaneKeepingEnv
from tests.alvinn.cockpit.desktop import desktop, until
from tests.conftest import Address

STRAIGHT_ON = np.zeros(1, dtype=np.float32)
SHARP_RIGHT = np.ones(1, dtype=np.float32)
SMALL = {"width": 64, "height": 32}


def servers() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


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
    check_env(env, skip_render_check=True, skip_close_check=True)


def test_without_further_words_an_observation_is_a_picture_of_320_by_160_pixels() -> None:
    made = gymnasium.make("alvinn/LaneKeeping-v0")
    assert made.observation_space == gymnasium.spaces.Box(0, 255, (160, 320, 3), np.uint8)
    made.close()


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


def test_time_that_is_up_and_a_lap_that_is_driven_truncate(server: Address) -> None:
    made = LaneKeepingEnv("oval", camera=SMALL, carla="{}:{}".format(*server), seconds=0.2)
    made.reset(seed=0)
    ends = [made.step(STRAIGHT_ON)[2:4] for _ in range(4)]
    assert ends == [(False, False)] * 3 + [(False, True)]
    made.close()


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
    ],
)
def test_an_option_of_no_use_is_refused_and_the_road_stays(env: LaneKeepingEnv, options: Any, says: str) -> None:
    env.reset(options={"s": 20.0})
    with pytest.raises(AlvinnError, match=says):
        env.reset(options=options)
    _, info = env.reset(options={"s": 20.0})
    assert abs(info["offset"]) < 0.05


def test_what_the_map_knows_is_in_info_and_changes_no_observation(env: LaneKeepingEnv) -> None:
    image, info = env.reset(seed=1)
    assert env.observation_space.contains(image)
    assert {"offset", "heading_error", "curvature", "lane_width", "departure"} <= set(info)


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
    before = servers()
    with pytest.raises(AlvinnError, match=says):
        LaneKeepingEnv(**arguments)
    assert servers() == before


def test_rendering_is_the_picture_of_the_camera(server: Address) -> None:
    made = LaneKeepingEnv("oval", camera=SMALL, carla="{}:{}".format(*server), render_mode="rgb_array")
    with pytest.raises(ResetNeeded, match="no image yet"):
        made.render()
    image, _ = made.reset(seed=0)
    np.testing.assert_array_equal(made.render(), image)
    made.close()


def test_a_private_server_ends_with_the_environment_whether_closed_or_forgotten() -> None:
    before = servers()
    made = LaneKeepingEnv("oval", camera=Camera(width=64, height=32))
    made.reset(seed=0)
    assert len(servers() - before) == 1
    del made
    assert servers() == before


def test_a_map_that_cannot_be_read_is_one_error_and_leaves_no_server(tmp_path: Path) -> None:
    before = servers()
    (tmp_path / "broken.xodr").write_text("no XML")
    made = LaneKeepingEnv(str(tmp_path / "broken.xodr"), camera=SMALL)
    with pytest.raises(ServerError, match=r"broken\.xodr"):
        made.reset()
    assert servers() == before


def test_a_reset_that_fails_ends_the_episode_and_the_next_one_starts_on_the_old_road(env: LaneKeepingEnv) -> None:
    image, _ = env.reset(seed=0)
    with pytest.raises(MapError, match="no map 'atlantis'"):
        env.reset(options={"map": "atlantis"})
    for late in (lambda: env.step(STRAIGHT_ON), env.expert_action):
        with pytest.raises(ResetNeeded, match="call reset"):
            late()
    np.testing.assert_array_equal(env.reset(seed=0)[0], image)


@pytest.mark.long  # the client asks a dead server for ten seconds at a time
@pytest.mark.parametrize("during", ["reset", "step"])
def test_a_server_that_dies_is_one_error_and_the_next_reset_starts_another(during: str) -> None:
    before = servers()
    made = LaneKeepingEnv("oval", camera=SMALL)
    made.reset(seed=0)
    kill(servers() - before)
    with pytest.raises(ServerError, match="the embedded server exited with status -9"):
        made.reset() if during == "reset" else made.step(STRAIGHT_ON)
    assert servers() == before
    with pytest.raises(ResetNeeded, match="call reset"):
        made.step(STRAIGHT_ON)
    made.reset(seed=0)
    made.close()
    assert servers() == before


@pytest.mark.long
def test_the_expert_on_a_dead_server_answers_or_is_one_error_and_close_never_raises(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The pose of the last tick may still be known to the client."""
    before = servers()
    made = LaneKeepingEnv("oval", camera=SMALL)
    made.reset(seed=0)
    kill(servers() - before)
    with suppress(ServerError):
        made.expert_action()
    made.close()
    with pytest.raises(ClosedEnvironmentError, match="make a new one"):
        made.reset()
    assert servers() == before
    assert not capfd.readouterr().err


def kill(pids: set[int]) -> None:
    """End the only one of these processes, as if it had crashed."""
    (pid,) = pids
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def drive_together(make: Any, steps: int = 10) -> Image:
    """The last pictures of two environments, shape (2, height, width, 3)."""
    together = gymnasium.vector.AsyncVectorEnv([make, make])
    try:
        together.reset(seed=[3, 4])
        for _ in range(steps):
            seen, gains, *_ = together.step(np.zeros((2, 1), dtype=np.float32))
        assert gains.shape == (2,)
    finally:
        together.close()
    return np.asarray(seen)


@pytest.mark.long
def test_two_environments_with_servers_of_their_own_drive_side_by_side() -> None:
    before = servers()
    seen = drive_together(lambda: gymnasium.make("alvinn.gym:alvinn/LaneKeeping-v0", map="oval", camera=SMALL))
    assert seen.shape == (2, 32, 64, 3)
    assert servers() == before
    alone = LaneKeepingEnv("oval", camera=SMALL)
    alone.reset(seed=3)
    for _ in range(10):
        image, *_ = alone.step(STRAIGHT_ON)
    alone.close()
    np.testing.assert_array_equal(seen[0], image)


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
