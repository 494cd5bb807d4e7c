"""What costs seconds is made once a run: a car on a server, a model that learned a toy task."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from alvinn.driving.types import Camera, Direction
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Card, write_card
from alvinn.networks.preprocessing import Preprocessing
from alvinn.training.examples.dataset import Dataset, Examples
from alvinn.training.model_folder import end_training
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.connection import connect
from alvinn.world.spawning import spawn_car
from tests.alvinn.fakes import CAMERA, SMALL

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def car_on(
    address: tuple[str, int], *, camera: Camera = SMALL, direction: Direction = "forward"
) -> Iterator[CarlaWorld]:
    """A car on the lane of the server at an address."""
    with (
        connect(*address) as client,
        spawn_car(client, camera=camera, weather="ClearNoon", direction=direction, map_wanted=None) as world,
    ):
        yield world


def toy_dataset(n: int = 96, camera: Camera = CAMERA, seed: int = 0) -> Dataset:
    """A bright post on a dark plain: the further to the right it stands, the more to the right one must steer."""
    rng = np.random.default_rng(seed)
    prepare = Preprocessing.for_camera(camera)
    images = rng.integers(0, 60, size=(n, prepare.height, prepare.width, 3), dtype=np.uint8)
    places = rng.uniform(0.1, 0.9, n)
    for image, place in zip(images, places, strict=True):
        column = int(place * prepare.width)
        image[:, column - 5 : column + 5] = 240
    labels = (places - 0.5) * 0.2
    held_out = np.arange(n) % 4 == 0
    examples = Examples((images,), np.array([0]), labels, np.tile([8.0, 0.0], (n, 1)))
    return Dataset(examples, np.flatnonzero(~held_out), np.flatnonzero(held_out), camera, prepare)


def card_for(dataset: Dataset, hill: Hill) -> Card:
    """The card of a model that learned some data."""
    return Card(
        network="conv",
        output=hill,
        camera=dataset.camera,
        preprocessing=dataset.preprocessing,
        seed=0,
        settings={"epochs": 4},
        recordings=({"name": "toy", "rows": 96, "sha256": "0"},),
        server="embedded",
        metrics={"held_out_mae": 0.01, "held_out_relative_error": None},
        version="0",
        commit="",
    )


def toy_model(folder: Path) -> Path:
    """A model folder that learned the toy task a little; made at the first call."""
    if not (folder / "card.json").exists():
        from alvinn.training import trainer

        dataset, hill = toy_dataset(), Hill()
        settings = trainer.Settings(epochs=4, batch=16, views=False, light=False)
        trainer.export(trainer.train(dataset, hill, settings, folder), folder)
        write_card(folder, card_for(dataset, hill))
        end_training(folder)
    return folder


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder, made once for all workers of a run; not to be written to."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with FileLock(shared / "toy-model.lock"):
        return toy_model(shared / "toy-model")
