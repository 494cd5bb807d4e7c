"""ALVINN's transforms: a frame as it would look from beside the lane, with the steering that leads back.

D. Pomerleau, Neural Computation 3(1), 1991: every frame is also shown shifted and turned in perspective, so that a
network that watched a careful driver sees what it must do after a mistake. The ground is taken as flat: between two
views of a plane lies a homography, known from the camera's geometry. Pixels that the camera did not see repeat the
nearest seen.

A frame may also be stretched across, the same road as if it were wider and its bends tighter, or squeezed along: its
bends tighter, its width the same.

The label is corrected by pure pursuit towards the path that was then driven: the arc to the point one lookahead ahead,
from where the car is imagined, instead of the arc from where it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Camera, Image
from alvinn.networks.preprocessing import Preprocessing

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

ACROSS = 1.0  # m: views are drawn from up to this far to either side ...
TURN = math.radians(8.0)  # ... and turned by up to this much
STRETCH = (0.85, 1.2)  # and made narrower or wider ...
SQUEEZE = (0.7, 1.1)  # and shorter or longer: bends of 22 m become bends of 11 m, on a lane of the same width


@dataclass(frozen=True, slots=True)
class View:
    """Where the car is imagined, from where it was."""

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
    """Draws frames as seen from elsewhere, straight in the network's size.

    Args:
        camera: that took the frames.
        preprocessing: that made network inputs of them.
    """

    def __init__(self, camera: Camera, preprocessing: Preprocessing) -> None:
        self._to_pixels = _shrinking(preprocessing) @ _ground_to_pixels(camera)
        self._to_ground = np.linalg.inv(self._to_pixels)

    def matrix(self, view: View) -> Matrix:
        """The homography from pixels of the imagined network input to pixels of the real one, shape (3, 3)."""
        return np.asarray(self._to_pixels @ _placed(view) @ self._to_ground)

    def seen_from(self, image: Image, view: View) -> Image:
        """A network input, shape (height, width, 3), as it would be from elsewhere."""
        height, width = image.shape[:2]
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpPerspective(
            image, self.matrix(view), (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, dtype=np.uint8)


def _ground_to_pixels(camera: Camera) -> Matrix:
    """The pinhole: flat ground (ahead, right, 1) in the car's axes [m] to homogeneous pixels of the frame."""
    sine, cosine = math.sin(math.radians(camera.pitch)), math.cos(math.radians(camera.pitch))
    depth = np.array([cosine, 0.0, -camera.x * cosine - camera.z * sine])
    right = np.array([0.0, 1.0, -camera.y])
    down = np.array([sine, 0.0, -camera.x * sine + camera.z * cosine])
    return np.array(
        [camera.focal * right + camera.width / 2.0 * depth, camera.focal * down + camera.height / 2.0 * depth, depth]
    )


def _shrinking(preprocessing: Preprocessing) -> Matrix:
    """Pixels of the frame, edges at whole numbers, to pixel indices of the network input, centres at whole numbers."""
    across = preprocessing.width / preprocessing.frame_width
    down = preprocessing.height / (preprocessing.frame_height - preprocessing.top)
    return np.array([[across, 0.0, -0.5], [0.0, down, -preprocessing.top * down - 0.5], [0.0, 0.0, 1.0]])


def _placed(view: View) -> Matrix:
    """Ground in the imagined car's axes to ground in the real car's."""
    sine, cosine = math.sin(view.turn), math.cos(view.turn)
    moved = np.array([[cosine, -sine, 0.0], [sine, cosine, view.across], [0.0, 0.0, 1.0]])
    return np.asarray(moved @ np.diag([1.0 / view.squeeze, 1.0 / view.stretch, 1.0]))


def pursuit(goals: Floats, view: View) -> Floats:
    """Curvatures [1/m], shape (n,), of the arcs from a view to goals, (ahead, right) of the real car [m], (n, 2)."""
    relative = goals - np.array([0.0, view.across])
    sine, cosine = math.sin(view.turn), math.cos(view.turn)
    right = relative[:, 1] * cosine - relative[:, 0] * sine
    return np.asarray(2.0 * right / (relative**2).sum(axis=1))


def arc_goals(curvature: Floats, lookahead: Floats) -> Floats:
    """Where a car that holds a curvature [1/m], shape (n,), is after `lookahead` metres, shape (n, 2) in its own axes.

    For frames with no recorded path ahead; the way is at most 0.8 of the arc's radius, beyond which an arc turns back.
    """
    way = np.minimum(lookahead, 0.8 / np.maximum(np.abs(curvature), 1e-6))
    angle = curvature * way
    return np.stack([way * np.sinc(angle / math.pi), way * _versine(angle)], axis=1)


def _versine(angle: Floats) -> Floats:
    """(1 - cos angle) / angle, 0 at 0."""
    half = angle / 2.0
    return np.asarray(np.sin(half) * np.sinc(half / math.pi))


def path_goals(places: Floats, yaws: Floats, lookahead: Floats) -> Floats:
    """Where the car then drove, one lookahead further along its path, in its axes at each row.

    Args:
        places: x, y [m] of one segment's rows, shape (n, 2).
        yaws: shape (n,) [rad].
        lookahead: m along the path, shape (n,).

    Returns:
        Shape (n, 2), (ahead, right) [m]; NaN for rows whose goal lies beyond the segment's end.
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
