"""Learn on the fly without a window: the expert is watched, in lockstep, so that a seed repeats."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from alvinn import __version__
from alvinn.console import CONSOLE, progress
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import HumanGate
from alvinn.drivers.network import NetworkDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import TickCallback
from alvinn.driving.types import GroundTruth, Step
from alvinn.errors import AlvinnError, ModelError
from alvinn.metrics.referee import Referee
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import ON_THE_FLY, Card, Network, write_card
from alvinn.online.lesson import OnlineLesson
from alvinn.online.pace import PACES
from alvinn.online.process import LearnerProcess
from alvinn.online.readiness import Readiness
from alvinn.online.settings import LearnSettings
from alvinn.online.story import Story
from alvinn.online.student import NAME, StudentDriver
from alvinn.training.history import write_history
from alvinn.training.model_folder import DERIVED, HISTORY, OWN, require_room
from alvinn.util.begun import remove
from alvinn.util.files import SCRATCH
from alvinn.util.locks import locked
from alvinn.util.repository import program_commit
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world, require_loop

LOW_SECONDS = 5.0  # for which the error must stay low
LEAST_SECONDS = 15.0  # of watching before an attempt


def learn_alone(job: LearnSettings, *, keep_interrupted: bool = True) -> Story:
    """Have a network watch the expert until it drives a lap unaided; returns what happened.

    Raises:
        AlvinnError: it cannot be done, or the network did not converge. What was learned is kept; where it would be
            learned anew after an interruption, `keep_interrupted` spares the seconds that writing it takes.
    """
    with begin_lesson(job) as setup, open_lesson_world(job) as world, progress() as bars:
        story = setup.story
        setup.student.update(setup.learner.wait().layers)
        lesson = make_lesson(setup, world)
        driver = SharedDriver(setup.student, ExpertDriver.in_world(world), HumanGate(lesson.teacher_drives))
        task = bars.add_task(f"learn {job.map}", total=None, note="")

        def show(step: Step) -> None:
            bars.update(task, completed=step.observation.frame, note=describe(step, story, lesson))

        with keep_at_end(setup, world, interrupted=keep_interrupted):
            run(world, driver, [lesson, TickCallback(show)], world.geometry, SpeedController(job.speed, DT))
    report(setup.folder, story)
    return story


@dataclass(frozen=True)
class Setup:
    """What a lesson needs beside a world."""

    job: LearnSettings
    folder: Path
    """of the model"""
    learner: LearnerProcess
    student: StudentDriver
    story: Story
    fallback: NetworkDriver | None
    """the prepared model, which drives in the student's place if that does not converge"""


@contextmanager
def begin_lesson(job: LearnSettings) -> Iterator[Setup]:
    """Hold the model's folder, and start the learner.

    Raises:
        AlvinnError: the folder holds a model, or there is no such prepared model.
    """
    folder, camera, architecture = job.model_folder(job.name), job.make_camera(), ARCHITECTURES[job.network]
    require_room(folder, resume=False, overwrite=job.overwrite)
    fallback = open_fallback(job)
    with (
        locked(folder, "trained"),
        LearnerProcess(job.network, camera, job.seed, lockstep=job.headless) as learner,
    ):
        require_room(folder, resume=False, overwrite=job.overwrite)  # as another process may have left it
        student = StudentDriver(architecture.preprocessing(camera), Hill(architecture.units))
        story = Story(job.network, job.teacher, job.map, job.direction, job.weather, job.seed)
        yield Setup(job, folder, learner, student, story, None if fallback is None else NetworkDriver(fallback))


def open_fallback(job: LearnSettings) -> Network | None:
    """The prepared model, if one is named.

    Raises:
        ModelError: it is missing, or was trained with other cameras.
    """
    if job.fallback is None:
        return None
    network = Network(job.find_model(job.fallback))
    network.require_camera(job.make_camera())
    if network.card.cameras != ("center",):
        raise ModelError(f"--fallback {job.fallback} needs more cameras than the centre one: choose another model")
    return network


@contextmanager
def open_lesson_world(job: LearnSettings) -> Iterator[CarlaWorld]:
    """The world to drive in.

    Raises:
        MapError: its lane does not lead back to where it began.
    """
    with open_world(
        job,
        camera=job.make_camera(),
        map_name=job.map,
        direction=job.direction,
        weather=job.weather,
        seed=job.seed,
    ) as world:
        require_loop(world.lane, f"{job.map} {job.direction}", "a lesson is over with a whole lap")
        yield world


