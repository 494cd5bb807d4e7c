"""A snapshot is a value: it stays as it was when the world moves on."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from sim.episode.blueprints import VEHICLE, Description
from sim.episode.snapshot import ActorState
from sim.episode.world import World
from sim.geometry.poses import Pose, Vector
from tests.sim.fakes import Plain


def test_an_actor_stands_still_unless_its_motion_is_given() -> None:
    state = ActorState(1, Pose())
    assert state.velocity == state.angular_velocity == state.acceleration == Vector()
    assert state.vehicle is None


def test_a_snapshot_is_not_changed_by_later_ticks() -> None:
    world = World(Plain())
    car = world.spawn(Description(0, VEHICLE), Pose())
    world.tick()
    before = world.snapshot()
    kept = next(actor for actor in before.actors if actor.id == car.id)
    world.set_velocity(car.id, Vector(10.0, 0.0))
    world.tick()
    after = next(actor for actor in world.snapshot().actors if actor.id == car.id)
    assert next(actor for actor in before.actors if actor.id == car.id) == kept
    assert after.pose.x > kept.pose.x
    assert world.snapshot().timestamp.frame == before.timestamp.frame + 1
    assert world.snapshot().timestamp.seconds == pytest.approx(before.timestamp.seconds + before.step)


def test_nothing_in_a_snapshot_can_be_assigned() -> None:
    world = World(Plain())
    with pytest.raises(FrozenInstanceError):
        world.snapshot().step = 1.0  # type: ignore[misc]
