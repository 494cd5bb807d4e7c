from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from alvinn.cli import main
from alvinn.driving.types import Image, Observation
from alvinn.errors import ModelError
from alvinn.networks.doubt import make_doubt
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Network, write_card
from alvinn.networks.reconstruction import COLUMNS, PIXELS, ROWS, downsample, measure_reliability
from alvinn.recording import Recording
from tests.alvinn.fakes import CAMERA
from tests.alvinn.fixtures import card_for, toy_dataset


def made_up() -> Image:
    return np.random.default_rng(0).integers(0, 256, (ROWS * 5, COLUMNS * 8, 3), dtype=np.uint8)


def test_what_is_rebuilt_well_is_reliable_whatever_its_contrast_and_its_negative_is_the_opposite() -> None:
    seen = made_up()
    assert downsample(seen).shape == (PIXELS,)
    assert downsample(seen)[0] == pytest.approx(seen[:5, :8].mean() / 255.0, abs=0.01)
    assert measure_reliability(seen, downsample(seen)) == pytest.approx(1.0)
    assert measure_reliability(seen, 0.2 * downsample(seen) + 0.5) == pytest.approx(1.0)
    assert measure_reliability(seen, 1.0 - downsample(seen)) == pytest.approx(-1.0)
    assert measure_reliability(seen, np.full(PIXELS, 0.5, dtype=np.float32)) == 0.0
    assert downsample(seen[:, :, :1]).shape == (PIXELS,), "one band too"


@pytest.fixture(scope="module")
def rebuilding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learned to rebuild toy pictures."""
    from alvinn.training import trainer

    folder = tmp_path_factory.mktemp("irre")
    dataset, hill = toy_dataset(96), Hill()
    settings = trainer.Settings(epochs=12, batch=16, views=False, light=False, irre=True)
    trainer.export(trainer.train(dataset, hill, settings, folder), folder)
    write_card(folder, replace(card_for(dataset, hill), irre=True))
    return folder


def test_the_exported_network_doubts_what_it_never_saw_more_than_what_it_learned(rebuilding: Path) -> None:
    network, dataset = Network(rebuilding), toy_dataset(96)
    images = [dataset.examples.image(row) for row in dataset.held_out]
    doubt = make_doubt(network, "irre")

    def asked(image: Image) -> float:
        frame = np.zeros((CAMERA.height, CAMERA.width, 3), dtype=np.uint8)
        top = network.card.preprocessing.top
        frame[top:] = cv2.resize(image, (CAMERA.width, CAMERA.height - top))
        found = doubt(Observation(frame=0, time=0.0, image=frame, speed=8.0))
        assert found is not None
        return found

    seen = np.mean([asked(image) for image in images])
    lying = [np.ascontiguousarray(image.transpose(1, 0, 2)) for image in images]  # posts that lie across the picture
    unseen = np.mean([asked(image) for image in lying])
    print(f"mean doubt {seen:.3f} of posts that stand, {unseen:.3f} of posts that lie")
    assert unseen > seen + 0.2
    assert network.answer(Observation(frame=0, time=0.0, image=np.zeros((160, 320, 3), np.uint8), speed=8.0)).trust


def test_a_model_that_does_not_rebuild_cannot_be_asked_so(model: Path) -> None:
    with pytest.raises(ModelError, match="train it with --irre"):
        make_doubt(Network(model), "irre")


@pytest.mark.long
def test_a_network_that_watched_country_doubts_the_path_that_it_never_saw(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path))
    assert main(("record", "seen", "--seconds", "60", *home)) == 0
    assert main(("record", "again", "--seconds", "30", "--noise", "--seed", "1", *home)) == 0
    assert main(("record", "other", "--map", "path", "--seconds", "30", *home)) == 0
    assert main(("train", "m", "--data", "seen", "--irre", "--epochs", "10", *home)) == 0
    doubt = make_doubt(Network(tmp_path / "models" / "m"), "irre")

    def mean(name: str) -> float:
        recording = Recording(tmp_path / "data" / name)
        return float(np.mean([doubt(recording.read_observation(row)) for row in recording.rows[::10]]))

    country, path = mean("again"), mean("other")
    print(f"mean doubt {country:.3f} on country, {path:.3f} on path")
    assert path > 1.5 * country
