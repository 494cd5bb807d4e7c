"""The loop closed: server, car, camera, driver and referee together, at full speed of the lockstep."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvinn.drivers.disturbed import DisturbedDriver
from alvinn.drivers.expert import ExpertDriver
from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.observers import Deadline
from alvinn.driving.protocols import Driver, Observer
from alvinn.driving.types import Camera
from alvinn.metrics.referee import Referee, Result, Run, judge
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Network, write_card
from alvinn.networks.preprocessing import Preprocessing
from alvinn.recording import Recording, RecordingWriter
from alvinn.recording.observers import RecordingObserver
from alvinn.training.examples.dataset import load_dataset
from alvinn.world.carla_world import DT, CarlaWorld
from tests.alvinn.fakes import CAMERA, SMALL, session
from tests.alvinn.fixtures import car_on, card_for
from tests.conftest import Address

OVAL = Run(map="oval", direction="forward", weather="ClearNoon", seed=0, start=0)


def lap(world: CarlaWorld, driver: Driver) -> Result:
    """One lap, judged."""
    referee = Referee(world.lane, world.geometry.width, laps=1, cruise=8.0, start=world.truth().lane_s)
    run(world, driver, [referee], world.geometry, SpeedController(8.0, DT))
    return judge(referee, OVAL, [], 0.0)


def expert(world: CarlaWorld) -> ExpertDriver:
    return ExpertDriver.in_world(world)


def test_the_expert_drives_a_lap_of_the_oval(server: Address) -> None:
    with car_on(server, camera=SMALL) as world:
        result = lap(world, expert(world))
        length = world.lane.length
    figures = result.as_json()
    assert result.faultless
    assert figures["departures"] == 0
    assert figures["offset_sd_m"] < 0.15
    assert figures["distance_m"] == pytest.approx(length, abs=1.0)
    assert figures["speed_mean_mps"] > 6.0


def watched(server: Address, folder: Path, seconds: float, camera: Camera) -> Recording:
    """The expert's driving, with disturbances."""
    with car_on(server, camera=camera) as world, RecordingWriter(folder, session(camera)) as writer:
        driver = DisturbedDriver(expert(world), np.random.default_rng(0))
        observers: list[Observer] = [RecordingObserver(writer, "oval/forward", "ClearNoon"), Deadline(seconds)]
        run(world, driver, observers, world.geometry, SpeedController(8.0, DT))
    return Recording(folder)


def test_a_network_that_watched_for_most_of_a_lap_drives_one(server: Address, tmp_path: Path) -> None:
    from alvinn.training import trainer

    dataset = load_dataset([watched(server, tmp_path / "data", 45.0, CAMERA)], Preprocessing.for_camera(CAMERA))
    trained = trainer.train(dataset, Hill(), trainer.Settings(epochs=12), tmp_path / "model")
    trainer.export(trained, tmp_path / "model")
    write_card(tmp_path / "model", card_for(dataset, Hill()))
    with car_on(server, camera=CAMERA) as world:
        result = lap(world, NetworkDriver(Network(tmp_path / "model")))
    assert result.completed
    assert result.trace.departures == [], result.as_json()
