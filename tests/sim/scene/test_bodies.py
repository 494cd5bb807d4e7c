"""Every car and prop has a shape that fills the box it collides with, and is seen where it stands, however it turns."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from sim.camera.renderer import Renderer
from sim.episode.catalogue import PROPS, STANDING, VEHICLES
from sim.episode.labels import Label
from sim.episode.sensors import CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, compose
from sim.roads import opendrive
from sim.roads.track import Track
from sim.scene.bodies import VisibleActor, make_body

SIZE = (200, 100)
EYE = Pose(-60.0, -57.25, 1.4)  # on the oval's first straight, looking along it
RED = (1.0, 0.0, 0.0)
Picture = npt.NDArray[np.int64]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    made = Renderer()
    made.load(Track(*opendrive.load("oval")), 7)
    return made


@pytest.fixture(autouse=True)
def _nothing_is_left(renderer: Renderer) -> Iterator[None]:
    yield
    renderer.place_actors([])
    renderer.set_weather(WeatherParameters())


def seen(renderer: Renderer, kind: CameraKind) -> Picture:
    camera = renderer.create_camera(*SIZE, math.radians(90), kind)
    picture = np.frombuffer(camera.render(EYE), np.uint8).reshape(SIZE[1], SIZE[0], 4).astype(np.int64)
    camera.close()
    return picture


def metres(picture: Picture) -> npt.NDArray[np.float64]:
    depth: npt.NDArray[np.float64] = (
        1000 * (picture[..., 2] + 256 * picture[..., 1] + 65536 * picture[..., 0]) / (2**24)
    )
    return depth


@pytest.mark.parametrize("kind", [*VEHICLES, *STANDING])
def test_a_shape_fills_its_box_and_stays_in_it(kind: str) -> None:
    points = make_body(kind, RED).points
    half = VEHICLES.get(kind) or STANDING[kind]
    low, high = points.min(axis=0), points.max(axis=0)
    assert (np.abs([low[:2], high[:2]]) <= np.array([half.x, half.y]) + 0.051).all()
    assert 0.0 <= low[2] < 0.2
    assert high[2] == pytest.approx(2 * half.z, abs=0.05)
    assert high[1] - low[1] > 0.85 * 2 * half.y * (0.85 if kind in VEHICLES else 1.0)


@pytest.mark.parametrize(("kind", "label"), [("vehicle.tesla.model3", Label.CAR), ("static.prop.barrel", Label.STATIC)])
@pytest.mark.parametrize("yaw", [0.0, 0.7, math.pi])
def test_colour_tag_and_depth_agree_on_where_a_thing_is(
    renderer: Renderer, kind: str, label: Label, yaw: float
) -> None:
    bare = seen(renderer, "rgb")
    renderer.place_actors([VisibleActor(5, kind, RED, compose(EYE, Pose(x=9.0, z=-1.4, yaw=yaw)))])
    changed = (seen(renderer, "rgb") != bare).any(axis=-1)
    tagged = seen(renderer, "semantic_segmentation")[..., 2] == label
    assert tagged.sum() > 40
    assert (changed == tagged).mean() > 0.999
    depth = metres(seen(renderer, "depth"))[tagged]
    half = VEHICLES.get(kind) or STANDING[kind]
    reach = math.hypot(half.x, half.y)
    assert (np.abs(depth - 9.0) < reach).all()
    assert depth.min() < 9.0 - (0.25 if kind in PROPS else 0.8)


def test_what_has_moved_is_seen_there_and_what_is_gone_is_gone(renderer: Renderer) -> None:
    kinds: tuple[CameraKind, ...] = ("rgb", "depth", "semantic_segmentation")
    bare = [seen(renderer, kind) for kind in kinds]
    places = []
    for x in (8.0, 16.0):
        renderer.place_actors([VisibleActor(1, "vehicle.ford.mustang", RED, compose(EYE, Pose(x=x, z=-1.4)))])
        car = seen(renderer, "semantic_segmentation")[..., 2] == Label.CAR
        places.append(float(np.median(metres(seen(renderer, "depth"))[car])))
    assert places[1] - places[0] == pytest.approx(8.0, abs=0.5)
    renderer.place_actors([])
    for kind, picture in zip(kinds, bare, strict=True):
        assert np.array_equal(seen(renderer, kind), picture)


def test_a_car_in_fog_pales_with_its_own_distance(renderer: Renderer) -> None:
    reds = []
    for fog in (0.0, 80.0):
        renderer.set_weather(WeatherParameters(fog_density=fog, fog_distance=0.0))
        for x in (8.0, 40.0):
            renderer.place_actors([VisibleActor(1, "vehicle.mercedes.sprinter", RED, compose(EYE, Pose(x=x, z=-1.4)))])
            car = seen(renderer, "semantic_segmentation")[..., 2] == Label.CAR
            picture = seen(renderer, "rgb")[car]
            reds.append(np.percentile(picture[:, 2] - picture[:, 1], 90))
    near, far, foggy_near, foggy_far = reds
    assert min(near, far) > 150
    assert foggy_far < 0.5 * foggy_near < 0.5 * near
