"""A refinement, from a clone to a model folder.

It alternates driving and learning, with an exam every few minutes. The state is saved after every minute, so that a
resumed run ends exactly as an uninterrupted one. The result is the model of the best exam.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from alvinn import __version__
from alvinn.console import CONSOLE
from alvinn.errors import ServerError
from alvinn.networks.inference import RANDOM, Card, write_card
from alvinn.networks.keras_models import export_saliency_model, to_litert
from alvinn.reinforcement.checkpoint import CHECKPOINT, State, read_state, write_state
from alvinn.reinforcement.clone import Clone, load_clone, make_random_clone
from alvinn.reinforcement.collector import TRUTH, Act, Collector, Figures, FrozenClone, Pulses
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.reinforcement.progress import RefinementBar, make_progress
from alvinn.reinforcement.residual import REMEMBERED_STATE, combine, make_actor, make_feature_network
from alvinn.reinforcement.sac import Agent, Learning, Widths, make_scaling
from alvinn.reinforcement.settings import RefineSettings
from alvinn.training.model_folder import DERIVED, OWN
from alvinn.util.begun import remove
from alvinn.util.files import write_bytes
from alvinn.util.locks import locked
from alvinn.util.quiet import quiet
from alvinn.util.repository import program_commit
from alvinn.world.carla_world import DT
from alvinn.world.opening import find_server_kind, warn_of_other_server

MINUTE = round(60.0 / DT)  # ticks
CHUNK = 100  # ticks driven, then updates made, in turn
WATCHING = 15  # chunks of updates of the critics after the warm-up, before the actor learns


class Refinement:
    """A running refinement.

    Args:
        job: its settings.
        clone: the network to start from.
        task: to drive.
        frozen: the clone in LiteRT.
        state: fresh, or of an interrupted run.
        bar: shows the progress.
    """

    def __init__(
        self,
        job: RefineSettings,
        clone: Clone,
        task: LaneKeeping,
        frozen: FrozenClone,
        state: State,
        bar: RefinementBar,
    ) -> None:
        self.state = state
        self._job, self._clone, self._task, self._frozen, self._bar = job, clone, task, frozen, bar
        self._widths = Widths(clone.features + REMEMBERED_STATE, TRUTH, clone.features)
        self._agent = self._new_agent() if state.minute >= job.warm_up else None
        if self._agent is not None and state.learned:
            self._agent.restore(state.learned)

    def _new_agent(self) -> Agent:
        return Agent(self.state.rows[: self._job.warm_up * MINUTE], self._widths, Learning(), self._job.seed)

    def run(self, folder: Path) -> None:
        """Drive and learn to the end; save the state in the folder after every minute."""
        if not self.state.history:
            self._examine(0)
            remove(folder, (*OWN, *DERIVED))  # of an earlier model, which stays until there is an exam in its place
            write_state(folder, self.state)
        while self.state.minute < self._job.minutes:
            self._drive_minute()
            minute = self.state.minute + 1
            if minute % self._job.exam_every == 0 or minute == self._job.minutes:
                self._examine(minute)
            self.state.minute = minute  # after its exam: a run that is interrupted there drives the minute again
            self.state.learned = self._agent.list_variables() if self._agent is not None else []
            write_state(folder, self.state)

    def _drive_minute(self) -> None:
        minute, rng, figures = self.state.minute, self.state.rng, Figures()
        collector = self._make_collector(self._job.road(minute))
        collector.start(float(rng.uniform(*self._task.starts())))
        act: Act = Pulses(rng)
        for _ in range(MINUTE // CHUNK):
            if self._agent is not None:
                actor = self._agent.export_actor()
                act = lambda state, actor=actor: actor(state, rng)  # type: ignore[misc] # noqa: E731
            self.state.add_transitions(collector.drive(act, CHUNK, figures))
            if self._agent is not None:
                self._agent.learn(self.state.rows, CHUNK, rng, move_actor=True)
            self._bar.update(minute + len(figures.rewards) / MINUTE, figures.summary())
        if minute + 1 == self._job.warm_up:
            self._agent = self._new_agent()
            for _ in range(WATCHING):
                self._agent.learn(self.state.rows, CHUNK, rng, move_actor=False)
        self.state.add_figures("warm-up" if minute < self._job.warm_up else "learning", minute + 1, figures.summary())

    def _examine(self, minute: int) -> None:
        """Drive a minute by the most likely actions, always on the same roads; keep the best weights."""
        figures, roads = Figures(), self._job.exam_roads()
        act: Act = self._agent.export_actor() if self._agent is not None else lambda _: 0.0
        for number, road in enumerate(roads, 1):
            self._bar.announce(f"exam, circuit {number} of {len(roads)}")
            collector = self._make_collector(road)
            collector.start(self._task.starts()[0])
            collector.drive(act, MINUTE // len(roads), figures)
        self.state.add_exam(
            minute, figures.summary(), self._agent.actor.get_weights() if self._agent is not None else []
        )

    def _make_collector(self, road: Road) -> Collector:
        self._task.open(road)
        return Collector(self._task, self._frozen, self._clone.limits, self._job.reward)


@contextmanager
def open_frozen_clone(clone: Clone) -> Iterator[FrozenClone]:
    """The clone in LiteRT, from a temporary file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clone.tflite"
        with quiet():
            path.write_bytes(to_litert(make_feature_network(clone.network, clone.output)))
        yield FrozenClone(path, clone.card)


