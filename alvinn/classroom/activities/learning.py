"""`--learn` on stage: a network watches the expert and learns, as ALVINN did in 1991, until it drives by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from alvinn.classroom.classroom import Classroom
from alvinn.classroom.moments import Thought
from alvinn.classroom.stage import Broadcast
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import HumanGate
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.realtime import LiveWorld
from alvinn.networks.encodings import Hill
from alvinn.online.lesson import OnlineLesson
from alvinn.online.run import Setup, keep_at_end, make_lesson
from alvinn.online.student import StudentDriver
from alvinn.world.carla_world import DT, CarlaWorld

LEARNED = "class-learned"


def learn_on_stage(
    classroom: Classroom,
    setup: Setup,
    world: CarlaWorld,
    seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Drive until the network has driven a lap, or the class ends; what it learned is kept.

    Args:
        classroom: who watches.
        setup: the learner and its student.
        world: the car.
        seconds: after which the class ends in any case.
        clock: returns the time now [s].
        sleep: waits for some seconds.

    Raises:
        AlvinnError: the server or the learner went away.
    """
    setup.student.update(setup.learner.wait().layers)
    lesson = make_lesson(setup, world)
    expert = ExpertDriver.in_world(world)
    driver = SharedDriver(setup.student, expert, HumanGate(lesson.teacher_drives))
    live = LiveWorld(world, lambda *_: True, DT, clock, sleep)
    show = Broadcast(classroom, world, lambda _: think_as(setup.student), lambda: describe(lesson))
    limit = [Deadline(seconds)] if seconds is not None else []
    with keep_at_end(setup, world):
        run(live, driver, [lesson, show, *limit], world.geometry, SpeedController(setup.job.speed, DT))


def describe(lesson: OnlineLesson) -> str:
    """What the network does now, in a few words."""
    if not lesson.teacher_drives():
        return "the network drives by itself"
    error = "" if lesson.error is None else f", its error {lesson.error:.3f} 1/m"
    return f"the network watches the expert{error}"


def think_as(student: StudentDriver) -> Thought | None:
    """What the student makes of the last frame; None before its first weights."""
    if student.seen is None or student.answer is None or not student.activations:
        return None
    seen, output = student.seen, student.output
    if student.preprocessing.colours == "yuv":
        seen = np.asarray(cv2.cvtColor(seen, cv2.COLOR_YUV2RGB), dtype=np.uint8)
    retina = np.repeat(seen, 3, axis=2) if seen.shape[2] == 1 else seen
    units, is_hill = student.activations[-1], isinstance(output, Hill)
    return Thought(
        retina=retina,
        curvature=student.answer,
        units=units.tolist() if is_hill else [],
        span=output.span if isinstance(output, Hill) else 0.15,
        doubt=output.trust(units).doubt if isinstance(output, Hill) else None,
    )
