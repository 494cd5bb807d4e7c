from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from alvinn.errors import CameraMismatchError, ModelError
from alvinn.visualization.saliency import SaliencyModel, highlight
from tests.alvinn.fakes import CAMERA, picture
from tests.alvinn.fixtures import toy_dataset


def test_a_network_looks_at_what_it_learned_to_steer_by(model: Path) -> None:
    visual, dataset = SaliencyModel(model), toy_dataset(24, seed=5)
    top = dataset.preprocessing.top
    shares = []
    for number, curvature in enumerate(dataset.examples.curvature):
        frame = np.zeros((CAMERA.height, CAMERA.width, 3), dtype=np.uint8)
        frame[top:] = cv2.resize(dataset.examples.image(number), (CAMERA.width, CAMERA.height - top))
        found = visual.compute(frame)
        assert found.shape == (CAMERA.height, CAMERA.width)
        assert found.max() == pytest.approx(1.0, abs=0.1)
        assert not found[:top].any(), "nothing is seen above the horizon"
        post = int((curvature / 0.2 + 0.5) * CAMERA.width)
        columns = found[top:].mean(axis=0)
        shares.append(columns[max(0, post - 25) : post + 25].mean() / columns.mean())
    assert np.median(shares) > 1.5


def test_what_matters_glows_and_the_rest_stays(model: Path) -> None:
    frame = picture(2, CAMERA)
    saliency = np.zeros(frame.shape[:2], dtype=np.float32)
    saliency[100:110] = 1.0
    shown = highlight(frame, saliency)
    assert (shown[:100] == frame[:100]).all()
    assert (shown[100:110] == shown[100, 0]).all()


def test_a_model_with_nothing_to_look_into_says_so(model: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(model, tmp_path / "m"))
    (copy / "visual.tflite").unlink()
    with pytest.raises(ModelError, match=r"has no visual\.tflite: its network has no convolutions"):
        SaliencyModel(copy)
    (copy / "visual.tflite").write_bytes(b"torn")
    with pytest.raises(ModelError, match="cannot be opened"):
        SaliencyModel(copy)


def test_a_frame_of_another_size_is_refused(model: Path) -> None:
    with pytest.raises(CameraMismatchError):
        SaliencyModel(model).compute(np.zeros((10, 10, 3), dtype=np.uint8))
