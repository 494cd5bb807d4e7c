from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from alvinn.driving.types import Observation
from alvinn.errors import ModelError
from alvinn.networks.doubt import make_doubt, make_ensemble_doubt
from alvinn.networks.encodings import Scalar
from alvinn.networks.inference import Answer, Network
from alvinn.networks.memory import FORGOTTEN, Memory
from tests.alvinn.fakes import CAMERA, picture

SEEN = Observation(frame=0, time=0.0, image=picture(3, CAMERA), speed=8.0)


class Sure(Network):
    """A network that answers one curvature."""

    def __init__(self, curvature: float) -> None:
        self._curvature = curvature
        self.card: Any = SimpleNamespace(output=Scalar(), irre=False)

    def answer(self, observation: Observation, memory: Memory = FORGOTTEN) -> Answer:
        return Answer(self._curvature)


def test_a_hill_tells_its_doubt_and_a_number_cannot(model: Path) -> None:
    network = Network(model)
    trust = network.answer(SEEN).trust
    assert trust is not None
    assert make_doubt(network)(SEEN) == trust.doubt > 0.0
    with pytest.raises(ModelError, match="a number, which has no measure of doubt"):
        make_doubt(Sure(0.01))


def test_an_ensemble_doubts_as_far_as_its_members_disagree() -> None:
    assert make_ensemble_doubt([Sure(0.01), Sure(0.03)])(SEEN) == pytest.approx(0.01)
    assert make_ensemble_doubt([Sure(0.02)] * 3)(SEEN) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="at least 2 networks"):
        make_ensemble_doubt([Sure(0.0)])


class Fading(Sure):
    """A network whose answer is the intensity that it was last told, halved."""

    def answer(self, observation: Observation, memory: Memory = FORGOTTEN) -> Answer:
        return Answer(memory.intensity / 2, memory=Memory(memory.intensity / 2))


def test_members_of_an_ensemble_that_feed_their_answers_back_are_doubted_for_what_they_would_drive() -> None:
    doubt = make_ensemble_doubt([Fading(0.0), Sure(0.0)])
    assert [doubt(SEEN) for _ in range(3)] == pytest.approx([0.125, 0.0625, 0.03125])
