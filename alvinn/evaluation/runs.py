"""Many runs: sequentially in this process, or in parallel, each worker process with its own server.

Both give the same figures: the embedded server is deterministic and keeps no state from one run to the next. A worker
that dies loses only its own run.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from pathlib import Path

from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.handicap import Handicap, HandicappedDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.timed import TimedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import TickCallback
from alvinn.driving.protocols import Observer
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, FrameError, OccupiedError, ServerError, explain
from alvinn.evaluation.answers import DrivenAnswers
from alvinn.metrics.log import LogWriter
from alvinn.metrics.referee import Referee, Result, Run, judge, unfinished_result
from alvinn.metrics.results import FILM_SECONDS, LOG, run_folder, save_run
from alvinn.metrics.worst import CLIP, RATE, WorstStretch
from alvinn.networks.inference import Network
from alvinn.settings import Driving
from alvinn.util.video import SMALL, FilmWriter
from alvinn.visualization.insight import NetworkInspector
from alvinn.visualization.network_view import NetworkView
from alvinn.visualization.overlay import Film
from alvinn.visualization.track_map import TrackMap, sample_lane
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import open_world

FILM_PANEL_EVERY = 2  # ticks: nobody sees it drawn more often
REPORT_EVERY = 0.01  # share of a run between two progress reports

ProgressCallback = Callable[[Run, float], None]
"""Called with a run and its progress, 0 to 1."""


@dataclass(frozen=True)
class RunSpec:
    """Everything a process needs to drive one run."""

    settings: Driving
    run: Run
    model: Path | None
    """folder of the model that drives; None: the expert"""
    camera: Camera
    laps: int
    longest: float
    """maximum length [m]"""
    folder: Path
    """folder of the results"""
    film: Path | None = None
    worst: bool = True
    """whether to film its worst ten seconds"""
    handicap: Handicap = field(default_factory=Handicap)
    """what makes it harder"""


def run_sequentially(
    specs: Sequence[RunSpec], network: Network | None, on_progress: ProgressCallback
) -> Generator[Result, None, None]:
    """Drive runs in this process; a run that cannot be driven, or be written, is a failed result.

    If a named server does not answer, the remaining runs are not tried; after a late image or where something stands at
    a start they are.
    """
    with KeptServer() as kept:
        for spec in specs:
            try:
                yield drive_run(spec, network, on_progress, kept)
            except (AlvinnError, OSError) as error:
                kept.drop()
                yield unfinished_result(spec.run, "failed", explain(error))
                is_down = isinstance(error, ServerError) and not isinstance(error, FrameError | OccupiedError)
                if spec.settings.carla is not None and is_down:
                    return


def run_in_parallel(
    specs: Sequence[RunSpec], jobs: int, on_progress: ProgressCallback
) -> Generator[Result, None, None]:
    """Drive runs in `jobs` processes, each with its own server; yields results as runs end."""
    waiting, busy = list(specs), list[_Worker]()
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                busy.append(_Worker(pick_next(waiting, None, [worker.spec for worker in busy])))
            wait([worker.pipe for worker in busy])
            for worker in [worker for worker in busy if worker.pipe.poll()]:
                told = worker.receive()
                if not isinstance(told, Result):
                    on_progress(worker.spec.run, told)
                    continue
                if worker.is_alive and waiting:
                    worker.assign(pick_next(waiting, worker.spec, [w.spec for w in busy if w is not worker]))
                else:
                    busy.remove(worker)
                    worker.stop()
                yield told
    finally:
        for worker in busy:
            worker.process.terminate()
            worker.stop()


def pick_next(waiting: list[RunSpec], last: RunSpec | None, others: Sequence[RunSpec]) -> RunSpec:
    """Remove and return a worker's next run: for the server of its `last` run, else one no other worker has."""
    own = _server_of(last) if last is not None else None
    theirs = {_server_of(spec) for spec in others}
    chosen = min(waiting, key=lambda spec: (_server_of(spec) != own, _server_of(spec) in theirs))
    waiting.remove(chosen)
    return chosen


def _server_of(spec: RunSpec) -> tuple[str, int]:
    return spec.run.map, spec.run.seed


