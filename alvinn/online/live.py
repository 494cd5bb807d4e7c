"""Learn on the fly in a window: a person drives, or the expert, and hands over by a key when the network is ready."""

from __future__ import annotations

import time
from collections.abc import Collection

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.display.panel import HUMAN, LessonState, Page
from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import LIVE_FRAME_TIMEOUT, brake_at_end, open_device
from alvinn.cockpit.wiring import Advice, DrawAlvinnPanel, Wiring
from alvinn.controls.devices import Device
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.gates import HumanGate
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Driver
from alvinn.driving.realtime import LiveWorld
from alvinn.driving.types import Image, Step
from alvinn.online.lesson import OnlineLesson
from alvinn.online.pace import PACES
from alvinn.online.process import Learned, LearnerProcess
from alvinn.online.run import Setup, begin_lesson, keep_at_end, make_lesson, open_lesson_world, report
from alvinn.online.settings import LearnSettings
from alvinn.online.story import Story
from alvinn.visualization.alvinn_panel import AlvinnPanel, Part
from alvinn.visualization.insight import NetworkInspector
from alvinn.visualization.track_map import TrackMap, sample_lane
from alvinn.world.carla_world import DT, CarlaWorld


def learn_live(job: LearnSettings, window: Window) -> Story:
    """Have a network watch the driver in a window until they leave; returns what happened.

    Raises:
        AlvinnError: it cannot be done, or something failed meanwhile. What was learned is kept.
    """
    hands = open_device(job.device, window)
    window.show(Page("One moment", (("", f"the learner starts, and {job.map} is loaded"),)))
    with begin_lesson(job) as setup, open_lesson_world(job) as world:
        world.frame_timeout = LIVE_FRAME_TIMEOUT
        first = await_learner(setup.learner, window)
        if first is not None:
            setup.student.update(first.layers)
            with keep_at_end(setup, world), brake_at_end(world):
                _drive(setup, window, hands, world)
    report(setup.folder, setup.story)
    return setup.story


def await_learner(learner: LearnerProcess, window: Window) -> Learned | None:
    """The learner's first weights, with an eye on the window; None if it is closed meanwhile."""
    while (first := learner.poll()) is None:
        if window.poll().closed:
            return None
        time.sleep(DT)
    return first


def _drive(setup: Setup, window: Window, hands: Device, world: CarlaWorld) -> None:
    """Construct cockpit and drivers, and run the loop."""
    job, story, student = setup.job, setup.story, setup.student
    lesson = make_lesson(setup, world, hands=lambda: cockpit.has_wheel())  # noqa: PLW0108 - the cockpit is made below
    wiring = Wiring(
        title=f"{job.map} {job.direction}",
        weather=job.weather,
        advice=lambda _: Advice(student.answer or 0.0),
        lesson=lambda: describe_lesson(job, lesson, story),
        view=make_view(setup, world),
        teacher=HUMAN if job.teacher == "human" else job.teacher,
    )
    cockpit = Cockpit(window, hands, wiring, world.geometry, wait=True, step=job.step)
    teacher: Driver = (
        HumanDriver(cockpit.read_input, cockpit.has_pedals, world.geometry)
        if job.teacher == "human"
        else ExpertDriver.in_world(world)
    )
    gate = HumanGate(cockpit.has_wheel)
    shared = SharedDriver(student, teacher, gate, hands=gate)
    cockpit.share_with(shared, taken=True)
    live = LiveWorld(world, cockpit.attend, DT * job.slow, time.monotonic, time.sleep)
    window.poll()  # drops the keys pressed while loading
    try:
        run(live, shared, [lesson, cockpit], world.geometry, SpeedController(job.speed, DT))
    finally:
        story.late = live.late


def make_view(setup: Setup, world: CarlaWorld) -> DrawAlvinnPanel:
    """The ALVINN panel of the network that learns, or of the one that drives in its place.

    The second mark is the teacher's answer; while the network drives, the expert's.
    """
    panel, student, name = AlvinnPanel(TrackMap(sample_lane(world.lane))), setup.student, setup.job.name
    expert = ExpertDriver.in_world(world)
    other = None
    if setup.fallback is not None:
        other = NetworkInspector(setup.fallback.network, str(setup.job.fallback)).follow(setup.fallback.recall)

    def view(step: Step, driver: float | None, parts: Collection[Part]) -> Image:
        insight = student.show(name) if other is None or not student.is_replaced else other(step.observation)
        mark = expert.curvature_at(step.truth, step.observation.speed) if driver is None else driver
        return panel.draw(insight, mark, (step.truth.x, step.truth.y), parts)

    return view


def describe_lesson(job: LearnSettings, lesson: OnlineLesson, story: Story) -> LessonState:
    """The lesson as the window shows it.

    Args:
        job: its settings.
        lesson: in progress.
        story: what happened so far.
    """
    taken = lesson.teacher_drives()
    ready = taken and lesson.is_ready
    errors = tuple(error for error in story.error_by_second if error is not None)
    return LessonState(
        _choose_words(job, story, taken=taken, ready=ready),
        story.watched_s,
        story.passes,
        errors,
        PACES[job.network].low,
        ready,
    )


def _choose_words(job: LearnSettings, story: Story, *, taken: bool, ready: bool) -> str:
    if not taken and story.attempts:
        attempt = story.attempts[-1]
        who = story.fallback or job.name
        told = f"{who} drives: {attempt.driven_m:.0f} m, {attempt.departures} departures; Space takes the wheel"
        return f"{told}. It has driven a lap!" if story.first_unaided_lap_after_s is not None else told
    if story.fallback is not None:
        return f"it did not converge: {story.fallback} drives in its place; Space hands over"
    if ready:
        return "I can drive now: Space hands over"
    if story.outcome == "did not converge":
        return f"it has not converged in {job.patience:.0f} s; Escape ends the lesson"
    return "it watches and learns; Space hands over"
