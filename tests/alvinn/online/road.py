"""A road on paper: a bright lane on dark ground, seen from anywhere beside its middle."""

from __future__ import annotations

import numpy as np

from alvinn.driving.steering import lookahead
from alvinn.driving.types import Image
from tests.alvinn.fakes import CAMERA

SPEED = 8.0
HALF_LANE = 1.75  # m


def look(offset: float, heading: float = 0.0) -> Image:
    """What the camera sees of a straight lane from an offset to the right [m] and a heading to the right [rad]."""
    rows, columns = np.mgrid[0 : CAMERA.height, 0 : CAMERA.width]
    below = np.maximum(rows + 0.5 - CAMERA.horizon_row, 0.25)
    ahead = CAMERA.z * CAMERA.focal / below
    right = (columns + 0.5 - CAMERA.width / 2.0) / CAMERA.focal * ahead
    place = offset + right + heading * (ahead + CAMERA.x)
    lane = (np.abs(place) < HALF_LANE) & (rows > CAMERA.horizon_row)
    grey = np.where(lane, 200, 40).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def steer_back(offset: float, heading: float = 0.0) -> float:
    """The curvature [1/m] of the arc to the middle of the lane, one lookahead ahead."""
    way = lookahead(SPEED)
    return 2.0 * (-offset - heading * way) / way**2
