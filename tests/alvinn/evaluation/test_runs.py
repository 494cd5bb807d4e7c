from __future__ import annotations

import errno
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alvinn.errors import FrameError, OccupiedError, ServerError
from alvinn.evaluation import ray_runs, runs
from alvinn.evaluation.runs import RunSpec, _work, pick_next, run_in_parallel, run_sequentially
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.referee import Result
from tests.alvinn.fakes import SMALL
from tests.alvinn.judged import judged


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


def make_specs(folder: Path, maps: str) -> list[RunSpec]:
    job = LapSettings(driver="expert", maps=maps)
    return [
        RunSpec(settings=job, run=run, model=None, camera=SMALL, laps=1, longest=9.0, folder=folder)
        for run in job.list_runs()
    ]


def drive_in_order(specs: list[RunSpec]) -> list[Result]:
    return list(run_sequentially(specs, None, lambda *_: None))


def drive_in_worker(specs: list[RunSpec]) -> list[Result]:
    """As a worker process does, in this one."""
    ours, theirs = multiprocessing.Pipe()
    for told in (*specs, None):
        ours.send(told)
    _work(theirs)
    return [ours.recv() for _ in specs]


def drive_on_node(specs: list[RunSpec]) -> list[Result]:
    node = ray_runs.Node()
    return [node.drive_run(spec, None)[0] for spec in specs]


@pytest.mark.parametrize("drive", [drive_in_order, drive_in_worker, drive_on_node])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errno.ENAMETOOLONG, "log.csv: File name too long; choose a shorter name"),
        (errno.ENOSPC, "log.csv: No space left on device; free some space"),
    ],
)
def test_a_run_that_the_file_system_refuses_is_failed_and_the_others_are_driven_with_one_job_as_with_two(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drive: Callable[[list[RunSpec]], list[Result]],
    error: int,
    told: str,
) -> None:
    def refuse(spec: RunSpec, *_: object) -> Result:
        if spec.run.map == "oval":
            raise OSError(error, os.strerror(error), "log.csv")
        return judged([0.1] * 20, spec.run)

    monkeypatch.setattr(runs, "drive_run", refuse)
    monkeypatch.setattr(ray_runs, "drive_run", refuse)
    monkeypatch.setattr("alvinn.evaluation.runs.signal.signal", lambda *_: None)  # this process still hears Ctrl-C
    failed, driven = drive(make_specs(tmp_path, "oval,country"))
    assert (failed.status, driven.status, driven.run.map) == ("failed", "done", "country")
    assert str(failed.reason).startswith(told)


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
