from __future__ import annotations

import math
import struct
from typing import Any

import msgpack
import pytest

from sim.dynamics.single_track import GRAVITY, Ground, VehicleControl
from sim.episode.actors import Vehicle
from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, BlueprintError, Description
from sim.episode.catalogue import COLLISION, GNSS, IMU, LANE_INVASION
from sim.episode.sensors import SENSORS, Sensor
from sim.episode.settings import EpisodeSettings
from sim.episode.world import World, WorldError
from sim.geometry.poses import Pose, Vector
from sim.server.sensor_streams import read_sensors
from tests.sim.fakes import Plain


class Slope(Plain):
    """Ground that climbs along x, rolled to the right."""

    def ground(self, _x: float, _y: float, _z: float, _yaw: float = 0.0) -> Ground:
        return Ground(pitch=0.1, roll=0.05)


def spawned(world: World, kind: str, parent: int = 0, pose: Pose | None = None, **attributes: str) -> Sensor:
    values = tuple(AttributeValue(name, 3, value) for name, value in attributes.items())
    sensor = world.spawn(Description(0, kind, values), pose or Pose(), parent)
    assert isinstance(sensor, Sensor)
    return sensor


def car_in(world: World, **pose: float) -> Vehicle:
    return world.vehicle(world.spawn(Description(0, VEHICLE), Pose(**pose)).id)


def told(world: World, sensor: Sensor) -> list[Any]:
    """Payloads of the sensor's messages for the last tick, whose heads are right."""
    payloads = []
    for stream, message in read_sensors(world, {sensor.stream}):
        assert stream == sensor.stream
        size, _, frame, seconds = struct.unpack_from("<IQQd", message)
        assert (size, frame, seconds) == (len(message) - 4, world.timestamp.frame, world.timestamp.seconds)
        payloads.append(msgpack.unpackb(message[4 + 48 :]))
    return payloads


def test_an_accelerometer_at_rest_shows_gravity_upwards_in_its_own_axes() -> None:
    world = World(Plain())
    upright = spawned(world, IMU, car_in(world, yaw=1.0).id)
    tilted = spawned(world, IMU, 0, Pose(pitch=math.pi / 2))
    world.tick()
    assert told(world, upright)[0][0] == pytest.approx([0.0, 0.0, GRAVITY])
    assert told(world, tilted)[0][0] == pytest.approx([GRAVITY, 0.0, 0.0], abs=1e-9)
    parked = World(Slope())
    braked = car_in(parked)
    parked.control(braked.id, VehicleControl(brake=1.0))
    sensor = spawned(parked, IMU, braked.id)
    parked.tick()
    (acceleration, _, _), *_ = told(parked, sensor)
    assert acceleration[0] == pytest.approx(GRAVITY * math.sin(0.1))
    assert math.hypot(*acceleration) == pytest.approx(GRAVITY)


def test_in_a_right_bend_the_gyroscope_and_the_accelerometer_agree_with_the_motion() -> None:
    world = World(Plain())
    car = car_in(world)
    car.set_velocity(Vector(10.0))
    world.control(car.id, VehicleControl(throttle=0.3, steer=0.05))
    sensor = spawned(world, IMU, car.id)
    for _ in range(60):
        world.tick()
    ((acceleration, gyroscope, _),) = told(world, sensor)
    assert gyroscope == pytest.approx([0.0, 0.0, car.motion.yaw_rate])
    assert gyroscope[2] > 0.1
    assert acceleration[1] == pytest.approx(car.motion.speed * car.motion.yaw_rate, rel=0.05)


