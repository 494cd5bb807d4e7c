from __future__ import annotations

import math

import pytest

from sim.dynamics.single_track import Ground
from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, BlueprintError, Description
from sim.episode.catalogue import COLLISION, DEPTH_CAMERA, IMU
from sim.episode.sensors import SENSORS, Lens, Sensor
from sim.episode.snapshot import Timestamp
from sim.episode.world import World
from sim.geometry.poses import Pose, Vector, matrix
from tests.sim.fakes import Plain, is_camera

BORN = Timestamp(frame=1, seconds=0.0)


class Slope(Plain):
    """Ground that climbs along a car."""

    def ground(self, _x: float, _y: float, _z: float, _yaw: float = 0.0) -> Ground:
        return Ground(pitch=0.1)


CAR = Description(0, VEHICLE).complete()


def test_a_camera_rides_on_its_parent_and_stays_behind_without_it() -> None:
    world = World(Plain())
    vehicle = world.spawn(CAR, Pose(x=10.0, yaw=math.pi / 2))
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA), Pose(x=2.0, z=1.0), vehicle.id))
    assert (camera.pose.x, camera.pose.y, camera.pose.z) == pytest.approx((10.0, 2.0, 1.0))
    vehicle.put(Pose(x=20.0))
    assert (camera.pose.x, camera.pose.y) == pytest.approx((22.0, 0.0))
    world.destroy(vehicle.id)
    assert (camera.pose.x, camera.pose.y) == pytest.approx((22.0, 0.0))


def test_an_attached_camera_is_put_in_the_axes_of_its_parent_and_rides_on() -> None:
    world = World(Plain())
    vehicle = world.spawn(CAR, Pose(x=10.0, yaw=math.pi / 2))
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA), Pose(), vehicle.id))
    camera.put(Pose(x=3.0, y=1.0, z=2.0, pitch=-0.2))
    assert matrix(camera.pose) == pytest.approx(matrix(Pose(9.0, 3.0, 2.0, -0.2, math.pi / 2)))
    camera.move_to(Vector(-4.0, 0.0, 1.0))
    assert matrix(camera.pose) == pytest.approx(matrix(Pose(10.0, -4.0, 1.0, -0.2, math.pi / 2)))
    vehicle.put(Pose(x=50.0))
    assert matrix(camera.pose) == pytest.approx(matrix(Pose(46.0, 0.0, 1.0, -0.2)))


def test_a_camera_on_its_own_is_put_in_the_world() -> None:
    camera = World(Plain()).spawn(Description(0, RGB_CAMERA), Pose(yaw=1.0))
    camera.move_to(Vector(7.0, 8.0, 9.0))
    assert camera.pose == Pose(7.0, 8.0, 9.0, yaw=1.0)
    camera.put(Pose(x=3.0))
    assert camera.pose == Pose(x=3.0)


@pytest.mark.parametrize(("every", "expected"), [("0.0", 100), ("0.05", 100), ("0.1", 50), ("0.25", 20), ("0.07", 71)])
def test_a_camera_is_due_as_often_as_its_sensor_tick_fits(every: str, expected: int) -> None:
    world = World(Plain())
    tick = AttributeValue("sensor_tick", 3, every)
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA, (tick,)), Pose()))
    due = 0
    for _ in range(100):
        world.tick()
        due += camera.is_due(world.timestamp.seconds, world.settings.step)
    assert due == expected


def test_the_first_tick_of_a_sensor_always_has_a_measurement() -> None:
    world = World(Plain())
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA, (AttributeValue("sensor_tick", 3, "1.0"),)), Pose()))
    due = []
    for _ in range(50):
        world.tick()
        due.append(camera.is_due(world.timestamp.seconds, world.settings.step))
    assert [i for i, is_due in enumerate(due) if is_due] == [0, 20, 40]


