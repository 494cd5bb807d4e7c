"""The environment on servers of its own: every way out, dying servers, several environments side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import psutil
import pytest
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.utils.env_checker import check_env

import alvinn.gym
from alvinn.driving.types import Camera, Image
from alvinn.errors import ServerError
from alvinn.gym.lane_keeping import LaneKeepingEnv
from alvinn.world.embedded_server import BOOTSTRAP
from tests.alvinn.cockpit.desktop import desktop, until
from tests.alvinn.fixtures import ROOT
from tests.alvinn.gym.processes import SMALL, STRAIGHT_ON, children, kill


@pytest.mark.long
def test_gymnasium_finds_nothing_to_complain_of_where_it_renders_and_closes_too() -> None:
    before = children()
    made = gymnasium.make(alvinn.gym.LANE_KEEPING, map="oval", camera=SMALL)
    with desktop((640, 400)):
        check_env(made.unwrapped)
    made.close()
    assert children() == before


def test_a_private_server_ends_with_the_environment_whether_closed_or_forgotten() -> None:
    before = children()
    made = LaneKeepingEnv("oval", camera=Camera(width=64, height=32))
    made.reset(seed=0)
    assert len(children() - before) == 1
    del made
    assert children() == before


def test_a_map_that_cannot_be_read_is_one_error_and_leaves_no_server(tmp_path: Path) -> None:
    before = children()
    (tmp_path / "broken.xodr").write_text("no XML")
    made = LaneKeepingEnv(str(tmp_path / "broken.xodr"), camera=SMALL)
    with pytest.raises(ServerError, match=r"broken\.xodr"):
        made.reset()
    assert children() == before


@pytest.mark.long  # the client asks a dead server for ten seconds at a time
@pytest.mark.parametrize("during", ["reset", "step"])
def test_a_server_that_dies_is_one_error_and_the_next_reset_starts_another(during: str) -> None:
    before = children()
    made = LaneKeepingEnv("oval", camera=SMALL)
    made.reset(seed=0)
    kill(children() - before)
    with pytest.raises(ServerError, match="the embedded server exited with status -9"):
        made.reset() if during == "reset" else made.step(STRAIGHT_ON)
    assert children() == before
    with pytest.raises(ResetNeeded, match="call reset"):
        made.step(STRAIGHT_ON)
    made.reset(seed=0)
    made.close()
    assert children() == before


@pytest.mark.long
def test_the_expert_on_a_dead_server_answers_or_is_one_error_and_leaves_no_server() -> None:
    """The client may still know the pose of the last tick."""
    before = children()
    made = LaneKeepingEnv("oval", camera=SMALL)
    made.reset(seed=0)
    kill(children() - before)
    try:
        assert made.action_space.contains(made.expert_action())
    except ServerError as error:
        assert "the embedded server exited with status -9" in str(error)  # noqa: PT017 - it may as well answer
    made.close()
    assert children() == before


@pytest.mark.long
def test_closing_on_a_dead_server_is_silent_and_leaves_no_process(capfd: pytest.CaptureFixture[str]) -> None:
    before = children()
    made = LaneKeepingEnv("oval", camera=SMALL)
    made.reset(seed=0)
    kill(children() - before)
    made.close()
    assert children() == before
    assert not capfd.readouterr().err
    with pytest.raises(ClosedEnvironmentError, match="make a new one"):
        made.reset()


def make_small() -> gymnasium.Env[Any, Any]:
    """With a server of its own, and episodes of four steps."""
    return gymnasium.make("alvinn.gym:alvinn/LaneKeeping-v0", map="oval", camera=SMALL, seconds=0.2)


@pytest.mark.long
@pytest.mark.skipif(not hasattr(gymnasium.vector, "AutoresetMode"), reason="Gymnasium has autoreset modes from 1.1 on")
@pytest.mark.parametrize("mode", ["NEXT_STEP", "SAME_STEP", "DISABLED"])
def test_two_environments_with_servers_of_their_own_drive_side_by_side_in_every_autoreset_mode(mode: str) -> None:
    before = children()
    together = gymnasium.vector.AsyncVectorEnv([make_small] * 2, autoreset_mode=gymnasium.vector.AutoresetMode[mode])
    try:
        firsts, _ = together.reset(seed=[3, 4])
        started = [psutil.Process(pid).cmdline() for pid in children() - before]  # the workers too
        assert sum(BOOTSTRAP in words for words in started) == 2
        seen = [together.step(np.zeros((2, 1), dtype=np.float32)) for _ in range(4)]
        if mode == "DISABLED":
            again, _ = together.reset(options={"reset_mask": np.array([True, True])})
        elif mode == "NEXT_STEP":
            again, *_ = together.step(np.zeros((2, 1), dtype=np.float32))
        else:
            again = seen[-1][0]
        after = together.step(np.zeros((2, 1), dtype=np.float32))
    finally:
        together.close()
    assert children() == before
    assert [list(ends[3]) for ends in seen] == [[False, False]] * 3 + [[True, True]]
    assert not np.any(after[2:4])
    alone = [drive_alone(seed) for seed in (3, 4)]
    last = seen[-1][4]["final_obs"] if mode == "SAME_STEP" else seen[-1][0]
    np.testing.assert_array_equal(firsts, [images[0] for images in alone])
    np.testing.assert_array_equal(np.stack(last), [images[4] for images in alone])
    np.testing.assert_array_equal(again, [images[5] for images in alone])
    np.testing.assert_array_equal(after[0], [images[6] for images in alone])


@cache
def drive_alone(seed: int) -> list[Image]:
    """The images of an episode of four steps straight on, and of a reset and a step after it."""
    alone = make_small()
    images = [alone.reset(seed=seed)[0], *(alone.step(STRAIGHT_ON)[0] for _ in range(4))]
    images += [alone.reset()[0], alone.step(STRAIGHT_ON)[0]]
    alone.close()
    return images


PROGRAM = """
import gymnasium, numpy, os, psutil
import alvinn.gym

