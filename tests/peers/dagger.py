"""BC and DAgger of the library imitation, unmodified, on our environment: `python -m tests.peers.dagger`.

The expert is ours, which steers by the map: the environment answers for it. Both learners get as many labels, one a
tick: BC of the expert's own driving, DAgger of a mixture that the expert's share leaves round by round.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium.wrappers import GrayScaleObservation, ResizeObservation
from imitation.algorithms.bc import BC
from imitation.algorithms.dagger import SimpleDAggerTrainer
from imitation.data import rollout
from imitation.data.wrappers import RolloutInfoWrapper
from stable_baselines3.common.policies import ActorCriticCnnPolicy, BasePolicy
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecTransposeImage

from tests.peers.judge import SECONDS, lane_keeping, seconds_on_the_lane


def env_for_cnn() -> Any:
    """The environment, its pictures grey and 84x84."""
    return ResizeObservation(GrayScaleObservation(lane_keeping(), keep_dim=True), (84, 84))


class MapExpert(BasePolicy):  # type: ignore[misc] # the libraries' types are not here
    """Our expert as imitation asks for one: it answers for where the car is, whatever it is shown."""

    def __init__(self, env: Any, venv: VecEnv) -> None:
        super().__init__(venv.observation_space, venv.action_space)
        self._env = env.unwrapped
        self.labels = 0

    def _predict(self, observation: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        self.labels += 1
        return torch.as_tensor(self._env.expert_action())[None]


def policy(venv: VecEnv) -> ActorCriticCnnPolicy:
    """The library's own network for pictures."""
    torch.manual_seed(0)
    return ActorCriticCnnPolicy(venv.observation_space, venv.action_space, lambda _: 3e-4)


def judge(learned: BasePolicy) -> float:
    """Seconds on the lane."""
    env = env_for_cnn()
    try:
        return seconds_on_the_lane(
            env, lambda seen, _: learned.predict(np.moveaxis(seen, -1, 0), deterministic=True)[0]
        )
    finally:
        env.close()


def behaviour_cloning(labels: int, epochs: int) -> tuple[int, float]:
    """Labels used, and seconds on the lane."""
    rng, env = np.random.default_rng(0), env_for_cnn()
    venv = VecTransposeImage(DummyVecEnv([lambda: RolloutInfoWrapper(env)]))
    expert = MapExpert(env, venv)
    driven = rollout.rollout(expert, venv, rollout.make_min_timesteps(labels), rng=rng, unwrap=False)
    steps = rollout.flatten_trajectories(driven)
    learner = BC(
        observation_space=venv.observation_space,
        action_space=venv.action_space,
        policy=policy(venv),
        demonstrations=steps,
        rng=rng,
    )
    learner.train(n_epochs=epochs, progress_bar=False)
    venv.close()
    return len(steps), judge(learner.policy)


def dagger(labels: int, epochs: int) -> tuple[int, float]:
    """Labels used, and seconds on the lane."""
    rng, env = np.random.default_rng(0), env_for_cnn()
    venv = VecTransposeImage(DummyVecEnv([lambda: RolloutInfoWrapper(env)]))
    expert = MapExpert(env, venv)
    learner = BC(observation_space=venv.observation_space, action_space=venv.action_space, policy=policy(venv), rng=rng)
    with tempfile.TemporaryDirectory() as folder:
        trainer = SimpleDAggerTrainer(venv=venv, scratch_dir=folder, expert_policy=expert, rng=rng, bc_trainer=learner)
        rounds = {"rollout_round_min_episodes": 1, "rollout_round_min_timesteps": labels // 4}
        trainer.train(labels, bc_train_kwargs={"n_epochs": epochs, "progress_bar": False}, **rounds)
    venv.close()
    return expert.labels, judge(learner.policy)


def main(argv: Sequence[str] | None = None) -> None:
    """Learn by both, judge both."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.dagger", description=__doc__)
    parser.add_argument("--labels", type=int, default=2400, help="of the expert (default 2,400: two minutes)")
    parser.add_argument("--epochs", type=int, default=10, help="through the data (default 10)")
    options = parser.parse_args(argv)
    for name, learn in {"BC": behaviour_cloning, "DAgger": dagger}.items():
        used, found = learn(options.labels, options.epochs)
        print(f"{name}, {used} labels: {found:.1f} of {SECONDS:.0f} s on the lane", flush=True)


if __name__ == "__main__":
    main()
