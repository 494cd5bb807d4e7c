"""Pictures against the pinhole model worked out by hand, and the promises about time, seed and size."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import psutil
import pytest
from panda3d import core

from sim.camera.renderer import Camera, Renderer
from sim.episode.labels import Label
from sim.episode.sensors import CameraKind
from sim.episode.weather import WeatherParameters
from sim.geometry.poses import Pose, compose, matrix
from sim.roads import opendrive
from sim.roads.track import Track
from sim.scene.bodies import VisibleActor
from sim.scene.sky import Sky

KINDS: tuple[CameraKind, ...] = ("rgb", "depth")
Picture = npt.NDArray[np.int64]

OVAL = Track(*opendrive.load("oval"))
WIDTH, HEIGHT, FOV = 800, 600, math.radians(90)
FOCAL = WIDTH / 2 / math.tan(FOV / 2)
# On the oval's first straight, which runs along x at y = -59: in the right-hand lane 1.4 m above the ground.
LANE = Pose(-60.0, -57.25, 1.4)
SEAT = [
    Pose(),
    Pose(pitch=math.radians(-12)),
    Pose(pitch=math.radians(6), z=0.8),
    Pose(yaw=math.radians(15), pitch=math.radians(-5)),
    Pose(yaw=math.radians(-20), roll=math.radians(8), y=-1.0),
    Pose(roll=math.radians(-15), pitch=math.radians(-20), z=3.0),
]
OF_A_FRESH_PROCESS = """
import hashlib, math
from sim.roads import opendrive
from sim.camera.renderer import Renderer
from sim.episode.sensors import CameraKind
from sim.geometry.poses import Pose
from sim.roads.track import Track
renderer = Renderer()
renderer.load(Track(*opendrive.load("oval")), 7)
frame = renderer.create_camera(320, 160, math.radians(90)).render(Pose(20.0, -57.0, 1.5, -0.05, 0.1))
print(hashlib.sha256(frame).hexdigest())
"""


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    made = Renderer()
    made.load(OVAL, 7)
    return made


@pytest.fixture(scope="module")
def camera(renderer: Renderer) -> Iterator[Camera]:
    made = renderer.create_camera(WIDTH, HEIGHT, FOV)
    yield made
    made.close()


def seen(camera: Camera, pose: Pose) -> Picture:
    """Rows x columns x BGRA."""
    return np.frombuffer(camera.render(pose), np.uint8).reshape(HEIGHT, WIDTH, 4).astype(np.int64)


def pixels(pose: Pose, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where points (n, 3) fall in the picture (n, 2), by similar triangles; nan behind the camera."""
    turn, eye = matrix(pose)[:3, :3], np.array([pose.x, pose.y, pose.z])
    forward, right, up = ((points - eye) @ turn).T
    depth = np.where(forward > 0.1, forward, np.nan)
    return np.stack((WIDTH / 2 + FOCAL * right / depth, HEIGHT / 2 - FOCAL * up / depth), axis=1)


def crossing(line: npt.NDArray[np.float64], v: float) -> tuple[float, float]:
    """Where a projected line (n, 2) crosses height v, and the cosine that turns errors in u into distances from it."""
    i = int(np.clip(np.abs(line[:, 1] - v).argmin(), 1, len(line) - 2))
    du, dv = line[i + 1] - line[i - 1]
    return float(line[i, 0]), abs(dv) / math.hypot(du, dv)


def is_white(picture: Picture) -> npt.NDArray[np.bool_]:
    spread: npt.NDArray[np.int64] = picture[..., :3].max(axis=-1) - picture[..., :3].min(axis=-1)
    white: npt.NDArray[np.bool_] = (picture[..., :3].min(axis=-1) > 200) & (spread < 20)
    return white


def is_yellow(picture: Picture) -> npt.NDArray[np.bool_]:
    yellow: npt.NDArray[np.bool_] = (picture[..., 2] > 180) & (picture[..., 0] < 90)
    return yellow


@pytest.mark.parametrize("seat", SEAT)
def test_an_edge_line_falls_on_the_pixels_of_the_pinhole_model(camera: Camera, seat: Pose) -> None:
    pose = compose(LANE, seat)
    white = is_white(seen(camera, pose))
    ahead = np.linspace(4.0, 22.0, 4000)  # [m]; the line lies from 3.35 to 3.5 m right of the road's middle
    borders = [
        pixels(pose, np.column_stack((LANE.x + ahead, np.full(4000, -59.0 + y), np.zeros(4000)))) for y in (3.35, 3.5)
    ]
    low, high = borders[0][[-1, 0], 1].round().astype(int)
    errors = []
    for row in range(max(low + 1, 0), min(high - 1, HEIGHT)):
        (left, a), (right, b) = (crossing(border, row + 0.5) for border in borders)
        if left > 2 and right < WIDTH - 2 and right - left > 2:
            near = np.flatnonzero(white[row, int(left) - 4 : int(right) + 5]) + int(left) - 4
            errors += [(near[0] - left) * a, (near[-1] + 1 - right) * b]
    assert len(errors) > 50
    assert np.abs(errors).max() < 1.25  # half a pixel of it is the pixels' own size, the rest the pipe's whole corners
    assert np.percentile(np.abs(errors), 90) < 1.0
    assert abs(np.mean(errors)) < 0.35


