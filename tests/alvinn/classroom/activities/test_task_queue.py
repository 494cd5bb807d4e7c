from __future__ import annotations

import threading

from alvinn.classroom.activities.task_queue import TaskQueue


def test_tasks_are_done_in_turn_and_a_newer_one_takes_the_place_of_the_guests_own() -> None:
    queue, done = TaskQueue(), list[str]()
    assert queue.put(1, "pose", lambda: done.append("1 old")) == 0
    assert queue.put(2, "pose", lambda: done.append("2")) == 1
    assert queue.put(1, "pose", lambda: done.append("1 new")) == 0
    assert queue.put(1, "drop", queue.close) == 2
    queue.put(3, "pose", lambda: done.append("3"))
    queue.work()
    assert done == ["1 new", "2"]


def test_who_leaves_is_not_waited_for() -> None:
    queue = TaskQueue()
    queue.put(1, "pose", lambda: None)
    queue.put(1, "drop", lambda: None)
    queue.put(2, "pose", lambda: None)
    queue.forget(1)
    assert len(queue) == 1


def test_whoever_waits_for_work_is_woken_by_it_and_by_the_end() -> None:
    queue, done = TaskQueue(), threading.Event()
    worker = threading.Thread(target=queue.work)
    worker.start()
    queue.put(1, "pose", done.set)
    assert done.wait(30.0)
    queue.close()
    worker.join(30.0)
    assert not worker.is_alive()
    assert queue.is_closed
