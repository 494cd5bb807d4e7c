"""What to refine, where, and for which reward."""

from __future__ import annotations

from dataclasses import dataclass, field

import tyro

from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.reward import Reward
from alvinn.settings import Driving, require_above_zero, require_distinct, split_names

STRETCH = 1  # minutes on a circuit before the next: after two on each, six minutes knew three circuits only


@dataclass(frozen=True)
class RefineSettings(Driving):
    """Settings of a refinement."""

    name: tyro.conf.Positional[str] = ""
    """of the new model: becomes models/NAME"""
    model: str | None = None
    """the clone to begin with; it stays as it is"""
    from_scratch: bool = False
    """begin with random weights instead, to see what the clone is worth"""
    minutes: int = 20
    """simulated minutes of driving, the warm-up among them, the exams beside them"""
    warm_up: int = 2
    """of these the first, in which the critics watch the clone drive, with small pulses added"""
    exam_every: int = 4
    """minutes from exam to exam: a minute's driving by the most likely actions; the best exam's model is kept"""
    maps: str = "random:213,random:237,random:239,random:268,random:280,random:290"
    """a,b: circuits to learn on, a minute each, in turn (default: six narrow and tight ones)"""
    exam: str = "random:211"
    """the circuit of the exams"""
    reward: Reward = field(default_factory=Reward)
    """what is worth how much; 0 leaves a term out"""
    bound: float | None = None
    """the most that may be added to the clone's curvature [1/m] (default: 0.04; 0.15 from scratch)"""
    resume: bool = False
    """go on with a refinement that was interrupted"""
    overwrite: bool = False
    """put the model in the place of one of the same name"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("minutes", "warm_up", "exam_every", "bound"):
            require_above_zero(f"--{flag.replace('_', '-')}", getattr(self, flag))
        if self.warm_up >= self.minutes:
            raise ValueError(f"--minutes {self.minutes} leaves nothing after a --warm-up of {self.warm_up}")
        require_distinct("--maps", self.circuits())
        if self.exam in self.circuits():
            raise ValueError(f"--exam {self.exam} is among the circuits to learn on: name another")

    def circuits(self) -> list[str]:
        """Circuits to learn on."""
        return split_names(self.maps, self.map)

    def road(self, minute: int) -> Road:
        """Where a minute is driven: circuit by circuit, all of them forward and then all in reverse."""
        circuits = self.circuits()
        lap, place = divmod(minute // STRETCH, len(circuits))
        return Road(circuits[place], "reverse" if lap % 2 else "forward", self.weather)
