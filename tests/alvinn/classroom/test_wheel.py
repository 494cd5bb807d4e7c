from __future__ import annotations

import pytest

from alvinn.classroom.wheel import LOST, SILENT, RemoteWheel
from alvinn.controls.devices import steer_limit


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wheel(clock: Clock) -> RemoteWheel:
    return RemoteWheel(clock)


def test_one_has_it_until_it_is_given_back(wheel: RemoteWheel) -> None:
    assert wheel.take(1)
    assert not wheel.take(2)
    wheel.release(2)  # who does not have it gives nothing back
    assert wheel.holder == 1
    wheel.release(1)
    assert wheel.take(2)


def test_the_lecturer_takes_it_from_whoever_has_it(wheel: RemoteWheel) -> None:
    wheel.take(1)
    wheel.release()
    assert wheel.holder is None


def test_it_turns_as_far_as_the_speed_allows(wheel: RemoteWheel) -> None:
    wheel.take(1)
    wheel.turn(1, -1.0, 0.25)
    read = wheel.read(20.0)
    assert read is not None
    assert read.steer == -steer_limit(20.0)
    assert read.brake == 0.25


def test_who_does_not_have_it_turns_nothing(wheel: RemoteWheel) -> None:
    wheel.take(1)
    wheel.turn(2, 1.0, 1.0)
    read = wheel.read(5.0)
    assert read is not None
    assert (read.steer, read.brake) == (0.0, 0.0)


def test_nobody_at_it_brakes(wheel: RemoteWheel) -> None:
    assert wheel.read(5.0) is None


def test_a_silent_holder_brakes_and_then_loses_it(wheel: RemoteWheel, clock: Clock) -> None:
    wheel.take(1)
    clock.now = SILENT + 0.01
    silent = wheel.read(5.0)
    wheel.turn(1, 0.5, 0.0)
    heard = wheel.read(5.0)
    clock.now += LOST + 0.01
    assert silent is None
    assert heard is not None
    assert wheel.take(2)
