"""The genuine client and every sensor that is no colour camera; a malformed payload would end this very process."""

from __future__ import annotations

import math
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import carla
import numpy as np
import pytest

from sim.episode.labels import Label
from sim.scene.scenery import get_scenery
from sim.server.maps import open_map
from tests.client.conftest import Eye, connected, synchronous
from tests.conftest import running_server

ORIGIN = carla.Transform()


class Ear:
    """A sensor that listens, and what it told."""

    def __init__(
        self, world: carla.World, kind: str, parent: carla.Actor | None, place: carla.Transform, **attributes: str
    ) -> None:
        blueprint = world.get_blueprint_library().find(kind)
        for name, value in attributes.items():
            blueprint.set_attribute(name, value)
        self.actor = world.spawn_actor(blueprint, place, attach_to=parent)
        self.heard: queue.Queue[Any] = queue.Queue()
        self.actor.listen(self.heard.put)

    def next(self) -> Any:
        return self.heard.get(timeout=10)


@contextmanager
def listening(
    world: carla.World, kind: str, parent: carla.Actor | None, place: carla.Transform = ORIGIN, **attributes: str
) -> Iterator[Ear]:
    ear = Ear(world, kind, parent, place, **attributes)
    try:
        yield ear
    finally:
        ear.actor.stop()
        ear.actor.destroy()


def prop(world: carla.World, car: carla.Vehicle, ahead: float) -> carla.Actor:
    """A container in front of a car [m]."""
    place = car.get_transform()
    place.location += ahead * place.get_forward_vector()
    return world.spawn_actor(world.get_blueprint_library().find("static.prop.container"), place)


