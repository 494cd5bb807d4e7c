"""Drive and judge every run of a sweep; write `laps.json`, the report and the films."""

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
import tyro

from alvinn import __version__
from alvinn.console import progress
from alvinn.driving.types import Camera, Direction
from alvinn.errors import AlvinnError
from alvinn.evaluation.earlier import load_earlier
from alvinn.evaluation.outcome import film_recording
from alvinn.evaluation.ray_runs import run_on_ray
from alvinn.evaluation.runs import ProgressCallback, RunSpec, run_in_parallel, run_sequentially
from alvinn.metrics.recorded import judge_recording
from alvinn.metrics.referee import Result, Run, unfinished_result
from alvinn.metrics.results import FILM, LOG, run_folder, write_laps
from alvinn.metrics.summary import summarize
from alvinn.networks.inference import Network, warn_of_unknown_camera
from alvinn.recording import Recording
from alvinn.settings import CameraFlags, Driving, require_above_zero, require_distinct, split_names
from alvinn.util.locks import locked
from alvinn.visualization.report import Baseline, write_report


@dataclass(frozen=True)
class LapSettings(Driving):
    """Which laps to drive, who drives them, and where the results go."""

    model: tyro.conf.Positional[str | None] = None
    """the model that drives"""
    driver: Literal["network", "expert"] = "network"
    """network, or expert: a baseline that knows the map"""
    recording: str | None = None
    """a recording whose driver is judged by the same rule, beside the model or alone"""
    with_expert: bool = False
    """also drive every run with the expert, as a baseline in the same report"""
    maps: str | None = None
    """a,b: maps to drive on (default: --map)"""
    laps: int = 1
    """laps per run"""
    km: float | None = None
    """maximum length of a run (default: none)"""
    direction: Direction = "forward"
    """forward, or reverse: the opposite lane"""
    both_directions: bool = False
    """drive forward and reverse"""
    seeds: int = 1
    """number of seeds, counted up from --seed"""
    weathers: str | None = None
    """a,b: weather presets (default: --weather)"""
    start: int = 0
    """index of the map's starting point"""
    starts: int = 1
    """number of starting points, counted up from --start"""
    jobs: int = 1
    """number of parallel runs, each with its own embedded server"""
    ray: str | None = None
    """HOST:PORT of a Ray cluster to drive the runs on, instead of --jobs (`local` starts one here; extra: ray)"""
    films: bool = True
    """film the first run and the worst ten seconds of each run"""
    resume: bool = False
    """keep the finished runs of an earlier laps.json, driven with the same settings, and drive the rest"""
    overwrite: bool = False
    """replace earlier results in the same folder"""
    against: Path | None = None
    """an earlier laps.json to compare with, beyond noise; significantly worse is a failure"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """camera geometry (default: the model's own camera)"""
    out: Path | None = None
    """folder for laps.json, report and film (default: laps/ in the model's folder)"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for flag in ("laps", "km", "seeds", "starts", "jobs"):
            require_above_zero(f"--{flag}", getattr(self, flag))
        require_distinct("--maps", split_names(self.maps, self.map))
        require_distinct("--weathers", split_names(self.weathers, self.weather))
        if self.resume and self.overwrite:
            raise ValueError("--resume keeps earlier results and --overwrite replaces them: leave one out")
        if self.driver == "expert" and self.model is not None:
            raise ValueError("--driver expert drives without the model: leave out --model, or add --with-expert to it")
        if (self.jobs > 1 or self.ray) and self.carla is not None:
            raise ValueError("--jobs and --ray start their own servers: leave out --carla")
        if self.jobs > 1 and self.ray:
            raise ValueError("--ray uses all cores of its cluster: leave out --jobs")

    def open_network(self) -> Network | None:
        """Load the model's network and check the camera; None for the expert.

        Raises:
            ModelError: the model does not exist, or was trained with another camera.
        """
        if self.driver == "expert":
            return None
        if self.model is None:
            raise AlvinnError("laps requires --model M, --driver expert or --recording D")
        network = Network(self.find_model(self.model))
        network.require_camera(self.camera.on(network.card.camera))
        warn_of_unknown_camera(network.card)
        return network

    def judge_baselines(self) -> list[Baseline]:
        """Drive or judge the baselines that are compared with the driver.

        Raises:
            AlvinnError: the recording does not exist, or the expert cannot drive.
        """
        found: list[Baseline] = []
        if self.with_expert and self.driver != "expert":
            folder = self.results_folder() / "expert"
            job = replace(
                self, driver="expert", model=None, with_expert=False, recording=None, against=None, out=folder
            )
            found.append(("expert", drive_laps(job, None)))
        if self.recording is not None:
            found.append((_name_driver(self.open_recording()), judge_recording(self.open_recording())))
        return found

    def is_recording_only(self) -> bool:
        """Whether only a recording is judged and nothing is driven."""
        return self.recording is not None and self.model is None and self.driver != "expert"

    def open_recording(self) -> Recording:
        """Open the recording to judge; raises RecordingError if it does not exist."""
        return Recording(self.recording_folder(self.recording or ""))

    def results_folder(self) -> Path:
        """Folder of the results."""
        if self.out is not None:
            return self.out
        return self.model_folder(self.model) / "laps" if self.model is not None else self.home / "laps"

    def driver_name(self) -> str:
        """Name of the driver in the results."""
        if self.is_recording_only():
            return _name_driver(self.open_recording())
        return self.model if self.model is not None and self.driver == "network" else self.driver

    def list_runs(self) -> Iterator[Run]:
        """Every requested run."""
        directions: tuple[Direction, ...] = ("forward", "reverse") if self.both_directions else (self.direction,)
        for name in split_names(self.maps, self.map):
            for direction in directions:
                for weather in split_names(self.weathers, self.weather):
                    for seed in range(self.seed, self.seed + self.seeds):
                        for start in range(self.start, self.start + self.starts):
                            yield Run(map=name, direction=direction, weather=weather, seed=seed, start=start)

    def command_for(self, run: Run) -> str:
        """The command that repeats a single run, with its results in a separate folder."""
        flags: dict[str, object] = {"driver": "expert"} if self.driver == "expert" else {"model": self.model}
        flags |= asdict(run) | {"speed": f"{self.speed:g}", "laps": self.laps, "km": self.km, "carla": self.carla}
        flags |= {f"camera.{key}": value for key, value in asdict(self.camera).items()}
        if self.is_recording_only():
            flags = {"recording": self.recording}
        flags |= {"home": self.home if self.home != Path() else None}
        flags |= {"out": f"again/{run_folder(Path(), run).name}"}
        words = [word for key, value in flags.items() if value is not None for word in (f"--{key}", str(value))]
        return shlex.join(["python", "-m", "alvinn", "laps", *words])


def judge_recorded_laps(job: LapSettings) -> list[Result]:
    """Judge a recording; write `laps.json` and the report.

    Raises:
        RecordingError: it does not exist, or has no lane positions.
    """
    recording = job.open_recording()
    results = judge_recording(recording)
    head = {"model": job.driver_name(), "settings": {"recording": job.recording, "table_sha256": recording.digest()}}
    with locked(job.results_folder(), "written"):
        _load_earlier(job, [result.run for result in results], head)
        film_recording(recording, results, job.results_folder())
        _write(job, head, results)
        _report(job, head, results, ())
    return results


def _name_driver(recording: Recording) -> str:
    """Name a recording's driver ("you" for a person), and mention disturbances."""
    driver = "you" if recording.session.driver == "human" else recording.session.driver
    pushed = ", pushed by disturbances" if any(row.disturbance for row in recording.rows) else ""
    return f"{driver} in {recording.folder.name}{pushed}"


def drive_laps(job: LapSettings, network: Network | None, baselines: Sequence[Baseline] = ()) -> list[Result]:
    """Drive every requested run; write `laps.json`, the report and the films.

    A run that cannot be driven is listed as failed and the others are still driven. Ctrl-C keeps the finished runs
    and lists the rest as interrupted.

    Raises:
        AlvinnError: runs could not be driven, raised after the results are written; or earlier results would be lost.
        KeyboardInterrupt: raised after the results so far are written.
    """
    with locked(job.results_folder(), "written"):
        return _drive_laps(job, network, baselines)


def require_room(job: LapSettings, network: Network | None) -> None:
    """See that no earlier results are lost, before anything is driven; raises as `drive_laps` does."""
    if not job.overwrite:
        _load_earlier(job, list(job.list_runs()), _describe_sweep(job, network))


def _load_earlier(job: LapSettings, runs: Sequence[Run], head: dict[str, Any]) -> dict[Run, Result]:
    return load_earlier(job.results_folder(), runs, head, resume=job.resume, overwrite=job.overwrite)


def _drive_laps(job: LapSettings, network: Network | None, baselines: Sequence[Baseline]) -> list[Result]:
    runs = list(job.list_runs())
    head = _describe_sweep(job, network)
    done = _load_earlier(job, runs, head)
    _write(job, head, _in_order(runs, done), baselines)  # so that a killed sweep tells with what it was begun
    specs = [_make_spec(job, network, run, first=run == runs[0]) for run in runs if run not in done]
    try:
        with (
            _show_progress(len(specs)) as on_progress,
            closing(_drive_all(job, specs, network, on_progress)) as results,
        ):
            for result in results:
                done[result.run] = result
                on_progress(result.run, 1.0)
                _write(job, head, _in_order(runs, done), baselines)
    finally:
        _write(job, head, _in_order(runs, done), baselines)
        _report(job, head, _in_order(runs, done), baselines)
    failed = [result for result in done.values() if result.status == "failed"]
    if failed:
        raise AlvinnError(failed[0].reason if len(runs) == 1 else _describe_failures(failed, len(runs)))
    return _in_order(runs, done)


def _drive_all(
    job: LapSettings, specs: list[RunSpec], network: Network | None, on_progress: ProgressCallback
) -> Generator[Result, None, None]:
    if job.ray is not None:
        return run_on_ray(specs, job.ray, on_progress)
    return (
        run_sequentially(specs, network, on_progress)
        if job.jobs == 1
        else run_in_parallel(specs, job.jobs, on_progress)
    )


def _in_order(runs: list[Run], done: dict[Run, Result]) -> list[Result]:
    return [done.get(run) or unfinished_result(run, "interrupted") for run in runs]


def _describe_failures(failed: list[Result], runs: int) -> str:
    first = failed[0]
    return f"{len(failed)} of {runs} runs could not be driven; {first.run.map} {first.run.direction}: {first.reason}"


def _make_spec(job: LapSettings, network: Network | None, run: Run, *, first: bool) -> RunSpec:
    return RunSpec(
        settings=job,
        run=run,
        model=job.find_model(job.model) if network is not None and job.model is not None else None,
        camera=network.card.camera if network is not None else job.camera.on(Camera()),
        laps=job.laps,
        longest=math.inf if job.km is None else 1000.0 * job.km,
        folder=job.results_folder(),
        film=job.results_folder() / FILM if first and job.films else None,
        worst=job.films,
    )


def _describe_sweep(job: LapSettings, network: Network | None) -> dict[str, Any]:
    """Settings common to all runs in `laps.json`; a sweep resumes only with the same ones."""
    made = None
    if network is not None and job.model is not None:
        made = hashlib.sha256((job.find_model(job.model) / "network.tflite").read_bytes()).hexdigest()
    settings = {"speed": job.speed, "laps": job.laps, "km": job.km, "carla": job.carla, "network_sha256": made}
    world = {"camera": asdict(job.camera), "version": __version__, "maps": _map_digests(job)}
    return {"model": job.driver_name(), "settings": settings | world}


def _map_digests(job: LapSettings) -> dict[str, str]:
    """SHA-256 of the maps that are files; those of our own are the same in every copy of a version."""
    paths = {name: Path(name) for name in split_names(job.maps, job.map)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items() if path.is_file()}


@contextmanager
def _show_progress(runs: int) -> Iterator[ProgressCallback]:
    """Progress bar over all runs."""
    shares: dict[Run, float] = {}
    with progress() as bars:
        task = bars.add_task("drive", total=runs, note="runs")

        def on_progress(run: Run, share: float) -> None:
            shares[run] = share
            note = f"runs, {run.map} {run.direction} {share:.0%}"
            bars.update(task, completed=sum(shares.values()), note=note)

        yield on_progress


def _write(job: LapSettings, head: dict[str, Any], results: list[Result], baselines: Sequence[Baseline] = ()) -> None:
    entries = [_make_entry(job, result) for result in results]
    beside = [{"who": who, "summary": _summarize(job, theirs)} for who, theirs in baselines]
    write_laps(job.results_folder(), head | {"baselines": beside}, entries, _summarize(job, results))


def _make_entry(job: LapSettings, result: Result) -> dict[str, Any]:
    """Entry of a run in `laps.json`, with the path of its log and the command that repeats it."""
    log = run_folder(job.results_folder(), result.run) / LOG
    place = log.relative_to(job.results_folder()).as_posix() if log.is_file() else None
    return result.as_json() | {"log": place, "command": job.command_for(result.run)}


def _summarize(job: LapSettings, results: Sequence[Result]) -> dict[str, Any]:
    return summarize(results, np.random.default_rng(job.seed))


def _report(job: LapSettings, head: dict[str, Any], results: list[Result], baselines: Sequence[Baseline]) -> None:
    how = _describe_conditions(job, head["settings"].get("network_sha256"))
    commands = [job.command_for(result.run) for result in results]
    write_report(
        job.results_folder() / "report.html",
        job.driver_name(),
        results,
        _summarize(job, results),
        commands,
        baselines,
        how,
    )


def _describe_conditions(job: LapSettings, network: str | None) -> str:
    """One sentence on how the runs were driven."""
    if job.is_recording_only():
        return "As recorded; excluded rows are not judged."
    long = "a lap each" if job.laps == 1 else f"{job.laps} laps each"
    parts = [f"{job.speed:g} m/s", long if job.km is None else f"{long}, at most {job.km:g} km"]
    parts += [f"the server {job.carla}" if job.carla else "embedded servers", f"alvinn {__version__}"]
    parts += [f"network.tflite with SHA-256 {network[:16]}"] if network else []
    return f"Driven with {'; '.join(parts)}."
