"""Image files: JPEG for colours, PNG for pixels that encode numbers.

Files from elsewhere are read with care: a file outside its folder is refused, an absurd size is refused before
decoding, and a truncated JPEG counts as damaged although OpenCV would fill the missing part with grey.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from alvinn.driving.types import CameraName, Image
from alvinn.errors import RecordingError

JPEG_QUALITY = 92
NUMERIC_CAMERAS: tuple[CameraName, ...] = ("depth", "segmentation")  # their pixels are numbers; JPEG would change them
MAX_PIXELS = 64_000_000  # a camera of today has up to 60 megapixels; decoded, that is 192 MB
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
PNG_START = b"\x89PNG\r\n\x1a\n"
SCAN = 0xDA  # JPEG marker: start of scan, the coded pixels follow
SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers: start of frame, which holds the size


class PictureError(ValueError):
    """An image file cannot be used; the message gives the reason and continues a prefix such as `row 7:`."""


def image_suffix(camera: CameraName) -> str:
    """The file suffix of a camera's images, without the dot."""
    return "png" if camera in NUMERIC_CAMERAS else "jpg"


def encode_image(image: Image, camera: CameraName) -> bytes:
    """Encode a camera's image, shape (height, width, 3) RGB, in the format of that camera."""
    return encode_png(image) if camera in NUMERIC_CAMERAS else encode_jpeg(image)


def encode_jpeg(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """Encode an image, shape (height, width, 3) RGB, as JPEG; quality 0 to 100."""
    return _encode(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def encode_png(image: Image) -> bytes:
    """Encode an image, shape (height, width, 3) RGB, as PNG, without loss."""
    return _encode(image, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _encode(image: Image, kind: str, settings: list[int]) -> bytes:
    done, data = cv2.imencode(kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise RecordingError(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def read_inside(folder: Path, name: str) -> bytes:
    """Read a file inside a folder.

    Raises:
        PictureError: it is missing, or outside the folder: an absolute path, `..`, or a link that leads out.
    """
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise PictureError("its picture is outside the recording")
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: a cycle of links, on Python 3.12 and older
        raise PictureError("its picture is missing") from error
    except ValueError as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("its picture is missing") from error  # the name contains NUL


def decode_image(data: bytes) -> Image:
    """Decode a JPEG or PNG file to pixels, shape (height, width, 3) RGB.

    Raises:
        PictureError: it is damaged, of another format, or larger than `MAX_PIXELS`.
    """
    read_image_size(data)
    try:
        bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        raise PictureError("its picture is damaged")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_image_size(data: bytes) -> tuple[int, int]:
    """(height, width) from the header of a JPEG or PNG file, without decoding it.

    Raises:
        PictureError: it is damaged, of another format, or larger than `MAX_PIXELS`.
    """
    if data.startswith(PNG_START) and len(data) >= 24:
        width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif data.startswith(JPEG_START):
        height, width = _jpeg_size(data)
    else:
        raise PictureError("its picture is damaged" if data[:2] in (JPEG_START, b"\x89P", b"") else _unknown(data))
    if height * width > MAX_PIXELS:
        raise PictureError(f"its picture claims {width}x{height} pixels")
    return height, width


def _unknown(data: bytes) -> str:
    return "its picture is damaged" if not data.strip(b"\0") else "its picture is neither JPEG nor PNG"


def _jpeg_size(data: bytes) -> tuple[int, int]:
    for marker, at in _segments(data):
        if marker in SIZES:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
    raise PictureError("its picture is damaged")


def _segments(data: bytes) -> list[tuple[int, int]]:
    """(marker, position) of the segments of a JPEG file, up to the start of scan."""
    found: list[tuple[int, int]] = []
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        found.append((marker, at))
        if marker == SCAN:
            break
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return found


def trim_jpeg(data: bytes) -> bytes:
    """A JPEG file without the bytes that some cameras append after its end.

    Raises:
        PictureError: its end is missing.
    """
    segments = _segments(data)
    if not segments or segments[-1][0] != SCAN:
        raise PictureError("its picture is damaged")
    end = data.find(JPEG_END, segments[-1][1])  # among coded pixels, 0xff is always followed by 0 or a restart mark
    if end < 0:
        raise PictureError("its picture is damaged")
    return data[: end + len(JPEG_END)]


def convert_to_jpeg(data: bytes, quality: int) -> bytes:
    """Convert a JPEG or PNG file to JPEG; one that is JPEG already keeps its bytes, if it lies upright in them.

    Raises:
        PictureError: it is damaged, of another format, or larger than `MAX_PIXELS`.
    """
    if not data.startswith(JPEG_START):
        return encode_jpeg(decode_image(data), quality)
    whole = trim_jpeg(data)
    image = decode_image(whole)
    lies_upright = image.shape[:2] == read_image_size(whole)  # phones write pictures lying, and how to turn them (EXIF)
    return whole if lies_upright else encode_jpeg(image, quality)