def test_a_car_that_hits_a_prop_stops_and_its_sensor_tells_of_both(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    obstacle = prop(world, car, 12.0)
    with listening(world, "sensor.other.collision", car) as ear:
        car.apply_control(carla.VehicleControl(throttle=1.0))
        for _ in range(60):
            world.tick()
        event = ear.next()
        assert event.actor.id == car.id
        assert (event.other_actor.id, event.other_actor.type_id) == (obstacle.id, "static.prop.container")
        assert event.normal_impulse.length() > 1000.0
        assert event.frame <= world.get_snapshot().frame
        assert car.get_velocity().length() < 0.5
        assert car.get_location().distance(obstacle.get_location()) > 2.4


# A server whose map has a wall across its first place to start from.
WALLED = """
import sys
from types import SimpleNamespace
from sim import cli
from sim.server import maps
from sim.geometry.boxes import Box
def get_scenery(track, seed):
    first = track.spawn_points[0]
    wall = Box(first.x, first.y, first.yaw, 0.5, 30.0, kind="static.wall")
    return SimpleNamespace(solids_near=lambda x, y: [wall])
maps.get_scenery = get_scenery
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_car_that_hits_scenery_is_told_of_an_actor_of_number_nought() -> None:
    with running_server("--map", "oval", program=("-c", WALLED)) as address:
        world = connected(address).get_world()
        with synchronous(world):
            place = world.get_map().get_spawn_points()[0]
            place.location -= 12.0 * place.get_forward_vector()
            car = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), place)
            with listening(world, "sensor.other.collision", car) as ear:
                for _ in range(20):  # again, should the sensor's subscription have come after the impact
                    car.set_transform(place)
                    car.set_target_velocity(15.0 * place.get_forward_vector())
                    for _ in range(30):
                        world.tick()
                    if not ear.heard.empty():
                        break
                event = ear.next()
                assert (event.other_actor.id, event.other_actor.type_id) == (0, "static.wall")
                assert event.normal_impulse.length() > 1000.0


def test_a_car_that_runs_into_a_guard_rail_of_a_built_in_map_is_told_of_it() -> None:
    rail = get_scenery(open_map("country", 0), 0).rails[0]
    middle = len(rail.points) // 2
    point, to_road = rail.points[middle], rail.to_road[middle] / np.hypot(*rail.to_road[middle][:2])
    x, y, z = (point + 6.0 * to_road).tolist()
    yaw = math.degrees(math.atan2(-to_road[1], -to_road[0]))
    with running_server("--map", "country", "--seed", "0") as address:
        world = connected(address).get_world()
        with synchronous(world):
            place = carla.Transform(carla.Location(x, y, z + 0.5), carla.Rotation(yaw=yaw))
            car = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), place)
            with listening(world, "sensor.other.collision", car) as ear:
                car.set_target_velocity(12.0 * place.get_forward_vector())
                for _ in range(20):
                    world.tick()
                event = ear.next()
                assert (event.other_actor.id, event.other_actor.type_id) == (0, "static.guardrail")
                assert event.other_actor.semantic_tags == [Label.GUARD_RAIL]
                assert car.get_velocity().length() < 1.0
                assert math.dist((car.get_location().x, car.get_location().y), (x, y)) < 6.0


def test_depth_and_segmentation_come_with_the_frame_of_the_tick(world: carla.World, car: carla.Vehicle) -> None:
    size = {"image_size_x": "64", "image_size_y": "32"}
    with (
        listening(world, "sensor.camera.depth", car, **size) as depth,
        listening(world, "sensor.camera.semantic_segmentation", car, **size) as segmentation,
    ):
        for _ in range(3):
            frame = world.tick()
            far, kinds = depth.next(), segmentation.next()
            assert (far.frame, kinds.frame) == (frame, frame)
            assert (far.width, kinds.height, len(far.raw_data)) == (64, 32, 64 * 32 * 4)
        assert len(set(bytes(kinds.raw_data)[2::4])) > 1, "more than one kind of thing is in sight"


def test_position_is_what_the_client_s_own_map_says(world: carla.World, car: carla.Vehicle) -> None:
    with listening(world, "sensor.other.gnss", car) as ear:
        for place in world.get_map().get_spawn_points()[:3]:
            car.set_transform(place)
            frame = world.tick()
            reading = ear.next()
            assert reading.frame == frame
            expected = world.get_map().transform_to_geolocation(car.get_location())
            assert reading.latitude == pytest.approx(expected.latitude, abs=1e-7)
            assert reading.longitude == pytest.approx(expected.longitude, abs=1e-7)
            assert reading.altitude == pytest.approx(expected.altitude, abs=1e-3)


def test_inertia_at_rest_is_gravity_and_in_a_bend_the_turn(world: carla.World, car: carla.Vehicle) -> None:
    with listening(world, "sensor.other.imu", car) as ear:
        frame = world.tick()
        rest = ear.next()
        assert rest.frame == frame
        assert (rest.accelerometer.x, rest.accelerometer.y, rest.accelerometer.z) == pytest.approx(
            (0, 0, 9.81), abs=0.05
        )
        north = (car.get_transform().rotation.yaw + 90.0) % 360.0
        assert math.degrees(rest.compass) % 360.0 == pytest.approx(north, abs=0.01)
        car.apply_control(carla.VehicleControl(throttle=0.6, steer=0.2))
        for _ in range(40):
            world.tick()
            turning = ear.next()
        assert math.degrees(turning.gyroscope.z) == pytest.approx(car.get_angular_velocity().z, abs=0.01)
        assert turning.gyroscope.z > 0.05
        assert turning.accelerometer.y > 0.3


def test_the_client_sees_a_lane_invasion(world: carla.World, car: carla.Vehicle) -> None:
    ear = Ear(world, "sensor.other.lane_invasion", car, ORIGIN)
    try:
        world.tick()
        car.apply_control(carla.VehicleControl(throttle=0.8, steer=0.15))
        for _ in range(80):
            world.tick()
        assert ear.next().crossed_lane_markings
    finally:
        ear.actor.stop()
        ear.actor.destroy()


def test_every_sensor_at_once_tells_of_every_tick(world: carla.World, car: carla.Vehicle) -> None:
    eyes = [Eye(world, car), Eye(world, car, fov="60"), Eye(world, None)]
    with listening(world, "sensor.other.imu", car) as imu, listening(world, "sensor.other.gnss", car) as gnss:
        sensors: list[Eye | Ear] = [*eyes, imu, gnss]
        for _ in range(30):
            frame = world.tick()
            assert {sensor.next().frame for sensor in sensors} == {frame}


def test_sensor_tick_thins_an_instrument(world: carla.World, car: carla.Vehicle) -> None:
    with listening(world, "sensor.other.imu", car, sensor_tick="0.2") as ear:
        frames = [world.tick() for _ in range(80)]  # the client's subscription may come some ticks late
        taken = [ear.next().frame for _ in range(10)]
    assert [b - a for a, b in pairwise(taken)] == [4] * 9
    assert set(taken) <= set(frames)


@pytest.mark.parametrize("kind", ["sensor.other.obstacle", "sensor.camera.optical_flow", "sensor.camera.dvs"])
def test_a_sensor_of_a_full_server_is_listed_and_refused(world: carla.World, kind: str) -> None:
    blueprint = world.get_blueprint_library().find(kind)
    with pytest.raises(RuntimeError, match="not supported"):
        world.spawn_actor(blueprint, carla.Transform())


def test_lidars_and_a_radar_see_the_prop_ahead_and_the_road_below(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    obstacle = prop(world, car, 12.0)
    turn = {"rotation_frequency": "20", "points_per_second": "80000", "range": "40"}
    lifted = carla.Transform(carla.Location(z=2.0))
    with (
        listening(world, "sensor.lidar.ray_cast", car, lifted, dropoff_general_rate="0", **turn) as lidar,
        listening(world, "sensor.lidar.ray_cast_semantic", car, lifted, **turn) as semantic,
        listening(world, "sensor.other.radar", car, lifted, vertical_fov="40") as radar,
    ):
        frame = world.tick()
        points, tagged, detected = lidar.next(), semantic.next(), radar.next()
    assert (points.frame, tagged.frame, detected.frame) == (frame, frame, frame)
    assert (points.channels, sum(points.get_point_count(i) for i in range(32))) == (32, len(points))
    below = [point.point.z for point in points if abs(point.point.x - 8.0) < 1.0 and abs(point.point.y) < 1.0]
    assert below
    assert max(abs(z + 2.0) for z in below) < 0.1
    hit = [point for point in tagged if point.object_idx == obstacle.id]
    assert {point.object_tag for point in hit} == {Label.STATIC}
    # The container's near side; it is 4.2 m wide and 2 m high, and stands as the car does.
    assert min(point.point.x for point in hit) == pytest.approx(12.0 - 0.96, abs=0.15)
    assert max(abs(point.point.y) for point in hit) == pytest.approx(2.1, abs=0.2)
    assert any(abs(one.depth - 11.1) < 0.5 and abs(one.velocity) < 0.1 for one in detected)


def test_an_instance_camera_knows_one_car_from_another(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    others = []
    for kind, ahead, aside in (("audi.a2", 12.0, 0.0), ("nissan.micra", 14.0, 3.0)):
        place = car.get_transform()
        place.location += ahead * place.get_forward_vector() + aside * place.get_right_vector()
        others.append(world.spawn_actor(world.get_blueprint_library().find(f"vehicle.{kind}"), place))
    size = {"image_size_x": "160", "image_size_y": "80"}
    place = carla.Transform(carla.Location(x=1.5, z=1.7))
    with listening(world, "sensor.camera.instance_segmentation", car, place, **size) as ear:
        world.tick()
        seen = ear.next()
    pixels = np.frombuffer(seen.raw_data, np.uint8).reshape(80, 160, 4).astype(int)
    numbers, of_cars = pixels[..., 1] + 256 * pixels[..., 0], pixels[..., 2] == Label.CAR
    assert set(numbers[of_cars].tolist()) - {0} == {other.id for other in others}
    assert (numbers[of_cars] > 0).mean() > 0.95
    columns = [np.nonzero(numbers == other.id)[1].mean() for other in others]
    assert columns[0] < columns[1], "the second stands further right"
    assert (numbers[pixels[..., 2] == Label.ROAD] == 0).all()


def test_props_stand_where_they_were_put(world: carla.World) -> None:
    library = world.get_blueprint_library().filter("static.prop.*")
    assert len(library) >= 5
    place = carla.Transform(carla.Location(500.0, 500.0, 1.0), carla.Rotation(yaw=30.0))
    thing = world.spawn_actor(library[0], place)
    world.tick()
    assert thing.get_location().distance(place.location) < 1e-3
    assert thing.bounding_box.extent.z > 0.1
    assert thing.semantic_tags == [20]
    assert world.try_spawn_actor(library[0], place) is None


def test_two_cars_that_meet_are_both_told(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    place = car.get_transform()
    place.location += 10.0 * place.get_forward_vector()
    other = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), place)
    with (
        listening(world, "sensor.other.collision", car) as one,
        listening(world, "sensor.other.collision", other) as two,
    ):
        car.set_target_velocity(12.0 * place.get_forward_vector())
        for _ in range(20):
            world.tick()
        assert (one.next().other_actor.id, two.next().other_actor.id) == (other.id, car.id)
        assert other.get_velocity().length() > 1.0
