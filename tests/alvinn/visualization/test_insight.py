from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from alvinn.driving.types import Observation
from alvinn.networks.inference import Network
from alvinn.visualization.insight import NetworkInspector
from alvinn.visualization.saliency import VISUAL, SaliencyModel
from tests.alvinn.fakes import CAMERA, picture


def test_what_is_shown_is_what_drives(model: Path) -> None:
    network = Network(model)
    inspector = NetworkInspector(network, "toy")
    for number in range(3):
        observation = Observation(number, 0.05 * number, picture(number, CAMERA), 8.0)
        answer = network.answer(observation)
        insight = inspector.look(observation, answer)
        assert answer.trust is not None
        assert insight.curvature == answer.curvature
        assert insight.doubt == answer.trust.doubt
        assert insight.activations[-1] == pytest.approx(network.units(observation), abs=1e-5)
        assert insight.activations[0].shape == (9, 31, 24)
        np.testing.assert_array_equal(insight.seen, network.card.preprocessing(observation.image))


def test_the_saliency_is_that_of_the_models_own_file(model: Path) -> None:
    assert (model / VISUAL).is_file()
    frame = picture(1, CAMERA)
    network, seen = Network(model), Observation(0, 0.0, frame, 8.0)
    insight = NetworkInspector(network, "toy").look(seen, network.answer(seen))
    whole = SaliencyModel(model).compute(frame)
    saliency = insight.saliency
    assert saliency is not None
    assert saliency.shape == (40, 128)
    import cv2

    top = insight.seen.shape[0] and Network(model).card.preprocessing.top
    enlarged = cv2.resize(saliency, (CAMERA.width, CAMERA.height - top), interpolation=cv2.INTER_LINEAR)
    assert whole[top:] == pytest.approx(enlarged, abs=1e-4)


def test_a_model_without_its_keras_file_is_shown_without_hidden_units(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lean"
    shutil.copytree(model, folder)
    (folder / "network.keras").unlink()
    network, seen = Network(folder), Observation(0, 0.0, picture(0, CAMERA), 8.0)
    insight = NetworkInspector(network, "lean").look(seen, network.answer(seen))
    assert list(insight.chain) == []
    assert insight.activations[-1].shape == (45,)
    assert insight.saliency is None
