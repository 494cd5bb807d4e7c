"""`laps`: the referee's job. A driver is judged on maps it may never have seen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from alvinn.carla_world import DT, CarlaWorld
from alvinn.charts import write_offset_chart
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.timed import TimedDriver
from alvinn.driving import Camera, Direction
from alvinn.errors import AlvinnError
from alvinn.files import file_name, write_json
from alvinn.jobs.common import CONSOLE, CameraFlags, Driving, listed, opened, progress, require_above_zero
from alvinn.loop import run
from alvinn.measures import summary
from alvinn.model import Network
from alvinn.observers import Log, Watch
from alvinn.referee import Referee, Result, Run, judge, unfinished
from alvinn.roles import Driver, Observer
from alvinn.speed import Pedals
from alvinn.video import Film

SCHEMA = 1
FILM_SECONDS = 30.0


@dataclass(frozen=True)
class Laps(Driving):
    """Drive laps and judge them: completion, departures, offset."""

    model: str | None = None
    """which model drives"""
    driver: Literal["network", "expert"] = "network"
    """expert: the baseline that knows the map"""
    maps: str | None = None
    """a,b: which maps (default: --map)"""
    laps: int = 1
    """laps in each run"""
    both_directions: bool = False
    """the opposite lane too"""
    seeds: int = 1
    """runs with this many seeds, counted up from --seed"""
    weathers: str | None = None
    """a,b: which weathers (default: --weather)"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """what to see with (default: the model's own camera)"""
    out: Path | None = None
    """folder for laps.json, chart and film (default: laps/ in the model's folder)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_above_zero("--laps", self.laps)
        require_above_zero("--seeds", self.seeds)

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, or not every lap was driven to its end.
        """
        network = self.open_network()
        results = drive_laps(self, network)
        CONSOLE.print(table(results))
        CONSOLE.print(f"laps.json, chart and film are in {self.folder()}")
        missed = [r for r in results if not r.completed]
        if missed:
            raise AlvinnError(f"{len(missed)} of {len(results)} runs were not driven to their end")

    def open_network(self) -> Network | None:
        """The model's network, checked against the camera; None for the expert.

        Raises:
            ModelError: there is no such model, or its camera is another.
        """
        if self.driver == "expert":
            return None
        if self.model is None:
            raise AlvinnError("laps wants --model M, or --driver expert")
        network = Network(self.model_folder(self.model))
        network.require_camera(self.camera.on(network.card.camera))
        return network

    def folder(self) -> Path:
        """Where the results go."""
        if self.out is not None:
            return self.out
        return self.model_folder(self.model) / "laps" if self.model is not None else self.home / "laps"

    def runs(self) -> Iterator[Run]:
        """Every run asked for."""
        directions: tuple[Direction, ...] = ("forward", "reverse") if self.both_directions else ("forward",)
        for name in listed(self.maps, self.map):
            for direction in directions:
                for weather in listed(self.weathers, self.weather):
                    for seed in range(self.seed, self.seed + self.seeds):
                        yield Run(map=name, direction=direction, weather=weather, seed=seed, start=0)


def drive_laps(job: Laps, network: Network | None) -> list[Result]:
    """Drive every run asked for, and leave `laps.json`, the chart and the film of the first run.

    Ctrl-C ends the run at hand and lists it, and those after it, as interrupted.

    Raises:
        KeyboardInterrupt: after the results so far were written.
    """
    folder, runs = job.folder(), list(job.runs())
    results: list[Result] = []
    try:
        for number, one in enumerate(runs):
            results.append(_drive_run(job, one, network, film=folder / "lap.mp4" if number == 0 else None))
    except AlvinnError:
        results.append(unfinished(runs[len(results)], "failed"))
        raise
    finally:
        left = [unfinished(one, "interrupted") for one in runs[len(results) :]]
        _write(job, results + left)
    return results


def _drive_run(job: Laps, one: Run, network: Network | None, film: Path | None) -> Result:
    """Drive and judge one run.

    Raises:
        AlvinnError: server, map or model is not to be had.
    """
    camera = network.card.camera if network is not None else job.camera.on(Camera())
    with ExitStack() as stack:
        world = stack.enter_context(
            opened(
                job,
                camera=camera,
                map_name=one.map,
                direction=one.direction,
                weather=one.weather,
                seed=one.seed,
                start=one.start,
            )
        )
        driver = TimedDriver(_driver(network, world), time.perf_counter)
        referee = Referee(world.lane, world.geometry.width, job.laps, job.speed, world.truth().lane_s)
        log = stack.enter_context(Log(job.folder() / "runs" / _run_name(one) / "log.csv"))
        observers: list[Observer] = [referee, log, stack.enter_context(_watch(one, referee))]
        if film is not None:
            observers.append(stack.enter_context(Film(film, FILM_SECONDS, f"{one.map} {one.direction}")))
        began = time.perf_counter()
        run(world, driver, observers, world.geometry, Pedals(job.speed, DT))
        return judge(referee, one, driver.latencies, time.perf_counter() - began)


def _run_name(one: Run) -> str:
    return file_name(f"{one.map}-{one.direction}-{one.weather}-{one.seed}-{one.start}")


def _driver(network: Network | None, world: CarlaWorld) -> Driver:
    if network is not None:
        return NetworkDriver(network)
    return ExpertDriver(world.lane, world.truth, world.geometry.wheelbase / 2.0)


@contextmanager
def _watch(one: Run, referee: Referee) -> Iterator[Watch]:
    """Shows how far along its way the car is."""
    with progress() as bars:
        task = bars.add_task(f"drive {one.map} {one.direction}", total=round(referee.goal), note="m")
        yield Watch(lambda _: bars.update(task, completed=round(referee.progress)))


def _write(job: Laps, results: list[Result]) -> None:
    folder = job.folder()
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "model": job.model if job.driver == "network" else job.driver,
        "runs": [result.as_json() for result in results],
        "summary": summary(results, np.random.default_rng(job.seed)),
    }
    write_json(folder / "laps.json", content)
    write_offset_chart(folder / "offset.html", results, f"Offset over the lap: {job.model or job.driver}")


def table(results: list[Result]) -> Table:
    """The results as a small table for the terminal."""
    grid = Table("circuit", "way", "driven", "departures", "offset sd", "largest", "verdict")
    for result in results:
        figures = result.as_json()
        sd, largest = figures["offset_sd_m"], figures["offset_max_m"]
        grid.add_row(
            result.run.map,
            result.run.direction,
            f"{result.completion_pct:.0f}%",
            str(figures["departures"]),
            "-" if sd is None else f"{sd:.3f} m",
            "-" if largest is None else f"{largest:.2f} m",
            "[green]passed[/]" if result.faultless else "[red]failed[/]",
        )
    return grid
