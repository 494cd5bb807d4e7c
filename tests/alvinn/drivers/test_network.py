"""Pixels only: what the network does depends on the picture and on nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from alvinn.drivers.network import NetworkDriver
from alvinn.driving import Observation, Truth
from alvinn.loop import run
from alvinn.model import Network
from alvinn.roles import Verdict
from alvinn.speed import Pedals
from tests.alvinn.fakes import CAMERA, CAR, DT, PaperWorld, Script, circle, picture


def scrambled(told: Truth) -> Truth:
    """Every number of the truth replaced by another."""
    rng = np.random.default_rng(int(abs(told.x) * 1e6))
    return replace(told, **{field.name: float(rng.normal(scale=100.0)) for field in fields(Truth)})


def steers(model: Path, *, lie: bool) -> tuple[list[float], list[Truth]]:
    world, script = PaperWorld(circle(50.0), camera=CAMERA), Script([Verdict.GO_ON] * 30)
    if lie:
        world.lie = scrambled
    run(world, NetworkDriver(Network(model)), [script], CAR, Pedals(8.0, DT))
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
