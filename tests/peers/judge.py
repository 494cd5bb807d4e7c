"""The same judge for every learner: from the same starts, how long until the car leaves its lane."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import alvinn.gym
from alvinn.gym.lane_keeping import SHARPEST
from alvinn.networks.inference import Network

MAP = "random:101"
CAMERA = {"width": 160, "height": 80}
STARTS, SECONDS = 10, 30.0

Act = Callable[[Any], Any]


def lane_keeping(camera: Any = CAMERA) -> gymnasium.Env[Any, Any]:
    """The environment of all learners here."""
    return gymnasium.make(alvinn.gym.LANE_KEEPING, map=MAP, camera=camera, seconds=SECONDS)


def seconds_on_the_lane(env: gymnasium.Env[Any, Any], act: Act) -> float:
    """The mean length of an episode [s], which ends after SECONDS at the latest."""
    ticks = 0
    for start in range(STARTS):
        seen, _ = env.reset(seed=1000 + start)
        over = False
        while not over:
            seen, _, terminated, truncated, _ = env.step(act(seen))
            ticks, over = ticks + 1, terminated or truncated
    return ticks / 20.0 / STARTS


def main(argv: Sequence[str] | None = None) -> None:
    """Judge a model of ours."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.judge", description=__doc__)
    parser.add_argument("model", type=Path, help="folder of a model")
    network = Network(parser.parse_args(argv).model)
    env = lane_keeping(network.card.camera)
    found = seconds_on_the_lane(env, lambda seen: np.array([network.curvature(seen) / SHARPEST], np.float32))
    env.close()
    print(f"ours: {found:.1f} of {SECONDS:.0f} s on the lane")


if __name__ == "__main__":
    main()
