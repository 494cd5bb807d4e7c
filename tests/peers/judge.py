"""The same judge for every learner: from the same starts, how long until the car leaves its lane.

    python -m tests.peers.judge MODEL...        # models of ours
    python -m tests.peers.judge --labels 2400   # our clone of as many labels, on the judge's own road

That clone is recorded and trained in a temporary folder.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import alvinn.gym
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.types import Observation
from alvinn.gym.lane_keeping import SHARPEST
from alvinn.networks.inference import Network

MAP = "random:101"
CAMERA = {"width": 160, "height": 80}
STARTS, SECONDS = 10, 30.0

Act = Callable[[Any, dict[str, Any]], Any]


def lane_keeping(camera: Any = CAMERA) -> gymnasium.Env[Any, Any]:
    """The environment of all learners here."""
    return gymnasium.make(alvinn.gym.LANE_KEEPING, map=MAP, camera=camera, seconds=SECONDS)


def seconds_on_the_lane(env: gymnasium.Env[Any, Any], act: Act, begin: Callable[[], object] = lambda: None) -> float:
    """The mean length of an episode [s], which ends after SECONDS at the latest.

    Args:
        env: to drive in.
        act: the action to an observation and its info.
        begin: called at the start of every episode.
    """
    ticks = 0
    for start in range(STARTS):
        seen, info = env.reset(seed=1000 + start)
        begin()
        over = False
        while not over:
            seen, _, terminated, truncated, info = env.step(act(seen, info))
            ticks, over = ticks + 1, terminated or truncated
    return ticks / 20.0 / STARTS


def judge_model(model: Path) -> float:
    """Seconds on the lane of a model of ours."""
    network = Network(model)
    driver, env = NetworkDriver(network), lane_keeping(network.card.camera)

    def act(seen: Any, info: dict[str, Any]) -> Any:
        curvature = driver.decide(Observation(0, 0.0, seen, info["speed"])).curvature
        return np.clip([curvature / SHARPEST], -1.0, 1.0).astype(np.float32)

    try:
        return seconds_on_the_lane(env, act, driver.reset)
    finally:
        env.close()


def clone_expert(labels: int, home: Path) -> Path:
    """Our clone of the expert's driving on the judge's road."""
    from alvinn.jobs.record import Record, record_once  # TensorFlow, which is not in the peers' environments
    from alvinn.jobs.train import Train
    from alvinn.recording import Recording
    from alvinn.training.run import train

    driven = record_once(Record(home=home, name="driven", map=MAP, seconds=labels / 20.0))
    job = Train(home=home, name="clone", data=("driven",))
    train(job, [Recording(driven).require_frames()])
    return job.model_folder("clone")


def main(argv: Sequence[str] | None = None) -> None:
    """Judge models of ours."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers.judge", description=__doc__)
    parser.add_argument("models", type=Path, nargs="*", help="folders of models")
    parser.add_argument("--labels", type=int, default=0, help="that our clone learns from, one a tick")
    options = parser.parse_args(argv)
    if not options.models and not options.labels:
        parser.error("name a model, or give --labels")
    with tempfile.TemporaryDirectory() as home:
        models = [*options.models, *([clone_expert(options.labels, Path(home))] if options.labels else [])]
        for model in models:
            print(f"{model.name}: {judge_model(model):.1f} of {SECONDS:.0f} s on the lane", flush=True)


if __name__ == "__main__":
    main()