@pytest.mark.parametrize("seat", SEAT)
def test_dashes_begin_and_end_where_the_pinhole_model_says(camera: Camera, seat: Pose) -> None:
    pose = compose(LANE, seat)
    yellow = is_yellow(seen(camera, pose))
    paint = OVAL.stretches[0].markings[2]
    period = paint.dash + paint.gap
    starts = np.arange(0.0, 170.0, period) - 90.0  # the road begins at x = -90
    checked = 0
    for x in starts[(starts > LANE.x + 4) & (starts < LANE.x + 25)]:
        middle = np.linspace(x - 1.0, x + paint.dash + 1.0, 2000)
        at = pixels(pose, np.column_stack((middle, np.full(2000, -59.0), np.zeros(2000))))
        inside = (at > 1).all(axis=1) & (at[:, 0] < WIDTH - 1) & (at[:, 1] < HEIGHT - 1)
        if not inside.all():
            continue
        columns, rows = at.astype(int).T
        on = middle[yellow[rows, columns]]
        pixel = np.hypot(*np.gradient(at, axis=0).T) / (middle[1] - middle[0])  # pixels a metre, along the line
        assert on[0] == pytest.approx(x, abs=1.6 / pixel[500])
        assert on[-1] == pytest.approx(x + paint.dash, abs=1.6 / pixel[-500])
        checked += 1
    assert checked >= 1


