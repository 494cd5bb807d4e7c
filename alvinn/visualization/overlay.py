"""A film of the drive: the camera's picture with steering, speed and offset, as H.264 in MP4."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Image, Step
from alvinn.util.images import encode_jpeg
from alvinn.util.video import RATE, FilmWriter

SCALE = 2  # a 320x160 camera makes a 640x320 film
THUMBNAIL_AT = 2.0  # s into the film, when the car is moving
CALM, ALARM, INK = (60, 220, 120), (255, 90, 60), (255, 255, 255)  # RGB
WHEEL_TURNS = 450.0  # rotation of the drawn wheel at steer 1.0 [degrees]


class Film(AbstractContextManager["Film"]):
    """Films the first seconds of a drive, and writes a thumbnail beside the film: same name, JPEG.

    Args:
        path: of the file, written as MP4.
        seconds: how long.
        draw: draws a tick.
    """

    def __init__(self, path: Path, seconds: float, draw: Callable[[Step], Image]) -> None:
        self._file = FilmWriter(path)
        self._thumbnail = path.with_suffix(".jpg")
        self._ticks = round(seconds * RATE)
        self._tick = 0
        self._draw = draw

    def see(self, step: Step) -> Verdict:
        """Add a tick to the film."""
        if self._tick < self._ticks:
            picture = self._draw(step)
            self._file.add(picture)
            if self._tick in {0, round(THUMBNAIL_AT * RATE)}:
                self._thumbnail.write_bytes(encode_jpeg(picture))
            self._tick += 1
        return Verdict.CONTINUE

    def on_recovery(self) -> None:
        """Do nothing: the film shows the cut."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.__exit__(kind, error, trace)


def draw_overlay(step: Step, title: str) -> Image:
    """A camera frame at twice its size, both sides even, with wheel, speed and offset."""
    frame = step.observation.image
    height, width = (side * SCALE // 2 * 2 for side in frame.shape[:2])
    picture: Image = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    _draw_wheel(picture, step.control.steer)
    draw_text(picture, title, (12, 24))
    draw_text(picture, f"{step.observation.speed * 3.6:.0f} km/h", (width - 110, height - 36))
    draw_text(picture, f"steer {step.control.steer:+.3f}", (width - 140, height - 14))
    _draw_offset(picture, step)
    return picture


def _draw_wheel(picture: Image, steer: float) -> None:
    height = picture.shape[0]
    radius = height // 9
    centre = (radius + 12, height - radius - 12)
    cv2.circle(picture, centre, radius, INK, 5, cv2.LINE_AA)
    for spoke in (90.0, 210.0, 330.0):
        angle = math.radians(spoke + steer * WHEEL_TURNS)
        end = (round(centre[0] + radius * math.cos(angle)), round(centre[1] + radius * math.sin(angle)))
        cv2.line(picture, centre, end, INK, 4, cv2.LINE_AA)


def _draw_offset(picture: Image, step: Step) -> None:
    """Draw a bar with the car's position in its lane."""
    height, width = picture.shape[:2]
    half = width // 8
    middle, row = width // 2, height - 20
    share = max(-1.0, min(1.0, step.truth.offset / (step.truth.lane_width / 2.0)))
    cv2.line(picture, (middle - half, row), (middle + half, row), INK, 2, cv2.LINE_AA)
    cv2.line(picture, (middle, row - 6), (middle, row + 6), INK, 2, cv2.LINE_AA)
    cv2.circle(picture, (round(middle + share * half), row), 6, CALM if abs(share) < 0.3 else ALARM, -1, cv2.LINE_AA)
    draw_text(picture, f"{step.truth.offset:+.2f} m", (middle - 34, row - 12))


def draw_text(picture: Image, text: str, place: tuple[int, int]) -> None:
    """Write white text with a black outline; `place` is (column, row) of its lower left corner."""
    for colour, thickness in (((0, 0, 0), 3), (INK, 1)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, colour, thickness, cv2.LINE_AA)
