"""`ablation`: the contribution of each part of the learner, measured in laps on unseen circuits.

A cell is a network with one change, trained and judged once per seed. Recordings, models and laps are saved as they are
finished, so that an interrupted study resumes where it stopped; the table is written after every cell. The circuits are
the four shortest of random:400 to random:439, to save time; judging seeds, on which nothing is tuned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.text import Text

from alvinn.console import CONSOLE
from alvinn.evaluation.laps import drive_laps
from alvinn.jobs.laps import Laps
from alvinn.jobs.record import Record, record_once
from alvinn.jobs.train import Train
from alvinn.metrics.referee import Result
from alvinn.metrics.summary import summarize
from alvinn.networks.architectures import NetworkName, OutputName
from alvinn.networks.inference import read_card
from alvinn.recording import Recording
from alvinn.settings import check_names, require_above_zero, require_distinct, require_names, split_names
from alvinn.training.model_folder import is_trained, is_unfinished
from alvinn.training.run import train
from alvinn.util.begun import begin, remove, require_ours
from alvinn.util.files import write_json
from alvinn.util.locks import locked

CIRCUITS = "random:431,random:401,random:437,random:434"
LEARNED_IN = "ClearNoon,WetCloudyNoon,CloudySunset,ClearNight"
JUDGED_IN = "ClearNoon,SoftRainSunset"  # the first is in the training data, the second is not

BEGUN = "begun.json"
"""The settings that everything in the folder depends on."""


@dataclass(frozen=True, slots=True)
class AblationCell:
    """A row of the table: a network and its change."""

    name: str
    network: NetworkName = "conv"
    output: OutputName = "hill"
    views: Literal["on", "off"] = "on"
    squeeze: Literal["on", "off"] = "on"
    light: Literal["on", "off"] = "on"
    epochs: int | None = None
    """default: recommended for the network"""
    noise: bool = True
    """disturbances while recording"""
    learned_on: str = "country"
    judged_on: str = CIRCUITS
    both_directions: bool = True
    cameras: str = "center"

    @property
    def recording(self) -> str:
        """Name of its recording, shared by cells with the same training data."""
        return f"{self.learned_on}-{'noise' if self.noise else 'smooth'}"


CELLS = (
    AblationCell("conv"),
    AblationCell("conv-scalar", output="scalar"),
    AblationCell("conv-no-views", views="off"),
    AblationCell("conv-no-squeeze", squeeze="off"),
    AblationCell("conv-no-light", light="off"),
    AblationCell("conv-no-noise", noise=False),
    AblationCell("conv-neither", views="off", noise=False),
    AblationCell("pilotnet", network="pilotnet", output="scalar"),
    AblationCell("pilotnet-long", network="pilotnet", output="scalar", epochs=120),
    AblationCell("alvinn1991", network="alvinn1991"),
    AblationCell(
        "alvinn1989",
        network="alvinn1989",
        learned_on="path",
        judged_on="path",
        both_directions=False,  # a path has one lane
        cameras="center,depth,segmentation",
    ),
)
"""One change at a time; `conv` is the default network with everything on, `pilotnet` is as in its paper,
`pilotnet-long` trains until it no longer improves."""

HEADINGS = ("cell", "training", "held-out error", "faultless laps", "departures per km", "offset sd", "by seed")


@dataclass(frozen=True)
class Ablation:
    """Measure the contribution of each part of the learner.

    Resumes where it was interrupted.
    """

    out: Path = Path("ablation")
    """folder for recordings, models, laps, table.md and table.json"""
    cells: str | None = None
    """a,b: rows of the table (default: all)"""
    seeds: int = 3
    """trainings per cell, each on its own recording"""
    seconds: float = 120.0
    """simulated seconds of the expert's driving to train on"""
    maps: str | None = None
    """a,b: circuits to judge on, for all cells (default: four unseen ones)"""
    weathers: str = JUDGED_IN
    """a,b: weathers to judge in"""
    epochs: int | None = None
    """epochs (default: recommended for each network)"""
    km: float | None = None
    """maximum length of a lap [km] (default: unlimited)"""
    jobs: int = 2
    """number of laps driven in parallel"""

    overwrite: bool = False
    """begin anew, and remove what is there"""

    def __post_init__(self) -> None:
        check_names(self)
        for flag in ("seeds", "seconds", "epochs", "km", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        for flag in ("cells", "maps"):
            require_distinct(f"--{flag}", split_names(getattr(self, flag), ""))
        require_names("--weathers", self.weathers)
        self.select_cells()

    def select_cells(self) -> tuple[AblationCell, ...]:
        """The requested cells.

        Raises:
            ValueError: a name is unknown; the command line shows it as wrong usage.
        """
        known = {cell.name: cell for cell in CELLS}
        names = split_names(self.cells, "") if self.cells else list(known)
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"--cells has no {', '.join(unknown)}; there are {', '.join(known)}")
        return tuple(known[name] for name in names)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        with locked(self.out, "written"):
            require_ours(self.out, BEGUN, ("table.md", "table.json"))
            if self.overwrite and (self.out / BEGUN).is_file():
                remove(self.out / "data", [f"{cell.recording}-*" for cell in CELLS])
                remove(self.out / "models", [f"{cell.name}-[0-9]*" for cell in CELLS])
                remove(self.out, ("table.*", BEGUN))  # last, as it says whose the others are
            settings = {"seconds": self.seconds, "epochs": self.epochs, "learned_in": LEARNED_IN}
            begin(self.out / BEGUN, settings, "choose another --out, or add --overwrite to begin anew")
            self._measure()

    def _measure(self) -> None:
        found: dict[str, dict[int, list[Result]]] = {cell.name: {} for cell in self.select_cells()}
        for seed in range(self.seeds):  # outside, so that an early table already has every row
            for cell in self.select_cells():
                CONSOLE.print(Text.assemble((cell.name, "bold"), f", seed {seed}"))
                found[cell.name][seed] = self.judge_cell(cell, seed)
                self._write(found)
        CONSOLE.print((self.out / "table.md").read_text(encoding="utf-8"))

    def judge_cell(self, cell: AblationCell, seed: int) -> list[Result]:
        """Record, train and drive what a cell needs, unless it is there."""
        self._record(cell, seed)
        self._train(cell, seed)
        job = Laps(
            home=self.out,
            model=f"{cell.name}-{seed}",
            maps=self.maps or cell.judged_on,
            weathers=self.weathers,
            both_directions=cell.both_directions,
            seed=seed,
            km=self.km,
            jobs=self.jobs,
            films=False,
            resume=True,
        )
        return drive_laps(job, job.open_network(), is_part=True)

    def _record(self, cell: AblationCell, seed: int) -> None:
        job = Record(
            home=self.out,
            name=f"{cell.recording}-{seed}",
            map=cell.learned_on,
            seconds=self.seconds,
            noise=cell.noise,
            both_directions=cell.both_directions,
            cameras=cell.cameras,
            weathers=LEARNED_IN,
            seed=seed,
        )
        record_once(job)

    def _train(self, cell: AblationCell, seed: int) -> None:
        name = f"{cell.name}-{seed}"
        job = Train(
            home=self.out,
            name=name,
            data=(f"{cell.recording}-{seed}",),
            network=cell.network,
            output=cell.output,
            views=cell.views,
            squeeze=cell.squeeze,
            light=cell.light,
            epochs=self.epochs or cell.epochs,
            resume=is_unfinished(self.out / "models" / name),
            overwrite=not is_unfinished(self.out / "models" / name),
            seed=seed,
        )
        if not is_trained(job.model_folder(name)):
            train(
                job,
                [Recording(job.recording_folder(job.data[0])).require_frames()],
                advice="the same command continues",
            )

    def _write(self, found: dict[str, dict[int, list[Result]]]) -> None:
        rows = [self._row(cell, found[cell.name]) for cell in self.select_cells() if found[cell.name]]
        write_json(self.out / "table.json", {"settings": _settings(self), "cells": rows})
        (self.out / "table.md").write_text(format_markdown(rows), encoding="utf-8")

    def _row(self, cell: AblationCell, found: dict[int, list[Result]]) -> dict[str, Any]:
        cards = [read_card(self.out / "models" / f"{cell.name}-{seed}") for seed in found]
        laps = [result for results in found.values() for result in results]
        return asdict(cell) | {
            "training_seconds": [card.metrics.get("training_seconds") for card in cards],
            "held_out_mae": [card.metrics["held_out_mae"] for card in cards],
            "laps": len(laps),
            "faultless": sum(lap.faultless for lap in laps),
            "all": summarize(laps, np.random.default_rng(0)),
            "by_seed": [summarize(results, np.random.default_rng(0)) for results in found.values()],
            "by_weather": {
                weather: summarize([lap for lap in laps if lap.run.weather == weather], np.random.default_rng(0))
                for weather in split_names(self.weathers, "")
            },
        }


def _settings(job: Ablation) -> dict[str, Any]:
    return asdict(job) | {"out": str(job.out), "learned_in": LEARNED_IN}


def format_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Format the table in Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *(list(_format_cells(row)) for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _format_cells(row: dict[str, Any]) -> Iterator[str]:
    everything = row["all"]
    yield row["name"]
    yield f"{_format_number(_mean(row['training_seconds']), '.0f')} s"
    yield f"{_format_number(_mean(row['held_out_mae']), '.4f')} 1/m"
    yield f"{row['faultless']} of {row['laps']}"
    yield _format_interval(everything, "departures_per_km", ".2f")
    yield f"{_format_interval(everything, 'offset_sd_m', '.3f')} m"
    yield ", ".join(_format_number(seed["offset_sd_m"], ".3f") for seed in row["by_seed"])


def _format_interval(summed: dict[str, Any], key: str, form: str) -> str:
    interval = summed["ci"].get(key)
    between = f" ({_format_number(interval[0], form)} to {_format_number(interval[1], form)})" if interval else ""
    return _format_number(summed[key], form) + between


def _format_number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
