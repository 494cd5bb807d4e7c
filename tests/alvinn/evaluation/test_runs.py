from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import FrameError, OccupiedError, ServerError
from alvinn.evaluation import runs
from alvinn.evaluation.runs import RunSpec, _work, pick_next, run_in_parallel, run_sequentially
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.referee import Result
from tests.alvinn.fakes import SMALL


def test_runs_go_to_the_worker_that_has_their_server_and_else_to_one_that_nobody_has(tmp_path: Path) -> None:
    job = LapSettings(maps="oval,country,hills", both_directions=True)
    waiting = [
        RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=tmp_path)
        for run in job.list_runs()
    ]
    order = []
    last: list[RunSpec | None] = [None, None]
    for worker in (0, 1, 0, 1, 0, 1):
        chosen = pick_next(waiting, last[worker], [spec for spec in last[:worker] + last[worker + 1 :] if spec])
        last[worker] = chosen
        order.append((worker, chosen.run.map, chosen.run.direction))
    assert order == [
        (0, "oval", "forward"),
        (1, "country", "forward"),
        (0, "oval", "reverse"),
        (1, "country", "reverse"),
        (0, "hills", "forward"),
        (1, "hills", "reverse"),
    ]
    assert waiting == []


class Deadly(LapSettings):
    """Settings that end the process which unpacks them."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (7,)


def test_a_run_that_cannot_begin_or_whose_process_dies_is_a_failed_result(tmp_path: Path) -> None:
    specs = [
        RunSpec(settings=job, run=run, model=tmp_path, camera=SMALL, laps=1, longest=9.0, folder=tmp_path)
        for job in (LapSettings(map="oval"), Deadly(map="country"))
        for run in job.list_runs()
    ]
    found = {result.run.map: result for result in run_in_parallel(specs, 2, lambda *_: None)}
    assert [found[name].status for name in ("oval", "country")] == ["failed", "failed"]
    assert "is not a model" in str(found["oval"].reason)
    assert found["country"].reason == "its process died with status 7"


def test_a_full_disk_fails_the_run_of_a_worker_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Result:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "log.csv")

    monkeypatch.setattr("alvinn.evaluation.runs.drive_run", full)
    monkeypatch.setattr("alvinn.evaluation.runs.signal.signal", lambda *_: None)  # this process still hears Ctrl-C
    ours, theirs = multiprocessing.Pipe()
    job = LapSettings(driver="expert", map="oval")
    (run,) = job.list_runs()
    ours.send(RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=tmp_path))
    ours.send(None)
    _work(theirs)
    assert ours.recv().reason.startswith("log.csv: No space left on device; free some space")


def test_on_a_named_server_a_late_image_or_a_taken_start_ends_its_run_and_a_dead_server_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = iter([FrameError("late"), OccupiedError("taken"), ServerError("gone"), FrameError("never driven")])

    def fail(*_: object) -> None:
        raise next(errors)

    monkeypatch.setattr(runs, "drive_run", fail)
    job = LapSettings(carla="somewhere:2000", map="Town01", starts=4)
    specs = [
        RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=tmp_path)
        for run in job.list_runs()
    ]
    found = list(run_sequentially(specs, None, lambda *_: None))
    assert [(result.run.start, result.reason) for result in found] == [(0, "late"), (1, "taken"), (2, "gone")]
