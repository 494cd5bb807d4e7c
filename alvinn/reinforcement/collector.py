"""Driving with a frozen clone and a residual: it collects transitions and figures.

A transition holds the ground truth beside the actor's state, for the critics only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from alvinn.driving.types import Observation
from alvinn.networks.encodings import Floats
from alvinn.networks.inference import Card, open_litert
from alvinn.networks.memory import FORGOTTEN
from alvinn.reinforcement.lane_keeping import LaneKeeping, Tick
from alvinn.reinforcement.reward import Reward, lateral_jerk
from alvinn.world.carla_world import DT

if TYPE_CHECKING:
    from alvinn.reinforcement.residual import Limits

AHEAD = (0.0, 5.0, 10.0, 15.0)  # m: distances at which the critics see the lane's curvature
TRUTH = 3 + len(AHEAD)  # numbers of ground truth
CURVATURE, HEADING = 20.0, 5.0  # scale 1/m and rad to about 1

Act = Callable[[Floats], float]
"""An action in [-1, 1] for a state, shape (n,)."""


class FrozenClone:
    """The frozen clone with its hidden features, in LiteRT; see `residual.make_feature_network`.

    Args:
        path: of the LiteRT file.
        card: of the clone.
    """

    def __init__(self, path: Path, card: Card) -> None:
        self._card = card
        self._interpreter = open_litert(path)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def answer(self, seen: Observation) -> tuple[float, float, Floats]:
        """The decoded curvature [1/m], the mean curvature [1/m], and the hidden features."""
        self._interpreter.set_tensor(self._input, self._card.preprocessing.prepare(seen)[None].astype(np.float32))
        self._interpreter.invoke()
        row, units = self._interpreter.get_tensor(self._output)[0], self._card.output.units
        return float(self._card.output.decode(row[None, :units])[0]), float(row[units]), row[units + 1 :]


@dataclass
class Figures:
    """Figures of some driving; the lists have one number per tick."""

    rewards: list[float] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    """m"""
    jerks: list[float] = field(default_factory=list)
    """requested, m/s3"""
    residuals: list[float] = field(default_factory=list)
    """1/m"""
    departures: int = 0

    def summary(self) -> dict[str, float]:
        """The figures in a few numbers."""
        return {
            "return": float(np.mean(self.rewards)),
            "offset_sd_m": float(np.std(self.offsets)),
            "offset_max_m": float(np.max(np.abs(self.offsets))),
            "jerk_rms_mps3": float(np.sqrt(np.mean(np.square(self.jerks)))),
            "residual_mean_1pm": float(np.mean(np.abs(self.residuals))),
            "departures": float(self.departures),
        }


class Collector:
    """Drives a task with a clone and a residual, and collects the transitions.

    Args:
        task: with its road open.
        clone: frozen.
        limits: of the residual.
        reward: of a tick.

    Attributes:
        state: of the actor now, once started.
    """

    def __init__(self, task: LaneKeeping, clone: FrozenClone, limits: Limits, reward: Reward) -> None:
        self._task, self._clone, self._limits, self._reward = task, clone, limits, reward

    def start(self, s: float) -> None:
        """Start at the centre of the lane, at `s` [m]."""
        self._tick = self._task.start(s)
        self._memory = FORGOTTEN
        self._applied: float | None = None
        self._read_state()

    def _read_state(self) -> None:
        from alvinn.reinforcement.residual import make_state  # TensorFlow

        seen = self._tick.observation
        self._curvature, self._mean, features = self._clone.answer(seen)
        self.state = make_state(features, self._mean, self._memory.as_input(seen.speed))
        self._truth = _describe_truth(self._task, self._tick)

    def drive(self, act: Act, ticks: int, figures: Figures) -> Floats:
        """Drive a number of ticks, restarting after every departure; returns the transitions, shape (ticks, row)."""
        return np.array([self._transition(act, figures) for _ in range(ticks)], np.float32)

    def _transition(self, act: Act, figures: Figures) -> Floats:
        state, truth = self.state, self._truth
        action = act(state)
        residual = self._limits.apply(action, self._memory.residuals[0])
        applied = self._curvature + residual
        before = applied if self._applied is None else self._applied
        jerk = lateral_jerk(before, applied, self._tick.observation.speed, DT)
        self._tick = self._task.step(applied)
        self._memory, self._applied = self._memory.after(residual, self._mean), applied
        departed = self._tick.departed or self._tick.collided
        gain = self._reward(self._tick.share, jerk, residual / self._limits.bound, departed=departed)
        figures.rewards.append(gain)
        figures.offsets.append(self._tick.truth.offset)
        figures.jerks.append(jerk)
        figures.residuals.append(residual)
        figures.departures += departed
        self._read_state()
        row = np.concatenate([state, truth, [action, gain], self.state, self._truth, [departed]])
        if departed or self._tick.finished:
            self.start(self._tick.truth.lane_s if departed else self._task.starts()[0])
        return row.astype(np.float32)


def _describe_truth(task: LaneKeeping, tick: Tick) -> Floats:
    """The ground truth for the critics, shape (TRUTH,)."""
    ahead = [CURVATURE * task.lane.curvature(tick.truth.lane_s + way) for way in AHEAD]
    return np.array([tick.share, HEADING * tick.truth.heading_error, tick.margin, *ahead], np.float32)


class Pulses:
    """Actions for exploration: random pulses, each held for a while, with pauses in between."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._left, self._action = rng, 0, 0.0

    def __call__(self, _: Floats) -> float:
        """The action of this tick."""
        if self._left == 0:
            self._left = int(self._rng.integers(3, 20))
            self._action = float(self._rng.uniform(-0.6, 0.6)) if self._rng.random() < 0.6 else 0.0
        self._left -= 1
        return self._action