@pytest.mark.parametrize("kind", SENSORS)
def test_any_sensor_rides_on_a_car_and_has_a_stream_of_its_own(kind: str) -> None:
    world = World(Plain())
    car = world.spawn(CAR, Pose(x=10.0))
    one, other = (world.spawn(Description(0, kind), Pose(z=1.0), car.id) for _ in range(2))
    assert isinstance(one, Sensor)
    assert isinstance(other, Sensor)
    assert one.stream != other.stream
    car.put(Pose(x=20.0))
    assert (one.pose.x, one.pose.z) == (20.0, 1.0)
    assert one.footprint is None, "sensors are in nobody's way"


def test_a_lens_is_what_the_attributes_say_and_cameras_know_what_they_show() -> None:
    given = (("image_size_x", "32"), ("image_size_y", "16"), ("fov", "60"))
    description = Description(0, DEPTH_CAMERA, tuple(AttributeValue(name, 3, text) for name, text in given)).complete()
    assert Lens.from_description(description) == Lens(32, 16, math.radians(60.0))
    assert is_camera(World(Plain()).spawn(description, Pose())).kind == "depth"


def test_a_sensor_tick_that_is_no_number_is_refused_where_there_is_one() -> None:
    tick = (AttributeValue("sensor_tick", 3, "often"),)
    with pytest.raises(BlueprintError, match="sensor_tick is 'often'"):
        SENSORS[IMU](1, Description(0, IMU, tick).complete(), Pose(), None, 2, BORN)
    assert SENSORS[COLLISION](1, Description(0, COLLISION, tick).complete(), Pose(), None, 2, BORN).every == 0.0


@pytest.mark.parametrize(("attachment", "lift"), [(1, 0.3), (2, 0.0)])
def test_a_camera_on_a_spring_arm_looks_along_it_and_stays_upright(attachment: int, lift: float) -> None:
    world = World(Slope())
    vehicle = world.spawn(CAR, Pose(x=10.0, yaw=math.pi / 2))
    assert vehicle.pose.pitch == 0.1
    behind = Pose(x=-4.0, z=3.0, pitch=math.radians(8.0))
    camera = is_camera(world.spawn(Description(0, RGB_CAMERA), behind, vehicle.id, attachment))
    pose = camera.pose
    assert (pose.x, pose.y, pose.z) == pytest.approx((10.0, -4.0, 3.0 + lift))
    assert (pose.pitch, pose.yaw, pose.roll) == pytest.approx((math.radians(8.0) - math.atan2(3, 4), math.pi / 2, 0))
    camera.put(Pose(x=5.0))  # from the far end along the arm, which is 5 m long
    assert (camera.pose.x, camera.pose.y, camera.pose.z) == pytest.approx((10.0, 0.0, lift), abs=1e-9)


@pytest.mark.parametrize("attachment", [1, 2])
@pytest.mark.parametrize("yaw", [0.0, 0.5, -2.0])
def test_a_camera_on_an_arm_straight_above_its_car_is_not_turned_round(attachment: int, yaw: float) -> None:
    world = World(Plain())
    vehicle = world.spawn(CAR, Pose(x=10.0, yaw=yaw))
    above = is_camera(world.spawn(Description(0, RGB_CAMERA), Pose(z=10.0), vehicle.id, attachment))
    upwards = matrix(above.pose)[:3, 2]  # it looks straight down, and the top of its picture is ahead of the car
    assert matrix(above.pose)[:3, 0] == pytest.approx([0.0, 0.0, -1.0])
    assert upwards == pytest.approx([math.cos(yaw), math.sin(yaw), 0.0])
    nearly = is_camera(world.spawn(Description(0, RGB_CAMERA), Pose(x=-1e-3, z=10.0), vehicle.id, attachment))
    assert matrix(above.pose)[:3, :3] == pytest.approx(matrix(nearly.pose)[:3, :3], abs=1e-3)


def test_an_attachment_without_a_parent_has_no_meaning() -> None:
    camera = is_camera(World(Plain()).spawn(Description(0, RGB_CAMERA), Pose(x=-4.0, z=3.0), 0, 176))
    assert camera.pose == Pose(x=-4.0, z=3.0)
