"""Many runs: one after another in this process, or several at once, each in a process with a server of its own.

Which of the two makes no difference to what is measured: the embedded server is deterministic, and of one run nothing
is left in it for the next. A process that dies takes its own run with it and no other.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from pathlib import Path

from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.timed import TimedDriver
from alvinn.driving.cruise import Pedals
from alvinn.driving.loop import run
from alvinn.driving.observers import Watch
from alvinn.driving.protocols import Driver, Observer
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, ServerError
from alvinn.metrics.log import Log
from alvinn.metrics.referee import Referee, Result, Run, judge, unfinished
from alvinn.metrics.results import FILM_SECONDS, LOG, run_folder, save_run
from alvinn.metrics.worst import CLIP, RATE, Worst
from alvinn.networks.inference import Network
from alvinn.settings import Driving
from alvinn.util.video import Mp4
from alvinn.visualization.network_view import Insight, Look
from alvinn.visualization.overlay import Film
from alvinn.visualization.saliency import VISUAL, Visual, glowing
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.embedded_server import KeptServer
from alvinn.world.opening import opened

TOLD_EVERY = 0.01  # of a run: how often its progress is told

Tell = Callable[[Run, float], None]
"""Told how much of a run is driven, 0 to 1."""


@dataclass(frozen=True)
class Errand:
    """All that a process must know to drive one run."""

    settings: Driving
    run: Run
    model: Path | None
    """the folder of the model that drives; None: the expert"""
    camera: Camera
    laps: int
    longest: float
    """m: where the run ends at the latest"""
    folder: Path
    """where the results go"""
    film: Path | None = None
    worst: bool = True
    """whether its worst ten seconds are filmed"""


def in_turn(errands: Sequence[Errand], network: Network | None, tell: Tell) -> Generator[Result, None, None]:
    """Drive runs in this process; one that cannot be driven is a failed result.

    Where the server was named and does not answer, nothing more is tried.
    """
    with KeptServer() as kept:
        for errand in errands:
            try:
                yield drive(errand, network, tell, kept)
            except AlvinnError as error:
                kept.drop()
                yield unfinished(errand.run, "failed", str(error))
                if errand.settings.carla is not None and isinstance(error, ServerError):
                    return


def side_by_side(errands: Sequence[Errand], jobs: int, tell: Tell) -> Generator[Result, None, None]:
    """Drive runs in `jobs` processes, each with a server of its own; results come as they end."""
    waiting, busy = list(errands), list[_Worker]()
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                busy.append(_Worker(taken(waiting, None, [worker.errand for worker in busy])))
            wait([worker.pipe for worker in busy])
            for worker in [worker for worker in busy if worker.pipe.poll()]:
                told = worker.hear()
                if not isinstance(told, Result):
                    tell(worker.errand.run, told)
                    continue
                if worker.lives and waiting:
                    worker.give(taken(waiting, worker.errand, [w.errand for w in busy if w is not worker]))
                else:
                    busy.remove(worker)
                    worker.end()
                yield told
    finally:
        for worker in busy:
            worker.process.terminate()
            worker.end()


def taken(waiting: list[Errand], last: Errand | None, others: Sequence[Errand]) -> Errand:
    """Take what a worker drives next: for the server of its `last` run, else for one that none of `others` has."""
    own = _server_of(last) if last is not None else None
    theirs = {_server_of(errand) for errand in others}
    chosen = min(waiting, key=lambda errand: (_server_of(errand) != own, _server_of(errand) in theirs))
    waiting.remove(chosen)
    return chosen


def _server_of(errand: Errand) -> tuple[str, int]:
    return errand.run.map, errand.run.seed


class _Worker:
    """A process that drives one run after another, keeping its server where the next run wants the same."""

    def __init__(self, errand: Errand) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system, and no thread of ours is copied
        self.lives = True
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.give(errand)

    def give(self, errand: Errand) -> None:
        """Have it drive a run."""
        self.errand = errand
        with suppress(BrokenPipeError):  # it died meanwhile: `hear` will tell
            self.pipe.send(errand)

    def hear(self) -> Result | float:
        """The result, or how much is driven."""
        try:
            told: Result | float = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            self.lives = False
            return unfinished(self.errand.run, "failed", f"its process died with status {self.process.exitcode}")
        return told

    def end(self) -> None:
        """Let it go, and wait for its end."""
        with suppress(BrokenPipeError):
            self.pipe.send(None)
        self.process.join()
        self.pipe.close()


def _work(pipe: Connection) -> None:
    """What a worker does, until it is told that there is nothing more to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    network_in = lru_cache(maxsize=1)(Network)
    with suppress(BrokenPipeError, EOFError), KeptServer() as kept:  # broken: the parent is gone, nobody wants the rest
        while (errand := pipe.recv()) is not None:
            try:
                network = network_in(errand.model) if errand.model is not None else None
                pipe.send(drive(errand, network, lambda _, share: pipe.send(share), kept))
            except AlvinnError as error:
                kept.drop()
                pipe.send(unfinished(errand.run, "failed", str(error)))


