"""The genuine client drives: synchronous ticks, a car, its cameras."""

from __future__ import annotations

import math
from itertools import pairwise

import carla
import pytest

from tests.client.conftest import PLACE, Eye, connected, spawn_car, synchronous
from tests.conftest import Address, running_server


def test_the_client_gets_a_world_with_a_map_it_can_parse(client: carla.Client) -> None:
    assert client.get_server_version() == client.get_client_version()
    town = client.get_world().get_map()
    assert town.name == "Carla/Maps/oval"
    start = town.get_spawn_points()[0]
    assert town.get_waypoint(start.location).transform.location.distance(start.location) < 0.5


def test_every_picture_carries_the_frame_of_the_tick_that_made_it(world: carla.World, camera: Eye) -> None:
    for _ in range(50):
        assert world.tick() == camera.next().frame


def test_a_picture_has_the_size_the_angle_and_the_pose_that_were_asked_for(
    world: carla.World, car: carla.Vehicle
) -> None:
    eye = Eye(world, car, image_size_x="80", image_size_y="20", fov="60")
    world.tick()
    image = eye.next()
    assert (image.width, image.height, image.fov) == (80, 20, 60.0)
    assert len(image.raw_data) == 80 * 20 * 4
    expected = car.get_transform().transform(PLACE.location)
    assert image.transform.location.distance(expected) < 0.01


def test_throttle_moves_the_car_and_the_brake_stops_it(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    start = car.get_location()
    car.apply_control(carla.VehicleControl(throttle=0.6))
    for _ in range(40):
        world.tick()
    fast = car.get_velocity().length()
    assert fast > 3.0
    assert car.get_location().distance(start) > 3.0
    car.apply_control(carla.VehicleControl(brake=1.0))
    for _ in range(60):
        world.tick()
    assert car.get_velocity().length() < 0.05


def test_steering_right_turns_right(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    yaw = car.get_transform().rotation.yaw
    car.apply_control(carla.VehicleControl(throttle=0.5, steer=0.3))
    for _ in range(20):
        world.tick()
    turned = (car.get_transform().rotation.yaw - yaw + 180.0) % 360.0 - 180.0
    assert 1.0 < turned < 90.0
    assert car.get_angular_velocity().z > 1.0
    assert car.get_wheel_steer_angle(carla.VehicleWheelLocation.FL_Wheel) > 1.0


def test_a_control_takes_effect_with_the_very_next_tick(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    assert car.get_control().throttle == 0.0
    assert car.get_velocity().length() == 0.0
    car.apply_control(carla.VehicleControl(throttle=1.0))
    assert car.get_velocity().length() == 0.0
    world.tick()
    assert car.get_control().throttle == 1.0
    assert car.get_velocity().length() > 0.0


def test_a_car_set_down_elsewhere_keeps_its_speed(world: carla.World, car: carla.Vehicle) -> None:
    car.apply_control(carla.VehicleControl(throttle=1.0))
    for _ in range(20):
        world.tick()
    speed, place = car.get_velocity().length(), world.get_map().get_spawn_points()[3]
    car.set_transform(place)
    world.tick()
    assert speed > 2.0
    assert car.get_velocity().length() == pytest.approx(speed, rel=0.2)
    car.apply_control(carla.VehicleControl(brake=1.0))
    car.set_transform(place)
    car.set_target_velocity(carla.Vector3D())
    car.set_target_angular_velocity(carla.Vector3D())
    world.tick()
    assert car.get_location().distance(place.location) < 0.6
    assert car.get_transform().rotation.yaw == pytest.approx(place.rotation.yaw, abs=0.01)
    assert car.get_velocity().length() < 0.1


def test_a_target_velocity_is_the_cars_with_the_next_tick(world: carla.World, car: carla.Vehicle) -> None:
    yaw = math.radians(world.get_map().get_spawn_points()[0].rotation.yaw)
    car.set_target_velocity(carla.Vector3D(8 * math.cos(yaw), 8 * math.sin(yaw), 0.0))
    world.tick()
    assert car.get_velocity().length() == pytest.approx(8.0, abs=0.3)


def test_a_destroyed_car_is_gone_and_cannot_be_destroyed_again(world: carla.World, car: carla.Vehicle) -> None:
    world.tick()
    assert car.id in [actor.id for actor in world.get_actors()]
    assert car.destroy()
    world.tick()
    assert car.id not in [actor.id for actor in world.get_actors()]


def test_a_place_that_is_taken_gives_no_second_car(world: carla.World, car: carla.Vehicle) -> None:
    with pytest.raises(RuntimeError, match="collision at spawn position"):
        spawn_car(world)
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    assert world.try_spawn_actor(blueprint, world.get_map().get_spawn_points()[0]) is None


def test_sensor_tick_thins_the_pictures(world: carla.World, car: carla.Vehicle) -> None:
    every, fourth = Eye(world, car), Eye(world, car, sensor_tick="0.2")
    world.tick()
    every.next()
    frames = []
    for _ in range(40):
        frames.append(world.tick())
        every.next()
    taken = [fourth.next().frame for _ in range(10)]
    assert {b - a for a, b in pairwise(taken)} == {4}


def test_a_camera_that_stops_and_listens_again_goes_on(world: carla.World, camera: Eye) -> None:
    world.tick()
    camera.next()
    camera.actor.stop()
    world.tick()
    camera.actor.listen(camera.images.put)
    assert world.tick() == camera.next().frame


# A server that draws in no time: the slower the pictures, the less likely the client is to lock itself up.
NO_TIME = """
import sys
from sim import cli
from sim.camera import renderer
from tests.sim.fakes import Numbers
renderer.Renderer = lambda pipe: Numbers()
sys.exit(cli.main(sys.argv[1:]))
"""


def test_a_batch_that_ticks_does_not_lock_up_with_four_cameras() -> None:
    with running_server("--map", "oval", program=("-c", NO_TIME)) as address:
        client = connected(address, worker_threads=2)
        world = client.get_world()
        with synchronous(world):
            car = spawn_car(world)
            eyes = [Eye(world, car) for _ in range(4)]
            world.tick()
            for eye in eyes:
                eye.next()
            go = carla.command.ApplyVehicleControl(car.id, carla.VehicleControl(throttle=0.2))
            for _ in range(200):
                assert not client.apply_batch_sync([go], True)[0].error
                assert {eye.next().frame for eye in eyes} == {world.get_snapshot().frame}


def drive(address: Address) -> list[bytes]:
    world = connected(address).get_world()
    with synchronous(world):
        car = spawn_car(world)
        eye = Eye(world, car)
        pictures = []
        for i in range(30):
            car.apply_control(carla.VehicleControl(throttle=0.7, steer=0.2 * math.sin(i / 5)))
            frame = world.tick()
            image = eye.next()
            assert image.frame == frame
            pictures.append(bytes(image.raw_data))
    return pictures


def test_two_fresh_servers_give_the_same_pictures_for_the_same_seed_and_controls() -> None:
    with running_server("--map", "oval", "--seed", "3") as one:
        first = drive(one)
    with running_server("--map", "oval", "--seed", "3") as other:
        second = drive(other)
    assert first == second
    assert len(set(first)) > 20, "the pictures change as the car drives"
