from __future__ import annotations

import pytest

from alvinn.driving.observers import Deadline, LaneEnd, TickCallback
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Step
from tests.alvinn.fakes import DT, circle, step, straight, truth


@pytest.mark.parametrize("first", [0, 1000])
def test_the_deadline_stops_the_loop_after_its_seconds_of_simulation(first: int) -> None:
    deadline = Deadline(3.0)
    verdicts = [deadline.see(step(first + number)) for number in range(61)]
    assert verdicts == [Verdict.CONTINUE] * 60 + [Verdict.STOP]
    assert pytest.approx(3.0) == 60 * DT


def test_a_recovery_does_not_postpone_the_deadline() -> None:
    deadline = Deadline(1.0)
    deadline.see(step(0))
    deadline.on_recovery()
    assert deadline.see(step(20)) is Verdict.STOP


def test_the_callback_is_called_at_every_tick() -> None:
    seen: list[Step] = []
    observer = TickCallback(seen.append)
    steps = [step(0), step(1)]
    assert [observer.see(one) for one in steps] == [Verdict.CONTINUE] * 2
    assert seen == steps


def test_two_seconds_before_an_open_lane_ends_the_drive_ends_and_a_closed_lane_never_ends() -> None:
    end = LaneEnd(straight(200.0), 8.0)
    verdicts = [end.see(step(0, truth(lane_s=at))) for at in (0.0, 183.0, 184.5)]
    assert verdicts == [Verdict.CONTINUE, Verdict.CONTINUE, Verdict.STOP]
    assert end.is_reached
    assert LaneEnd(circle(30.0), 8.0).see(step(0, truth(lane_s=1e6))) is Verdict.CONTINUE
