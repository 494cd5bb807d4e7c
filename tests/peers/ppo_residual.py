"""PPO of stable-baselines3 in the place of our soft actor-critic: `python -m tests.peers.ppo_residual --model CLONE`.

The same clone, state, residual, reward, circuits and exams as `alvinn refine`, for as many simulated minutes. It learns
only from what it has just driven; how far a round may move the policy is limited (`target_kl`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from alvinn.reinforcement.clone import Clone, load_clone
from alvinn.reinforcement.collector import TRUTH, Collector, Figures, FrozenClone
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.reinforcement.residual import REMEMBERED_STATE
from alvinn.reinforcement.run import MINUTE, open_frozen_clone
from alvinn.reinforcement.sac import Widths
from alvinn.reinforcement.settings import RefineSettings

Step = tuple[Any, float, bool, bool, dict[str, Any]]


class ResidualTask(gymnasium.Env[Any, Any]):
    """What `refine` drives, as an environment: the observation is the actor's state, the action its residual.

    Args:
        job: settings of the refinement.
        clone: to start from.
        frozen: the same in LiteRT.
        task: to drive.
    """

    def __init__(self, job: RefineSettings, clone: Clone, frozen: FrozenClone, task: LaneKeeping) -> None:
        self._job, self._clone, self._frozen, self._task = job, clone, frozen, task
        self._widths = Widths(clone.features + REMEMBERED_STATE, TRUTH, clone.features)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (self._widths.state,))
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,))
        self._ticks, self._minute = MINUTE, -1
        self._starts = np.random.default_rng(job.seed)

    def _open(self, road: Road) -> Collector:
        self._task.open(road)
        return Collector(self._task, self._frozen, self._clone.limits, self._job.reward)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin the next minute, or go on after a departure."""
        super().reset(seed=seed, options=options)
        if self._ticks == MINUTE:
            self._ticks, self._minute = 0, self._minute + 1
            self._begin()
        return self._collector.state, {}

    def _begin(self) -> None:
        self._collector = self._open(self._job.road(self._minute))
        self._collector.start(float(self._starts.uniform(*self._task.starts())))

    def step(self, action: Any) -> Step:
        """Drive a tick."""
        row = self._collector.drive(lambda _: float(action[0]), 1, Figures())
        _, _, _, reward, then, _, departed = self._widths.split(row)
        self._ticks += 1
        over = self._ticks == MINUTE
        return np.asarray(then)[0], float(reward[0, 0]), bool(departed[0, 0]), over, {}

    def examine(self, act: Any) -> dict[str, float]:
        """The exam of `refine`; then the minute that was opened begins anew."""
        figures, roads = Figures(), self._job.exam_roads()
        for road in roads:
            collector = self._open(road)
            collector.start(self._task.starts()[0])
            collector.drive(act, MINUTE // len(roads), figures)
        self._begin()
        return figures.summary()


class Exams(BaseCallback):  # type: ignore[misc] # the type checker has no stable-baselines3
    """Examines the policy every so many minutes, after it has learned from the last of them.

    Args:
        task: to examine on.
        every: minutes.
    """

    def __init__(self, task: ResidualTask, every: int) -> None:
        super().__init__()
        self._task, self._every = task, every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        minute = self.num_timesteps // MINUTE
        if minute % self._every == 0:
            self.examine(minute)

    def examine(self, minute: int) -> None:
        """Drive the exam by the most likely actions, and print its figures."""
        scaling: Any = self.training_env

        def act(state: Any) -> float:
            return float(self.model.predict(scaling.normalize_obs(state), deterministic=True)[0][0])

        found = self._task.examine(act)
        print(f"minute {minute}: " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)


def main(argv: Sequence[str] | None = None) -> None:
    """Learn and examine."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.ppo_residual", description=__doc__)
    parser.add_argument("--model", required=True, help="a clone that was not refined")
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--weathers", default="ClearNoon,WetCloudyNoon,CloudySunset,ClearNight")
    options = parser.parse_args(argv)
    torch.set_num_threads(1)  # its networks are small, and the server needs a core
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        job = RefineSettings(home=home, minutes=options.minutes, weathers=options.weathers, headless=True)
        clone = load_clone(job.find_model(options.model), job.bound)
        frozen = stack.enter_context(open_frozen_clone(clone))
        task = ResidualTask(job, clone, frozen, stack.enter_context(LaneKeeping(job, clone.card.camera)))
        scaled = VecNormalize(DummyVecEnv([lambda: task]), gamma=0.98)
        spread = {"log_std_init": -1.5}
        learner = PPO("MlpPolicy", scaled, n_steps=MINUTE, batch_size=120, gamma=0.98, target_kl=0.02, seed=0,
                      policy_kwargs=spread)  # fmt: skip
        exams = Exams(task, job.exam_every)
        learner.learn(job.minutes * MINUTE, callback=exams)
        exams.examine(job.minutes)


if __name__ == "__main__":
    main()
