from __future__ import annotations

from dataclasses import replace

import pytest

from sim.dynamics.single_track import MODEL3, VehicleControl
from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, Description
from sim.episode.catalogue import COLLISION, WALKER_CONTROLLER
from sim.episode.settings import EpisodeSettings
from sim.episode.snapshot import Timestamp
from sim.episode.weather import WeatherParameters
from sim.episode.world import (
    DEEPEST,
    LONGEST_CURVE,
    MOST_ACTORS,
    MOST_CAMERAS,
    MOST_PIXELS,
    MOST_SENSORS,
    World,
    WorldError,
)
from sim.geometry.poses import Pose, Vector
from tests.sim.fakes import Plain, is_camera

CAR, CAMERA = Description(0, VEHICLE), Description(0, RGB_CAMERA)


@pytest.fixture
def world() -> World:
    return World(Plain())


def test_a_tick_counts_one_frame_and_one_step(world: World) -> None:
    world.apply(EpisodeSettings(fixed_delta_seconds=0.1))
    frame, seconds = world.timestamp.frame, world.timestamp.seconds
    assert world.tick() == frame + 1
    assert world.timestamp.seconds == pytest.approx(seconds + 0.1)


def test_a_step_left_open_is_a_twentieth_of_a_second(world: World) -> None:
    for settings in (EpisodeSettings(), EpisodeSettings(fixed_delta_seconds=0.0)):
        world.apply(settings)
        before = world.timestamp.seconds
        world.tick()
        assert world.timestamp.seconds - before == pytest.approx(0.05)


@pytest.mark.parametrize("step", [-0.1, 3.5])
def test_a_step_out_of_reason_is_refused_and_changes_nothing(world: World, step: float) -> None:
    with pytest.raises(WorldError, match=f"fixed_delta_seconds is {step}"):
        world.apply(EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=step))
    assert world.settings == EpisodeSettings()


def test_the_same_calls_give_the_same_snapshots_to_the_bit() -> None:
    def driven() -> object:
        world = World(Plain())
        car = world.spawn(CAR, Pose(yaw=0.3))
        for i in range(50):
            world.control(car.id, VehicleControl(throttle=0.8, steer=i / 100))
            world.tick()
        return world.snapshot()

    assert driven() == driven()


def test_a_car_keeps_its_last_control(world: World) -> None:
    car = world.spawn(CAR, Pose())
    world.control(car.id, VehicleControl(throttle=1.0))
    speeds = []
    for _ in range(10):
        world.tick()
        speeds.append(world.snapshot().actors[-1].velocity.x)
    assert speeds == sorted(speeds)
    assert speeds[-1] > speeds[0] > 0.0


def test_controls_are_cut_to_their_ranges(world: World) -> None:
    car = world.vehicle(world.spawn(CAR, Pose()).id)
    world.control(car.id, VehicleControl(throttle=7.0, steer=-3.0, brake=-1.0))
    assert (car.control.throttle, car.control.steer, car.control.brake) == (1.0, -1.0, 0.0)


def test_nothing_spawns_where_a_car_stands(world: World) -> None:
    world.spawn(CAR, Pose())
    with pytest.raises(WorldError, match="collision at spawn position"):
        world.spawn(CAR, Pose(x=1.0))
    world.spawn(CAR, Pose(x=10.0))
    world.spawn(CAMERA, Pose())
    assert len(world.snapshot().actors) == 4


@pytest.mark.parametrize(
    ("description", "parent", "sentence"),
    [
        (Description(0, "walker.pedestrian"), 0, "no blueprint 'walker.pedestrian'"),
        (Description(0, "spectator"), 0, "no blueprint 'spectator'"),
        (CAMERA, 99, "no actor 99"),
        (CAR, 1, "cannot be attached"),
    ],
)
def test_what_cannot_be_spawned_is_refused(world: World, description: Description, parent: int, sentence: str) -> None:
    with pytest.raises(WorldError, match=sentence):
        world.spawn(description, Pose(), parent)


def test_what_was_destroyed_is_gone(world: World) -> None:
    car = world.spawn(CAR, Pose())
    world.destroy(car.id)
    with pytest.raises(WorldError, match=f"no actor {car.id}"):
        world.destroy(car.id)
    with pytest.raises(WorldError, match="spectator"):
        world.destroy(world.spectator.id)


def test_what_is_no_car_cannot_be_driven(world: World) -> None:
    with pytest.raises(WorldError, match="is a spectator, expected a vehicle"):
        world.control(world.spectator.id, VehicleControl())


def test_a_velocity_out_of_reason_is_refused(world: World) -> None:
    car = world.spawn(CAR, Pose())
    with pytest.raises(WorldError):
        world.set_velocity(car.id, Vector(1e6, 0.0, 0.0))


@pytest.mark.parametrize(
    "physics",
    [
        replace(MODEL3, forward_gears=()),
        replace(MODEL3, mass=0.0),
        replace(MODEL3, wheels=(replace(MODEL3.wheels[0], radius=0.0), *MODEL3.wheels[1:])),
    ],
)
def test_physics_that_no_car_can_have_are_refused(world: World, physics: object) -> None:
    car = world.spawn(CAR, Pose())
    with pytest.raises(WorldError):
        world.set_physics(car.id, physics)  # type: ignore[arg-type]  # it is one
    assert world.vehicle(car.id).physics is MODEL3


