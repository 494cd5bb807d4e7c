"""What every Observer must do; a test class names an observer in `make` and inherits the rest."""

from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.protocols import Observer, Verdict
from tests.alvinn.fakes import step


class ObserverContract:
    """The contract of alvinn.driving.protocols.Observer."""

    @pytest.fixture
    def observer(self) -> Observer:
        raise NotImplementedError

    def test_it_answers_every_step_with_a_verdict(self, observer: Observer) -> None:
        assert all(isinstance(observer.see(step(number)), Verdict) for number in range(5))

    def test_it_lets_a_run_that_has_just_begun_go_on(self, observer: Observer) -> None:
        assert observer.see(step(0)) is Verdict.CONTINUE

    def test_it_can_be_told_of_a_recovery_at_any_time(self, observer: Observer) -> None:
        observer.see(step(0))
        observer.on_recovery()
        observer.on_recovery()
        assert isinstance(observer.see(step(5)), Verdict)

    def test_it_leaves_the_picture_as_it_was(self, observer: Observer) -> None:
        one = step(3)
        before = one.observation.image.copy()
        observer.see(one)
        assert np.array_equal(one.observation.image, before)
