"""A recording at a glance: the histogram of its steering and its path on the map, in one small picture.

The background is drawn once; `at` adds the marks of one row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import cv2
import numpy as np
import numpy.typing as npt

from alvinn.driving.types import Image
from alvinn.recording import Row

WIDTH, HEIGHT = 400, 320
HISTOGRAM = 110  # rows of the picture for the histogram, above the map
EDGE = 14
BINS = 41
LEAST_SPAN = 0.02  # 1/m: the least range of the histogram to either side
NIGHT, DIM, INK = (14, 18, 24), (138, 150, 163), (240, 244, 248)  # as in the rest of the cockpit
BLUE, ORANGE, RED = (86, 180, 233), (230, 159, 0), (235, 70, 60)

Points = npt.NDArray[np.float64]


class Charts:
    """The steering histogram and the drive on the map.

    Args:
        rows: of the recording, the excluded ones too, in segments that end where an exclusion begins or ends.
        kept: which rows are not excluded.
    """

    def __init__(self, rows: Sequence[Row], kept: Sequence[bool]) -> None:
        used = [row.curvature for row, keep in zip(rows, kept, strict=True) if keep]
        self._span = max(LEAST_SPAN, max(map(abs, used), default=0.0))
        self._places = _fit(np.array([(row.x, row.y) for row in rows]).reshape(-1, 2))
        self._base: Image = np.full((HEIGHT, WIDTH, 3), NIGHT, dtype=np.uint8)
        self._draw_histogram(used)
        self._draw_path(rows, kept)

    def _draw_histogram(self, used: Sequence[float]) -> None:
        counts, _ = np.histogram(used, bins=BINS, range=(-self._span, self._span))
        highest, wide = max(1, counts.max()), (WIDTH - 2 * EDGE) / BINS
        floor = HISTOGRAM - 22
        for number, count in enumerate(counts):
            left, right = round(EDGE + number * wide), round(EDGE + (number + 1) * wide) - 2
            top = round(floor - (floor - EDGE) * math.sqrt(count / highest))
            if count:
                cv2.rectangle(self._base, (left, top), (right, floor), BLUE, -1)
        cv2.line(self._base, (EDGE, floor), (WIDTH - EDGE, floor), DIM, 1)
        for words, at in ((f"left {self._span:.3f} 1/m", EDGE), (f"right {self._span:.3f}", WIDTH - 118)):
            cv2.putText(self._base, words, (at, HISTOGRAM - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.42, DIM, 1, cv2.LINE_AA)

    def _draw_path(self, rows: Sequence[Row], kept: Sequence[bool]) -> None:
        if self._places is None:
            words = "no positions in this recording"
            cv2.putText(self._base, words, (EDGE, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.5, DIM, 1, cv2.LINE_AA)
            return
        for _, group in groupby(range(len(rows)), key=lambda index: rows[index].segment):
            part = list(group)
            line = np.round(self._places[part]).astype(np.int32)
            cv2.polylines(self._base, [line], isClosed=False, color=INK if kept[part[0]] else RED, thickness=2)

    def at(self, index: int, curvature: float) -> Image:
        """The picture, shape (320, 400, 3) RGB, with the steering and position of one row marked."""
        picture = self._base.copy()
        share = max(-1.0, min(1.0, curvature / self._span))
        column = round(WIDTH / 2 + share * (WIDTH / 2 - EDGE))
        cv2.line(picture, (column, EDGE - 6), (column, HISTOGRAM - 22), ORANGE, 2)
        if self._places is not None and not np.isnan(self._places[index]).any():
            x, y = np.round(self._places[index]).astype(int)
            cv2.circle(picture, (int(x), int(y)), 6, ORANGE, -1, cv2.LINE_AA)
        return picture


def _fit(places: Points) -> Points | None:
    """Positions as columns and rows of the picture; None if all are unknown. CARLA's y is right of x, as rows are."""
    if not len(places) or np.isnan(places).all():
        return None
    low, high = np.nanmin(places, axis=0), np.nanmax(places, axis=0)
    room = np.array([WIDTH - 2 * EDGE, HEIGHT - HISTOGRAM - EDGE])
    scale = float((room / np.maximum(high - low, 1.0)).min())
    middle = np.array([WIDTH / 2, HISTOGRAM + (HEIGHT - HISTOGRAM - EDGE) / 2])
    fitted: Points = middle + scale * (places - (low + high) / 2)
    return fitted
