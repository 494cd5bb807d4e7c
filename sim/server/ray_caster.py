"""What rays from one place hit, read from depth images of the scene.

Six square cameras look ahead, to the sides, back, up and down; only those that a ray passes are drawn. The inverse
depth of a plane is linear in the image, so a ray between pixels is followed along the plane of the nearest one: on a
plane the distance is exact, and so is its normal. A ray that passes within a pixel of an edge may be taken for its
neighbour. As for any depth camera, plants and posts are points.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sim.episode.sensors import CameraKind
from sim.geometry.poses import Pose, compose
from sim.geometry.rays import camera_axes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SIZE = 256  # of an image [pixels]
FIELD = math.radians(92)  # of view of each camera; a little more than a quarter turn, so that every ray is well inside
FOCAL = SIZE / 2 / math.tan(FIELD / 2)  # [pixels]
UPWARDS = math.radians(89.9)  # straight up, yaw and roll would be the same
FACES = (*(Pose(yaw=i * math.pi / 2) for i in range(4)), Pose(pitch=UPWARDS), Pose(pitch=-UPWARDS))
LARGEST_DEPTH = (1 << 24) - 1  # in a depth image, which is FARTHEST
FARTHEST = 1000.0  # [m]


class RenderCamera(Protocol):
    """A camera of the renderer: `sim.camera.renderer.Camera`."""

    def render(self, pose: Pose, *, headlights: bool) -> bytes:
        """Render the image from a pose: BGRA, top row first."""

    def close(self) -> None:
        """Free its buffers."""


CreateCamera = Callable[[int, int, float, CameraKind], RenderCamera]


@dataclass(frozen=True, slots=True)
class Hits:
    """What rays hit.

    Attributes:
        distances: (n,) along the rays [m]; infinite where there is only sky.
        cosines: (n,) of the angle between the ray and the normal of what it hit, not negative.
        labels: (n,) semantic tags; zeros unless they were asked for.
    """

    distances: Floats
    cosines: Floats
    labels: Integers


class RayCaster:
    """Casts rays in a scene.

    Args:
        create_camera: creates a camera of the scene of a width, height, field of view [rad] and kind.
    """

    def __init__(self, create_camera: CreateCamera) -> None:
        self._create_camera = create_camera
        self._cameras: dict[CameraKind, RenderCamera] = {}

    def close(self) -> None:
        """Free the cameras; the next rays have new ones."""
        while self._cameras:
            self._cameras.popitem()[1].close()

    def cast(self, pose: Pose, directions: Floats, *, labelled: bool = False) -> Hits:
        """Cast rays of unit `directions` (n, 3), in the axes of `pose`."""
        axes: Floats = np.array([camera_axes(face) for face in FACES])  # columns forward, right, down
        along = directions @ axes[:, :, 0].T
        faces = along.argmax(axis=1)
        hits = Hits(np.full(len(directions), math.inf), np.zeros(len(directions)), np.zeros(len(directions), np.int64))
        for face in np.unique(faces):
            rays = np.flatnonzero(faces == face)
            forward, right, down = (directions[rays] @ axes[face]).T
            at = compose(pose, FACES[face])
            row, column = (_nearest_pixel(part / forward) for part in (down, right))
            image = self._draw("depth", at)
            distances, cosines = _follow_planes(
                compute_inverse_depth(image), row, column, right / forward, down / forward
            )
            hits.distances[rays], hits.cosines[rays] = distances, cosines
            if labelled:
                hits.labels[rays] = self._draw("semantic_segmentation", at)[row, column, 2]
        return hits

    def _draw(self, kind: CameraKind, pose: Pose) -> npt.NDArray[np.uint8]:
        if kind not in self._cameras:
            self._cameras[kind] = self._create_camera(SIZE, SIZE, FIELD, kind)
        pixels = self._cameras[kind].render(pose, headlights=False)
        return np.frombuffer(pixels, np.uint8).reshape(SIZE, SIZE, 4)


def _nearest_pixel(slopes: Floats) -> Integers:
    """The pixel through which a ray of a slope (right or down, over forward) passes, but none at the image's edge."""
    return np.clip(np.floor(slopes * FOCAL + SIZE / 2), 1, SIZE - 2).astype(np.int64)


def _to_slope(pixels: Integers) -> Floats:
    """The slope of the ray through the centre of a pixel."""
    slopes: Floats = (pixels.astype(np.float64) + 0.5 - SIZE / 2) / FOCAL
    return slopes


def compute_inverse_depth(image: npt.NDArray[np.uint8]) -> Floats:
    """Inverse depth [1/m] of CARLA's raw depth image; 0 for the sky."""
    blue, green, red = (image[..., channel].astype(np.int64) for channel in range(3))
    steps = red + 256 * green + 65536 * blue
    return np.where(steps < LARGEST_DEPTH, LARGEST_DEPTH / FARTHEST / np.maximum(steps, 1), 0.0)


def _follow_planes(
    inverse: Floats, row: Integers, column: Integers, right: Floats, down: Floats
) -> tuple[Floats, Floats]:
    """Distances and cosines of rays (1, right, down) that pass a pixel, on the plane seen there."""
    here = inverse[row, column]
    across = _smaller(here - inverse[row, column - 1], inverse[row, column + 1] - here) * FOCAL
    along = _smaller(here - inverse[row - 1, column], inverse[row + 1, column] - here) * FOCAL
    there = here + across * (right - _to_slope(column)) + along * (down - _to_slope(row))
    ahead = here - across * _to_slope(column) - along * _to_slope(row)  # the plane's inverse depth straight ahead
    there = np.where(here > 0, np.maximum(there, 1 / FARTHEST), 0.0)
    ray = np.sqrt(1 + right**2 + down**2)
    normal = np.sqrt(ahead**2 + across**2 + along**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return ray / there, np.where(there > 0, np.minimum(there / (ray * normal), 1.0), 0.0)


def _smaller(a: Floats, b: Floats) -> Floats:
    """The difference that is smaller, of those to both neighbours: the other one may reach across an edge."""
    return np.where(np.abs(a) < np.abs(b), a, b)
