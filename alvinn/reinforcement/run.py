"""Refine as settings say: a clone in, a model folder out, with a bar meanwhile.

Minute by minute: drive, learn; every few minutes an exam. After every minute the state goes to disk, so that an
interrupted run goes on to the same end, to the last digit. What the best exam was passed with is the model.
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
from alvinn.networks.inference import Card, write_card
from alvinn.networks.keras_models import export_saliency_model, to_litert
from alvinn.reinforcement.checkpoint import CHECKPOINT, State, read_state, write_state
from alvinn.reinforcement.clone import Clone, load_clone, random_weights
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.reinforcement.progress import Bar, bars
from alvinn.reinforcement.residual import REMEMBERED_STATE, actor, eyes, refined
from alvinn.reinforcement.sac import Agent, Learning, Widths, scaled_to
from alvinn.reinforcement.settings import RefineSettings
from alvinn.reinforcement.student import TRUTH, Act, Eyes, Figures, Pulses, Student
from alvinn.training.model_folder import DERIVED
from alvinn.util.begun import remove
from alvinn.util.files import write_bytes
from alvinn.util.locks import locked
from alvinn.util.quiet import quiet
from alvinn.util.repository import program_commit
from alvinn.world.carla_world import DT

MINUTE = round(60.0 / DT)  # ticks
CHUNK = 100  # ticks between two lessons, of one update a tick
WATCHING = 15  # lessons that the critics take after the warm-up, before the actor moves


class Refinement:
    """A refinement under way.

    Args:
        job: what is wanted.
        clone: to begin with.
        task: to drive on.
        eyes: of the clone.
        state: how far it is.
        bar: told of every tick.
    """

    def __init__(
        self, job: RefineSettings, clone: Clone, task: LaneKeeping, eyes: Eyes, state: State, bar: Bar
    ) -> None:
        self.state = state
        self._job, self._clone, self._task, self._eyes, self._bar = job, clone, task, eyes, bar
        self._widths = Widths(clone.features + REMEMBERED_STATE, TRUTH, clone.features)
        self._agent = self._new_agent() if state.minute >= job.warm_up else None
        if self._agent is not None and state.learned:
            self._agent.restore(state.learned)

    def _new_agent(self) -> Agent:
        return Agent(self.state.rows[: self._job.warm_up * MINUTE], self._widths, Learning(), self._job.seed)

    def run(self, folder: Path) -> None:
        """Drive and learn to the end; the state after every minute is kept in the folder."""
        if not self.state.history:
            self._examine()
            write_state(folder, self.state)
        while self.state.minute < self._job.minutes:
            self._drive_minute()
            self.state.minute += 1
            if self.state.minute % self._job.exam_every == 0 or self.state.minute == self._job.minutes:
                self._examine()
            self.state.learned = self._agent.numbers() if self._agent is not None else []
            write_state(folder, self.state)

    def _drive_minute(self) -> None:
        minute, rng, figures = self.state.minute, self.state.rng, Figures()
        student = self._student(self._job.road(minute))
        student.start(float(rng.uniform(*self._task.starts())))
        act: Act = Pulses(rng)
        for _ in range(MINUTE // CHUNK):
            if self._agent is not None:
                mind = self._agent.mind()
                act = lambda state, mind=mind: mind(state, rng)  # type: ignore[misc] # noqa: E731
            self.state.add(student.drive(act, CHUNK, figures))
            if self._agent is not None:
                self._agent.learn(self.state.rows, CHUNK, rng, move_actor=True)
            self._bar.drove(minute + len(figures.rewards) / MINUTE, figures.summary())
        if minute + 1 == self._job.warm_up:
            self._agent = self._new_agent()
            for _ in range(WATCHING):
                self._agent.learn(self.state.rows, CHUNK, rng, move_actor=False)
        self.state.note("warm-up" if minute < self._job.warm_up else "learning", minute + 1, figures.summary())

    def _examine(self) -> None:
        """Drive a minute by the most likely actions, always from the same place; remember what did best."""
        figures = Figures()
        student = self._student(Road(self._job.exam, "forward", self._job.weather))
        student.start(self._task.starts()[0])
        act: Act = self._agent.mind() if self._agent is not None else lambda _: 0.0
        student.drive(act, MINUTE, figures)
        self.state.examined(figures.summary(), self._agent.actor.get_weights() if self._agent is not None else [])

    def _student(self, road: Road) -> Student:
        self._task.open(road)
        return Student(self._task, self._eyes, self._clone.limits, self._job.reward)


@contextmanager
def opened_eyes(clone: Clone) -> Iterator[Eyes]:
    """The clone's eyes, in a file of their own meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eyes.tflite"
        with quiet():
            path.write_bytes(to_litert(eyes(clone.network, clone.output)))
        yield Eyes(path, clone.card)


