"""Lidars and radars over a caster that hits everything at one distance."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from sim.episode.blueprints import VEHICLE, AttributeValue, Description
from sim.episode.catalogue import GNSS, LIDAR, RADAR, SEMANTIC_LIDAR
from sim.episode.labels import Label
from sim.episode.sensors import Lidar, RangeSensor
from sim.episode.world import World
from sim.geometry.poses import Pose, Vector
from sim.server.range_streams import find_owners, measure
from sim.server.ray_caster import Floats, Hits, RayCaster
from sim.wire.sensor_data import SensorType
from tests.sim.fakes import Plain

STEP = 0.05


class Bubble(RayCaster):
    """Every ray ends on a sphere around its sensor."""

    def __init__(self, radius: float) -> None:
        super().__init__(lambda *_: pytest.fail("no image is needed"))
        self.radius = radius

    def cast(self, _pose: Pose, directions: Floats, *, labelled: bool = False) -> Hits:
        n = len(directions)
        return Hits(np.full(n, self.radius), np.full(n, 0.5), np.full(n, int(Label.CAR) if labelled else 0))


def spawned(world: World, kind: str, parent: int = 0, **attributes: str) -> RangeSensor:
    given = tuple(AttributeValue(name, 3, text) for name, text in attributes.items())
    sensor = world.spawn(Description(0, kind, given), Pose(z=2.0), parent)
    assert isinstance(sensor, RangeSensor)
    return sensor


def test_a_lidar_sends_what_comes_back_from_within_its_range_laser_by_laser() -> None:
    world = World(Plain())
    lidar = spawned(world, LIDAR, channels="4", points_per_second="8000", range="10", dropoff_general_rate="0")
    world.tick()
    kind, payload = measure(lidar, Bubble(8.0), world.timestamp, STEP, [])
    angle, channels, *counts = struct.unpack_from("<fI4I", payload)
    assert (kind, channels, counts) == (SensorType.LIDAR, 4, [100] * 4)
    assert angle == pytest.approx(math.pi)
    points = np.frombuffer(payload, "<f4", offset=24).reshape(-1, 4)
    assert np.linalg.norm(points[:, :3], axis=1) == pytest.approx(np.full(400, 8.0), rel=1e-5)
    assert points[:, 3] == pytest.approx(np.full(400, math.exp(-0.004 * 8.0)))
    far = measure(lidar, Bubble(10.5), world.timestamp, STEP, [])[1]
    assert far == payload[:8] + bytes(16)


def test_losses_repeat_with_the_seed_and_differ_from_tick_to_tick() -> None:
    runs = []
    for seed in ("1", "1", "2"):
        world = World(Plain())
        lidar = spawned(world, LIDAR, noise_seed=seed, noise_stddev="0.1")
        for _ in range(2):
            world.tick()
            runs.append(measure(lidar, Bubble(8.0), world.timestamp, STEP, [])[1])
    assert runs[:2] == runs[2:4]
    assert len(set(runs)) == 4


def test_a_slow_lidar_sends_the_points_of_all_the_time_since_its_last_measurement() -> None:
    world = World(Plain())
    lidar = spawned(world, LIDAR, channels="1", points_per_second="1000", sensor_tick="0.5", dropoff_general_rate="0")
    world.tick()
    payload = measure(lidar, Bubble(8.0), world.timestamp, STEP, [])[1]
    assert struct.unpack_from("<I", payload, 8) == (500,)


def test_a_semantic_lidar_knows_whom_it_hit() -> None:
    world = World(Plain())
    car = world.spawn(Description(0, VEHICLE), Pose(x=8.0))
    lidar = spawned(world, SEMANTIC_LIDAR, channels="1", points_per_second="72000", upper_fov="-8")
    world.tick()
    kind, payload = measure(lidar, Bubble(8.0), world.timestamp, 0.1, [car])
    points = np.frombuffer(
        payload, [("point", "<f4", 3), ("cosine", "<f4"), ("id", "<u4"), ("label", "<u4")], offset=12
    )
    assert kind == SensorType.SEMANTIC_LIDAR
    assert set(points["id"].tolist()) == {0, car.id}
    assert (points["label"] == Label.CAR).all()
    assert (points["cosine"] == 0.5).all()
    hit = points["point"][points["id"] == car.id]
    assert np.abs(hit[:, 1]).max() < 1.3
    assert hit[:, 0].min() > 5.0


def test_a_radar_tells_how_fast_things_come_nearer() -> None:
    world = World(Plain())
    mine, ahead = (world.spawn(Description(0, VEHICLE), Pose(x=x)) for x in (0.0, 20.0))
    radar = spawned(world, RADAR, mine.id, horizontal_fov="40", vertical_fov="20", points_per_second="4000")
    world.tick()
    world.set_velocity(mine.id, Vector(10.0))
    world.set_velocity(ahead.id, Vector(4.0))
    kind, payload = measure(radar, Bubble(18.5), world.timestamp, STEP, [ahead])
    found = np.frombuffer(payload, "<f4").reshape(-1, 4)
    assert (kind, len(found)) == (SensorType.RADAR, 200)
    straight = np.cos(found[:, 1]) * np.cos(found[:, 2])
    of_car = np.isclose(found[:, 0], -6.0 * straight, atol=1e-4)
    assert of_car.any()
    assert np.allclose(found[~of_car, 0], -10.0 * straight[~of_car], atol=1e-4)
    assert (found[:, 3] == 18.5).all()
    assert np.degrees(np.abs(found[:, 1])).max() < 20.0


def test_a_point_belongs_to_the_actor_whose_box_it_is_in() -> None:
    world = World(Plain())
    cars = [world.spawn(Description(0, VEHICLE), Pose(x=x, yaw=1.0)) for x in (0.0, 30.0)]
    points = np.array([(0.0, 0.0, 1.0), (30.0, 0.0, 1.0), (30.0, 0.0, 3.0), (1.2, 2.0, 1.0), (2.0, -1.2, 1.0)])
    assert find_owners(points, cars).tolist() == [0, 1, -1, 0, -1]
    assert find_owners(points, []).tolist() == [-1] * 5


def test_what_sends_out_no_rays_measures_nothing() -> None:
    sensor = World(Plain()).spawn(Description(0, GNSS), Pose())
    with pytest.raises(TypeError, match=r"sensor\.other\.gnss sends out no rays"):
        measure(sensor, Bubble(1.0), World(Plain()).timestamp, STEP, [])  # type: ignore[arg-type]


def test_a_lidar_is_a_semantic_lidar_with_returns() -> None:
    assert isinstance(spawned(World(Plain()), LIDAR), Lidar)
    assert not isinstance(spawned(World(Plain()), SEMANTIC_LIDAR), Lidar)
