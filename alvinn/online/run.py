"""Learn on the fly without a window: the expert is watched, in lockstep, so that a seed repeats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
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
from alvinn.driving.protocols import Driver
from alvinn.driving.types import GroundTruth, Step
from alvinn.errors import AlvinnError, ModelError
from alvinn.metrics.referee import Referee
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.inference import Card, Network, write_card
from alvinn.online.lesson import Lesson
from alvinn.online.pace import PACES
from alvinn.online.process import LearnerProcess
from alvinn.online.readiness import Readiness
from alvinn.online.settings import LearnSettings
from alvinn.online.story import Story
from alvinn.online.student import NAME, Student
from alvinn.training.model_folder import DERIVED, OWN, require_room
from alvinn.util.begun import remove
from alvinn.util.locks import locked
from alvinn.util.repository import program_commit
from alvinn.world.carla_world import DT, CarlaWorld
from alvinn.world.opening import open_world

LOW_SECONDS = 5.0  # for which the error must stay low
LEAST_SECONDS = 15.0  # of watching before an attempt


def learn_alone(job: LearnSettings) -> Story:
    """Have a network watch the expert until it drives a lap unaided; returns what happened.

    Raises:
        AlvinnError: it cannot be done, or the network did not converge. What was learned is kept.
    """
    with begin_lesson(job) as (folder, learner, fallback), open_lesson_world(job) as world, progress() as bars:
        story, student = begin_story(job), make_student(job)
        student.update(learner.wait().layers)
        lesson = make_lesson(job, world, student, learner, story, fallback, alone=True)
        driver = SharedDriver(student, ExpertDriver.in_world(world), HumanGate(lesson.teacher_drives))
        task = bars.add_task(f"learn {job.map}", total=None, note="")

        def show(step: Step) -> None:
            bars.update(task, completed=step.observation.frame, note=describe(step, story, lesson))

        with keeping(job, folder, learner, world, story):
            run(world, driver, [lesson, TickCallback(show)], world.geometry, SpeedController(job.speed, DT))
    report(folder, story)
    return story


@contextmanager
def begin_lesson(job: LearnSettings) -> Iterator[tuple[Path, LearnerProcess, tuple[str, Driver] | None]]:
    """The model's folder, held; the learner, started; and the prepared model.

    Raises:
        AlvinnError: the folder holds a model, or there is no such prepared model.
    """
    folder, camera = job.model_folder(job.name), job.make_camera()
    require_room(folder, resume=False, overwrite=job.overwrite)
    fallback = None
    if job.fallback is not None:
        network = Network(job.find_model(job.fallback))
        network.require_camera(camera)
        if network.card.cameras != ("center",):
            raise ModelError(f"--fallback {job.fallback} needs more cameras than the centre one: choose another model")
        fallback = (job.fallback, NetworkDriver(network))
    with (
        locked(folder, "trained"),
        LearnerProcess(job.network, camera, job.seed, lockstep=job.headless) as learner,
    ):
        require_room(folder, resume=False, overwrite=job.overwrite)  # as another process may have left it
        yield folder, learner, fallback


@contextmanager
def open_lesson_world(job: LearnSettings) -> Iterator[CarlaWorld]:
    """The world to drive in."""
    with open_world(
        job,
        camera=job.make_camera(),
        map_name=job.map,
        direction=job.direction,
        weather=job.weather,
        seed=job.seed,
    ) as world:
        yield world


def begin_story(job: LearnSettings) -> Story:
    """A story in which nothing has happened."""
    return Story(job.network, job.teacher, job.map, job.direction, job.weather, job.seed)


def make_student(job: LearnSettings) -> Student:
    """The network, still without weights."""
    architecture = ARCHITECTURES[job.network]
    return Student(architecture.preprocessing(job.make_camera()), architecture.output("hill"))


def make_lesson(
    job: LearnSettings,
    world: CarlaWorld,
    student: Student,
    learner: LearnerProcess,
    story: Story,
    fallback: tuple[str, Driver] | None,
    *,
    alone: bool,
) -> Lesson:
    """The lesson of a job."""
    pace = PACES[job.network]

    def follow_lap(truth: GroundTruth) -> Referee:
        return Referee(world.lane, world.geometry.width, 1, job.speed, truth.lane_s)

    return Lesson(
        student,
        learner,
        Readiness(pace.low, LOW_SECONDS, LEAST_SECONDS, DT),
        follow_lap,
        story,
        every=round(1.0 / (pace.passes * DT)),
        dt=DT,
        patience=job.patience,
        alone=alone,
        fallback=fallback,
    )


def describe(step: Step, story: Story, lesson: Lesson) -> str:
    """What happens at a tick, for the progress bar."""
    if step.decision.who == NAME and story.attempts:
        return f"it drives: {story.attempts[-1].driven_m:.0f} m"
    error = "" if lesson.error is None else f", error {lesson.error:.4f} 1/m"
    return f"it watches: {story.watched_s:.0f} s, {story.passes} passes{error}"


@contextmanager
def keeping(
    job: LearnSettings, folder: Path, learner: LearnerProcess, world: CarlaWorld, story: Story
) -> Iterator[None]:
    """Keep what was learned when the block ends, however it ends."""
    try:
        yield
    except AlvinnError as error:
        story.outcome, story.failure = "failed", str(error)
        keep(job, folder, learner, world, story)
        raise
    except KeyboardInterrupt:
        keep(job, folder, learner, world, story)
        raise
    keep(job, folder, learner, world, story)


def keep(job: LearnSettings, folder: Path, learner: LearnerProcess, world: CarlaWorld, story: Story) -> None:
    """Write the model folder; nothing is written where nothing was learned."""
    if not story.passes:
        return
    remove(folder, (*OWN, *DERIVED))
    learner.save(folder)
    story.write(folder)
    write_card(folder, make_card(job, world, story))


def make_card(job: LearnSettings, world: CarlaWorld, story: Story) -> Card:
    """The card of what was learned."""
    student, pace = make_student(job), PACES[job.network]
    known = [error for error in story.error_by_second[-round(LOW_SECONDS) :] if error is not None]
    return Card(
        network=job.network,
        output=student.output,
        camera=job.make_camera(),
        preprocessing=student.preprocessing,
        seed=job.seed,
        settings={"learned": "on the fly"} | asdict(pace) | {"watched": job.teacher, "map": job.map},
        recordings=(),
        server=world.server,
        metrics={
            "held_out_mae": sum(known) / len(known) if known else None,
            "training_seconds": story.watched_s,
        },
        version=__version__,
        commit=program_commit(),
        vehicle=asdict(world.geometry),
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
            markup=False,
        )
    elif story.outcome == "did not converge":
        best = max((attempt.driven_m for attempt in story.attempts), default=0.0)
        told = f"after {story.watched_s:.0f} s of watching the network does not drive a lap (best {best:.0f} m); {kept}"
        if story.fallback is None:
            raise AlvinnError(f"{told}; give it more --patience, or a --fallback model to drive in its place")
        CONSOLE.print(f"{told}; {story.fallback} drove in its place", markup=False)
    else:
        CONSOLE.print(f"the driver left after {story.watched_s:.0f} s of watching; {kept}", markup=False)
