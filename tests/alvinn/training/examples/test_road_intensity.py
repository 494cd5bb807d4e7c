from __future__ import annotations

import numpy as np

from alvinn.driving.types import Image
from alvinn.training.examples.road_intensity import road_is_lighter


def scene(road: int, beside: int, sky: int) -> tuple[Image, Image]:
    """A picture and its tags: sky above, and a road in the middle of grass."""
    frame = np.full((20, 30, 3), beside, dtype=np.uint8)
    tags = np.full((20, 30, 3), 10, dtype=np.uint8)
    frame[:8], tags[:8] = sky, 11
    frame[8:, 10:20], tags[8:, 10:20] = road, 1
    return frame, tags


def test_a_road_is_lighter_or_darker_than_what_lies_beside_it_whatever_the_sky() -> None:
    for sky in (0, 255):
        assert road_is_lighter(*scene(150, 90, sky)) == 1.0
        assert road_is_lighter(*scene(60, 90, sky)) == 0.0


def test_where_there_is_no_road_or_nothing_beside_it_nothing_is_said() -> None:
    frame, tags = scene(150, 90, 200)
    assert road_is_lighter(frame, np.full_like(tags, 10)) == 0.5
    assert road_is_lighter(frame, np.full_like(tags, 1)) == 0.5
