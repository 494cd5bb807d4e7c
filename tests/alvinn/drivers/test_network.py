"""Pixels only: what the network does depends on the picture and on nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from alvinn.drivers.network import NetworkDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Verdict
from alvinn.driving.types import GroundTruth, Observation
from alvinn.networks.encodings import Hill
from alvinn.networks.inference import Answer, Network
from alvinn.networks.memory import FORGOTTEN, Memory
from tests.alvinn.fakes import CAMERA, CAR, DT, PaperWorld, Script, circle, picture
from tests.alvinn.fixtures import card_for, toy_dataset


def scrambled(told: GroundTruth) -> GroundTruth:
    """Every number of the truth replaced by another."""
    rng = np.random.default_rng(int(abs(told.x) * 1e6))
    return replace(told, **{field.name: float(rng.normal(scale=100.0)) for field in fields(GroundTruth)})


def steers(model: Path, *, lie: bool) -> tuple[list[float], list[GroundTruth]]:
    world, script = PaperWorld(circle(50.0), camera=CAMERA), Script([Verdict.CONTINUE] * 30)
    if lie:
        world.lie = scrambled
    run(world, NetworkDriver(Network(model)), [script], CAR, SpeedController(8.0, DT))
    return [step.control.steer for step in script.steps], [step.truth for step in script.steps]


def test_the_steer_is_unchanged_when_lane_data_are_scrambled(model: Path) -> None:
    honest, truths = steers(model, lie=False)
    lied_to, lies = steers(model, lie=True)
    assert all(lie != truth for lie, truth in zip(lies, truths, strict=True))
    assert lied_to == honest
    assert len(set(honest)) > 5, "other pictures, other steers: else nothing was shown"


def test_the_steer_changes_with_the_picture_and_not_with_frame_or_time(model: Path) -> None:
    driver = NetworkDriver(Network(model))
    one = Observation(frame=0, time=0.0, image=picture(0, CAMERA), speed=8.0)
    assert driver.decide(replace(one, frame=77, time=9.0)) == driver.decide(one)
    assert driver.decide(replace(one, image=picture(1, CAMERA))) != driver.decide(one)
    assert driver.decide(one).who == "network"


class Remembering(Network):
    """A network that sees ranges, and notes what it is told of the road."""

    def __init__(self) -> None:
        card = card_for(toy_dataset(4), Hill())
        self.card = replace(card, preprocessing=replace(card.preprocessing, range_rows=8))
        self.told: list[float] = []

    def answer(self, observation: Observation, memory: Memory = FORGOTTEN) -> Answer:
        self.told.append(memory.intensity)
        return Answer(0.01, memory=Memory(0.25 * len(self.told)))


def test_what_a_network_says_of_the_road_is_told_to_it_with_the_next_frame_and_forgotten_on_reset() -> None:
    network = Remembering()
    driver = NetworkDriver(network)
    seen = Observation(frame=0, time=0.0, image=picture(0, CAMERA), speed=8.0)
    for _ in range(3):
        driver.decide(seen)
    driver.reset()
    driver.decide(seen)
    assert network.told == [0.5, 0.25, 0.5, 0.5]
