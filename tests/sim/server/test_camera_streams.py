from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from sim.episode.blueprints import RGB_CAMERA, VEHICLE, AttributeValue, Description
from sim.episode.catalogue import DEPTH_CAMERA, INSTANCE_CAMERA, SEGMENTATION_CAMERA
from sim.episode.weather import WeatherParameters
from sim.episode.world import World
from sim.geometry.poses import Pose
from sim.server.camera_streams import CameraStreams
from tests.sim.fakes import Numbers, Plain, is_camera

SMALL = Description(0, RGB_CAMERA, (AttributeValue("image_size_x", 2, "4"), AttributeValue("image_size_y", 2, "2")))


@pytest.fixture
def world() -> World:
    return World(Plain())


@pytest.fixture
def renderer() -> Numbers:
    return Numbers()


@pytest.fixture
def streams(renderer: Numbers, world: World) -> CameraStreams:
    streams = CameraStreams(renderer, seed=1)
    streams.begin(Plain())
    return streams


def test_a_picture_is_drawn_for_the_pose_and_frame_in_its_header(streams: CameraStreams, world: World) -> None:
    camera = is_camera(world.spawn(SMALL, Pose(x=3.0)))
    for x in (3.0, 8.0):
        camera.put(Pose(x=x))
        world.tick()
        ((stream, message),) = streams.render(world, {camera.stream})
        assert stream == camera.stream
        assert struct.unpack_from("<IQQ", message) == (48 + 12 + 4 * 2 * 4, 13, world.timestamp.frame)
        assert struct.unpack_from("<f", message, 4 + 24) == struct.unpack_from("<f", message, 4 + 48 + 12) == (x,)


@pytest.mark.parametrize(("kind", "number"), [(RGB_CAMERA, 13), (DEPTH_CAMERA, 1), (SEGMENTATION_CAMERA, 14)])
def test_each_kind_of_camera_has_its_own_pictures_and_number(
    streams: CameraStreams, world: World, renderer: Numbers, kind: str, number: int
) -> None:
    camera = is_camera(world.spawn(replace(SMALL, id=kind), Pose()))
    ((_, message),) = streams.render(world, {camera.stream})
    assert struct.unpack_from("<Q", message, 4) == (number,)
    assert renderer.kinds == [kind.rpartition(".")[2]]


def test_an_instance_camera_draws_tags_and_depth_and_is_closed_with_both(
    streams: CameraStreams, world: World, renderer: Numbers
) -> None:
    camera = is_camera(world.spawn(replace(SMALL, id=INSTANCE_CAMERA), Pose()))
    ((_, message),) = streams.render(world, {camera.stream})
    assert struct.unpack_from("<Q", message, 4) == (15,)
    assert renderer.kinds == ["semantic_segmentation", "depth"]
    world.destroy(camera.id)
    assert list(streams.render(world, {camera.stream})) == []
    assert [camera.closed for camera in renderer.cameras] == [True, True]


def test_a_new_weather_is_drawn_in_from_the_next_picture_on(
    streams: CameraStreams, world: World, renderer: Numbers
) -> None:
    for _ in range(2):
        list(streams.render(world, set()))
    world.weather = WeatherParameters(precipitation=80.0)
    list(streams.render(world, set()))
    assert renderer.weathers == [WeatherParameters(), WeatherParameters(precipitation=80.0)]


def test_what_nobody_wants_is_not_drawn(streams: CameraStreams, world: World, renderer: Numbers) -> None:
    world.spawn(SMALL, Pose())
    wanted = is_camera(world.spawn(SMALL, Pose()))
    assert len(list(streams.render(world, {wanted.stream}))) == 1
    assert (renderer.drawn, len(renderer.cameras)) == (1, 1)


def test_nothing_is_drawn_without_rendering(streams: CameraStreams, world: World, renderer: Numbers) -> None:
    camera = is_camera(world.spawn(SMALL, Pose()))
    world.apply(replace(world.settings, no_rendering_mode=True))
    assert list(streams.render(world, {camera.stream})) == []
    assert renderer.drawn == 0


def test_a_destroyed_camera_is_closed(streams: CameraStreams, world: World, renderer: Numbers) -> None:
    camera = is_camera(world.spawn(SMALL, Pose()))
    list(streams.render(world, {camera.stream}))
    world.destroy(camera.id)
    list(streams.render(world, {camera.stream}))
    assert [camera.closed for camera in renderer.cameras] == [True]


def test_a_new_episode_closes_all_cameras_and_loads_its_map(
    streams: CameraStreams, world: World, renderer: Numbers
) -> None:
    camera = is_camera(world.spawn(SMALL, Pose()))
    list(streams.render(world, {camera.stream}))
    world.load(Plain("other"))
    streams.begin(Plain("other"))
    assert [camera.closed for camera in renderer.cameras] == [True]
    assert renderer.loaded == ["plain", "other"]


def test_a_camera_that_cannot_draw_stays_dark_and_the_others_go_on(
    streams: CameraStreams, world: World, renderer: Numbers, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, sound = (is_camera(world.spawn(SMALL, Pose())) for _ in range(2))
    wanted = {broken.stream, sound.stream}
    list(streams.render(world, wanted))
    renderer.cameras[0].closed = True
    for _ in range(3):
        assert [stream for stream, _ in streams.render(world, wanted)] == [sound.stream]
    assert capsys.readouterr().err.count("cannot draw") == 1


def test_a_camera_sees_cars_but_not_the_one_it_sits_in() -> None:
    world, renderer = World(Plain()), Numbers()
    streams = CameraStreams(renderer, seed=0)
    streams.begin(Plain())
    own, other = (world.spawn(Description(0, VEHICLE), Pose(x=x)) for x in (0.0, 50.0))
    for place, expected in ((Pose(x=0.6, z=1.3), {other.id}), (Pose(x=-6.0, z=2.5), {own.id, other.id})):
        camera = is_camera(world.spawn(Description(0, RGB_CAMERA), place, own.id))
        assert len(list(streams.render(world, {camera.stream}))) == 1
        assert {actor.id for actor in renderer.actors} == expected


@pytest.mark.parametrize(("lights", "expected"), [(0, False), (1, False), (2, True), (1 | 4, True), (8, False)])
def test_headlights_are_those_of_the_car_that_carries_the_camera(
    streams: CameraStreams, world: World, renderer: Numbers, lights: int, expected: bool
) -> None:
    car = world.vehicle(world.spawn(Description(0, VEHICLE), Pose()).id)
    camera = is_camera(world.spawn(SMALL, Pose(z=1.0), car.id))
    riding = is_camera(world.spawn(SMALL, Pose(z=0.1), camera.id))
    alone = is_camera(world.spawn(SMALL, Pose(z=1.0)))
    car.lights = lights
    list(streams.render(world, {camera.stream, riding.stream, alone.stream}))
    assert renderer.headlights == [expected, expected, False]