class _Worker:
    """A process that drives run after run and keeps its server where the next run needs the same."""

    def __init__(self, spec: RunSpec) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system, and copies no threads
        self.is_alive = True
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.assign(spec)

    def assign(self, spec: RunSpec) -> None:
        """Give the worker a run to drive."""
        self.spec = spec
        with suppress(BrokenPipeError):  # the worker died: `receive` reports it
            self.pipe.send(spec)

    def receive(self) -> Result | float:
        """The next message: a result, or the progress of the run."""
        try:
            told: Result | float = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            self.is_alive = False
            return unfinished_result(self.spec.run, "failed", f"its process died with status {self.process.exitcode}")
        return told

    def stop(self) -> None:
        """End the worker and wait for its process."""
        with suppress(BrokenPipeError):
            self.pipe.send(None)
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    """Main loop of a worker process; None ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and ends its workers
    network_in = lru_cache(maxsize=1)(Network)
    with suppress(BrokenPipeError, EOFError), KeptServer() as kept:  # broken: the parent is gone
        while (spec := pipe.recv()) is not None:
            try:
                network = network_in(spec.model) if spec.model is not None else None
                pipe.send(drive_run(spec, network, lambda _, share: pipe.send(share), kept))
            except (AlvinnError, OSError) as error:
                kept.drop()
                pipe.send(unfinished_result(spec.run, "failed", explain(error)))


def drive_run(spec: RunSpec, network: Network | None, on_progress: ProgressCallback, kept: KeptServer) -> Result:
    """Drive and judge one run and save its result.

    Raises:
        AlvinnError: server, map or model is not available.
    """
    one, settings, worst = spec.run, spec.settings, WorstStretch()
    with ExitStack() as stack:
        world = stack.enter_context(_open_world(spec, network, kept))
        pilot = None if network is None else NetworkDriver(network)
        timed = TimedDriver(pilot or ExpertDriver.in_world(world), time.perf_counter)
        handicapped = HandicappedDriver(timed, spec.handicap)
        driver = timed if spec.handicap == Handicap() else handicapped
        answers = None if pilot is None else DrivenAnswers(pilot, handicapped.expose)
        start = world.truth().lane_s
        referee = Referee(world.lane, world.geometry.width, spec.laps, settings.speed, start, spec.longest)
        log = stack.enter_context(LogWriter(run_folder(spec.folder, one) / LOG))
        observers: list[Observer] = [referee, log, worst, TickCallback(_progress_reporter(one, referee, on_progress))]
        if answers is not None:
            observers.append(answers)
        if spec.film is not None:
            draw = make_view(one, answers, world, every=FILM_PANEL_EVERY)
            observers.append(stack.enter_context(Film(spec.film, FILM_SECONDS, draw)))
        events = stack.enter_context(world.count_events())
        began = time.perf_counter()
        run(world, driver, observers, world.geometry, SpeedController(settings.speed, DT))
        judged = judge(referee, one, timed.latencies, time.perf_counter() - began)
        result = replace(judged, collisions=events.collisions, lane_invasions=events.lane_invasions)
    save_run(spec.folder, result)  # before the film, which may fail
    if spec.worst:
        _film_worst(spec, worst, make_view(one, answers, world))
    return result


def _open_world(spec: RunSpec, network: Network | None, kept: KeptServer) -> AbstractContextManager[CarlaWorld]:
    one = spec.run
    return open_world(
        spec.settings,
        camera=spec.camera,
        map_name=one.map,
        direction=one.direction,
        weather=one.weather,
        seed=one.seed,
        start=one.start,
        cameras=network.card.cameras if network is not None else ("center",),
        kept=kept,
        learned_on=network.card.server if network is not None else "",
    )


def make_view(one: Run, answers: DrivenAnswers | None, world: CarlaWorld, every: int = 1) -> NetworkView:
    """What films show of a run, with the ALVINN panel drawn at every so many ticks; the expert has none."""
    title = str(one)
    if answers is None:
        return NetworkView(title)
    expert = ExpertDriver.in_world(world)
    look = NetworkInspector(answers.network, answers.network.folder.name).follow(answers.recall)
    return NetworkView(
        title,
        lambda seen: look(answers.expose(seen)),
        TrackMap(sample_lane(world.lane)),
        lambda step: expert.curvature_at(step.truth, step.observation.speed),
        every,
    )


def _film_worst(spec: RunSpec, worst: WorstStretch, draw: NetworkView) -> None:
    """Film the worst stretch of a run from the driver's camera."""
    with FilmWriter(run_folder(spec.folder, spec.run) / CLIP, RATE, SMALL) as film:
        for step in worst.steps:
            film.add(draw(step))


def _progress_reporter(one: Run, referee: Referee, on_progress: ProgressCallback) -> Callable[[object], None]:
    """Observer callback that reports progress every `REPORT_EVERY` of a run."""
    told = 0.0

    def look(_: object) -> None:
        nonlocal told
        share = min(1.0, referee.progress / referee.goal)
        if share >= told + REPORT_EVERY:
            told = share
            on_progress(one, share)

    return look
