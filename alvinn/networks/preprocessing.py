"""From a camera frame to what the network sees: one function, used by training and driving alike.

The part below the horizon is cut out and shrunk (`shrunk`), then turned into the network's colours (`coloured`);
training draws other views and lights in between. The parameters travel with the model, in its card.

A network that also sees ranges has them below the retina, in the same picture; a last row holds what it said of the
road's intensity one frame ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from alvinn.driving.types import Camera, CameraName, Image, Observation
from alvinn.errors import CameraMismatchError

NEAREST = 4.0  # m: this near and nearer is white in the range retina, which is in inverse proportion to the range
FARTHEST = 1000.0  # m: what CARLA's depth camera codes as 1
UNTOLD = 0.5  # intensity of a road of which nothing was said yet
BELOW_HORIZON = 0.01  # of the frame's height: the road begins a little below the horizon

Colours = Literal["rgb", "yuv", "blue"]
Interpolation = Literal["area", "linear"]
OPENCV: dict[Interpolation, int] = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Which part of which frame becomes the network's input, how large and in which colours."""

    frame_width: int
    frame_height: int
    top: int
    """first row that is kept"""
    width: int = 128
    """of the network's input [pixels]"""
    height: int = 40
    colours: Colours = "rgb"
    """rgb; yuv as PilotNet's; blue: the one band that ALVINN's retina had"""
    range_rows: int = 0
    """of the range retina; 0: the network does not see ranges"""

    def __post_init__(self) -> None:
        if not 0 <= self.top < self.frame_height:
            raise ValueError(f"row {self.top} is not in a frame of {self.frame_height} rows: the camera sees no road")

    @staticmethod
    def of(
        camera: Camera, width: int = 128, height: int = 40, colours: Colours = "rgb", range_rows: int = 0
    ) -> Preprocessing:
        """The part of a camera's picture that shows the road, for a network's input of some size."""
        top = max(0, round(camera.horizon_row + BELOW_HORIZON * camera.height))
        odd = (camera.height - top) % 2  # an even number of rows is halved much faster
        return Preprocessing(camera.width, camera.height, top + odd, width, height, colours, range_rows)

    @property
    def rows(self) -> int:
        """Of the network's input, all together."""
        return self.height + (self.range_rows + 1 if self.range_rows else 0)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(rows, width, channels) of the network's input."""
        return self.rows, self.width, 1 if self.colours == "blue" else 3

    @property
    def resizes(self) -> tuple[tuple[int, int, Interpolation], ...]:
        """(width, height, interpolation) of each step from the part that is kept to the network's size.

        By a whole number first, every pixel counted, which is fast; the rest is small enough to sample.
        """
        rows = self.frame_height - self.top
        times = min(self.frame_width // self.width, rows // self.height)
        last: tuple[int, int, Interpolation] = (self.width, self.height, "linear")
        return ((self.frame_width // times, rows // times, "area"), last) if times > 1 else (last,)

    @property
    def cameras(self) -> tuple[CameraName, ...]:
        """The cameras that the car must carry."""
        return ("center", "depth") if self.range_rows else ("center",)

    @property
    def lessons(self) -> tuple[CameraName, ...]:
        """The cameras that the car must carry while it is taught: the segmentation camera says the road's intensity."""
        return (*self.cameras, "segmentation") if self.range_rows else self.cameras

    def seen(self, observation: Observation, intensity: float = UNTOLD) -> Image:
        """The network's input of an observation; `intensity` is what the network said of the road one frame ago.

        Raises:
            CameraMismatchError: a camera is missing, or has another size than the one this was made for.
        """
        if not self.range_rows:
            return self(observation.image)
        if "depth" not in observation.others:
            raise CameraMismatchError("the model sees ranges: the car must carry the depth camera too")
        return self.coloured(self.with_ranges(self.shrunk(observation.image), observation.others["depth"], intensity))

    def with_ranges(self, shrunk: Image, depth: Image, intensity: float) -> Image:
        """A shrunk picture with the range retina below it, and a row of the road's intensity: (rows, width, 3).

        Args:
            shrunk: of the centre camera, shape (height, width, 3).
            depth: as CARLA codes it, shape (h, w, 3).
            intensity: 0 darker to 1 lighter.
        """
        code = depth.astype(np.float32) @ np.array([1.0, 256.0, 65536.0], dtype=np.float32) / (256.0**3 - 1.0)
        nearness = 255.0 * np.minimum(1.0, NEAREST / np.maximum(code * FARTHEST, NEAREST))
        ranges = cv2.resize(nearness, (self.width, self.range_rows), interpolation=cv2.INTER_AREA)
        below = np.concatenate([ranges, np.full((1, self.width), 255.0 * intensity, dtype=np.float32)])
        return np.concatenate([shrunk, np.repeat(np.rint(below).astype(np.uint8)[:, :, None], 3, axis=2)])

    def __call__(self, frame: Image) -> Image:
        """The network's input, shape (height, width, channels) uint8, of a camera frame, if that is all it sees.

        Raises:
            CameraMismatchError: the frame has another size than the one this was made for.
        """
        if self.range_rows:
            raise CameraMismatchError("the model sees ranges too: one camera's picture is not enough")
        return self.coloured(self.shrunk(frame))

    def shrunk(self, frame: Image) -> Image:
        """The part of a frame that matters, in the network's size: shape (height, width, 3) RGB.

        Raises:
            CameraMismatchError: the frame has another size than the one this was made for.
        """
        if frame.shape[:2] != (self.frame_height, self.frame_width):
            raise CameraMismatchError(
                f"a frame of {frame.shape[1]}x{frame.shape[0]} pixels came, but the model was made for "
                f"{self.frame_width}x{self.frame_height}: use the camera it was recorded with"
            )
        road = frame[self.top :]
        for width, height, interpolation in self.resizes:
            road = np.asarray(cv2.resize(road, (width, height), interpolation=OPENCV[interpolation]), dtype=np.uint8)
        return road

    def coloured(self, image: Image) -> Image:
        """A shrunk picture, shape (height, width, 3) RGB, in the network's colours."""
        if self.colours == "yuv":
            return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV), dtype=np.uint8)
        return image[:, :, 2:] if self.colours == "blue" else image
