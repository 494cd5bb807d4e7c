"""Pictures as files: JPEG for what the eye sees, PNG for pixels that are numbers."""

from __future__ import annotations

import cv2
import numpy as np

from alvinn.driving.types import CameraName, Image
from alvinn.errors import RecordingError

JPEG_QUALITY = 92
CODED: tuple[CameraName, ...] = ("depth", "segmentation")  # whose pixels are numbers, which JPEG would change


def suffix_of(camera: CameraName) -> str:
    """How the file names of a camera's pictures end."""
    return "png" if camera in CODED else "jpg"


def file_of(image: Image, camera: CameraName) -> bytes:
    """A camera's picture, shape (height, width, 3) RGB, as the bytes of its file."""
    return png_of(image) if camera in CODED else jpeg_of(image)


def jpeg_of(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a JPEG file."""
    return _encoded(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def png_of(image: Image) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a PNG file: every bit is kept."""
    return _encoded(image, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _encoded(image: Image, kind: str, settings: list[int]) -> bytes:
    done, data = cv2.imencode(kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise RecordingError(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def pixels_of(data: bytes) -> Image | None:
    """The pixels of a picture file, shape (height, width, 3) RGB; None where it is damaged."""
    bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR) if data else None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
