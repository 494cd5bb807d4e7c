"""Drive and judge every run of a sweep; write `laps.json`, the report and the films."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn import __version__
from alvinn.console import CONSOLE, progress
from alvinn.drivers.handicap import Handicap
from alvinn.driving.types import Camera
from alvinn.errors import UndrivenError
from alvinn.evaluation.earlier import MADE, load_earlier
from alvinn.evaluation.outcome import film_recording
from alvinn.evaluation.ray_runs import run_on_ray
from alvinn.evaluation.runs import ProgressCallback, RunSpec, run_in_parallel, run_sequentially
from alvinn.evaluation.settings import LapSettings, name_driver
from alvinn.metrics.recorded import judge_recording
from alvinn.metrics.referee import Result, Run, unfinished_result
from alvinn.metrics.results import FILM, LOG, load_run, parse_run, read_laps, run_folder, write_laps
from alvinn.metrics.summary import summarize
from alvinn.networks.inference import Network, read_card
from alvinn.settings import split_names
from alvinn.util.locks import locked
from alvinn.util.replaced import Replaced
from alvinn.visualization.report import Baseline, write_report


def judge_recorded_laps(job: LapSettings) -> list[Result]:
    """Judge a recording; write `laps.json` and the report.

    Raises:
        RecordingError: it does not exist, or has no lane positions.
    """
    recording = job.open_recording()
    results = judge_recording(recording)
    head = {"model": job.driver_name(), "settings": {"recording": job.recording, "table_sha256": recording.digest()}}
    folder = job.results_folder()
    with locked(folder, "written"), Replaced(folder, MADE) as replaced:
        runs = [result.run for result in results]
        load_earlier(folder, runs, head, resume=job.resume, replaced=replaced if job.overwrite else None)
        _write(job, head, results)  # before the films, so that they are known as ours
        replaced.give_up()
        if job.films:
            film_recording(recording, results, folder)
        _report(job, head, results, ())
    return results


def judge_baselines(job: LapSettings) -> list[Baseline]:
    """Drive or judge the baselines that are compared with the driver; without what the expert could not drive.

    Raises:
        AlvinnError: the recording does not exist, or cannot be judged; or earlier results of the expert would be lost,
            or were driven with other settings.
    """
    recorded: list[Baseline] = []
    if job.recording is not None:  # first, as it takes a moment and may be of no use
        recorded.append((name_driver(job.open_recording()), judge_recording(job.open_recording())))
    found: list[Baseline] = []
    if (expert := _set_up_expert(job)) is not None:
        try:
            found.append(("expert", drive_laps(expert, None)))
        except UndrivenError as error:  # told again for each run that the model cannot drive either
            CONSOLE.print(f"the expert: {error}", highlight=False)
            if driven := _load_driven(expert.results_folder()):
                found.append(("expert", driven))
    return [*found, *recorded]


def _set_up_expert(job: LapSettings) -> LapSettings | None:
    """The sweep of the expert beside the model; None: there is none."""
    if not job.with_expert or job.driver == "expert":
        return None
    alone = replace(job, with_expert=False, other_camera=False, recording=None, against=None)
    return replace(alone, driver="expert", model=None, out=job.results_folder() / "expert")


def _load_driven(folder: Path) -> list[Result]:
    """The finished runs of the sweep that was just driven there; not what an earlier one left of the others."""
    done = [parse_run(entry) for entry in read_laps(folder)["runs"] if entry["status"] == "done"]
    return [result for run in done if (result := load_run(folder, run)) is not None]


def drive_laps(
    job: LapSettings, network: Network | None, baselines: Sequence[Baseline] = (), *, is_part: bool = False
) -> list[Result]:
    """Drive every requested run; write `laps.json`, the report and the films.

    A run that cannot be driven is listed as failed and the others are still driven. Ctrl-C keeps the finished runs
    and lists the rest as interrupted.

    Args:
        job: what to drive.
        network: that drives; None: the expert.
        baselines: that the report shows beside it.
        is_part: the laps are part of longer work, see `load_earlier`.

    Raises:
        UndrivenError: runs could not be driven, raised after the results are written.
        AlvinnError: earlier results would be lost.
        KeyboardInterrupt: raised after the results so far are written.
    """
    folder = job.results_folder()
    with locked(folder, "written"), Replaced(folder, MADE) as replaced:
        return _drive_laps(job, network, baselines, replaced, is_part=is_part)


def require_room(job: LapSettings, network: Network | None) -> None:
    """See that no earlier results are lost, nor the expert's beside them, before anything is driven.

    Raises:
        AlvinnError: as `drive_laps` does.
    """
    if job.overwrite:
        return
    load_earlier(job.results_folder(), list(job.list_runs()), _describe_sweep(job, network), resume=job.resume)
    if (expert := _set_up_expert(job)) is not None:
        require_room(expert, None)


def _drive_laps(
    job: LapSettings, network: Network | None, baselines: Sequence[Baseline], replaced: Replaced, *, is_part: bool
) -> list[Result]:
    runs = list(job.list_runs())
    head = _describe_sweep(job, network)
    done = load_earlier(
        job.results_folder(),
        runs,
        head,
        resume=job.resume,
        replaced=replaced if job.overwrite else None,
        is_part=is_part,
    )
    _write(job, head, _in_order(runs, done), baselines)  # so that a killed sweep tells with what it was begun
    specs = [_make_spec(job, network, run, first=run == runs[0]) for run in runs if run not in done]
    try:
        with (
            _show_progress(len(specs)) as on_progress,
            closing(_drive_all(job, specs, network, on_progress)) as results,
        ):
            for result in results:
                done[result.run] = result
                if result.status == "done":
                    replaced.give_up()
                on_progress(result.run, 1.0)
                _write(job, head, _in_order(runs, done), baselines)
    finally:
        _write(job, head, _in_order(runs, done), baselines)
        _report(job, head, _in_order(runs, done), baselines)
    failed = [result for result in done.values() if result.status == "failed"]
    if failed:
        raise UndrivenError(failed[0].reason if len(runs) == 1 else _describe_failures(failed, len(runs)))
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
    return (
        f"{len(failed)} of {runs} runs could not be driven; {first.run.circuit} {first.run.direction}: {first.reason}"
    )


def _make_spec(job: LapSettings, network: Network | None, run: Run, *, first: bool) -> RunSpec:
    return RunSpec(
        settings=job,
        run=run,
        model=job.find_model(job.model) if network is not None and job.model is not None else None,
        camera=job.camera.on(network.card.camera if network is not None else Camera()),
        laps=job.laps,
        longest=math.inf if job.km is None else 1000.0 * job.km,
        folder=job.results_folder(),
        film=job.results_folder() / FILM if first and job.films else None,
        worst=job.films,
        handicap=job.handicap,
    )


def _describe_sweep(job: LapSettings, network: Network | None) -> dict[str, Any]:
    """Settings common to all runs in `laps.json`; a sweep resumes only with the same ones."""
    made = None
    if network is not None and job.model is not None:
        made = hashlib.sha256((job.find_model(job.model) / "network.tflite").read_bytes()).hexdigest()
    settings = {"speed": job.speed, "laps": job.laps, "km": job.km, "carla": job.carla, "network_sha256": made}
    world = {"camera": asdict(job.camera), "version": __version__, "maps": _map_digests(job)}
    harder = {} if job.handicap == Handicap() else {"handicap": asdict(job.handicap)}
    return {"model": job.driver_name(), "settings": settings | world | harder}


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
            note = f"runs, {run.circuit} {run.direction} {share:.0%}"
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
        job.shown_name(),
        results,
        _summarize(job, results),
        commands,
        baselines,
        how,
        _find_known_maps(job),
    )


def _find_known_maps(job: LapSettings) -> set[str]:
    """The maps that the model learned on; empty if that is not known."""
    if job.model is None or job.driver != "network" or job.is_recording_only():
        return set()
    return read_card(job.find_model(job.model)).known_maps


def _describe_conditions(job: LapSettings, network: str | None) -> str:
    """One sentence on how the runs were driven."""
    if job.is_recording_only():
        return "As recorded; excluded rows are not judged."
    long = "a lap each" if job.laps == 1 else f"{job.laps} laps each"
    parts = [f"{job.speed:g} m/s", long if job.km is None else f"{long}, at most {job.km:g} km"]
    parts += [f"the server {job.carla}" if job.carla else "embedded servers", f"alvinn {__version__}"]
    parts += [f"{key} {value:g}" for key, value in asdict(job.handicap).items() if value]
    changed = {key: value for key, value in asdict(job.camera).items() if value is not None}
    parts += [f"camera {key} {value:g}" for key, value in changed.items()]
    parts += [f"network.tflite with SHA-256 {network[:16]}"] if network else []
    return f"Driven with {'; '.join(parts)}."
