"""From a camera frame to the network's input: the same code for training and driving.

The part below the horizon is cropped and resized (`crop_and_resize`), then converted to the network's colours
(`convert_colours`); augmentation happens in between. The parameters are stored in the model's card.

A network that also sees ranges has them below the retina, in the same picture; a last row holds the road intensity that
it answered one frame before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from alvinn.driving.types import Camera, CameraName, Image, Observation
from alvinn.errors import CameraMismatchError

NEAREST = 4.0  # m: up to here the range retina is white; beyond, it falls in inverse proportion to range
FARTHEST = 1000.0  # m: the value 1 of CARLA's depth camera
UNKNOWN_INTENSITY = 0.5  # before the first answer
BELOW_HORIZON = 0.01  # of the frame's height: the road begins a little below the horizon

Colours = Literal["rgb", "yuv", "blue"]
Interpolation = Literal["area", "linear"]
OPENCV: dict[Interpolation, int] = {"area": cv2.INTER_AREA, "linear": cv2.INTER_LINEAR}


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Which part of the frame becomes the network's input, its size and its colours."""

    frame_width: int
    frame_height: int
    top: int
    """first row that is kept"""
    width: int = 128
    """of the network's input [pixels]"""
    height: int = 40
    colours: Colours = "rgb"
    """rgb; yuv as in PilotNet; blue, the single band of ALVINN's retina"""
    range_rows: int = 0
    """rows of the range retina; 0 if the network does not see ranges"""

    def __post_init__(self) -> None:
        if not 0 <= self.top < self.frame_height:
            raise ValueError(f"row {self.top} is not in a frame of {self.frame_height} rows: the camera sees no road")

    @staticmethod
    def for_camera(
        camera: Camera, width: int = 128, height: int = 40, colours: Colours = "rgb", range_rows: int = 0
    ) -> Preprocessing:
        """Preprocessing for the part of a camera's picture below the horizon.

        Raises:
            CameraMismatchError: there is none.
        """
        top = max(0, round(camera.horizon_row + BELOW_HORIZON * camera.height))
        if top >= camera.height - 1:
            raise CameraMismatchError(f"the camera {camera} sees no road, as its horizon is below its pictures")
        odd = (camera.height - top) % 2  # an even number of rows is halved much faster
        return Preprocessing(camera.width, camera.height, top + odd, width, height, colours, range_rows)

    @property
    def rows(self) -> int:
        """Rows of the network's input in total."""
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
        """Cameras that the car must have."""
        return ("center", "depth") if self.range_rows else ("center",)

    @property
    def training_cameras(self) -> tuple[CameraName, ...]:
        """Cameras needed while collecting training data: segmentation gives the target of the road intensity."""
        return (*self.cameras, "segmentation") if self.range_rows else self.cameras

    def prepare(self, observation: Observation, intensity: float = UNKNOWN_INTENSITY) -> Image:
        """The network's input for an observation; `intensity` is that of the network's last answer.

        Raises:
            CameraMismatchError: a camera is missing or has another size than expected.
        """
        if not self.range_rows:
            return self(observation.image)
        if "depth" not in observation.others:
            raise CameraMismatchError("the model sees ranges: the car must have the depth camera too")
        return self.convert_colours(
            self.with_ranges(self.crop_and_resize(observation.image), observation.others["depth"], intensity)
        )

    def with_ranges(self, cropped: Image, depth: Image, intensity: float) -> Image:
        """A cropped picture with the range retina and a row of road intensity below it: (rows, width, 3).

        Args:
            cropped: of the centre camera, shape (height, width, 3).
            depth: as encoded by CARLA, shape (h, w, 3).
            intensity: 0 darker to 1 lighter.
        """
        code = depth.astype(np.float32) @ np.array([1.0, 256.0, 65536.0], dtype=np.float32) / (256.0**3 - 1.0)
        nearness = 255.0 * np.minimum(1.0, NEAREST / np.maximum(code * FARTHEST, NEAREST))
        ranges = cv2.resize(nearness, (self.width, self.range_rows), interpolation=cv2.INTER_AREA)
        below = np.concatenate([ranges, np.full((1, self.width), 255.0 * intensity, dtype=np.float32)])
        return np.concatenate([cropped, np.repeat(np.rint(below).astype(np.uint8)[:, :, None], 3, axis=2)])

    def __call__(self, frame: Image) -> Image:
        """The network's input, shape (height, width, channels) uint8, for a camera frame if it needs no other camera.

        Raises:
            CameraMismatchError: the frame has another size than expected, or the network needs more cameras.
        """
        if self.range_rows:
            raise CameraMismatchError("the model sees ranges too: the picture of one camera is not enough")
        return self.convert_colours(self.crop_and_resize(frame))

    def crop_and_resize(self, frame: Image) -> Image:
        """Crop a frame below the horizon and resize it to the network's input: shape (height, width, 3) RGB.

        Raises:
            CameraMismatchError: the frame has another size than expected, or the network needs more cameras.
        """
        if frame.shape[:2] != (self.frame_height, self.frame_width):
            raise CameraMismatchError(
                f"a frame of {frame.shape[1]}x{frame.shape[0]} pixels arrived, but the model expects "
                f"{self.frame_width}x{self.frame_height}: use the camera that it was trained with"
            )
        road = frame[self.top :]
        for width, height, interpolation in self.resizes:
            road = np.asarray(cv2.resize(road, (width, height), interpolation=OPENCV[interpolation]), dtype=np.uint8)
        return road

    def convert_colours(self, image: Image) -> Image:
        """Convert a cropped picture, shape (height, width, 3) RGB, to the network's colours."""
        if self.colours == "yuv":
            return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV), dtype=np.uint8)
        return image[:, :, 2:] if self.colours == "blue" else image
