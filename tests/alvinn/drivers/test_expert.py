from __future__ import annotations

from types import SimpleNamespace

import pytest

from alvinn.drivers.expert import ExpertDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.lane import Lane
from alvinn.driving.loop import run
from alvinn.driving.protocols import Verdict
from tests.alvinn.fakes import CAR, DT, PaperWorld, Script, circle, straight


def driven(lane: Lane, offset: float, ticks: int) -> list[float]:
    """The offsets, tick by tick, of a car that the expert drives."""
    world, script = PaperWorld(lane, offset=offset), Script([Verdict.CONTINUE] * ticks)
    run(world, ExpertDriver(lane, world.truth, rear_axle=0.0), [script], CAR, SpeedController(8.0, DT))
    return [step.truth.offset for step in script.steps]


@pytest.mark.parametrize("offset", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("lane", [straight(300.0), circle(30.0), circle(60.0, right=False)])
def test_it_comes_to_the_middle_of_the_lane_and_stays_there(lane: Lane, offset: float) -> None:
    offsets = driven(lane, offset, 300)
    assert max(abs(late) for late in offsets[200:]) < 0.1
    assert max(abs(one) for one in offsets) < abs(offset) + 0.1


def test_right_of_the_lane_it_steers_left() -> None:
    lane = straight(300.0)
    for offset in (-0.5, 0.5):
        world = PaperWorld(lane, offset=offset)
        decision = ExpertDriver(lane, world.truth, rear_axle=0.0).decide(world.observe())
        assert decision.curvature * offset < 0.0
        assert decision.who == "expert"


@pytest.mark.parametrize("right", [True, False])
def test_on_the_middle_of_a_bend_it_drives_the_bend(right: bool) -> None:
    world = PaperWorld(circle(30.0, right=right))
    decision = ExpertDriver(world.lane, world.truth, rear_axle=0.0).decide(world.observe())
    assert decision.curvature == pytest.approx((1.0 if right else -1.0) / 30.0, rel=0.1)


def test_in_a_world_it_knows_where_the_rear_axle_is() -> None:
    lane = circle(40.0)
    paper = PaperWorld(lane, offset=0.3)
    world = SimpleNamespace(lane=lane, truth=paper.truth, geometry=CAR)
    seen = paper.observe()
    by_hand = ExpertDriver(lane, paper.truth, CAR.wheelbase / 2.0).decide(seen)
    assert ExpertDriver.in_world(world).decide(seen) == by_hand
    assert ExpertDriver(lane, paper.truth, 0.0).decide(seen) != by_hand
