"""What every World must do; a test class gives a world as a fixture and inherits the rest."""

from __future__ import annotations

import itertools
import math

import pytest

from alvinn.driving.protocols import World
from alvinn.driving.types import Control, GroundTruth, Observation

GENTLE = Control(steer=0.0, throttle=0.6, brake=0.0)
RIGHT = Control(steer=0.15, throttle=0.6, brake=0.0)


class WorldContract:
    """The contract of alvinn.driving.protocols.World; the car stands or moves on the middle of its lane."""

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError

    def drive(self, world: World, control: Control, ticks: int) -> tuple[list[Observation], list[GroundTruth]]:
        seen, true = [], []
        for _ in range(ticks):
            seen.append(world.observe())
            true.append(world.truth())
            world.apply(control)
        return seen, true

    def test_a_tick_makes_the_next_frame_a_twentieth_of_a_second_later(self, world: World) -> None:
        seen, _ = self.drive(world, GENTLE, 8)
        assert [b.frame - a.frame for a, b in itertools.pairwise(seen)] == [1] * 7
        assert [b.time - a.time for a, b in itertools.pairwise(seen)] == pytest.approx([0.05] * 7)
        assert len({one.image.shape for one in seen}) == 1

    def test_the_truth_stays_the_same_until_the_next_tick(self, world: World) -> None:
        world.observe()
        first = world.truth()
        assert world.truth() == first
        world.apply(GENTLE)
        world.observe()

    def test_it_begins_on_the_middle_of_its_lane(self, world: World) -> None:
        world.observe()
        true = world.truth()
        assert abs(true.offset) < 0.05
        assert abs(true.heading_error) < 0.05
        assert true.lane_width > 2.0

    def test_throttle_drives_on_along_the_lane(self, world: World) -> None:
        seen, true = self.drive(world, GENTLE, 40)
        assert seen[-1].speed > 0.5
        assert true[-1].lane_s - true[0].lane_s > 0.3

    def test_brakes_stop_it(self, world: World) -> None:
        self.drive(world, GENTLE, 20)
        seen, _ = self.drive(world, Control(steer=0.0, throttle=0.0, brake=1.0), 100)
        assert seen[-1].speed < 0.1

    def test_steering_to_the_right_takes_it_to_the_right(self, world: World) -> None:
        self.drive(world, GENTLE, 20)
        _, true = self.drive(world, RIGHT, 25)
        assert true[-1].heading_error > 0.02
        assert true[-1].offset > true[0].offset + 0.02

    def test_a_recovery_puts_it_back_on_the_middle_where_it_was(self, world: World) -> None:
        self.drive(world, GENTLE, 30)
        self.drive(world, RIGHT, 30)
        seen, before = world.observe(), world.truth()
        assert abs(before.offset) > 0.02
        world.recover()
        again, after = world.observe(), world.truth()
        assert again.frame > seen.frame
        assert abs(after.offset) < 0.05
        assert abs(after.heading_error) < 0.05
        assert after.lane_s == pytest.approx(before.lane_s, abs=0.1 * math.ceil(seen.speed + 1.0))
        assert again.speed == pytest.approx(seen.speed, rel=0.2, abs=0.3)
