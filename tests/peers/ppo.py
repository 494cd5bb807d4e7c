"""PPO of stable-baselines3, unmodified, learns to keep a lane: `python -m tests.peers.ppo`.

Its own CNN policy, from random weights, on pictures made grey and 84x84 by Gymnasium's own wrappers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

from gymnasium.wrappers import GrayscaleObservation, ResizeObservation
from stable_baselines3 import PPO

from tests.peers.judge import SECONDS, lane_keeping, seconds_on_the_lane


def main(argv: Sequence[str] | None = None) -> None:
    """Judge, learn, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.ppo", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="to learn for (default 20,000)")
    steps = parser.parse_args(argv).steps
    env = ResizeObservation(GrayscaleObservation(lane_keeping(), keep_dim=True), (84, 84))
    learner = PPO("CnnPolicy", env, n_steps=512, seed=0, policy_kwargs={"log_std_init": -1.5})

    def act(seen: Any, _: dict[str, Any]) -> Any:
        return learner.predict(seen, deterministic=True)[0]

    before, began = seconds_on_the_lane(env, act), time.perf_counter()
    learner.learn(steps)
    wall = time.perf_counter() - began
    after = seconds_on_the_lane(env, act)
    env.close()
    print(
        f"PPO, {steps} steps ({steps / 1200:.0f} simulated minutes, {wall:.0f} s): "
        f"{before:.1f} of {SECONDS:.0f} s on the lane before, {after:.1f} after"
    )


if __name__ == "__main__":
    main()
