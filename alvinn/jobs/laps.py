"""`laps`: the referee's job. A driver is judged on maps it may never have seen."""

from __future__ import annotations

import hashlib
import math
import shlex
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from alvinn.driving import Camera, Direction
from alvinn.errors import AlvinnError, ResultsError
from alvinn.jobs.common import CONSOLE, CameraFlags, Driving, progress, require_above_zero
from alvinn.jobs.sweep import Errand, Tell, in_turn, side_by_side
from alvinn.measures import summary
from alvinn.model import Network
from alvinn.referee import Result, Run, unfinished
from alvinn.regression import compared, overall
from alvinn.report import write_report
from alvinn.results import load_run, read_laps, run_of, write_laps


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
    km: float | None = None
    """a run ends after this way, if its laps have not by then (default: never)"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    both_directions: bool = False
    """forward and reverse"""
    seeds: int = 1
    """runs with this many seeds, counted up from --seed"""
    weathers: str | None = None
    """a,b: which weathers (default: --weather)"""
    start: int = 0
    """which of the map's starting points"""
    jobs: int = 1
    """runs at a time, each on an embedded server of its own"""
    resume: bool = False
    """keep the runs that are done in laps.json and drive the rest"""
    against: Path | None = None
    """an earlier laps.json: better, worse or the same beyond noise; worse is a failure"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """what to see with (default: the model's own camera)"""
    out: Path | None = None
    """folder for laps.json, report and film (default: laps/ in the model's folder)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("laps", "km", "seeds", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        if self.jobs > 1 and self.carla is not None:
            raise ValueError("--jobs wants servers of its own: leave --carla out")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done, it is worse than before, or not every lap was driven to its end.
        """
        network = self.open_network()
        before = read_laps(self.against) if self.against is not None else None  # it may be the file written next
        results = drive_laps(self, network)
        CONSOLE.print(table(results))
        CONSOLE.print(f"laps.json, report and film are in {self.folder()}")
        if before is not None:
            hold_against(before, results)
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

    def who(self) -> str:
        """Who drives."""
        return self.model if self.model is not None and self.driver == "network" else self.driver

    def runs(self) -> Iterator[Run]:
        """Every run asked for."""
        directions: tuple[Direction, ...] = ("forward", "reverse") if self.both_directions else (self.direction,)
        for name in _listed(self.maps, self.map):
            for direction in directions:
                for weather in _listed(self.weathers, self.weather):
                    for seed in range(self.seed, self.seed + self.seeds):
                        yield Run(map=name, direction=direction, weather=weather, seed=seed, start=self.start)

    def command(self, run: Run) -> str:
        """The command that drives one of the runs alone."""
        flags: dict[str, object] = {"driver": "expert"} if self.driver == "expert" else {"model": self.model}
        flags |= asdict(run) | {"speed": f"{self.speed:g}", "laps": self.laps, "km": self.km, "carla": self.carla}
        flags |= {f"camera.{key}": value for key, value in asdict(self.camera).items()}
        flags |= {"home": self.home if self.home != Path() else None}
        words = [word for key, value in flags.items() if value is not None for word in (f"--{key}", str(value))]
        return shlex.join(["python", "-m", "alvinn", "laps", *words])


def hold_against(before: dict[str, Any], results: list[Result]) -> None:
    """Say how the results differ from earlier ones.

    Raises:
        ResultsError: they are worse, or too few to tell.
    """
    changes = compared(before["runs"], [result.as_json() for result in results], np.random.default_rng(0))
    for change in changes:
        CONSOLE.print(str(change), markup=False)
    word = overall(changes)
    CONSOLE.print(f"against {before['model']}: [bold]{word}[/]")
    if word == "worse":
        raise ResultsError("; ".join(str(change) for change in changes if change.word == "worse"))


def _listed(names: str | None, default: str) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()] or [default]


