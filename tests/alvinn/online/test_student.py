from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.types import Observation
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.networks.encodings import Hill
from alvinn.networks.keras_file import StoredLayer
from alvinn.online.student import StudentDriver
from tests.alvinn.fakes import CAMERA, SteadyDriver, picture

SEEN = Observation(0, 0.0, picture(0, CAMERA), 8.0)


def student() -> StudentDriver:
    return StudentDriver(ARCHITECTURES["alvinn1991"].preprocessing(CAMERA), Hill(30))


def always(curvature: float) -> list[StoredLayer]:
    """Weights of a network that answers the same curvature to everything."""
    hidden = (np.zeros((960, 4), dtype=np.float32), np.zeros(4, dtype=np.float32))
    units = np.clip(Hill(30).encode(curvature), 1e-6, 1.0 - 1e-6)
    bias = np.log(units / (1.0 - units)).astype(np.float32)
    outputs = (np.zeros((4, 30), dtype=np.float32), bias)
    return [StoredLayer("hidden", "Dense", hidden, "tanh"), StoredLayer("dense", "Dense", outputs, "sigmoid")]


def test_without_weights_it_drives_straight_on_and_has_no_answer() -> None:
    one = student()
    assert one.decide(SEEN).curvature == 0.0
    assert one.answer is None
    with pytest.raises(ValueError, match="nothing to show"):
        one.show("mine")


def test_it_drives_with_the_weights_that_it_was_given_last() -> None:
    one = student()
    for curvature in (0.03, -0.05):
        one.update(always(curvature))
        assert one.decide(SEEN).curvature == pytest.approx(curvature, abs=1e-3)
        insight = one.show("mine")
        assert insight.curvature == one.answer
        assert insight.doubt == pytest.approx(0.0, abs=0.01)
        assert insight.seen.shape == (30, 32, 1)


def test_another_can_drive_in_its_place() -> None:
    one, other = student(), SteadyDriver(0.02)
    one.update(always(0.1))
    before = one.is_replaced
    one.substitute(other)
    one.reset()
    assert (before, one.is_replaced) == (False, True)
    assert (one.decide(SEEN).curvature, one.answer, other.resets) == (0.02, 0.02, 1)
