"""What every Gate must do; a test class gives a gate as a fixture and inherits the rest."""

from __future__ import annotations

import numpy as np
import pytest

from alvinn.drivers.gates import Gate
from tests.contracts.drivers import observations


class GateContract:
    """The contract of alvinn.drivers.gates.Gate."""

    @pytest.fixture
    def gate(self) -> Gate:
        raise NotImplementedError

    def test_its_name_is_one_word(self, gate: Gate) -> None:
        assert gate.name.isalpha()

    def test_it_answers_every_observation_with_a_reason_or_nothing(self, gate: Gate) -> None:
        gate.reset()
        assert all(type(gate.request(seen)) is str for seen in observations(30))

    def test_it_can_be_reset_at_any_time_even_twice(self, gate: Gate) -> None:
        gate.reset()
        gate.reset()
        gate.request(observations(1)[0])
        gate.reset()
        assert isinstance(gate.request(observations(1, start=40)[0]), str)

    def test_it_leaves_the_picture_as_it_was(self, gate: Gate) -> None:
        (seen,) = observations(1)
        before = seen.image.copy()
        gate.request(seen)
        assert np.array_equal(seen.image, before)
