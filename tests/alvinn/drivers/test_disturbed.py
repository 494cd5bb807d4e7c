from __future__ import annotations

import numpy as np
import pytest

from alvinn.drivers.disturbed import DisturbedDriver, PulseRanges
from alvinn.driving.types import Observation
from tests.alvinn.fakes import DT, SteadyDriver, picture


def disturbances(seed: int, ticks: int = 4000, pulses: PulseRanges | None = None) -> list[float]:
    driver = DisturbedDriver(SteadyDriver(0.02), np.random.default_rng(seed), pulses)
    driver.reset()
    decisions = [
        driver.decide(Observation(frame=t, time=100.0 + t * DT, image=picture(0), speed=8.0)) for t in range(ticks)
    ]
    assert {decision.curvature for decision in decisions} == {0.02}, "the driver's own answer stays the label"
    return [decision.disturbance for decision in decisions]


def test_the_same_seed_pushes_the_same_way() -> None:
    assert disturbances(1) == disturbances(1)
    assert disturbances(1) != disturbances(2)


def test_it_pushes_to_both_sides_and_leaves_the_car_alone_in_between() -> None:
    pushed = np.array(disturbances(0))
    assert pushed.max() > 0.05
    assert pushed.min() < -0.05
    assert abs(pushed.mean()) < 0.01
    assert 0.3 < (pushed == 0.0).mean() < 0.8


def test_a_pulse_rises_and_falls_evenly_and_keeps_to_its_peak() -> None:
    pulses = PulseRanges(pause=(1.0, 1.0), length=(1.0, 1.0), peak=(0.06, 0.06))
    pushed = np.abs(disturbances(0, ticks=41, pulses=pulses))
    assert pushed[:20] == pytest.approx(np.zeros(20))
    assert pushed[30] == pytest.approx(0.06)
    assert np.diff(pushed[20:31]) == pytest.approx(np.full(10, 0.006))
    assert np.diff(pushed[30:41]) == pytest.approx(np.full(10, -0.006))


def test_a_reset_ends_a_pulse() -> None:
    pulses = PulseRanges(pause=(1.0, 1.0), length=(1.0, 1.0), peak=(0.06, 0.06))
    driver = DisturbedDriver(SteadyDriver(), np.random.default_rng(0), pulses)
    seen = [Observation(frame=t, time=t * DT, image=picture(0), speed=8.0) for t in range(40)]
    assert driver.decide(seen[0]).disturbance == 0.0
    assert driver.decide(seen[30]).disturbance != 0.0
    driver.reset()
    assert [driver.decide(one).disturbance for one in seen[31:]] == [0.0] * 9