def test_an_inertial_sensor_on_a_camera_feels_the_car_that_carries_both() -> None:
    world = World(Plain())
    car = car_in(world)
    camera = spawned(world, RGB_CAMERA, car.id, Pose(x=1.0, z=1.0))
    on_car, on_camera = (spawned(world, IMU, parent) for parent in (car.id, camera.id))
    on_its_own = spawned(world, IMU)
    world.control(car.id, VehicleControl(throttle=1.0, steer=0.5))
    for _ in range(40):
        world.tick()
    ((acceleration, rates, _),) = told(world, on_camera)
    assert acceleration[0] > 1.0
    assert rates[2] > 0.1
    for felt, expected in zip(told(world, on_camera)[0], told(world, on_car)[0], strict=True):
        assert felt == pytest.approx(expected)
    assert told(world, on_its_own)[0][:2] == [[0.0, 0.0, GRAVITY], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(("yaw", "compass"), [(-90, 0.0), (0, 90.0), (90, 180.0), (180, 270.0), (-100, 350.0)])
def test_the_compass_counts_clockwise_from_north_which_is_minus_y(yaw: float, compass: float) -> None:
    world = World(Plain())
    sensor = spawned(world, IMU, 0, Pose(yaw=math.radians(yaw)))
    assert math.degrees(told(world, sensor)[0][2]) == pytest.approx(compass, abs=1e-6)


def test_noise_is_repeated_by_its_seed_and_spreads_as_asked() -> None:
    def series(seed: str, ticks: int = 400, *, until: int = 0) -> list[float]:
        world = World(Plain())
        noise = {"noise_seed": seed, "noise_gyro_bias_z": "2.0", "noise_gyro_stddev_z": "0.5"}
        sensor = spawned(world, IMU, 0, None, **noise)
        heard = []
        for tick in range(ticks):
            world.tick()
            if tick >= until:
                heard.append(told(world, sensor)[0][1][2])
        return heard

    one = series("1")
    assert one == series("1") != series("2")
    assert one[100:] == series("1", until=100), "the same, whether somebody listened before or not"
    mean = sum(one) / len(one)
    assert mean == pytest.approx(2.0, abs=0.1)
    assert math.sqrt(sum((value - mean) ** 2 for value in one) / len(one)) == pytest.approx(0.5, rel=0.15)


def test_the_noise_of_a_position_is_independent_of_who_listens_too() -> None:
    def last(*, listened: bool) -> list[float]:
        world = World(Plain())
        sensor = spawned(world, GNSS, 0, None, noise_seed="4", noise_lat_stddev="0.1", noise_alt_stddev="1")
        for _ in range(5):
            world.tick()
            if listened:
                told(world, sensor)
        payload: list[float] = told(world, sensor)[0]
        return payload

    assert last(listened=True) == last(listened=False)


def test_an_accelerometer_feels_collisions_and_what_clients_do_to_its_car() -> None:
    world = World(Plain())
    ahead, behind = car_in(world, x=8.0), car_in(world)
    sensors = [spawned(world, IMU, car.id) for car in (ahead, behind)]
    behind.set_velocity(Vector(15.0))
    world.tick()
    assert told(world, sensors[1])[0][0][0] == pytest.approx(15.0 / 0.05, rel=0.05)
    while not world.collisions:
        world.tick()
    (impulse,) = (c.impulse.x for c in world.collisions if c.vehicle is ahead)
    felt = [told(world, sensor)[0][0][0] for sensor in sensors]
    assert felt[0] == pytest.approx(impulse / ahead.physics.mass / 0.05, rel=0.05)
    assert felt[0] > 50.0 > -50.0 > felt[1]


def test_a_position_moves_with_its_sensor_and_has_the_bias_asked_for() -> None:
    world = World(Plain())
    car = car_in(world)
    sensor = spawned(world, GNSS, car.id, Pose(z=2.0))
    biased = spawned(world, GNSS, car.id, Pose(z=2.0), noise_lat_bias="0.5", noise_alt_bias="-3.0")
    latitude, longitude, altitude = told(world, sensor)[0]
    assert altitude == pytest.approx(2.0)
    assert told(world, biased)[0] == pytest.approx([latitude + 0.5, longitude, altitude - 3.0])
    car.put(Pose(x=100.0))
    assert told(world, sensor)[0][1] > longitude


def test_a_collision_tells_both_actors_and_the_impulse_to_the_sensor_on_either() -> None:
    world = World(Plain())
    ahead, behind = car_in(world, x=8.0), car_in(world)
    sensors = {car.id: spawned(world, COLLISION, car.id) for car in (ahead, behind)}
    spawned(world, COLLISION)
    behind.set_velocity(Vector(15.0))
    while not world.collisions:
        assert told(world, sensors[behind.id]) == []
        world.tick()
    ((actor, other, impulse),) = told(world, sensors[behind.id])
    assert (actor[0], actor[2][1], other[0]) == (behind.id, VEHICLE, ahead.id)
    assert impulse[0] < -1000.0
    ((actor, other, back),) = told(world, sensors[ahead.id])
    assert (actor[0], other[0], back) == (ahead.id, behind.id, [-value for value in impulse])


def test_sensor_tick_holds_for_instruments_too() -> None:
    world = World(Plain())
    world.apply(EpisodeSettings(fixed_delta_seconds=0.05))
    sensor = spawned(world, GNSS, 0, None, sensor_tick="0.2")
    counts = []
    for _ in range(40):
        world.tick()
        counts.append(len(told(world, sensor)))
    assert sum(counts) == 10


def test_what_nobody_wants_is_not_read() -> None:
    world = World(Plain())
    for kind in SENSORS:
        spawned(world, kind)
    world.tick()
    assert list(read_sensors(world, set())) == []


def test_lane_invasions_have_no_stream() -> None:
    sensor = spawned(World(Plain()), LANE_INVASION)
    assert not sensor.streams


def test_a_noise_that_is_no_number_is_refused() -> None:
    with pytest.raises((WorldError, BlueprintError), match="noise_lat_stddev is 'loud', expected a number"):
        spawned(World(Plain()), GNSS, 0, None, noise_lat_stddev="loud")


@pytest.mark.parametrize("kind", ["sensor.camera.optical_flow", "sensor.camera.dvs", "sensor.other.obstacle"])
def test_a_sensor_of_a_full_server_is_an_error_that_says_so(kind: str) -> None:
    with pytest.raises(WorldError, match=f"{kind} is not supported"):
        World(Plain()).spawn(Description(0, kind), Pose())
