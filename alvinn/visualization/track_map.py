"""The lane seen from above with the car on it, small, for the ALVINN panel and for films."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.lane import Lane
from alvinn.driving.types import Image

NIGHT, DIM, ORANGE = (14, 18, 24), (138, 150, 163), (230, 159, 0)
EDGE = 16.0  # pixels around the lane


def sample_lane(lane: Lane, spacing: float = 5.0) -> npt.NDArray[np.float64]:
    """x, y [m] along a lane, shape (n, 2); a closed one ends where it begins."""
    ways = np.linspace(0.0, lane.length, max(3, round(lane.length / spacing)))
    return np.array([lane.at(way)[:2] for way in ways.tolist()])


class TrackMap:
    """Draws a lane and where the car is.

    Args:
        lane: x, y [m] along the lane, shape (n, 2); empty: there is no map.
    """

    def __init__(self, lane: npt.NDArray[np.float64]) -> None:
        self._lane = lane
        self._drawn: tuple[tuple[int, int], Image] | None = None  # once for a size

    def __bool__(self) -> bool:
        """Whether there is a lane to draw."""
        return bool(len(self._lane))

    def draw(self, area: Image, place: tuple[float, float]) -> None:
        """Fill an area with the map.

        Args:
            area: shape (height, width, 3) RGB.
            place: x, y [m] of the car.
        """
        height, width = area.shape[:2]
        turn = _turn if np.ptp(self._lane, axis=0).argmax() == 1 else np.array  # the longer side lies across
        lane = turn(self._lane)
        low, high = lane.min(axis=0), lane.max(axis=0)
        scale = float(((np.array([width, height]) - EDGE) / np.maximum(high - low, 1.0)).min())
        middle = np.array([width, height]) / 2.0

        def to_pixels(points: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
            return np.asarray(np.round(middle + scale * (turn(points) - (low + high) / 2.0)), dtype=np.int32)

        if self._drawn is None or self._drawn[0] != (height, width):
            drawn: Image = np.full((height, width, 3), NIGHT, dtype=np.uint8)
            cv2.polylines(drawn, [to_pixels(self._lane)], isClosed=False, color=DIM, thickness=2, lineType=cv2.LINE_AA)
            self._drawn = ((height, width), drawn)
        area[:] = self._drawn[1]
        column, row = to_pixels(np.array(place)).tolist()
        cv2.circle(area, (column, row), 7, ORANGE, -1, cv2.LINE_AA)


def _turn(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points turned by a quarter, so that a turn to the right stays one; shape (..., 2)."""
    return points[..., ::-1] * [1.0, -1.0]
