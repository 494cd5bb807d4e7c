from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alvinn.driving.types import Camera, Observation
from alvinn.errors import CameraMismatchError, ModelError
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Network, read_card, warn_before_driving, write_card
from tests.alvinn.fakes import CAMERA, picture
from tests.alvinn.fixtures import ROOT, card_for, toy_dataset

CARD = card_for(toy_dataset(4), Hill())


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    """A model folder of one's own, to damage."""
    return Path(shutil.copytree(model, tmp_path / "model"))


def change_card(folder: Path, **changes: Any) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_a_card_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_card(tmp_path, CARD)
    assert read_card(tmp_path) == CARD


def test_litert_says_what_keras_says(model: Path) -> None:
    import keras

    network, hill = Network(model), Hill()
    frames = [picture(number, CAMERA) for number in range(40)]
    trained = keras.saving.load_model(model / "network.keras", compile=False)
    prepared = np.stack([network.card.preprocessing(frame) for frame in frames]).astype(np.float32)
    expected = hill.decode(np.asarray(trained(prepared)))
    answered = np.array([network.curvature(frame) for frame in frames])
    assert np.abs(answered - expected).max() < 1e-4
    assert answered.std() > 1e-4, "a network that says the same to everything proves nothing"


def test_an_answer_says_what_to_drive_and_how_far_to_trust_it(model: Path) -> None:
    network, frame = Network(model), picture(3, CAMERA)
    answer = network.answer(Observation(frame=0, time=0.0, image=frame, speed=8.0))
    assert answer.curvature == network.curvature(frame)
    assert answer.trust == Hill().trust(network.activations(frame))


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a model, it has no card\.json"):
        Network(tmp_path / "missing")


@pytest.mark.parametrize("text", ["{", "[]", "null", "{}", '{"schema": 1}', '{"schema": 2}', '{"schema": 1, "a": 2}'])
def test_a_damaged_card_is_an_error(copy: Path, text: str) -> None:
    (copy / "card.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"card\.json (is damaged|has schema 2)"):
        Network(copy)


@pytest.mark.parametrize("data", [b"", b"not a network", None])
def test_a_damaged_or_missing_network_is_an_error(copy: Path, data: bytes | None) -> None:
    path = copy / "network.tflite"
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ModelError, match=r"network\.tflite cannot be opened"):
        Network(copy)


def test_a_torn_network_is_an_error(copy: Path) -> None:
    path = copy / "network.tflite"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ModelError, match=r"network\.tflite cannot be opened"):
        Network(copy)


def test_a_card_that_prepares_other_pictures_than_the_network_takes_is_an_error(copy: Path) -> None:
    card = read_card(copy)
    write_card(copy, replace(card, preprocessing=replace(card.preprocessing, width=64)))
    with pytest.raises(ModelError, match=r"\(1, 40, 64, 3\), its network expects \(1, 40, 128, 3\); restore"):
        Network(copy)


def test_a_card_with_another_hill_than_the_network_is_an_error(copy: Path) -> None:
    change_card(copy, output={"kind": "hill", "units": 30, "span": 0.15})
    with pytest.raises(ModelError, match="30 units, its network 45; restore it from a copy"):
        Network(copy)


def test_a_card_whose_camera_was_tampered_with_is_an_error_that_says_both(copy: Path) -> None:
    card = read_card(copy)
    write_card(copy, replace(card, camera=replace(card.camera, width=640)))
    with pytest.raises(CameraMismatchError, match=r"640x160.*320x160"):
        Network(copy)


def test_another_camera_than_the_models_is_an_error_that_says_both(model: Path) -> None:
    network = Network(model)
    network.require_camera(CAMERA)
    with pytest.raises(CameraMismatchError, match=r"320x160, fov 90.*640x160, fov 90"):
        network.require_camera(replace(CAMERA, width=640))
    with pytest.raises(CameraMismatchError, match=r"pitch -8.*pitch -4"):
        network.require_camera(replace(CAMERA, pitch=-4.0))


def test_a_frame_of_another_size_is_refused(model: Path) -> None:
    with pytest.raises(CameraMismatchError, match="640x320 pixels"):
        Network(model).curvature(picture(0, Camera(width=640, height=320)))


def test_driving_needs_no_tensorflow(model: Path) -> None:
    code = """
import sys
from pathlib import Path
import alvinn.jobs.laps
from alvinn.drivers.network import NetworkDriver
from alvinn.networks.inference import Network
from tests.alvinn.fakes import CAMERA, picture
from alvinn.driving.types import Observation

driver = NetworkDriver(Network(Path(sys.argv[1])))
driver.decide(Observation(frame=0, time=0.0, image=picture(0, CAMERA), speed=8.0))
print([name for name in sys.modules if name.split(".")[0] in {"tensorflow", "keras"}])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_camera_that_is_not_known_is_called_so_where_a_model_meets_another(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_card(copy, camera_known=False)
    network = Network(copy)
    with pytest.raises(CameraMismatchError, match=r"320x160 that is not known \(an import\).*: train with --camera"):
        network.require_camera(replace(network.card.camera, fov=60.0))
    warn_before_driving(network.card, 8.0)
    assert "WARNING: the model learned from a camera of 320x160" in " ".join(capsys.readouterr().out.split())
    warn_before_driving(replace(network.card, camera_known=True), 8.0)
    assert not capsys.readouterr().out


def test_a_refined_model_knows_the_circuits_of_its_refinement_and_of_the_exams_that_chose_it(model: Path) -> None:
    card = replace(read_card(model), recordings=({"name": "mine", "maps": ["country"]},))
    assert card.known_maps == {"country"}
    refined = replace(card, refined={"maps": ["random:213"], "exams": ["random:211"]})
    assert refined.known_maps == {"country", "random:213", "random:211"}


@pytest.mark.parametrize(
    ("refined", "speed", "warned"),
    [
        (None, 12.0, False),
        (None, 16.0, True),
        ({"maps": []}, 9.0, False),
        ({"speed": 12.0}, 12.0, False),
        ({"speed": 5.0}, 8.0, True),
    ],
)
def test_a_model_is_warned_about_at_a_speed_that_such_models_do_not_tolerate(
    model: Path, capsys: pytest.CaptureFixture[str], refined: dict[str, Any] | None, speed: float, warned: bool
) -> None:
    card = replace(Network(model).card, camera_known=True, speeds=(0.0, 8.2), refined=refined)
    warn_before_driving(card, speed)
    assert ("expect it to leave its lane" in " ".join(capsys.readouterr().out.split())) == warned


def test_a_refined_model_tolerates_less_speed_than_a_clone(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = replace(Network(model).card, camera_known=True, speeds=(0.0, 8.2))
    warn_before_driving(replace(card, refined={"maps": []}), 12.0)
    assert "was refined at up to 8.2 m/s: at 12 m/s" in " ".join(capsys.readouterr().out.split())
