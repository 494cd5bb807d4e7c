"""H.264 films in MP4: writing, reading, and the first picture as a poster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.errors import RecordingError
from alvinn.util.images import encode_jpeg

SCALING = "AREA"  # of the colours: the least loss of what was tried
RATE = 20  # frames a second: the simulator's own


@dataclass(frozen=True, slots=True)
class Encoding:
    """How x264 writes a film."""

    crf: int
    """constant rate factor: less is better and larger"""
    preset: str
    """how long it may search for a smaller file"""
    key_every: int | None = None
    """frames from one that stands by itself to the next (None: x264's own choice)"""
    scaling: str | None = None
    """how FFmpeg halves the colours (None: OpenCV does, which is quick)"""
    starts_early: bool = False
    """its first bytes are enough for a browser to begin"""


# 38 dB and more against the JPEG files of a camera, most of the loss being the colours' half resolution; every second
# frame stands by itself, as in LeRobot's own films, for reading at random
DATASET = Encoding(crf=6, preset="veryfast", key_every=2, scaling=SCALING)
PAGE = Encoding(crf=23, preset="superfast", starts_early=True)
"""For a browser."""
SMALL = replace(PAGE, crf=28)
"""For a browser, where a page holds many."""


class FilmWriter(AbstractContextManager["FilmWriter"]):
    """Writes pictures of one size, at one rate.

    Args:
        path: of the file; its folder is made.
        fps: pictures a second.
        encoding: how it is written.
    """

    def __init__(self, path: Path, fps: int = RATE, encoding: Encoding = PAGE) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(str(path), "w", options={"movflags": "faststart"} if encoding.starts_early else {})
        options = {"crf": str(encoding.crf), "preset": encoding.preset}
        if encoding.key_every is not None:
            options["g"] = str(encoding.key_every)
        self._stream = self._container.add_stream("libx264", rate=fps, options=options)
        self._scaling = encoding.scaling
        self.size: tuple[int, int] | None = None
        """(height, width) of the pictures, once there is one"""

    @property
    def pixel_format(self) -> str:
        """How colours are kept; pictures of odd size cannot halve theirs."""
        return str(self._stream.pix_fmt)

    def add(self, image: Image) -> None:
        """Add a picture, shape (height, width, 3) RGB.

        Raises:
            RecordingError: it has another size than the first.
        """
        if self.size is None:
            self._stream.height, self._stream.width = self.size = (image.shape[0], image.shape[1])
            self._stream.pix_fmt = "yuv444p" if image.shape[0] % 2 or image.shape[1] % 2 else "yuv420p"
        if self.size != image.shape[:2]:
            raise RecordingError(f"a picture of shape {image.shape} in a film of (height, width) {self.size}")
        self._container.mux(self._stream.encode(self._convert(image)))

    def _convert(self, image: Image) -> av.VideoFrame:
        if self._scaling is None and self.pixel_format == "yuv420p":  # FFmpeg's own way costs more than x264 itself
            planes = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)
            return av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        return frame if self._scaling is None else frame.reformat(format=self.pixel_format, interpolation=self._scaling)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.size is not None:
            self._container.mux(self._stream.encode(None))
        self._container.close()


def frames(path: Path) -> Iterator[tuple[float, Image]]:
    """(time [s], picture) of each frame of a film, in order, up to where it is damaged.

    Raises:
        RecordingError: it is missing, or no film.
    """
    try:
        container: Any = av.open(str(path), format="mp4")  # else damaged bytes pass for other formats
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RecordingError(f"the film {path} is missing or damaged") from error
    with container:
        if not container.streams.video or container.streams.video[0].codec_context is None:
            raise RecordingError(f"the film {path} is damaged: it does not say how it is coded")  # PyAV would crash
        try:
            for frame in container.decode(video=0):
                pixels = frame.reformat(format="rgb24", interpolation=SCALING).to_ndarray()
                yield float(frame.time or 0.0), np.asarray(pixels, dtype=np.uint8)
        except (av.FFmpegError, LookupError, ValueError):
            return  # the rows whose frames did not come are told by the reader


def poster(path: Path) -> bytes:
    """The first picture of a film as a JPEG; nothing where it has none."""
    with suppress(av.FFmpegError, StopIteration, IndexError), av.open(str(path)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        return encode_jpeg(np.asarray(picture, dtype=np.uint8))
    return b""