def make():
    return gymnasium.make("alvinn/LaneKeeping-v0", map="oval", camera={"width": 64, "height": 32})

def drive(shape):
    while True:
        env.step(numpy.zeros(shape, numpy.float32))

env = make()
env.reset(seed=0)
print(*(child.pid for child in psutil.Process().children(recursive=True)), flush=True)
"""
TOGETHER = PROGRAM.replace("env = make()", "env = gymnasium.vector.AsyncVectorEnv([make] * 2)")


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "sent"),
    [
        (PROGRAM, None),
        (PROGRAM + "raise SystemExit(1)", None),
        (PROGRAM + "os._exit(1)", None),
        (PROGRAM + "drive(1)", signal.SIGINT),
        (PROGRAM + "drive(1)", signal.SIGTERM),
        (PROGRAM + "drive(1)", signal.SIGKILL),
        (TOGETHER + "drive((2, 1))", signal.SIGINT),
        (TOGETHER + "drive((2, 1))", signal.SIGKILL),
    ],
    ids=["last line", "exit", "_exit", "ctrl-c", "terminated", "killed", "ctrl-c on two", "killed with two"],
)
def test_a_program_that_ends_without_close_leaves_no_process(program: str, sent: signal.Signals | None) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        left = [int(pid) for pid in process.stdout.readline().split()]
        assert len(left) == (4 if program.startswith(TOGETHER) else 1)
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)  # a terminal interrupts the server and the workers too
        elif sent is not None:
            process.send_signal(sent)
        _, complaints = process.communicate(timeout=120)
    until(lambda: not any(map(psutil.pid_exists, left)), "the end of its servers and workers")
    if len(left) == 1:
        assert complaints.count("Traceback") == (sent == signal.SIGINT), complaints
