"""Pictures as files: JPEG for what the eye sees, PNG for pixels that are numbers.

Files from elsewhere are read with care: a picture outside its folder is refused, one that claims an absurd size is
refused before it is decoded, and a torn JPEG counts as damaged although OpenCV would draw its missing part in grey.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from alvinn.driving.types import CameraName, Image
from alvinn.errors import RecordingError

JPEG_QUALITY = 92
CODED: tuple[CameraName, ...] = ("depth", "segmentation")  # whose pixels are numbers, which JPEG would change
MOST_PIXELS = 64_000_000  # a camera of today has up to 60 megapixels; decoded, that is 192 MB
JPEG_BEGIN, JPEG_END = b"\xff\xd8", b"\xff\xd9"
PNG_BEGIN = b"\x89PNG\r\n\x1a\n"
SCAN = 0xDA  # JPEG marker: the coded pixels follow
SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # JPEG markers of segments that hold the size


class PictureError(ValueError):
    """A picture file cannot be used; the message says why and reads on after `row 7:`."""


def suffix_of(camera: CameraName) -> str:
    """How the file names of a camera's pictures end."""
    return "png" if camera in CODED else "jpg"


def file_of(image: Image, camera: CameraName) -> bytes:
    """A camera's picture, shape (height, width, 3) RGB, as the bytes of its file."""
    return png_of(image) if camera in CODED else jpeg_of(image)


def jpeg_of(image: Image, quality: int = JPEG_QUALITY) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a JPEG file."""
    return _encode(image, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def png_of(image: Image) -> bytes:
    """A picture, shape (height, width, 3) RGB, as the bytes of a PNG file: every bit is kept."""
    return _encode(image, ".png", [cv2.IMWRITE_PNG_COMPRESSION, 1])


def _encode(image: Image, kind: str, settings: list[int]) -> bytes:
    done, data = cv2.imencode(kind, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)
    if not done:
        raise RecordingError(f"a picture of shape {image.shape} could not be encoded")
    return data.tobytes()


def read_inside(folder: Path, name: str) -> bytes:
    """The bytes of a file inside a folder.

    Raises:
        PictureError: it is missing, or lies outside the folder: an absolute path, `..`, or a link that leads out.
    """
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise PictureError("its picture is outside the recording")
        return path.read_bytes()
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a ring, on Python 3.12 and older
        raise PictureError("its picture is missing") from error
    except ValueError as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("its picture is missing") from error  # a name that holds NUL


def pixels_of(data: bytes) -> Image:
    """The pixels of a JPEG or PNG file, shape (height, width, 3) RGB.

    Raises:
        PictureError: it is damaged, of another kind, or claims more than `MOST_PIXELS`.
    """
    size_of(data)
    try:
        bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        bgr = None
    if bgr is None:
        raise PictureError("its picture is damaged")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def size_of(data: bytes) -> tuple[int, int]:
    """(height, width) that a JPEG or PNG file claims, read without decoding it.

    Raises:
        PictureError: it is damaged, of another kind, or claims more than `MOST_PIXELS`.
    """
    if data.startswith(PNG_BEGIN) and len(data) >= 24:
        width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    elif data.startswith(JPEG_BEGIN):
        height, width = _jpeg_size(data)
    else:
        raise PictureError("its picture is damaged" if data[:2] in (JPEG_BEGIN, b"\x89P", b"") else _unknown(data))
    if height * width > MOST_PIXELS:
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
    """(marker, where it begins) of the segments of a JPEG file, up to its first coded pixels."""
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


def whole_jpeg(data: bytes) -> bytes:
    """A JPEG file up to its end; cameras leave bytes after it.

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


def as_jpeg(data: bytes, quality: int) -> bytes:
    """A JPEG or PNG file as JPEG: one that is JPEG already travels byte by byte.

    Raises:
        PictureError: it is damaged or absurdly large.
    """
    if not data.startswith(JPEG_BEGIN):
        return jpeg_of(pixels_of(data), quality)
    whole = whole_jpeg(data)
    pixels_of(whole)
    return whole
