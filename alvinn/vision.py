"""From a camera frame to what the network sees: one function, used by training and driving alike.

The part below the horizon is cut out and shrunk. The parameters travel with the model, in its card.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from alvinn.driving import Camera, Image
from alvinn.errors import CameraMismatchError

BELOW_HORIZON = 0.01  # of the frame's height: the road begins a little below the horizon


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Which part of which frame becomes the network's input."""

    frame_width: int
    frame_height: int
    top: int
    """first row that is kept"""
    width: int = 128
    """of the network's input [pixels]"""
    height: int = 40

    def __post_init__(self) -> None:
        if not 0 <= self.top < self.frame_height:
            raise ValueError(f"row {self.top} is not in a frame of {self.frame_height} rows: the camera sees no road")

    @staticmethod
    def of(camera: Camera) -> Preprocessing:
        """The part of a camera's picture that shows the road."""
        top = round(camera.horizon_row + BELOW_HORIZON * camera.height)
        return Preprocessing(frame_width=camera.width, frame_height=camera.height, top=max(0, top))

    def __call__(self, frame: Image) -> Image:
        """The network's input, shape (height, width, 3) uint8.

        Raises:
            CameraMismatchError: the frame has another size than the one this was made for.
        """
        if frame.shape[:2] != (self.frame_height, self.frame_width):
            raise CameraMismatchError(
                f"a frame of {frame.shape[1]}x{frame.shape[0]} pixels came, but the model was made for "
                f"{self.frame_width}x{self.frame_height}: use the camera it was recorded with"
            )
        small = cv2.resize(frame[self.top :], (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)