def make_lesson(setup: Setup, world: CarlaWorld, hands: Callable[[], bool] | None = None) -> OnlineLesson:
    """The lesson; `hands` says whether the teacher has the wheel, where a person decides that."""
    job = setup.job
    pace = PACES[job.network]

    def follow_lap(truth: GroundTruth) -> Referee:
        return Referee(world.lane, world.geometry.width, 1, job.speed, truth.lane_s)

    return OnlineLesson(
        setup.student,
        setup.learner,
        Readiness(pace.low, LOW_SECONDS, LEAST_SECONDS, DT),
        follow_lap,
        setup.story,
        every=round(1.0 / (pace.passes * DT)),
        dt=DT,
        patience=job.patience,
        hands=hands,
        fallback=None if setup.fallback is None else (str(job.fallback), setup.fallback),
    )


def describe(step: Step, story: Story, lesson: OnlineLesson) -> str:
    """What happens at a tick, for the progress bar."""
    if step.decision.who == NAME and story.attempts:
        return f"it drives: {story.attempts[-1].driven_m:.0f} m"
    error = "" if lesson.error is None else f", error {lesson.error:.4f} 1/m"
    return f"it watches: {story.watched_s:.0f} s, {story.passes} passes{error}"


@contextmanager
def keep_at_end(setup: Setup, world: CarlaWorld, *, interrupted: bool = True) -> Iterator[None]:
    """Keep what was learned when the block ends, however it ends; after an interruption only if that is wanted."""
    try:
        yield
    except AlvinnError as error:
        setup.story.outcome, setup.story.failure = "failed", str(error)
        keep(setup, world)
        raise
    except KeyboardInterrupt:
        if interrupted:
            keep(setup, world)
        raise
    keep(setup, world)


def keep(setup: Setup, world: CarlaWorld) -> None:
    """Write the model folder; nothing is written where nothing was learned."""
    last = setup.learner.poll(patient=True)
    setup.story.passes = last.passes if last is not None else setup.story.passes
    if not setup.story.passes:
        return
    scratch = setup.folder / f"{SCRATCH}learned"
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        setup.learner.save(scratch)
        setup.story.write(scratch)
        write_history(scratch / HISTORY, setup.story.as_history())
        write_card(scratch, make_card(setup, world))
        remove(setup.folder, (*OWN, *DERIVED))  # of an earlier model, which stays until there is one in its place
        for path in scratch.iterdir():
            path.rename(setup.folder / path.name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def make_card(setup: Setup, world: CarlaWorld) -> Card:
    """The card of what was learned."""
    job, story = setup.job, setup.story
    known = [error for error in story.error_by_second[-round(LOW_SECONDS) :] if error is not None]
    return Card(
        network=job.network,
        output=setup.student.output,
        camera=job.make_camera(),
        preprocessing=setup.student.preprocessing,
        seed=job.seed,
        settings={"learned": ON_THE_FLY} | asdict(PACES[job.network]) | {"watched": job.teacher, "map": job.map},
        recordings=(),
        server=world.server,
        metrics={
            "held_out_mae": sum(known) / len(known) if known else None,
            "training_seconds": story.watched_s,
        },
        version=__version__,
        commit=program_commit(),
        vehicle=asdict(world.geometry),
        speeds=story.speeds,
        rate=1.0 / DT,
    )


def report(folder: Path, story: Story) -> None:
    """Say how it ended.

    Raises:
        AlvinnError: the network did not learn to drive.
    """
    kept = f"what it learned is in {folder}" if story.passes else "nothing was learned, and no model written"
    if story.failure:
        raise AlvinnError(f"{story.failure}; {kept}")
    if story.first_unaided_lap_after_s is not None:
        CONSOLE.print(
            f"after {story.first_unaided_lap_after_s:.0f} s of watching the network drove a lap of {story.map} without "
            f"a departure; the model is in {folder}",
        )
    elif story.outcome == "did not converge":
        best = max((attempt.driven_m for attempt in story.attempts), default=0.0)
        told = f"after {story.watched_s:.0f} s of watching the network does not drive a lap (best {best:.0f} m); {kept}"
        if story.fallback is None:
            raise AlvinnError(f"{told}; give it more --patience, or a --fallback model to drive in its place")
        CONSOLE.print(f"{told}; {story.fallback} drove in its place")
    else:
        CONSOLE.print(f"the driver left after {story.watched_s:.0f} s of watching; {kept}")
