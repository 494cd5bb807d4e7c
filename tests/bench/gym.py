"""Steps a second of our environment and of Gymnasium's own driving from pixels: `python -m tests.bench.gym`.

`alvinn/LaneKeeping-v0` at 320x160 on an embedded server and CarRacing-v3 (96x96, drawn in the same process) take turns,
each stepping with small random actions; the ratio is that of one run. CarRacing needs Box2D, which `make peers` has;
where it is missing, ours is measured alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import alvinn.gym

MAP = "random:101"
PEER = "CarRacing-v3"


def steps_a_second(env: gymnasium.Env[Any, Any], steps: int, rng: np.random.Generator) -> float:
    """How fast an environment steps; resets are not counted."""
    env.reset(seed=0)
    spent = 0.0
    for _ in range(steps):
        action = rng.uniform(-0.02, 0.02, env.action_space.shape).astype(np.float32)
        began = time.perf_counter()
        *_, terminated, truncated, _ = env.step(action)
        spent += time.perf_counter() - began
        if terminated or truncated:
            env.reset()
    return steps / spent


def peer() -> gymnasium.Env[Any, Any] | None:
    """CarRacing, if its physics is installed; Gymnasium 0.29 has an older version of it only."""
    try:
        return gymnasium.make(PEER)
    except (gymnasium.error.DependencyNotInstalled, gymnasium.error.UnregisteredEnv):
        return None


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gym", description=__doc__)
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--steps", type=int, default=600, help="of one turn (default 600)")
    parser.add_argument("--turns", type=int, default=3, help="of each, of which the median counts (default 3)")
    options = parser.parse_args(argv)
    rng = np.random.default_rng(0)
    envs = {alvinn.gym.LANE_KEEPING: gymnasium.make(alvinn.gym.LANE_KEEPING, map=MAP)}
    if (other := peer()) is not None:
        envs[PEER] = other
    turns: dict[str, list[float]] = {name: [] for name in envs}
    for _ in range(options.turns):
        for name, env in envs.items():
            turns[name].append(steps_a_second(env, options.steps, rng))
    for env in envs.values():
        env.close()
    figures = {name: statistics.median(found) for name, found in turns.items()}
    for name, figure in figures.items():
        print(f"{name}: {figure:.0f} steps/s")
    if PEER in figures:
        print(f"ours over {PEER}: {figures[alvinn.gym.LANE_KEEPING] / figures[PEER]:.2f}")
    if options.out is not None:
        options.out.write_text(json.dumps({"schema": 1, "steps_a_second": figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