def test_the_picture_is_not_mirrored(camera: Camera) -> None:
    picture = seen(camera, LANE)
    rows = slice(HEIGHT // 2 + 60, HEIGHT)
    assert np.nonzero(is_yellow(picture)[rows])[1].max() < WIDTH / 2  # driving on the right, the middle is on the left
    assert np.nonzero(is_white(picture)[rows])[1].max() > WIDTH / 2 + 100


@pytest.mark.parametrize(("start", "side"), [(0, 1), (1, -1)])
def test_a_bend_goes_to_its_own_side(camera: Camera, start: int, side: int) -> None:
    """The oval bends right; driven the other way round it bends left."""
    x, yaw = ((95.0, 0.0), (-95.0, math.pi))[start]
    pose = Pose(x, -59.0, 1.4, 0.0, yaw)
    far = is_yellow(seen(camera, pose))[HEIGHT // 2 + 8 : HEIGHT // 2 + 60]
    assert side * (np.nonzero(far)[1].mean() - WIDTH / 2) > 20


def test_sky_is_on_top_and_road_below(camera: Camera) -> None:
    picture = seen(camera, LANE)
    top, bottom = picture[:40].mean(axis=(0, 1)), picture[-40:, 300:500].mean(axis=(0, 1))
    assert top[0] > top[2] + 30
    assert abs(bottom[0] - bottom[2]) < 12
    assert 70 < bottom[1] < 140


def test_every_picture_is_of_the_pose_asked_for(camera: Camera) -> None:
    poses = [compose(LANE, Pose(x=float(i), yaw=0.1 * i)) for i in range(4)]
    first = [camera.render(pose) for pose in poses]
    assert len(set(first)) == 4
    assert [camera.render(pose) for pose in reversed(poses)] == first[::-1]


def test_cameras_of_several_sizes_do_not_disturb_one_another(renderer: Renderer) -> None:
    sizes = [(320, 160), (64, 32), (200, 66)]
    alone = []
    for width, height in sizes:
        one = renderer.create_camera(width, height, FOV)
        alone.append(one.render(LANE))
        one.close()
    cameras = [renderer.create_camera(width, height, FOV) for width, height in sizes]
    together = [one.render(pose) for pose in (SEAT[1], LANE) for one in cameras][3:]
    for one in cameras:
        one.close()
    assert [len(frame) for frame in together] == [width * height * 4 for width, height in sizes]
    assert together == alone


def test_every_pixel_is_covered_and_opaque(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the sky's drum pictures are cleared to the colour of far fields; nothing nearer may show it."""
    monkeypatch.setattr(Sky, "compute_background", staticmethod(lambda _light: np.array([1.0, 0.0, 1.0])))
    made = renderer.create_camera(WIDTH, HEIGHT, FOV)
    for turn in range(8):
        for pitch in (-0.5, 0.0, 0.4):
            picture = seen(made, compose(LANE, Pose(yaw=turn * math.pi / 4, pitch=pitch)))
            assert (picture[..., 3] == 255).all()
            assert not (np.abs(picture[..., 2::-1] - (255, 0, 255)).max(axis=-1) < 1).any()
    made.close()


def test_the_field_of_view_is_horizontal(renderer: Renderer) -> None:
    """The same picture's middle is seen by a camera of half the width and half the tangent."""
    wide, narrow = (
        renderer.create_camera(400, 100, 2 * math.atan(1.0)),
        renderer.create_camera(200, 100, 2 * math.atan(0.5)),
    )
    a = np.frombuffer(wide.render(LANE), np.uint8).reshape(100, 400, 4)[:, 100:300].astype(int)
    b = np.frombuffer(narrow.render(LANE), np.uint8).reshape(100, 200, 4).astype(int)
    wide.close()
    narrow.close()
    assert np.abs(a - b).mean() < 1.5  # 2 % more or less makes it 6


def test_the_same_seed_gives_the_same_bytes_in_another_process(renderer: Renderer) -> None:
    one = renderer.create_camera(320, 160, FOV)
    here = hashlib.sha256(one.render(Pose(20.0, -57.0, 1.5, -0.05, 0.1))).hexdigest()
    one.close()
    done = subprocess.run([sys.executable, "-c", OF_A_FRESH_PROCESS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [here]
    assert done.stderr == ""


def test_another_seed_gives_other_surroundings() -> None:
    other = Renderer()
    other.load(OVAL, 7)
    one = other.create_camera(160, 80, FOV)
    before = one.render(LANE)
    other.load(OVAL, 8)
    after = one.render(LANE)
    other.load(OVAL, 7)
    assert before != after
    assert one.render(LANE) == before
    one.close()


NOON = WeatherParameters()
FOG = WeatherParameters(fog_density=60.0)
NIGHT = WeatherParameters(sun_altitude_angle=-90.0)
HARD_RAIN = WeatherParameters(100.0, 100.0, 90.0, 100.0, -1.0, 45.0, 7.0)


def of_kind(renderer: Renderer, kind: CameraKind, pose: Pose) -> Picture:
    one = renderer.create_camera(WIDTH, HEIGHT, FOV, kind)
    picture = np.frombuffer(one.render(pose), np.uint8).reshape(HEIGHT, WIDTH, 4).astype(np.int64)
    one.close()
    return picture


def metres(picture: Picture) -> npt.NDArray[np.float64]:
    depth: npt.NDArray[np.float64] = (picture[..., 2] + 256 * picture[..., 1] + 65536 * picture[..., 0]) / (2**24 - 1)
    return 1000 * depth


@pytest.mark.parametrize("seat", SEAT)
def test_a_ground_pixel_is_as_deep_as_the_pinhole_model_says(renderer: Renderer, seat: Pose) -> None:
    pose = compose(LANE, seat)
    depth, tags = metres(of_kind(renderer, "depth", pose)), of_kind(renderer, "semantic_segmentation", pose)[..., 2]
    forward, right, up = matrix(pose)[:3, :3].T
    rows, columns = np.nonzero(np.isin(tags, (Label.ROAD, Label.ROAD_LINE, Label.TERRAIN)))
    across, down = (columns + 0.5 - WIDTH / 2) / FOCAL, (rows + 0.5 - HEIGHT / 2) / FOCAL
    sinks = -(forward[2] + across * right[2] - down * up[2])  # metres down for each metre ahead
    clear = sinks > 0.02
    assert clear.sum() > 50_000
    assert np.abs(depth[rows[clear], columns[clear]] * sinks[clear] / pose.z - 1).max() < 2e-3


def test_tags_agree_with_what_the_colour_camera_shows(renderer: Renderer, camera: Camera) -> None:
    picture = seen(camera, LANE)
    tags = of_kind(renderer, "semantic_segmentation", LANE)[..., 2]
    paint = is_white(picture) | is_yellow(picture)
    below = np.arange(HEIGHT)[:, None] > HEIGHT / 2 + 40
    assert np.isin(tags[paint & below], (Label.ROAD_LINE, Label.POLE)).mean() > 0.97  # a post is white, too
    assert (paint[(tags == Label.ROAD_LINE) & below]).mean() > 0.9
    grey = np.abs(picture[..., 0] - picture[..., 2]) < 25
    assert grey[tags == Label.ROAD].mean() > 0.99
    green = picture[..., 1] > picture[..., 0] + 10
    assert green[tags == Label.VEGETATION].mean() > 0.9
    assert (picture[..., 0] > 150)[tags == Label.SKY].mean() > 0.95
    assert set(np.unique(tags).tolist()) <= set(Label)


def test_the_sky_is_as_far_as_depth_goes(renderer: Renderer) -> None:
    tags, depth = of_kind(renderer, "semantic_segmentation", LANE)[..., 2], metres(of_kind(renderer, "depth", LANE))
    assert (depth[tags == Label.SKY] == 1000.0).all()
    assert (depth[tags == Label.VEGETATION] < 300.0).all()


def test_weather_changes_colours_and_neither_depth_nor_tags(renderer: Renderer) -> None:
    pictures = {}
    for name, weather in {"noon": NOON, "fog": FOG, "night": NIGHT, "rain": HARD_RAIN}.items():
        renderer.set_weather(weather)
        pictures[name] = [of_kind(renderer, kind, LANE) for kind in ("rgb", "depth", "semantic_segmentation")]
    renderer.set_weather(NOON)
    for name in ("fog", "night", "rain"):
        assert np.abs(pictures[name][0] - pictures["noon"][0]).mean() > 8
        assert all(np.array_equal(a, b) for a, b in zip(pictures[name][1:], pictures["noon"][1:], strict=True))


def test_a_weather_that_comes_back_gives_the_same_bytes(renderer: Renderer, camera: Camera) -> None:
    first = camera.render(LANE)
    renderer.set_weather(HARD_RAIN)
    wet = camera.render(LANE)
    other = camera.render(compose(LANE, Pose(x=1.0)))
    assert camera.render(LANE) == wet
    renderer.set_weather(NOON)
    assert camera.render(LANE) == first
    assert len({first, wet, other}) == 3


def test_it_does_not_matter_in_which_weather_depth_is_first_needed() -> None:
    """The light of the day once dyed the facets' numbers, and rain hid the whole road."""
    track = Track(*opendrive.load("oval"))
    rain = WeatherParameters(cloudiness=100.0, precipitation=100.0, wetness=100.0, fog_density=7.0)
    pictures = []
    for first in (WeatherParameters(), rain):
        renderer = Renderer("tiny")
        renderer.load(track, seed=0)
        renderer.set_weather(first)
        of_kind(renderer, "depth", SEAT[0])
        renderer.set_weather(rain)
        pictures.append(of_kind(renderer, "rgb", SEAT[0]))
    assert np.array_equal(pictures[0], pictures[1])


def test_a_pose_is_not_taken_for_another_that_almost_equals_it(renderer: Renderer) -> None:
    assert renderer.statistics, "a renderer has been made, and has configured Panda3D"
    nodes = [core.NodePath(name) for name in ("one", "other")]
    for number in range(100):
        wanted = [core.LMatrix4f.translate_mat(number + share, 0.0, 1.4) for share in (0.5, 0.5 + 1e-6)]
        for node, place in zip(nodes, wanted, strict=True):
            node.set_mat(core.LMatrix4f.rotate_mat(number + 0.1, (0.0, 0.0, 1.0)) * place)
        assert nodes[0].get_mat().get_cell(3, 0) == wanted[0].get_cell(3, 0)
        assert nodes[1].get_mat().get_cell(3, 0) == wanted[1].get_cell(3, 0)


def test_cameras_that_come_and_go_leave_no_memory_behind(renderer: Renderer) -> None:
    """Panda3D kept 0.5 MB of each camera of this size."""

    def come_and_go(cameras: int) -> None:
        for number in range(cameras):
            camera = renderer.create_camera(320, 160, FOV, KINDS[number % 2])
            camera.render(LANE)
            camera.close()

    process = psutil.Process()
    come_and_go(6)
    before = process.memory_info().rss
    come_and_go(20)
    assert process.memory_info().rss - before < 4e6


def test_the_scene_that_is_shown_is_not_built_again_and_its_actors_are_gone(renderer: Renderer) -> None:
    def build(seed: int) -> int:
        pieces = renderer.build_in_pieces(OVAL, seed)
        for count in range(10_000):
            try:
                next(pieces)
            except StopIteration as end:
                renderer.show(end.value)
                return count
        raise AssertionError

    camera = renderer.create_camera(64, 32, FOV)
    before = camera.render(LANE)
    renderer.place_actors([VisibleActor(1, "vehicle.tesla.model3", (1.0, 0.0, 0.0), compose(LANE, Pose(8.0, z=-1.4)))])
    assert camera.render(LANE) != before
    assert build(7) == 0
    assert camera.render(LANE) == before
    camera.close()
