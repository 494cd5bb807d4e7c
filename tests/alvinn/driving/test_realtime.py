from __future__ import annotations

import pytest

from alvinn.driving.realtime import FULL_BRAKE, LOST_IN_A_ROW, LiveWorld
from alvinn.driving.types import Observation
from alvinn.errors import FrameError
from tests.alvinn.fakes import DT, PaperWorld, straight


class Clock:
    """Time that goes by only when somebody lets it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Lossy(PaperWorld):
    """A world whose next pictures do not come."""

    lost = 0

    def observe(self) -> Observation:
        if self.lost:
            self.lost -= 1
            raise FrameError("the picture did not come")
        return super().observe()


def live(clock: Clock, world: PaperWorld | None = None, go: list[bool] | None = None) -> LiveWorld:
    answers = go if go is not None else []
    return LiveWorld(
        world or PaperWorld(straight(100.0)),
        lambda late, lost: answers.pop(0) if answers else True,
        DT,
        clock,
        clock.sleep,
    )


def test_ticks_come_at_twenty_a_second_however_long_each_takes() -> None:
    clock = Clock()
    world = live(clock)
    times = []
    for work in (0.0, 0.01, 0.03, 0.049, 0.0):
        world.observe()
        times.append(clock.now)
        clock.now += work
        world.apply(FULL_BRAKE)
    assert [later - times[0] for later in times] == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])
    assert world.late == 0


def test_a_late_tick_is_counted_and_time_is_not_caught_up() -> None:
    clock = Clock()
    world = live(clock)
    world.observe()
    clock.now += 0.12
    world.observe()
    late_at = clock.now
    world.observe()
    assert world.late == 1
    assert clock.now - late_at == pytest.approx(DT), "the next one has its full time"


def test_a_pause_stops_the_world_and_makes_no_tick_late() -> None:
    clock = Clock()
    paper = PaperWorld(straight(100.0))
    world = live(clock, paper, go=[True, False, False, False, True])
    world.observe()
    world.apply(FULL_BRAKE)
    began = clock.now
    world.observe()
    assert clock.now - began == pytest.approx(4 * DT)
    assert paper.frame == 1
    world.observe()
    assert world.late == 0


def test_the_car_is_braked_for_every_picture_that_stays_away_and_drives_on_after() -> None:
    paper = Lossy(straight(100.0))
    world = live(Clock(), paper)
    paper.lost = 2
    seen = world.observe()
    assert paper.applied == [FULL_BRAKE] * 2
    assert (seen.frame, world.lost) == (2, 2)


def test_too_many_lost_pictures_in_a_row_end_the_drive() -> None:
    paper = Lossy(straight(100.0))
    paper.lost = LOST_IN_A_ROW + 1
    with pytest.raises(FrameError):
        live(Clock(), paper).observe()


def test_whoever_looks_after_the_window_is_told_what_was_late_and_lost() -> None:
    clock, told = Clock(), []

    def attend(late: int, lost: int) -> bool:
        told.append((late, lost))
        return True

    paper = Lossy(straight(100.0))
    world = LiveWorld(paper, attend, DT, clock, clock.sleep)
    world.observe()
    clock.now += 1.0
    paper.lost = 1
    world.observe()
    assert told == [(0, 0), (1, 0), (1, 1)]


def test_a_recovery_is_handed_on() -> None:
    paper = PaperWorld(straight(100.0), offset=1.0)
    world = live(Clock(), paper)
    world.recover()
    assert paper.recoveries == 1
    assert abs(world.truth().offset) < 1e-9