@pytest.mark.parametrize("name", ["torque_curve", "steering_curve", "forward_gears"])
def test_a_curve_of_physics_has_so_many_points_and_no_more(world: World, name: str) -> None:
    car = world.spawn(CAR, Pose())
    point = MODEL3.forward_gears[0] if name == "forward_gears" else (1.0, 1.0)
    world.set_physics(car.id, replace(MODEL3, **{name: (point,) * LONGEST_CURVE}))  # type: ignore[arg-type]  # it is one
    with pytest.raises(WorldError, match=f"up to {LONGEST_CURVE} points"):
        world.set_physics(car.id, replace(MODEL3, **{name: (point,) * (LONGEST_CURVE + 1)}))  # type: ignore[arg-type]


def test_there_are_so_many_actors_and_sensors_and_no_more(world: World) -> None:
    sensor = Description(0, COLLISION)
    sensors = [world.spawn(sensor, Pose()) for _ in range(MOST_SENSORS)]
    with pytest.raises(WorldError, match=f"there are {MOST_SENSORS} sensors already"):
        world.spawn(sensor, Pose())
    for i in range(MOST_ACTORS - len(world.actors)):
        world.spawn(Description(0, "static.prop.box01"), Pose(x=2.0 * i))
    with pytest.raises(WorldError, match=f"there are {MOST_ACTORS} actors already"):
        world.spawn(CAR, Pose(x=-50.0))
    world.destroy(sensors[0].id)
    world.spawn(CAR, Pose(x=-50.0))


def camera_of(size: int) -> Description:
    return Description(0, RGB_CAMERA, tuple(AttributeValue(f"image_size_{axis}", 2, str(size)) for axis in "xy"))


def test_there_are_so_many_cameras_and_no_more(world: World) -> None:
    for _ in range(MOST_CAMERAS):
        world.spawn(camera_of(4), Pose())
    with pytest.raises(WorldError, match=f"there are {MOST_CAMERAS} cameras already"):
        world.spawn(camera_of(4), Pose())
    assert len(world.cameras()) == MOST_CAMERAS


def test_all_cameras_together_have_so_many_pixels_and_no_more(world: World) -> None:
    largest = [world.spawn(camera_of(4096), Pose()) for _ in range(MOST_PIXELS // 4096**2)]
    with pytest.raises(WorldError, match="million pixels a frame"):
        world.spawn(camera_of(1), Pose())
    world.destroy(largest[0].id)
    world.spawn(camera_of(1), Pose())


def test_sensors_sit_on_sensors_so_deep_and_no_deeper(world: World) -> None:
    below = world.spawn(CAR, Pose())
    for _ in range(DEEPEST):
        below = world.spawn(CAMERA, Pose(), below.id)
    with pytest.raises(WorldError, match=f"more than {DEEPEST} deep"):
        world.spawn(CAMERA, Pose(), below.id)


@pytest.mark.parametrize("on_a_car", [True, False])
def test_controllers_sit_on_controllers_so_deep_and_no_deeper(world: World, on_a_car: bool) -> None:
    controller = Description(0, WALKER_CONTROLLER)
    below = world.spawn(CAR if on_a_car else controller, Pose())
    chain = [below]
    for _ in range(DEEPEST):
        chain.append(world.spawn(controller, Pose(x=1.0), chain[-1].id))
    for kind in (controller, CAMERA):
        with pytest.raises(WorldError, match=f"more than {DEEPEST} deep"):
            world.spawn(kind, Pose(), chain[-1].id)
    world.destroy(chain[1].id)
    world.spawn(CAMERA, Pose(), chain[-1].id)  # the chain begins further up by now


def test_a_new_episode_is_empty_and_takes_no_number_twice(world: World) -> None:
    car = world.spawn(CAR, Pose())
    world.weather = WeatherParameters(precipitation=50.0)
    world.tick()
    episode, frame = world.episode, world.timestamp.frame
    world.load(Plain("other"))
    assert world.episode != episode
    assert world.timestamp.frame >= frame
    assert [actor.id for actor in world.snapshot().actors] == [world.spectator.id]
    assert world.spectator.id > car.id
    assert world.weather == WeatherParameters()


def test_a_new_episode_begins_at_nought_seconds_and_its_sensors_count_from_there(world: World) -> None:
    for _ in range(31):
        world.tick()
    frame = world.timestamp.frame
    world.load(Plain("other"))
    assert world.timestamp == Timestamp(frame, 0.0)
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA, (AttributeValue("sensor_tick", 3, "0.2"),)), Pose()))
    due = []
    for _ in range(9):
        world.tick()
        due.append(camera.is_due(world.timestamp.seconds, world.settings.step))
    assert world.timestamp.seconds == pytest.approx(9 * 0.05)
    assert [at for at, is_due in enumerate(due) if is_due] == [0, 4, 8]


def test_a_walker_stands_in_the_way_and_its_controller_stays_when_it_goes(world: World) -> None:
    walker = world.spawn(Description(0, "walker.pedestrian.0001"), Pose(x=8.0, z=0.93))
    controller = world.spawn(Description(0, "controller.ai.walker"), Pose(), walker.id)
    assert controller.parent is walker
    assert controller.pose == walker.pose
    with pytest.raises(WorldError, match="collision at spawn position"):
        world.spawn(CAR, Pose(x=8.0))
    world.destroy(walker.id)
    parents = [actor.parent for actor in world.actors.values()]
    assert walker not in parents
    assert controller.pose == walker.pose, "it stays where the walker was"
    world.destroy(controller.id)
