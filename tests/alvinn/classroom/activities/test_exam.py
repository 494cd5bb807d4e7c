from __future__ import annotations

import json

import pytest

from alvinn.classroom.activities.exam import Exam, draw_sheet, mean_error
from alvinn.classroom.activities.task_queue import TaskQueue
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import FRAMES, Hello
from tests.alvinn.classroom.people import paper_car, shipped
from tests.alvinn.classroom.test_classroom import class_room, hear, last


def sitting() -> tuple[Classroom, Exam]:
    classroom = class_room()
    exam = Exam(classroom, TaskQueue(), paper_car(), shipped(), 8.0)
    exam.open()
    return classroom, exam


def test_everybody_gets_the_same_frames_at_every_start() -> None:
    one, other = (draw_sheet(paper_car(), shipped(), 8.0) for _ in range(2))
    assert one == other
    assert len(set(one.retinas)) == FRAMES
    assert len({round(right, 6) for right in one.expert}) == FRAMES


def test_the_answers_are_marked_beside_the_networks_and_the_best_are_named() -> None:
    classroom, exam = sitting()
    ada, bo = classroom.join(Hello("Ada")), classroom.join(Hello("Bo"))
    exam.hand_out(ada.number)
    frames = last(ada, "exam")
    assert len(frames["sizes"]) == FRAMES
    assert set(frames) == {"type", "frames", "sizes"}  # no answer among them
    sheet = draw_sheet(paper_car(), shipped(), 8.0)
    classroom.receive(ada, json.dumps({"type": "hand_in", "answers": sheet.expert}))
    marks = last(ada, "marks")
    assert marks["error"] == pytest.approx(0.0, abs=1e-6)
    assert marks["network"] == pytest.approx(mean_error(sheet.network, sheet.expert), abs=1e-5)
    classroom.receive(bo, json.dumps({"type": "hand_in", "answers": [0.1] * FRAMES}))
    assert [name for name, _ in last(ada, "best")["best"]] == ["Ada", "Bo"]


def test_nobody_hands_in_what_was_not_asked_for() -> None:
    classroom, _ = sitting()
    guest = classroom.join(Hello("Ada"))
    classroom.receive(guest, json.dumps({"type": "hand_in", "answers": [0.0] * FRAMES}))
    assert "frames" in last(guest, "refused")["why"]
    assert "marks" not in {message["type"] for message in hear(guest)}


def test_the_frames_are_drawn_by_the_thread_that_has_the_car() -> None:
    classroom, exam = sitting()
    guest = classroom.join(Hello("Ada"))
    classroom.receive(guest, '{"type": "exam"}')
    assert "exam" not in {message["type"] for message in hear(guest)}
    exam._queue.put(0, "end", exam._queue.close)
    exam._queue.work()
    assert last(guest, "exam")["frames"] == FRAMES
