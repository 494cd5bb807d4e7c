from __future__ import annotations

import math

import numpy as np

from sim.episode.actors import Actor
from sim.episode.blueprints import VEHICLE, Description
from sim.episode.labels import Label
from sim.episode.sensors import Lens
from sim.episode.world import World
from sim.geometry.poses import Pose
from sim.server.instances import number_instances
from sim.server.ray_caster import FARTHEST, LARGEST_DEPTH
from tests.sim.fakes import Plain

LENS = Lens(3, 1, math.radians(90))
EYE = Pose(z=1.0)


def image(label: Label) -> bytes:
    """Three pixels of one tag."""
    return bytes((0, 0, label, 255)) * 3


def depths(*metres: float) -> bytes:
    steps = [round(value / FARTHEST * LARGEST_DEPTH) for value in metres]
    return b"".join(bytes((step >> 16, step >> 8 & 255, step & 255, 255)) for step in steps)


def numbers(pixels: bytes) -> list[int]:
    values = np.frombuffer(pixels, np.uint8).reshape(-1, 4).astype(int)
    return [int(value) for value in values[:, 1] + 256 * values[:, 0]]


def car(number: int, x: float, y: float = 0.0) -> Actor:
    world = World(Plain())
    for _ in range(number):
        made = world.spawn(Description(0, VEHICLE), Pose(x=x, y=y))
        world.destroy(made.id)
    return made


def test_a_pixel_has_the_number_of_the_car_that_it_shows_in_two_bytes() -> None:
    ahead, aside = car(300, 10.0), car(4, 10.0, 8.0 * 2 / 3)
    assert ahead.id > 255
    drawn = number_instances(image(Label.CAR), depths(8.0, 8.0, 8.0), LENS, EYE, [ahead, aside])
    assert numbers(drawn) == [0, ahead.id, aside.id]
    assert [drawn[2], drawn[6], drawn[10]] == [Label.CAR] * 3, "the tag stays"


def test_what_is_behind_a_car_or_is_no_actor_has_no_number() -> None:
    ahead = car(1, 10.0)
    assert numbers(number_instances(image(Label.CAR), depths(20.0, 20.0, 20.0), LENS, EYE, [ahead])) == [0, 0, 0]
    assert numbers(number_instances(image(Label.ROAD), depths(8.0, 8.0, 8.0), LENS, EYE, [ahead])) == [0, 0, 0]
    assert numbers(number_instances(image(Label.CAR), depths(8.0, 8.0, 8.0), LENS, EYE, [])) == [0, 0, 0]
