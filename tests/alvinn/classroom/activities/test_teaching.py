from __future__ import annotations

import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from alvinn.classroom.activities.contenders import PLAIN
from alvinn.classroom.activities.proving_ground import ProvingGround
from alvinn.classroom.activities.teaching import (
    ASIDE,
    GATE_HEADING,
    GATE_SHARE,
    TAUGHT,
    Teaching,
    read_losses,
    train_quietly,
)
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Hello
from alvinn.driving.departure import departure_margin
from alvinn.errors import ModelError
from alvinn.recording import Recording
from alvinn.settings import Driving
from alvinn.training.run import TrainSettings
from tests.alvinn import fakes
from tests.alvinn.classroom.people import KEYS, PaperCar, paper_car, shipped
from tests.alvinn.classroom.test_classroom import class_room, hear, last


class PaperTeaching(Teaching):
    """A round whose training takes no time: it teaches the clone nothing."""

    failure: str = ""

    def _train(self) -> Path:
        if self.failure:
            raise ModelError(self.failure)
        self._tell("epoch", losses=[0.5, 0.25], epochs=2)
        return self._student.folder


@pytest.fixture
def taught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Classroom, PaperTeaching, Guest]:
    """A class with a car on paper that sees noise, so that its network drifts at once."""
    monkeypatch.setattr(PaperCar, "server", "embedded", raising=False)
    classroom = class_room()
    student = replace(shipped(), name=PLAIN)
    ground = ProvingGround(classroom, [student], paper_car(fakes.circle(60.0)), 8.0)
    teaching = PaperTeaching(classroom, ground, student, Driving(home=tmp_path, map="oval"), lambda _: None)
    teaching.seconds = 2.0
    teaching.open()
    return classroom, teaching, classroom.join(Hello("me", KEYS.lecturer))


def test_a_round_drives_learns_and_drives_again_before_everybodys_eyes(
    taught: tuple[Classroom, PaperTeaching, Guest], tmp_path: Path
) -> None:
    classroom, teaching, _ = taught
    guest = classroom.join(Hello("Ada"))
    teaching.teach()
    heard = hear(guest)
    assert [message["phase"] for message in heard if message["type"] == "teach"] == [
        "drive",
        "train",
        "epoch",
        "again",
        "done",
    ]
    assert "taught" in {message["type"] for message in heard}
    driven = Recording(tmp_path / "data" / TAUGHT).rows
    rows = [row for row in driven if row.correction]
    assert {row.who for row in rows} == {"expert"}
    assert {row.outcome for row in driven if not row.correction} <= {"corrected", "faultless"}  # so no labels
    assert driven[0].offset == pytest.approx(ASIDE, abs=0.2)
    assert driven[0].who == "network", "it has a chance first"
    assert len({row.correction for row in rows}) > 1, "a round begins more than once"
    margin = departure_margin(rows[0].lane_width, fakes.CAR.width)
    turned = abs(rows[0].heading_error) / GATE_HEADING
    assert max(abs(rows[0].offset) / (GATE_SHARE * margin), turned) > 1.0, "not before the clone fails"
    done = [message for message in heard if message.get("phase") == "done"][-1]["note"]
    assert done.startswith("take-overs before: ")


def test_a_round_that_fails_says_so_and_the_class_goes_on(taught: tuple[Classroom, PaperTeaching, Guest]) -> None:
    _, teaching, lecturer = taught
    teaching.failure = "no space is left"
    teaching.teach()
    assert last(lecturer, "teach")["note"] == "the round failed: no space is left"


def test_a_round_needs_the_code_and_waits_its_turn(taught: tuple[Classroom, PaperTeaching, Guest]) -> None:
    classroom, teaching, lecturer = taught
    guest = classroom.join(Hello("Ada"))
    classroom.receive(guest, '{"type": "teach"}')
    assert "code" in last(guest, "refused")["why"]
    classroom.receive(lecturer, '{"type": "teach"}')
    assert last(lecturer, "queued")["before"] == 0
    assert len(teaching._ground.queue) == 1


def test_a_page_that_comes_back_after_a_round_may_teach_the_next_one(
    taught: tuple[Classroom, PaperTeaching, Guest],
) -> None:
    classroom, teaching, lecturer = taught
    assert "teach" not in {message["type"] for message in hear(lecturer)}, "there was no round yet"
    classroom.receive(lecturer, '{"type": "teach"}')
    classroom.leave(lecturer)
    back = classroom.join(Hello("me", KEYS.lecturer))
    assert len(teaching._ground.queue) == 1, "it is taught though the one who asked lost the connection"
    classroom.receive(back, '{"type": "teach"}')
    assert "round" in last(back, "refused")["why"]
    teaching._tell("train", note="the clone learns")
    assert last(classroom.join(Hello("Ada")), "teach")["phase"] == "train", "who comes during a round sees that"
    teaching.teach()
    returned = classroom.join(Hello("me", KEYS.lecturer))
    assert last(returned, "teach")["phase"] == "done"
    classroom.receive(returned, '{"type": "teach"}')
    assert last(returned, "queued")["before"] == 0


def test_losses_are_read_while_the_training_writes_them(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    assert read_losses(history) == []
    history.write_text("epoch,loss,held_out_mae\n1,0.5,0.1\n2,0.25,\n")
    assert read_losses(history) == [0.5, 0.25]


def test_why_a_training_failed_is_told_by_its_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))  # which the child replaces
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with pytest.raises(SystemExit):
        train_quietly(TrainSettings(home=tmp_path, name=TAUGHT), [tmp_path / "missing"], None, theirs)
    sys.stdout.close()  # the child's, which ends with it elsewhere
    assert "missing is not a recording" in ours.recv()
