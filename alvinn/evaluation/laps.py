"""Drive and judge every run of a sweep, and leave `laps.json`, the report and the films."""

from __future__ import annotations

import hashlib
import math
import shlex
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from alvinn import __version__
from alvinn.console import progress
from alvinn.driving.types import Camera, Direction
from alvinn.errors import AlvinnError
from alvinn.evaluation.outcome import film_recorded, kept
from alvinn.evaluation.ray_runs import over_ray
from alvinn.evaluation.runs import Errand, Tell, in_turn, side_by_side
from alvinn.metrics.recorded import judged_recording
from alvinn.metrics.referee import Result, Run, unfinished
from alvinn.metrics.results import FILM, LOG, run_folder, write_laps
from alvinn.metrics.summary import summary
from alvinn.networks.inference import Network
from alvinn.recording import Recording
from alvinn.settings import CameraFlags, Driving, listed, require_above_zero
from alvinn.visualization.page import Baseline, write_report


@dataclass(frozen=True)
class LapSettings(Driving):
    """Which laps to drive, who drives them, and what is left of them."""

    model: str | None = None
    """which model drives"""
    driver: Literal["network", "expert"] = "network"
    """expert: the baseline that knows the map"""
    recording: str | None = None
    """a recording: whoever drove it is judged by the same rule, beside the model or alone"""
    with_expert: bool = False
    """the expert drives every run too, as a baseline in the same report"""
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
    starts: int = 1
    """runs from this many of them, counted up from --start"""
    jobs: int = 1
    """runs at a time, each on an embedded server of its own"""
    ray: str | None = None
    """HOST:PORT of a Ray cluster that drives the runs, instead of --jobs (`local` starts one here; an extra)"""
    films: bool = True
    """film the first run, and the worst ten seconds of each"""
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
        for flag in ("laps", "km", "seeds", "starts", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        if (self.jobs > 1 or self.ray) and self.carla is not None:
            raise ValueError("--jobs and --ray want servers of their own: leave --carla out")
        if self.jobs > 1 and self.ray:
            raise ValueError("--ray has as many jobs as its cluster has cores: leave --jobs out")

    def open_network(self) -> Network | None:
        """The model's network, checked against the camera; None for the expert.

        Raises:
            ModelError: there is no such model, or its camera is another.
        """
        if self.driver == "expert":
            return None
        if self.model is None:
            raise AlvinnError("laps wants --model M, --driver expert or --recording D")
        network = Network(self.model_folder(self.model))
        network.require_camera(self.camera.on(network.card.camera))
        return network

    def baselines(self) -> list[Baseline]:
        """Who is put beside the driver, driven or judged.

        Raises:
            AlvinnError: there is no such recording, or the expert cannot drive.
        """
        found: list[Baseline] = []
        if self.with_expert and self.driver != "expert":
            folder = self.folder() / "expert"
            job = replace(self, driver="expert", with_expert=False, recording=None, against=None, out=folder)
            found.append(("expert", drive_laps(job, None)))
        if self.recording is not None:
            found.append((_whose(self.opened_recording()), judged_recording(self.opened_recording())))
        return found

    def only_recorded(self) -> bool:
        """Whether nobody drives, and a recording alone is judged."""
        return self.recording is not None and self.model is None and self.driver != "expert"

    def opened_recording(self) -> Recording:
        """The recording to judge; raises RecordingError where there is none."""
        return Recording(self.recording_folder(self.recording or ""))

    def folder(self) -> Path:
        """Where the results go."""
        if self.out is not None:
            return self.out
        return self.model_folder(self.model) / "laps" if self.model is not None else self.home / "laps"

    def who(self) -> str:
        """Who drives."""
        if self.only_recorded():
            return _whose(self.opened_recording())
        return self.model if self.model is not None and self.driver == "network" else self.driver

    def runs(self) -> Iterator[Run]:
        """Every run asked for."""
        directions: tuple[Direction, ...] = ("forward", "reverse") if self.both_directions else (self.direction,)
        for name in listed(self.maps, self.map):
            for direction in directions:
                for weather in listed(self.weathers, self.weather):
                    for seed in range(self.seed, self.seed + self.seeds):
                        for start in range(self.start, self.start + self.starts):
                            yield Run(map=name, direction=direction, weather=weather, seed=seed, start=start)

    def command(self, run: Run) -> str:
        """The command that drives one of the runs alone, and leaves the results of all where they are."""
        flags: dict[str, object] = {"driver": "expert"} if self.driver == "expert" else {"model": self.model}
        flags |= asdict(run) | {"speed": f"{self.speed:g}", "laps": self.laps, "km": self.km, "carla": self.carla}
        flags |= {f"camera.{key}": value for key, value in asdict(self.camera).items()}
        if self.only_recorded():
            flags = {"recording": self.recording}
        flags |= {"home": self.home if self.home != Path() else None}
        flags |= {"out": f"again/{run_folder(Path(), run).name}"}
        words = [word for key, value in flags.items() if value is not None for word in (f"--{key}", str(value))]
        return shlex.join(["python", "-m", "alvinn", "laps", *words])


def judge_recording(job: LapSettings) -> list[Result]:
    """Judge a recording, and leave `laps.json` and the report.

    Raises:
        RecordingError: there is none, or it does not say where in its lane the car was.
    """
    recording = job.opened_recording()
    results = judged_recording(recording)
    film_recorded(recording, results, job.folder())
    head = {"model": job.who(), "settings": {"recording": job.recording, "table_sha256": recording.digest()}}
    _write(job, head, results)
    _report(job, head, results, ())
    return results


def _whose(recording: Recording) -> str:
    """Who is judged: a person reads about themselves; and whether somebody pushed the wheel meanwhile."""
    driver = "you" if recording.session.driver == "human" else recording.session.driver
    pushed = ", pushed by disturbances" if any(row.disturbance for row in recording.rows) else ""
    return f"{driver} in {recording.folder.name}{pushed}"


def drive_laps(job: LapSettings, network: Network | None, baselines: Sequence[Baseline] = ()) -> list[Result]:
    """Drive every run asked for, and leave `laps.json`, the report and the films.

    A run that cannot be driven is listed as failed and the others are driven all the same. Ctrl-C keeps what is
    finished and lists the rest as interrupted.

    Raises:
        AlvinnError: runs could not be driven; after the results were written.
        KeyboardInterrupt: after the results so far were written.
    """
    runs = list(job.runs())
    head = _head(job, network)
    done = kept(job.folder(), runs, head) if job.resume else {}
    errands = [_errand(job, network, run, first=run == runs[0]) for run in runs if run not in done]
    try:
        with _shown(len(errands)) as tell, closing(_driven(job, errands, network, tell)) as results:
            for result in results:
                done[result.run] = result
                tell(result.run, 1.0)
                _write(job, head, _all(runs, done), baselines)
    finally:
        _write(job, head, _all(runs, done), baselines)
        _report(job, head, _all(runs, done), baselines)
    failed = [result for result in done.values() if result.status == "failed"]
    if failed:
        raise AlvinnError(failed[0].reason if len(runs) == 1 else _told(failed, len(runs)))
    return _all(runs, done)


def _driven(
    job: LapSettings, errands: list[Errand], network: Network | None, tell: Tell
) -> Generator[Result, None, None]:
    if job.ray is not None:
        return over_ray(errands, job.ray, tell)
    return in_turn(errands, network, tell) if job.jobs == 1 else side_by_side(errands, job.jobs, tell)


def _all(runs: list[Run], done: dict[Run, Result]) -> list[Result]:
    return [done.get(run) or unfinished(run, "interrupted") for run in runs]


def _told(failed: list[Result], runs: int) -> str:
    first = failed[0]
    return f"{len(failed)} of {runs} runs could not be driven; {first.run.map} {first.run.direction}: {first.reason}"


def _errand(job: LapSettings, network: Network | None, run: Run, *, first: bool) -> Errand:
    return Errand(
        settings=job,
        run=run,
        model=job.model_folder(job.model) if network is not None and job.model is not None else None,
        camera=network.card.camera if network is not None else job.camera.on(Camera()),
        laps=job.laps,
        longest=math.inf if job.km is None else 1000.0 * job.km,
        folder=job.folder(),
        film=job.folder() / FILM if first and job.films else None,
        worst=job.films,
    )


def _head(job: LapSettings, network: Network | None) -> dict[str, Any]:
    """What `laps.json` says of all runs; a sweep is only gone on with if it is the same."""
    made = None
    if network is not None and job.model is not None:
        made = hashlib.sha256((job.model_folder(job.model) / "network.tflite").read_bytes()).hexdigest()
    settings = {"speed": job.speed, "laps": job.laps, "km": job.km, "carla": job.carla, "network_sha256": made}
    return {"model": job.who(), "settings": settings | {"camera": asdict(job.camera)}}


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


def _write(job: LapSettings, head: dict[str, Any], results: list[Result], baselines: Sequence[Baseline] = ()) -> None:
    entries = [_entry(job, result) for result in results]
    beside = [{"who": who, "summary": _summed(job, theirs)} for who, theirs in baselines]
    write_laps(job.folder(), head | {"baselines": beside}, entries, _summed(job, results))


def _entry(job: LapSettings, result: Result) -> dict[str, Any]:
    """A run in `laps.json`, with where its ticks are and what drives it alone."""
    log = run_folder(job.folder(), result.run) / LOG
    place = log.relative_to(job.folder()).as_posix() if log.is_file() else None
    return result.as_json() | {"log": place, "command": job.command(result.run)}


def _summed(job: LapSettings, results: Sequence[Result]) -> dict[str, Any]:
    return summary(results, np.random.default_rng(job.seed))


def _report(job: LapSettings, head: dict[str, Any], results: list[Result], baselines: Sequence[Baseline]) -> None:
    how = _how(job, head["settings"].get("network_sha256"))
    commands = [job.command(result.run) for result in results]
    write_report(job.folder() / "report.html", job.who(), results, _summed(job, results), commands, baselines, how)


def _how(job: LapSettings, network: str | None) -> str:
    """How the runs were driven, in a sentence."""
    if job.only_recorded():
        return "As it was recorded; what was left out of the recording is not judged."
    long = "a lap each" if job.laps == 1 else f"{job.laps} laps each"
    parts = [f"{job.speed:g} m/s", long if job.km is None else f"{long}, at most {job.km:g} km"]
    parts += [f"the server {job.carla}" if job.carla else "embedded servers", f"alvinn {__version__}"]
    parts += [f"network.tflite with SHA-256 {network[:16]}"] if network else []
    return f"Driven with {'; '.join(parts)}."
