"""The settings of a refinement: clone, circuits, reward."""

from __future__ import annotations

from dataclasses import dataclass, field

import tyro

from alvinn.errors import ModelError
from alvinn.networks.inference import CHECKPOINT as TRAINING
from alvinn.reinforcement.checkpoint import CHECKPOINT
from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.reward import Reward
from alvinn.settings import Driving, require_above_zero, require_distinct, require_names, split_names
from alvinn.training.model_folder import require_nothing_foreign

MIDDLE, SMOOTH = 5.0, 15.0  # a clone drives already: its jerk, a sixth of JERK, must weigh as much as its offset
TIGHT = (213, 237, 239, 268, 280, 290)  # and narrow
VARIED = (200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 212)
MAPS = ",".join(f"random:{number}" for number in (*TIGHT, *VARIED))  # an actor that knows six learns them by heart


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
    maps: str = MAPS
    """a,b: circuits to learn on, a minute each in turn (default: eighteen of random:200 to random:299, six of them
    narrow and tight)"""
    weathers: str | None = None
    """a,b: weathers to learn in, a minute each in turn; so are the exams (default: --weather)"""
    exams: str = "random:211,random:225,random:243,random:262"
    """a,b: circuits of an exam, each for an equal share of its minute"""
    reward: Reward = field(default_factory=lambda: Reward(middle=MIDDLE, smooth=SMOOTH))
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
        if self.model is not None and self.from_scratch:
            raise ValueError("--model and --from-scratch exclude each other: a refinement begins with one of them")
        if self.resume and self.overwrite:
            raise ValueError("--resume continues a refinement and --overwrite begins anew: leave one out")
        self.require_one_or_many("map", "weather")
        require_names("--maps", self.maps)
        require_distinct("--weathers", self.weather_names())
        require_names("--exams", self.exams)
        if both := set(self.circuits()) & set(self.exam_circuits()):
            raise ValueError(f"{', '.join(sorted(both))}: --exams must name other circuits than --maps")

    def circuits(self) -> list[str]:
        """The circuits to learn on."""
        return split_names(self.maps, self.map)

    def exam_circuits(self) -> list[str]:
        """The circuits of an exam."""
        return split_names(self.exams, self.map)

    def weather_names(self) -> list[str]:
        """The weathers to learn in."""
        return split_names(self.weathers, self.weather)

    def require_room(self) -> None:
        """See that no model, no training and no refinement is lost.

        Raises:
            ModelError: there is one of that name already, or the model is the clone itself.
        """
        folder = self.model_folder(self.name)
        if self.model is not None and folder.resolve() == self.find_model(self.model).resolve():
            raise ModelError(f"the clone {self.model} stays as it is: give the refined model another name")
        if self.overwrite or self.resume:
            return
        if (folder / TRAINING).exists():
            raise ModelError(
                f"{folder} holds an interrupted training: choose another name, or add --overwrite to replace it "
                "(train --resume continues it)"
            )
        if (folder / CHECKPOINT).exists():
            raise ModelError(
                f"{folder} holds an interrupted refinement: add --resume to continue it, or --overwrite to begin anew"
            )
        if (folder / "card.json").exists():
            raise ModelError(f"{folder} holds a model already: choose another name, or add --overwrite")
        require_nothing_foreign(folder)

    def road(self, minute: int) -> Road:
        """The road of a minute: circuit by circuit and weather by weather, forward and in reverse by turns."""
        circuits = self.circuits()
        lap, place = divmod(minute, len(circuits))
        return self._road(circuits[place], minute, lap + place)

    def exam_roads(self) -> list[Road]:
        """The roads of an exam, the same each time."""
        return [self._road(name, place, place) for place, name in enumerate(self.exam_circuits())]

    def _road(self, circuit: str, turn: int, direction: int) -> Road:
        weathers = self.weather_names()
        return Road(circuit, "reverse" if direction % 2 else "forward", weathers[turn % len(weathers)])
