"""Shifted views, ALVINN's augmentation: a frame as seen from beside the lane, with the steering that leads back.

D. Pomerleau, Neural Computation 3(1), 1991: every frame is also shown shifted and rotated in perspective, so that a
network that learns from a careful driver sees how to recover from a mistake. The ground is assumed flat: two views of a
plane are related by a homography, known from the camera's geometry. Pixels outside the original frame repeat the
nearest one inside.

A frame may also be stretched across the car, as if the road were wider and its bends tighter, or squeezed along it:
bends tighter, width unchanged.

The label is corrected by pure pursuit towards the path driven afterwards: the arc from the virtual car to the point one
lookahead ahead, instead of the arc from the real car.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Camera, Image
from alvinn.networks.preprocessing import Preprocessing

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

ACROSS = 1.0  # m: views are shifted by up to this much to either side ...
TURN = math.radians(8.0)  # ... rotated by up to this much
STRETCH = (0.85, 1.2)  # ... stretched across by these factors
SQUEEZE = (0.7, 1.1)  # ... and squeezed along: a bend of 22 m becomes one of 11 m, on a lane of the same width

SAMPLING = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


@dataclass(frozen=True, slots=True)
class View:
    """Pose of the virtual car relative to the real one, and scaling of the ground."""

    across: float
    """to the right [m]"""
    turn: float
    """to the right [rad]"""
    stretch: float = 1.0
    """of everything on the ground, across the car"""
    squeeze: float = 1.0
    """of everything on the ground, along the car"""

    def __post_init__(self) -> None:
        if self.stretch <= 0.0 or self.squeeze <= 0.0:
            raise ValueError(f"a road cannot be stretched by {self.stretch} and {self.squeeze}")


class Views:
    """Warps network inputs to shifted views.

    Args:
        camera: of the frames.
        preprocessing: of the network inputs.
    """

    def __init__(self, camera: Camera, preprocessing: Preprocessing) -> None:
        self._to_pixels = _crop_matrix(preprocessing) @ _ground_to_pixels(camera)
        self._to_ground = np.linalg.inv(self._to_pixels)

    def matrices(self, views: Sequence[View]) -> Matrix:
        """Homographies from pixels of the views to pixels of the original network input, shape (n, 3, 3)."""
        moves = np.array([_view_matrix(view) for view in views]).reshape(-1, 3, 3)
        return np.asarray(self._to_pixels @ moves @ self._to_ground)

    def warp(self, image: Image, view: View) -> Image:
        """Warp a network input, shape (height, width, 3), to a view."""
        out = np.empty_like(image)
        warp_into(out, image, self.matrices([view])[0])
        return out


def warp_into(out: Image, image: Image, matrix: Matrix) -> None:
    """Warp an image, shape (height, width, 3), by a homography that leads from its pixels to those of the image."""
    height, width = image.shape[:2]
    cv2.warpPerspective(image, matrix, (width, height), out, SAMPLING, borderMode=cv2.BORDER_REPLICATE)


def _ground_to_pixels(camera: Camera) -> Matrix:
    """Pinhole projection of flat ground, (ahead, right, 1) in the car's axes [m], to homogeneous pixels."""
    sine, cosine = math.sin(math.radians(camera.pitch)), math.cos(math.radians(camera.pitch))
    depth = np.array([cosine, 0.0, -camera.x * cosine - camera.z * sine])
    right = np.array([0.0, 1.0, -camera.y])
    down = np.array([sine, 0.0, -camera.x * sine + camera.z * cosine])
    return np.array(
        [camera.focal * right + camera.width / 2.0 * depth, camera.focal * down + camera.height / 2.0 * depth, depth]
    )


def _crop_matrix(preprocessing: Preprocessing) -> Matrix:
    """From pixels of the frame (edges at integers) to pixel indices of the network input (centres at integers)."""
    across = preprocessing.width / preprocessing.frame_width
    down = preprocessing.height / (preprocessing.frame_height - preprocessing.top)
    return np.array([[across, 0.0, -0.5], [0.0, down, -preprocessing.top * down - 0.5], [0.0, 0.0, 1.0]])


def _view_matrix(view: View) -> list[list[float]]:
    """From ground in the virtual car's axes to ground in the real car's axes."""
    sine, cosine = math.sin(view.turn), math.cos(view.turn)
    along, aside = 1.0 / view.squeeze, 1.0 / view.stretch
    return [[cosine * along, -sine * aside, 0.0], [sine * along, cosine * aside, view.across], [0.0, 0.0, 1.0]]


def pursuit_curvature(ahead: float, right: float, across: float, turn: float) -> float:
    """Curvature [1/m] of the arc from a view to a goal, (ahead, right) of the real car [m]."""
    right -= across
    return 2.0 * (right * math.cos(turn) - ahead * math.sin(turn)) / (ahead * ahead + right * right)


def predict_arc_goals(curvature: Floats, lookahead: Floats) -> Floats:
    """Predict the position after `lookahead` metres at constant curvature [1/m], shape (n,), as (ahead, right), (n, 2).

    For frames without a recorded path ahead; the distance is at most 0.8 of the arc's radius.
    """
    way = np.minimum(lookahead, 0.8 / np.maximum(np.abs(curvature), 1e-6))
    angle = curvature * way
    return np.stack([way * np.sinc(angle / math.pi), way * _versine(angle)], axis=1)


def _versine(angle: Floats) -> Floats:
    """(1 - cos angle) / angle, 0 at 0."""
    half = angle / 2.0
    return np.asarray(np.sin(half) * np.sinc(half / math.pi))


def find_path_goals(places: Floats, yaws: Floats, lookahead: Floats) -> Floats:
    """Position one lookahead further along the driven path, in the car's axes at each row.

    Args:
        places: x, y [m] of one segment's rows, shape (n, 2).
        yaws: shape (n,) [rad].
        lookahead: m along the path, shape (n,).

    Returns:
        Shape (n, 2), (ahead, right) [m]; NaN for rows whose goal is beyond the segment's end.
    """
    steps = np.hypot(*np.diff(places, axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    target = way + lookahead
    goal = np.stack([np.interp(target, way, places[:, axis], right=np.nan) for axis in (0, 1)], axis=1)
    relative = goal - places
    cosine, sine = np.cos(yaws), np.sin(yaws)
    return np.stack(
        [relative[:, 0] * cosine + relative[:, 1] * sine, relative[:, 1] * cosine - relative[:, 0] * sine], axis=1
    )
