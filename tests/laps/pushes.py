"""Does a network come back after a push? In cells.

    python -m tests.laps.pushes models/ablation/DIGEST/models/conv-1 models/ablation/DIGEST/models/conv-no-views-1 ...

On development circuits, both ways, the car is put down aside of its lane's centre or turned away from its direction, to
the left and to the right by turns, at places that are evenly apart; then the network has six seconds. It is back if it
drives within 0.3 m of the centre during the last of them. A cell is a model; see `tests.laps.cells`.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, get_args

import tyro

from alvinn.console import CONSOLE, progress
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import MAX_LATERAL_ACCELERATION, SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Direction, Step
from alvinn.jobs.reference import measure_reference
from alvinn.networks.inference import Network, read_card
from alvinn.settings import Driving
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import open_world
from tests.laps.cells import Cells, Figures, fill_in_turn, main

CIRCUITS = ("random:240", "random:241", "random:245")
PUSHES = {
    "0.5 m aside": (0.5, 0.0),
    "1 m aside": (1.0, 0.0),
    "turned by 10 degrees": (0.0, math.radians(10.0)),
    "0.5 m aside, turned away by 10": (0.5, math.radians(10.0)),
}
"""Offset [m] and heading error [rad] at the start."""
SPEED = 8.0  # m/s
SECONDS, LAST = 6.0, 1.0  # for a trial, and how many of them at its end are judged
NEAR = 0.3  # m from the centre: back


@dataclass(frozen=True)
class Pushes:
    """Count how often networks come back after a push."""

    models: Annotated[tuple[Path, ...], tyro.conf.Positional] = ()
    """folders"""
    places: int = 6
    """on each lane"""
    weather: str = "ClearNoon"
    """one of CARLA's weather presets"""
    cells: int | None = None
    """to do before the table (default: all)"""
    out: Path = Path("docs/experiments/pushes")
    """folder of the cells"""

    def __post_init__(self) -> None:
        names = Counter(model.name for model in self.models)
        if twice := [name for name, times in names.items() if times > 1]:
            raise ValueError(f"{', '.join(twice)}: a cell is named after its model, so name no two of a name")

    def run(self) -> None:
        """Do the cells that are missing, and print all."""
        for model in self.models:
            read_card(model)  # it is a model: told before anything is driven
        reference, settings = measure_reference(), {"places": self.places, "weather": self.weather}
        groups = [
            (Cells(self.out, reference, settings, model), {model.name: partial(self._push, model)})
            for model in self.models
        ]
        found = {name: cell for cells in fill_in_turn(groups, self.cells) for name, cell in cells.items()}
        CONSOLE.print(tabulate(found), highlight=False, soft_wrap=True)

    def _push(self, model: Path) -> Figures:
        """How often a network came back from each push, of how many."""
        network, back = Network(model), dict.fromkeys(PUSHES, 0)
        lanes = [(name, way) for name in CIRCUITS for way in get_args(Direction)]
        with KeptServer() as server, progress() as bars:
            task = bars.add_task(f"push {model.name}", total=len(lanes) * self.places * len(PUSHES), note="")
            for name, direction in lanes:
                with open_world(
                    Driving(headless=True),
                    camera=network.card.camera,
                    map_name=name,
                    direction=direction,
                    weather=self.weather,
                    seed=0,
                    cameras=network.card.cameras,
                    kept=server,
                    learned_on=network.card.server,
                ) as world:
                    for number, place in enumerate(self._spread(world)):
                        for push in PUSHES:
                            back[push] += come_back(network, world, place, push, side=1 - 2 * (number % 2))
                            bars.advance(task)
        return {"trials": len(lanes) * self.places, "back": back}

    def _spread(self, world: CarlaWorld) -> Iterator[float]:
        for number in range(self.places):
            yield (number + 0.5) * world.lane.length / self.places


class Distance:
    """Observer: the largest distance from the lane's centre [m] in the last second."""

    def __init__(self) -> None:
        self._offsets: list[float] = []

    def see(self, step: Step) -> Verdict:
        """Note it; who is two metres away is lost."""
        self._offsets.append(abs(step.truth.offset))
        return Verdict.STOP if self._offsets[-1] > 2.0 else Verdict.CONTINUE

    def on_recovery(self) -> None:
        """There is none."""

    @property
    def at_the_end(self) -> float:
        """The figure."""
        return max(self._offsets[-round(LAST / DT) :])


def come_back(network: Network, world: CarlaWorld, place: float, push: str, *, side: int) -> bool:
    """Whether a network comes back after a push.

    Args:
        network: drives.
        world: its car is put down.
        place: distance along the lane [m].
        push: one of PUSHES.
        side: 1 for the right, -1 for the left.
    """
    offset, turn = PUSHES[push]
    bend = max(abs(world.lane.curvature(place)), MAX_LATERAL_ACCELERATION / SPEED**2)
    world.place(place, math.sqrt(MAX_LATERAL_ACCELERATION / bend), side * offset, side * turn)
    seen = Distance()
    run(world, NetworkDriver(network), [seen, Deadline(SECONDS)], world.geometry, SpeedController(SPEED, DT))
    return seen.at_the_end < NEAR


def tabulate(found: dict[str, Figures]) -> str:
    """The table in Markdown: how many trials came back."""
    lines = [["model", "trials", *PUSHES], ["---"] * (2 + len(PUSHES))]
    lines += [[name, str(one["trials"]), *(str(one["back"][push]) for push in PUSHES)] for name, one in found.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(Pushes))
