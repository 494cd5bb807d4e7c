from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from alvinn.driving.protocols import Verdict
from alvinn.driving.types import Camera, Image, Step
from alvinn.visualization.overlay import Film, draw_overlay
from tests.alvinn.fakes import SMALL, step, truth


def draw(tick: Step) -> Image:
    return draw_overlay(tick, "oval forward")


@pytest.mark.parametrize("camera", [SMALL, Camera(width=72, height=36), Camera(width=320, height=160)])
def test_a_film_is_h264_with_a_picture_a_tick(tmp_path: Path, camera: Camera) -> None:
    path = tmp_path / "laps" / "lap.mp4"
    with Film(path, 60.0, draw) as film:
        for number in range(7):
            assert film.see(step(number, camera=camera)) is Verdict.CONTINUE
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 20
    assert len(frames) == 7
    assert frames[0].shape == (camera.height * 2, camera.width * 2, 3)


def test_a_thumbnail_lies_beside_the_film_however_short_that_is(tmp_path: Path) -> None:
    for ticks in (3, 60):
        with Film(tmp_path / f"{ticks}.mp4", 60.0, draw) as film:
            for number in range(ticks):
                film.see(step(number, camera=Camera()))
        image = cv2.imread(str(tmp_path / f"{ticks}.jpg"))
        assert image is not None
        assert image.shape == (320, 640, 3)


def test_a_film_ends_after_its_seconds(tmp_path: Path) -> None:
    with Film(tmp_path / "lap.mp4", 0.2, draw) as film:
        for number in range(9):
            film.see(step(number))
    with av.open(str(tmp_path / "lap.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4


def test_a_film_of_nothing_is_no_error(tmp_path: Path) -> None:
    with Film(tmp_path / "lap.mp4", 1.0, draw):
        pass


def test_steer_and_offset_are_drawn_and_the_frame_is_left_alone() -> None:
    camera = Camera()
    left, right = (step(1, truth(offset=side), steer=side, camera=camera) for side in (-0.5, 0.5))
    before = left.observation.image.copy()
    assert not np.array_equal(draw_overlay(left, "oval"), draw_overlay(right, "oval"))
    assert np.array_equal(left.observation.image, before)
