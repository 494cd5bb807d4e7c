"""The task on a real server; what the Gymnasium face adds has its own tests."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from alvinn.reinforcement.lane_keeping import LaneKeeping, Road
from alvinn.settings import Driving
from tests.alvinn.fakes import SMALL
from tests.conftest import Address


@pytest.fixture(scope="module")
def task(server: Address) -> Iterator[LaneKeeping]:
    with LaneKeeping(Driving(carla="{}:{}".format(*server)), SMALL) as made:
        made.open(Road("oval"))
        yield made


def test_the_car_starts_where_it_is_put_as_fast_as_the_bend_there_allows(task: LaneKeeping) -> None:
    tick = task.start(10.0, offset=0.3)
    assert tick.truth.offset == pytest.approx(0.3, abs=0.05)
    bend = max(range(int(task.lane.length)), key=lambda s: abs(task.lane.curvature(s)))
    speed = task.start(bend).observation.speed
    assert speed == pytest.approx(min(8.0, math.sqrt(3.0 / abs(task.lane.curvature(bend)))), abs=0.2)


@pytest.mark.long
def test_a_lap_is_finished_where_it_began_and_not_before(task: LaneKeeping) -> None:
    task.start(0.0)
    way, last = 0.0, 0.0
    for _ in range(4000):
        tick = task.step(task.expert_curvature())
        way, last = way + task.lane.between(last, tick.truth.lane_s), tick.truth.lane_s
        if tick.finished:
            break
    assert way == pytest.approx(task.lane.length, abs=1.0)
    assert not tick.departed
    assert not tick.collided


def test_the_share_is_one_at_the_edge_and_a_departure_beyond(task: LaneKeeping) -> None:
    tick = task.start(10.0, offset=0.5)
    assert tick.share == pytest.approx(tick.truth.offset / tick.margin)
    assert not tick.departed
    assert task.start(10.0, offset=tick.margin + 0.2).departed


def test_what_is_open_stays_for_the_same_road(task: LaneKeeping) -> None:
    lane = task.lane
    task.open(Road("oval"))
    assert task.lane is lane