def drive(errand: Errand, network: Network | None, tell: Tell, kept: KeptServer) -> Result:
    """Drive and judge one run, and keep it.

    Raises:
        AlvinnError: server, map or model is not to be had.
    """
    one, settings, worst = errand.run, errand.settings, Worst()
    with ExitStack() as stack:
        world = stack.enter_context(_opened(errand, network, kept))
        driver = TimedDriver(_driver(network, world), time.perf_counter)
        start = world.truth().lane_s
        referee = Referee(world.lane, world.geometry.width, errand.laps, settings.speed, start, errand.longest)
        log = stack.enter_context(Log(run_folder(errand.folder, one) / LOG))
        observers: list[Observer] = [referee, log, worst, Watch(_progress(one, referee, tell))]
        if errand.film is not None:
            observers.append(stack.enter_context(Film(errand.film, FILM_SECONDS, _title(one))))
        witness = stack.enter_context(world.witness())
        began = time.perf_counter()
        run(world, driver, observers, world.geometry, Pedals(settings.speed, DT))
        judged = judge(referee, one, driver.latencies, time.perf_counter() - began)
        result = replace(judged, collisions=witness.collisions, lane_invasions=witness.lane_invasions)
    if errand.worst:
        _film_worst(errand, network, worst)
    save_run(errand.folder, result)
    return result


def _opened(errand: Errand, network: Network | None, kept: KeptServer) -> AbstractContextManager[CarlaWorld]:
    one = errand.run
    return opened(
        errand.settings,
        camera=errand.camera,
        map_name=one.map,
        direction=one.direction,
        weather=one.weather,
        seed=one.seed,
        start=one.start,
        cameras=network.card.cameras if network is not None else ("center",),
        kept=kept,
    )


def _film_worst(errand: Errand, network: Network | None, worst: Worst) -> None:
    """Film the worst stretch of a run as its driver saw it."""
    insight = Insight(_title(errand.run), network, _look(errand.model))
    with Mp4(run_folder(errand.folder, errand.run) / CLIP, RATE, crf=28) as film:
        for step in worst.steps:
            film.add(insight(step))


def _look(model: Path | None) -> Look | None:
    """What of a frame mattered to a model, glowing; None where its network cannot be looked into."""
    if model is None or not (model / VISUAL).is_file():
        return None
    visual = Visual(model)
    return lambda frame: glowing(frame, visual.saliency(frame))


def _title(one: Run) -> str:
    return f"{one.map} {one.direction}, {one.weather}"


def _driver(network: Network | None, world: CarlaWorld) -> Driver:
    if network is not None:
        return NetworkDriver(network)
    return ExpertDriver(world.lane, world.truth, world.geometry.wheelbase / 2.0)


def _progress(one: Run, referee: Referee, tell: Tell) -> Callable[[object], None]:
    """Tells of every hundredth of a run once."""
    told = 0.0

    def look(_: object) -> None:
        nonlocal told
        share = min(1.0, referee.progress / referee.goal)
        if share >= told + TOLD_EVERY:
            told = share
            tell(one, share)

    return look