def drive_laps(job: Laps, network: Network | None) -> list[Result]:
    """Drive every run asked for, and leave `laps.json`, the report and the film of the first run.

    A run that cannot be driven is listed as failed and the others are driven all the same. Ctrl-C keeps what is
    finished and lists the rest as interrupted.

    Raises:
        AlvinnError: runs could not be driven; after the results were written.
        KeyboardInterrupt: after the results so far were written.
    """
    runs = list(job.runs())
    head = _head(job, network)
    done = _kept(job, runs, head) if job.resume else {}
    errands = [_errand(job, network, run, first=run == runs[0]) for run in runs if run not in done]
    try:
        with _shown(len(errands)) as tell, closing(_driven(job, errands, network, tell)) as results:
            for result in results:
                done[result.run] = result
                tell(result.run, 1.0)
                _write(job, head, _all(runs, done))
    finally:
        _write(job, head, _all(runs, done))
        _report(job, _all(runs, done))
    failed = [result for result in done.values() if result.status == "failed"]
    if failed:
        raise AlvinnError(failed[0].reason if len(runs) == 1 else _told(failed, len(runs)))
    return _all(runs, done)


def _driven(job: Laps, errands: list[Errand], network: Network | None, tell: Tell) -> Generator[Result, None, None]:
    return in_turn(errands, network, tell) if job.jobs == 1 else side_by_side(errands, job.jobs, tell)


def _all(runs: list[Run], done: dict[Run, Result]) -> list[Result]:
    return [done.get(run) or unfinished(run, "interrupted") for run in runs]


def _told(failed: list[Result], runs: int) -> str:
    first = failed[0]
    return f"{len(failed)} of {runs} runs could not be driven; {first.run.map} {first.run.direction}: {first.reason}"


def _errand(job: Laps, network: Network | None, run: Run, *, first: bool) -> Errand:
    return Errand(
        settings=job,
        run=run,
        model=job.model_folder(job.model) if network is not None and job.model is not None else None,
        camera=network.card.camera if network is not None else job.camera.on(Camera()),
        laps=job.laps,
        longest=math.inf if job.km is None else 1000.0 * job.km,
        folder=job.folder(),
        film=job.folder() / "lap.mp4" if first else None,
    )


def _head(job: Laps, network: Network | None) -> dict[str, Any]:
    """What `laps.json` says of all runs; a sweep is only gone on with if it is the same."""
    made = None
    if network is not None and job.model is not None:
        made = hashlib.sha256((job.model_folder(job.model) / "network.tflite").read_bytes()).hexdigest()
    settings = {"speed": job.speed, "laps": job.laps, "km": job.km, "carla": job.carla, "network_sha256": made}
    return {"model": job.who(), "settings": settings | {"camera": asdict(job.camera)}}


def _kept(job: Laps, runs: list[Run], head: dict[str, Any]) -> dict[Run, Result]:
    """The runs that are done already.

    Raises:
        ResultsError: they were driven in another way.
    """
    path = job.folder() / "laps.json"
    if not path.exists():
        return {}
    before = read_laps(path)
    for key, value in head.items():
        if before.get(key) != value:
            raise ResultsError(
                f"{path} was made with {key} {before.get(key)}, asked for is {value}: "
                "leave --resume out, or name another --out"
            )
    done = {run_of(entry) for entry in before["runs"] if entry["status"] == "done"}
    found = [load_run(job.folder(), run) for run in runs if run in done]
    return {result.run: result for result in found if result is not None}


@contextmanager
def _shown(runs: int) -> Iterator[Tell]:
    """A bar that shows how much of all runs is driven, and the time left."""
    shares: dict[Run, float] = {}
    with progress() as bars:
        task = bars.add_task("drive", total=runs, note="runs")

        def tell(run: Run, share: float) -> None:
            shares[run] = share
            note = f"runs, {run.map} {run.direction} {share:.0%}"
            bars.update(task, completed=sum(shares.values()), note=note)

        yield tell


def _write(job: Laps, head: dict[str, Any], results: list[Result]) -> None:
    entries = [result.as_json() | {"command": job.command(result.run)} for result in results]
    write_laps(job.folder(), head, entries, summary(results, np.random.default_rng(job.seed)))


def _report(job: Laps, results: list[Result]) -> None:
    summed = summary(results, np.random.default_rng(job.seed))
    commands = [job.command(result.run) for result in results]
    write_report(job.folder() / "report.html", job.who(), results, summed, commands)


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
