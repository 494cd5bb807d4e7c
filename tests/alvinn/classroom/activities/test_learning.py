"""Learning on stage, on paper: the car, the learner and what it comes to are scripted."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from alvinn.classroom.activities.learning import describe, learn_on_stage, think_as
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Hello
from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.types import Decision, Observation
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import read_card
from alvinn.online.lesson import OnlineLesson
from alvinn.online.process import Learned, LearnerProcess, Watched
from alvinn.online.run import Setup
from alvinn.online.settings import LearnSettings
from alvinn.online.story import Story
from alvinn.online.student import NAME, StudentDriver
from alvinn.training.history import read_history
from alvinn.world.carla_world import CarlaWorld
from tests.alvinn import fakes
from tests.alvinn.classroom.people import PaperCar, paper_car
from tests.alvinn.classroom.test_classroom import class_room, hear
from tests.alvinn.online.test_student import always


class Time:
    """Passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class PaperLearner:
    """Makes a pass at every request; its weights always answer straight on."""

    skipped = 0

    def __init__(self) -> None:
        self.passes = 0

    def wait(self) -> Learned:
        return Learned(always(0.0), self.passes, None if not self.passes else 0.1)

    def request(self, _: Watched) -> Learned:
        self.passes += 1
        return self.wait()

    def poll(self, *, patient: bool = False) -> Learned:
        assert patient
        return self.wait()

    def save(self, folder: Path) -> Learned:
        folder.mkdir(parents=True, exist_ok=True)
        return self.wait()


class Gifted(StudentDriver):
    """Sees as its network does, and steers as the expert would."""

    def __init__(self, world: CarlaWorld) -> None:
        super().__init__(ARCHITECTURES["alvinn1991"].preprocessing(fakes.CAMERA), Hill(30))
        self._expert = ExpertDriver.in_world(world)

    def decide(self, observation: Observation) -> Decision:
        super().decide(observation)
        self.answer = self._expert.decide(observation).curvature
        return Decision(self.answer, who=NAME)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Classroom, Setup, CarlaWorld]:
    """A class before a car on a circle, and a network that is ready after two seconds."""
    monkeypatch.setattr(PaperCar, "server", "embedded", raising=False)
    monkeypatch.setattr("alvinn.online.run.LEAST_SECONDS", 2.0)
    monkeypatch.setattr("alvinn.online.run.LOW_SECONDS", 1.0)
    world = paper_car(fakes.circle(20.0, spacing=0.5))
    job = LearnSettings(home=tmp_path, name="class-learned", network="alvinn1991", driver="expert")
    story = Story(job.network, job.teacher, job.map, job.direction, job.weather, job.seed)
    learner = cast("LearnerProcess", PaperLearner())
    return class_room(), Setup(job, tmp_path / "models" / "class-learned", learner, Gifted(world), story, None), world


def test_a_network_watches_then_drives_a_lap_before_everybodys_eyes_and_is_kept(
    stage: tuple[Classroom, Setup, CarlaWorld],
) -> None:
    (classroom, setup, world), time = stage, Time()
    learn_on_stage(classroom, setup, world, clock=time.clock, sleep=time.sleep)
    assert setup.story.outcome == "drove a lap"
    assert setup.story.first_unaided_lap_after_s == pytest.approx(2.0, abs=0.1)
    assert time.now == pytest.approx(2.0 + 2.0 * np.pi * 20.0 / 8.0, abs=2.0), "paced to real time"
    shown = list(classroom.moments)
    notes = [moment.note.partition(",")[0] for moment in shown]
    assert list(dict.fromkeys(notes)) == ["the network watches the expert", "the network drives by itself"]
    assert {moment.who for moment in shown} == {"expert", NAME}
    assert all(moment.thought is not None and len(moment.thought.units) == 30 for moment in shown)
    assert read_card(setup.folder).describe_sources() == "watching expert on country"
    assert [row.loss for row in read_history(setup.folder / "history.csv")] == [0.1, 0.1]


def test_a_class_that_ends_early_keeps_what_was_learned(stage: tuple[Classroom, Setup, CarlaWorld]) -> None:
    (classroom, setup, world), time = stage, Time()
    learn_on_stage(classroom, setup, world, 1.5, time.clock, time.sleep)
    assert setup.story.outcome == "ended by the driver"
    assert read_card(setup.folder).network == "alvinn1991"


def test_a_guest_sees_the_retina_and_the_hill_of_the_network_that_learns(
    stage: tuple[Classroom, Setup, CarlaWorld],
) -> None:
    classroom, setup, world = stage
    time = Time()
    learn_on_stage(classroom, setup, world, 1.0, time.clock, time.sleep)
    (shown,) = [message for message in hear(classroom.join(Hello("Ada"))) if message["type"] == "moment"]
    assert len(shown["network"]["units"]) == 30
    assert shown["network"]["span"] == 0.15
    assert 0.0 <= shown["network"]["doubt"] <= 1.0


def test_before_its_first_weights_there_is_nothing_to_show() -> None:
    student = StudentDriver(ARCHITECTURES["conv"].preprocessing(fakes.CAMERA), Hill(45))
    assert think_as(student) is None
    student.decide(fakes.step(camera=fakes.CAMERA).observation)
    assert think_as(student) is None


@pytest.mark.parametrize("network", ["alvinn1991", "pilotnet"])
def test_every_retina_is_shown_in_colours(network: str) -> None:
    preprocessing = ARCHITECTURES[network].preprocessing(fakes.CAMERA)  # type: ignore[index]
    student = StudentDriver(preprocessing, Hill(30))
    student.seen = preprocessing(fakes.picture(0, fakes.CAMERA))
    student.answer, student.activations = 0.02, [Hill(30).encode(0.02).astype(np.float32)]
    thought = think_as(student)
    assert thought is not None
    assert thought.retina.shape == (*preprocessing.shape[:2], 3)
    assert thought.retina.dtype == np.uint8


def test_the_note_tells_the_error_once_it_is_known() -> None:
    class Watching:
        error: float | None = None

        def teacher_drives(self) -> bool:
            return True

    lesson = Watching()
    assert describe(cast("OnlineLesson", lesson)) == "the network watches the expert"
    lesson.error = 0.0123
    assert describe(cast("OnlineLesson", lesson)) == "the network watches the expert, its error 0.012 1/m"