def refine(job: RefineSettings, advice: str = "--resume continues") -> Path:
    """Refine a clone; returns the folder of the new model.

    --resume continues from the last whole minute.

    Args:
        job: the settings.
        advice: what to do after an interruption.

    Raises:
        AlvinnError: clone, server or map is not available, or there is nothing to resume.
        KeyboardInterrupt: Ctrl-C; after the first exam the best model so far is saved, and `resume` continues.
    """
    folder, kind = job.model_folder(job.name), find_server_kind(job)
    if job.from_scratch:
        clone = make_random_clone(job.seed, job.bound, kind)
    else:
        clone = load_clone(job.find_model(job.model or ""), job.bound)
        warn_of_other_server(clone.card.server, kind)
    settings = select_settings(job, clone)
    with ExitStack() as stack:
        stack.enter_context(locked(folder, "refined"))
        job.require_room()  # once more: another process may have left a model meanwhile
        state = read_state(folder, settings) if job.resume else State(settings, np.random.default_rng(job.seed))
        frozen = stack.enter_context(open_frozen_clone(clone))
        task = stack.enter_context(LaneKeeping(job, clone.card.camera))
        bar = RefinementBar(stack.enter_context(make_progress()), job.minutes, state.minute, time.monotonic)
        try:
            Refinement(job, clone, task, frozen, state, bar).run(folder)
        except KeyboardInterrupt:
            if not state.exams():
                raise
            save_model(job, clone, state, folder, kind)
            done = f"{state.minute} of {job.minutes} minutes, so it is not done"
            CONSOLE.print(f"interrupted after {done}: the best so far is in {folder}, {advice}")
            raise
        except ServerError as error:
            if not state.exams():
                raise
            raise ServerError(f"{error}; {advice} after minute {state.minute}") from error
        else:
            save_model(job, clone, state, folder, kind)
            (folder / CHECKPOINT).unlink()
    return folder


def select_settings(job: RefineSettings, clone: Clone) -> dict[str, Any]:
    """The settings that a resumed refinement must share; it may have more minutes."""
    free = {"home", "name", "model", "minutes", "resume", "overwrite", "headless", "carla"}
    kept = {one.name for one in fields(RefineSettings)} - free  # the job's other flags do not change a refinement
    return {key: value for key, value in asdict(job).items() if key in kept} | {"clone": clone.digest}


def save_model(job: RefineSettings, clone: Clone, state: State, folder: Path, kind: str) -> None:
    """Write the model of the best exam; `kind` is of the server that it was refined on."""
    remove(folder, DERIVED)  # of the model before this refinement was resumed
    size = clone.features + REMEMBERED_STATE
    watched = state.rows[: job.warm_up * MINUTE, :size] if state.best else np.eye(size, dtype=np.float32)
    learned = make_actor(size, make_scaling(watched))
    if state.best:
        learned.set_weights(state.best)
    with quiet():
        network = combine(clone.network, clone.output, learned, clone.limits)
        network.save(folder / "network.keras")
        write_bytes(folder / "network.tflite", to_litert(network))
        if (visual := export_saliency_model(clone.network)) is not None:
            write_bytes(folder / "visual.tflite", visual)
    write_card(folder, _card(job, clone, state, kind))


def _card(job: RefineSettings, clone: Clone, state: State, kind: str) -> Card:
    best = state.best_exam()
    return replace(
        clone.card,
        seed=job.seed,
        server=kind,
        metrics={f"exam_{name}": value for name, value in best.items() if name != "kind"},
        exam=None,  # no held-out frames: this network was examined by driving
        judged=None,
        version=__version__,
        commit=program_commit(),
        refined={
            "from": RANDOM if job.model is None else job.name_model(job.model),
            "network_sha256": clone.digest,
            "reward": asdict(job.reward),
            "limits": asdict(clone.limits),
            "learning": asdict(Learning()),
            "minutes": state.minute,
            "speed": job.speed,
            "maps": job.circuits(),
            "exams": job.exam_circuits(),
            "weathers": job.weather_names(),
        },
    )
