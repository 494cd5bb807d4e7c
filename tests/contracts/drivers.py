"""What every Driver must do; a test class gives a driver as a fixture and inherits the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest

from alvinn.driving.protocols import Driver
from alvinn.driving.types import Decision, Observation
from tests.alvinn.fakes import CAMERA, DT, picture


def observations(n: int, start: int = 0) -> list[Observation]:
    return [Observation(frame=t, time=t * DT, image=picture(t % 8, CAMERA), speed=8.0) for t in range(start, start + n)]


class DriverContract:
    """The contract of alvinn.driving.protocols.Driver."""

    @pytest.fixture
    def driver(self) -> Driver:
        raise NotImplementedError

    def test_it_answers_every_observation_with_a_decision(self, driver: Driver) -> None:
        driver.reset()
        for seen in observations(20):
            decision = driver.decide(seen)
            assert isinstance(decision, Decision)
            assert type(decision.curvature) is float
            assert abs(decision.curvature) < 1.0
            assert math.isfinite(decision.disturbance)
            assert decision.who

    def test_it_leaves_the_picture_as_it_was(self, driver: Driver) -> None:
        driver.reset()
        for seen in observations(5):
            before = seen.image.copy()
            driver.decide(seen)
            assert np.array_equal(seen.image, before)

    def test_it_can_be_reset_at_any_time_even_twice(self, driver: Driver) -> None:
        driver.reset()
        driver.reset()
        driver.decide(observations(1)[0])
        driver.reset()
        driver.decide(observations(1, start=40)[0])

    def test_after_a_reset_it_answers_what_it_answered_before(self, driver: Driver) -> None:
        answers = []
        for _ in range(2):
            driver.reset()
            answers.append([driver.decide(seen).curvature for seen in observations(10)])
        assert answers[0] == answers[1]