def refine(job: RefineSettings) -> Path:
    """Refine as the job says; returns the new model's folder.

    Ctrl-C ends it with the best model so far, once a first exam is passed; --resume goes on from the last whole minute.

    Raises:
        AlvinnError: it cannot be done.
    """
    folder = job.model_folder(job.name)
    clone = (
        random_weights(job.seed, job.bound)
        if job.from_scratch
        else load_clone(job.find_model(job.model or ""), job.bound)
    )
    settings = comparable(job, clone)
    with ExitStack() as stack:
        stack.enter_context(locked(folder, "refined"))
        state = read_state(folder, settings) if job.resume else State(settings, np.random.default_rng(job.seed))
        look = stack.enter_context(opened_eyes(clone))
        task = stack.enter_context(LaneKeeping(job, clone.card.camera))
        bar = Bar(stack.enter_context(bars()), job.minutes, state.minute, time.monotonic)
        try:
            Refinement(job, clone, task, look, state, bar).run(folder)
        except KeyboardInterrupt:
            if not state.exams():
                raise
            CONSOLE.print(f"interrupted after {state.minute} minutes: the best so far is kept, --resume goes on")
        save(job, clone, state, folder)
    return folder


def comparable(job: RefineSettings, clone: Clone) -> dict[str, Any]:
    """The settings that a resumed refinement must share; it may go on for longer."""
    free = {"home", "name", "model", "minutes", "resume", "overwrite", "headless", "carla"}
    kept = {one.name for one in fields(RefineSettings)} - free  # the job's own flags change nothing of a refinement
    return {key: value for key, value in asdict(job).items() if key in kept} | {"clone": clone.digest}


def save(job: RefineSettings, clone: Clone, state: State, folder: Path) -> None:
    """Write the model of the best exam; a finished refinement leaves no state behind."""
    remove(folder, (*DERIVED, "history.csv"))  # of the model that was here before
    size = clone.features + REMEMBERED_STATE
    watched = state.rows[: job.warm_up * MINUTE, :size] if state.best else np.eye(size, dtype=np.float32)
    learned = actor(size, scaled_to(watched))
    if state.best:
        learned.set_weights(state.best)
    with quiet():
        network = refined(clone.network, clone.output, learned, clone.limits)
        network.save(folder / "network.keras")
        write_bytes(folder / "network.tflite", to_litert(network))
        if (visual := export_saliency_model(clone.network)) is not None:
            write_bytes(folder / "visual.tflite", visual)
    write_card(folder, _card(job, clone, state))
    if state.minute >= job.minutes:
        (folder / CHECKPOINT).unlink(missing_ok=True)


def _card(job: RefineSettings, clone: Clone, state: State) -> Card:
    best = state.best_exam()
    return replace(
        clone.card,
        seed=job.seed,
        metrics=clone.card.metrics | {f"exam_{name}": value for name, value in best.items() if name != "kind"},
        version=__version__,
        commit=program_commit(),
        refined={
            "from": clone.name or "random weights",
            "network_sha256": clone.digest,
            "reward": asdict(job.reward),
            "limits": asdict(clone.limits),
            "learning": asdict(Learning()),
            "minutes": state.minute,
            "maps": job.circuits(),
            "exam": job.exam,
            "weather": job.weather,
        },
    )
