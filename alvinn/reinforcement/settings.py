"""The settings of a refinement: clone, circuits, reward."""

from __future__ import annotations

from dataclasses import dataclass, field

import tyro

from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.reward import Reward
from alvinn.settings import Driving, require_above_zero, require_distinct, split_names

SMOOTH = 10.0  # a clone drives already: its jerk, a fifth of JERK, must weigh as much as its offset
STRETCH = 1  # minutes on a circuit before the next; with two, six minutes covered only three circuits


@dataclass(frozen=True)
class RefineSettings(Driving):
    """Settings of a refinement."""

    name: tyro.conf.Positional[str] = ""
    """name of the new model, stored in models/NAME"""
    model: str | None = None
    """the clone to start from; it is not changed"""
    from_scratch: bool = False
    """start from random weights instead, for comparison"""
    minutes: int = 20
    """simulated minutes of driving, including the warm-up, not the exams"""
    warm_up: int = 2
    """the first of these minutes, in which the clone drives with small pulses added and only the critics learn"""
    exam_every: int = 4
    """minutes between exams, each a minute of driving by the most likely actions; the model of the best is kept"""
    maps: str = "random:213,random:237,random:239,random:268,random:280,random:290"
    """a,b: circuits to learn on, a minute each in turn (default: six narrow and tight ones)"""
    weathers: str | None = None
    """a,b: weathers to learn in, a minute each in turn (default: --weather, in which the exams are)"""
    exam: str = "random:211"
    """the circuit of the exams"""
    reward: Reward = field(default_factory=lambda: Reward(smooth=SMOOTH))
    """weights of the reward's terms; 0 removes a term"""
    bound: float | None = None
    """largest residual, added to the clone's curvature [1/m] (default: 0.02; 0.15 from scratch)"""
    resume: bool = False
    """resume an interrupted refinement, with the same settings"""
    overwrite: bool = False
    """replace an existing model of the same name"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("minutes", "warm_up", "exam_every", "bound"):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        if self.warm_up >= self.minutes:
            raise ValueError(f"--minutes {self.minutes} leaves no learning after a --warm-up of {self.warm_up}")
        require_distinct("--maps", self.circuits())
        require_distinct("--weathers", self.weather_names())
        if self.exam in self.circuits():
            raise ValueError(f"--exam {self.exam} is one of the circuits to learn on: choose another")

    def circuits(self) -> list[str]:
        """The circuits to learn on."""
        return split_names(self.maps, self.map)

    def weather_names(self) -> list[str]:
        """The weathers to learn in."""
        return split_names(self.weathers, self.weather)

    def road(self, minute: int) -> Road:
        """The road of a minute: circuit by circuit, all forward and then all in reverse, and weather by weather."""
        circuits, weathers = self.circuits(), self.weather_names()
        lap, place = divmod(minute // STRETCH, len(circuits))
        return Road(circuits[place], "reverse" if lap % 2 else "forward", weathers[minute % len(weathers)])
