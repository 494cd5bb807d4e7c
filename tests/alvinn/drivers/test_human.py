from __future__ import annotations

import pytest

from alvinn.controls.devices import ManualInput
from alvinn.drivers.human import FULL_BRAKE, HumanDriver
from alvinn.driving.types import Observation
from tests.alvinn.fakes import CAR, SMALL, picture


def seen(speed: float = 8.0) -> Observation:
    return Observation(frame=1, time=0.0, image=picture(1, SMALL), speed=speed)


def person(held: ManualInput | None, *, own_pedals: bool = False) -> HumanDriver:
    return HumanDriver(lambda speed: held, lambda: own_pedals, CAR)


@pytest.mark.parametrize("steer", [-1.0, -0.31, 0.0, 0.02, 1.0])
@pytest.mark.parametrize("speed", [0.0, 8.0, 30.0])
def test_the_steer_that_is_applied_is_the_one_that_the_hands_gave(steer: float, speed: float) -> None:
    decision = person(ManualInput(steer, axis=0.7)).decide(seen(speed))
    assert CAR.steer(decision.curvature, speed) == pytest.approx(steer, abs=1e-9)
    assert (decision.who, decision.axis) == ("human", 0.7)


def test_the_speed_is_held_for_a_person_who_only_steers_and_their_brake_is_theirs() -> None:
    assert person(ManualInput(0.0, throttle=1.0)).decide(seen()).pedals is None
    assert person(ManualInput(0.0, throttle=1.0, brake=0.6)).decide(seen()).pedals == (0.0, 0.6)
    assert person(ManualInput(0.0, brake=0.03)).decide(seen()).pedals is None, "a resting foot does not brake"


def test_own_pedals_are_used_as_they_are() -> None:
    assert person(ManualInput(0.0, throttle=0.4, brake=0.0), own_pedals=True).decide(seen()).pedals == (0.4, 0.0)


def test_without_a_device_the_car_keeps_its_steer_and_is_braked() -> None:
    answers: list[ManualInput | None] = [ManualInput(0.1), None]
    driver = HumanDriver(lambda speed: answers.pop(0), lambda: False, CAR)
    before, after = driver.decide(seen()), driver.decide(seen())
    assert after.curvature == before.curvature
    assert after.pedals == FULL_BRAKE
