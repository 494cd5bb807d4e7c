from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.drivers.handicap import Handicap, HandicappedDriver
from alvinn.driving.types import Decision, Observation
from tests.alvinn.fakes import SteadyDriver, picture, step

NAN = float("nan")


class Counting:
    """Answers 0.001, 0.002, 0.003 ... 1/m."""

    def __init__(self) -> None:
        self.answers = 0

    def reset(self) -> None:
        self.answers = 0

    def decide(self, _: Observation) -> Decision:
        self.answers += 1
        return Decision(curvature=self.answers / 1000.0, who="network")


def drive(handicap: Handicap, ticks: int) -> list[int]:
    """Which answer is applied at each tick of 20 Hz; 0: none yet."""
    driver = HandicappedDriver(Counting(), handicap)
    return [round(1000.0 * driver.decide(step(number).observation).curvature) for number in range(ticks)]


def test_late_answers_are_applied_late_and_in_order_and_before_the_first_one_the_car_goes_straight_on() -> None:
    assert drive(Handicap(latency=0.1), 6) == [0, 0, 1, 2, 3, 4]
    assert drive(Handicap(), 3) == [1, 2, 3]


def test_at_a_lower_rate_each_answer_holds_until_the_next() -> None:
    assert drive(Handicap(rate=10.0), 6) == [1, 1, 2, 2, 3, 3]
    assert drive(Handicap(rate=10.0, latency=0.05), 6) == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("rate", [3.0, 7.0, 15.0, 19.0, 20.0, 50.0])
def test_a_rate_that_ticks_do_not_divide_is_kept_on_average(rate: float) -> None:
    assert drive(Handicap(rate=rate), 2000)[-1] == pytest.approx(100.0 * min(rate, 20.0), abs=1.0)


def test_after_a_recovery_no_answer_to_what_came_before_is_applied() -> None:
    driver = HandicappedDriver(Counting(), Handicap(latency=0.1))
    for number in range(4):
        driver.decide(step(number).observation)
    driver.reset()
    assert [round(1000.0 * driver.decide(step(n).observation).curvature) for n in (4, 5, 6)] == [0, 0, 1]


def test_a_stop_more_is_twice_the_light_and_what_pixels_encode_stays() -> None:
    inside = SteadyDriver()
    seen = replace(step().observation, others={"left": picture(1), "depth": picture(2)})
    HandicappedDriver(inside, Handicap(exposure=1.0)).decide(seen)
    (shown,) = inside.seen
    light = ((shown.image / 255.0) ** 2.2, (seen.image / 255.0) ** 2.2)
    whole = shown.image < 255
    assert np.allclose(light[0][whole], 2.0 * light[1][whole], atol=0.01)
    assert (light[1][~whole] >= 0.49).all()
    assert (shown.others["left"] != picture(1)).any()
    assert np.array_equal(shown.others["depth"], picture(2))


@pytest.mark.parametrize(
    "wrong",
    [
        *({"latency": -0.1}, {"latency": NAN}, {"rate": 0.0}, {"rate": NAN}),
        *({"exposure": NAN}, {"exposure": 99.0}),
    ],
)
def test_a_handicap_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"--handicap.{next(iter(wrong))} must be"):
        Handicap(**wrong)
