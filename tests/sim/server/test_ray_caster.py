"""Rays in a room with level ground and one wall, whose depth is known in closed form, and in a real scene."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.camera.renderer import Renderer
from sim.episode.labels import Label
from sim.episode.sensors import CameraKind
from sim.geometry.poses import Pose
from sim.geometry.rays import Rays, camera_axes
from sim.roads import opendrive
from sim.roads.track import Track
from sim.server.ray_caster import FARTHEST, LARGEST_DEPTH, Floats, RayCaster

GROUND, WALL = 0.0, 20.0  # z of the ground and x of the wall [m]


class RoomCamera:
    """A camera in the room."""

    def __init__(self, room: Room, size: int, fov: float, kind: CameraKind) -> None:
        self.room, self.rays, self.kind = room, Rays.from_fov((size, size), fov), kind

    def render(self, pose: Pose, *, headlights: bool) -> bytes:
        assert not headlights
        self.room.drawn.append(self.kind)
        right, down = np.broadcast_arrays(self.rays.right, self.rays.down)
        directions = np.stack((np.ones_like(right), right, down), axis=-1) @ camera_axes(pose).T
        with np.errstate(divide="ignore"):
            ground = np.where(directions[..., 2] < 0, (GROUND - pose.z) / directions[..., 2], math.inf)
            wall = np.where(directions[..., 0] > 0, (WALL - pose.x) / directions[..., 0], math.inf)
        depth = np.minimum(ground, wall)
        image = np.zeros((*depth.shape, 4), np.uint8)
        if self.kind == "depth":
            steps = np.rint(np.minimum(depth / FARTHEST, 1) * LARGEST_DEPTH).astype(np.int64)
            image[..., 2], image[..., 1], image[..., 0] = steps & 255, steps >> 8 & 255, steps >> 16
        else:
            image[..., 2] = np.where(wall < ground, Label.WALL, np.where(ground < math.inf, Label.GROUND, Label.SKY))
        return image.tobytes()

    def close(self) -> None:
        self.room.closed += 1


class Room:
    """What creates cameras, and counts."""

    def __init__(self) -> None:
        self.drawn: list[CameraKind] = []
        self.closed = 0

    def create_camera(self, width: int, _height: int, fov: float, kind: CameraKind) -> RoomCamera:
        return RoomCamera(self, width, fov, kind)


def unit(*directions: tuple[float, float, float]) -> Floats:
    rays: Floats = np.array(directions, np.float64)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    return rays


@pytest.mark.parametrize("yaw", [0.0, 0.4, math.pi])
def test_rays_in_every_direction_are_as_long_as_geometry_says(yaw: float) -> None:
    random = np.random.default_rng(0)
    rays = unit(*random.standard_normal((500, 3)).tolist())
    hits = RayCaster(Room().create_camera).cast(Pose(x=1.0, y=2.0, z=3.0, yaw=yaw), rays)
    c, s = math.cos(yaw), math.sin(yaw)
    along, up = rays[:, 0] * c - rays[:, 1] * s, rays[:, 2]
    with np.errstate(divide="ignore"):
        ground, wall = np.where(up < 0, -3.0 / up, math.inf), np.where(along > 0, 19.0 / along, math.inf)
    expected, cosine = np.minimum(ground, wall), np.where(ground < wall, -up, along)
    clear = (expected < 200.0) & (expected < 0.9 * np.maximum(ground, wall))  # neither horizon nor edge
    assert clear.sum() > 300
    assert hits.distances[clear] == pytest.approx(expected[clear], rel=2e-3)
    assert hits.cosines[clear] == pytest.approx(cosine[clear], abs=0.02)
    assert (hits.distances[np.isinf(expected) & (up > 0.05)] == math.inf).all()


def test_only_the_views_that_a_ray_passes_are_drawn_and_labels_only_when_asked_for() -> None:
    room = Room()
    caster = RayCaster(room.create_camera)
    hits = caster.cast(Pose(z=2.0), unit((1.0, 0.0, 0.0), (1.0, 0.1, -0.5)))
    assert room.drawn == ["depth"]
    assert hits.labels.tolist() == [0, 0]
    hits = caster.cast(Pose(z=2.0), unit((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 0.0, 1.0)), labelled=True)
    assert room.drawn == ["depth", *3 * ["depth", "semantic_segmentation"]]
    assert hits.labels.tolist() == [Label.WALL, Label.GROUND, Label.SKY]
    caster.close()
    assert room.closed == 2


def test_no_rays_draw_nothing() -> None:
    room = Room()
    assert RayCaster(room.create_camera).cast(Pose(), np.zeros((0, 3))).distances.shape == (0,)
    assert room.drawn == []


def test_in_a_real_scene_a_turning_lidar_finds_the_road_under_it_level() -> None:
    renderer = Renderer()
    track = Track(*opendrive.load("oval"))
    renderer.load(track, 0)
    start = track.spawn_points[0]
    angles = np.linspace(0.0, math.tau, 90, endpoint=False)
    rays = unit(*((math.cos(angle), math.sin(angle), -1.0) for angle in angles))
    hits = RayCaster(renderer.create_camera).cast(
        Pose(start.x, start.y, track.ground(start.x, start.y, start.z, start.yaw).z + 2.0, yaw=start.yaw),
        rays,
        labelled=True,
    )
    assert hits.distances == pytest.approx(np.full(90, 2.0 * math.sqrt(2.0)), rel=0.02)
    assert set(hits.labels.tolist()) <= {Label.ROAD, Label.ROAD_LINE}
