"""How much a model bears: other speeds, a camera that was moved, late answers, fewer of them, another exposure.

    python -m alvinn accept --seeds 1                   # makes the clone and the corrected model
    python -m tests.laps.robustness
    python -m tests.laps.robustness --models expert     # at each speed: what of a failure is the car's

Each condition is driven by a plain clone, by a model with three rounds of corrections and by the shipped one, on
circuits on which nothing was chosen, both ways. A cell is a model in a condition; see `tests.laps.cells`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from alvinn.console import CONSOLE
from alvinn.drivers.handicap import Handicap
from alvinn.driving.types import Camera
from alvinn.errors import ModelError
from alvinn.jobs.reference import measure_reference
from alvinn.networks.inference import read_card
from alvinn.settings import CameraFlags, Home
from tests.laps.cells import (
    Cells,
    Figures,
    Makers,
    fill_in_turn,
    format_figures,
    judge,
    main,
    pick,
)

FIRST = 420
MODELS = ("clone", "corrected", "shipped")
EXPERT = "expert"
ROUNDS = Path("models/corrections/models/seed-0")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is harder, or only different."""

    speed: float = 8.0
    """m/s"""
    moved: Mapping[str, float] = field(default_factory=dict)
    """what is added to an attribute of the model's own camera [degrees, m]"""
    handicap: Handicap = field(default_factory=Handicap)

    def is_met_by_expert(self) -> bool:
        """Whether it makes a difference to a driver without a camera."""
        return not self.moved and self.handicap == Handicap()

    def flags(self, camera: Camera) -> dict[str, Any]:
        """The settings of the laps of a model with this camera."""
        moved = {name: round(getattr(camera, name) + by, 6) for name, by in self.moved.items()}
        return {
            "speed": self.speed,
            "camera": CameraFlags(**moved),
            "other_camera": bool(moved),
            "handicap": self.handicap,
        }


CONDITIONS = {
    "as-learned": Condition(),
    "speed-5": Condition(speed=5.0),
    "speed-12": Condition(speed=12.0),
    "speed-16": Condition(speed=16.0),
    "pitch-up-2": Condition(moved={"pitch": 2.0}),
    "pitch-down-2": Condition(moved={"pitch": -2.0}),
    "left-5cm": Condition(moved={"y": -0.05}),
    "right-5cm": Condition(moved={"y": 0.05}),
    "higher-5cm": Condition(moved={"z": 0.05}),
    "lower-5cm": Condition(moved={"z": -0.05}),
    "fov-less-3": Condition(moved={"fov": -3.0}),
    "fov-more-3": Condition(moved={"fov": 3.0}),
    "latency-50ms": Condition(handicap=Handicap(latency=0.05)),
    "latency-100ms": Condition(handicap=Handicap(latency=0.1)),
    "rate-10hz": Condition(handicap=Handicap(rate=10.0)),
    "exposure-up-1": Condition(handicap=Handicap(exposure=1.0)),
    "exposure-down-1": Condition(handicap=Handicap(exposure=-1.0)),
}


@dataclass(frozen=True)
class Robustness:
    """Judge models under conditions that they did not learn in."""

    clone: Path = ROUNDS / "round-000"
    """a model that learned from plain driving"""
    corrected: Path = ROUNDS / "round-003"
    """that model after corrections"""
    shipped: str = "shipped"
    """the best model"""
    models: str = ",".join(MODELS)
    """a,b: which of them; expert is driven at each speed, since it has no camera"""
    conditions: str = ",".join(CONDITIONS)
    """a,b: which conditions"""
    circuits: int = 10
    """counted up from random:420"""
    km: float | None = None
    """maximum length of a run (default: a lap)"""
    cells: int | None = None
    """to do before the table (default: all)"""
    jobs: int = 2
    """laps at a time"""
    home: Path = Path()
    """folder that holds the models"""
    out: Path = Path("docs/experiments/robustness")
    """folder of the cells"""

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        conditions, models = (
            pick(self.conditions, CONDITIONS, "--conditions"),
            pick(self.models, (*MODELS, EXPERT), "--models"),
        )
        folders = {name: self._find(name) for name in models}  # before anything is driven
        reference = measure_reference()
        groups = [self._plan(name, folder, conditions, reference) for name, folder in folders.items()]
        found = fill_in_turn(groups, self.cells)
        table = tabulate(dict(zip(folders, found, strict=True)), conditions)
        CONSOLE.print(table, highlight=False, soft_wrap=True)

    def _plan(self, name: str, model: Path | None, conditions: Sequence[str], reference: str) -> tuple[Cells, Makers]:
        """The cells of a model, or of the expert."""
        settings = {"circuits": self.circuits, "km": self.km}
        makers: Makers = {
            one: partial(self._judge, model, one) for one in conditions if model or CONDITIONS[one].is_met_by_expert()
        }
        return Cells(self.out / name, reference, settings, model), makers

    def _find(self, name: str) -> Path | None:
        if name == EXPERT:
            return None
        given = getattr(self, name)
        model = self.home / given if isinstance(given, Path) else Home(self.home).find_model(given)
        if not (model / "card.json").is_file():
            raise ModelError(f"{model} is not a model: make it by python -m alvinn accept, or name --{name}")
        return model

    def _judge(self, model: Path | None, name: str) -> Figures:
        maps = [f"random:{FIRST + number}" for number in range(self.circuits)]
        flags = CONDITIONS[name].flags(read_card(model).camera) if model else {"speed": CONDITIONS[name].speed}
        return {"condition": asdict(CONDITIONS[name]), **judge(model, maps, self.jobs, km=self.km, **flags)}


def tabulate(table: Mapping[str, Mapping[str, Figures]], conditions: list[str]) -> str:
    """The table in Markdown: departures, distance, and the spread of the offset."""
    lines = [["condition", *table], ["---"] * (1 + len(table))]
    lines += [
        [name, *(format_figures(found[name]) if name in found else "-" for found in table.values())]
        for name in conditions
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(Robustness))
