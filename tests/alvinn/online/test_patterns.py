from __future__ import annotations

import math

import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.networks.architectures import ARCHITECTURES
from alvinn.online.patterns import VIEWS, PatternBuffer, ViewsOfFrame
from tests.alvinn.fakes import CAMERA

SHAPE = (2, 3, 1)


def image(number: int) -> Image:
    return np.full(SHAPE, number % 256, dtype=np.uint8)


def buffer(size: int = 200, seed: int = 0) -> PatternBuffer:
    return PatternBuffer(SHAPE, np.random.default_rng(seed), size)


def test_patterns_are_kept_as_they_came_until_the_buffer_is_full() -> None:
    patterns = buffer(size=3)
    for number, curvature in enumerate((0.01, -0.02, 0.03)):
        patterns.add(image(number), curvature)
    assert patterns.curvature.tolist() == [0.01, -0.02, 0.03]
    assert patterns.images[:, 0, 0, 0].tolist() == [0, 1, 2]


def test_the_mean_steering_stays_straight_through_a_long_bend_to_one_side() -> None:
    """Every frame comes with views to both sides, as on the road; a buffer of the latest would lean like the bend."""
    rng, patterns, latest = np.random.default_rng(1), buffer(), []
    for number in range(3000):
        curvature = 0.04 + rng.normal(0.0, 0.05)
        patterns.add(image(number), curvature)
        latest.append(curvature)
    assert len(patterns) == 200
    assert abs(np.mean(latest[-200:])) > 0.03
    assert abs(patterns.curvature.mean()) < 0.002


def test_no_pattern_stays_forever() -> None:
    rng, patterns = np.random.default_rng(2), buffer(size=50)
    for _ in range(50):
        patterns.add(image(1), rng.normal(0.0, 0.05))
    for _ in range(2000):
        patterns.add(image(2), rng.normal(0.0, 0.05))
    assert (patterns.images[:, 0, 0, 0] == 2).all()


def test_the_same_seed_keeps_the_same_patterns() -> None:
    kept = []
    for _ in range(2):
        rng, patterns = np.random.default_rng(3), buffer(size=20)
        for number in range(200):
            patterns.add(image(number), rng.normal(0.0, 0.05))
        kept.append(patterns.images.copy())
    assert np.array_equal(kept[0], kept[1])


def test_a_label_that_is_no_number_and_a_buffer_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="must be a number, not nan"):
        buffer().add(image(0), math.nan)
    with pytest.raises(ValueError, match="at least 1 pattern, not 0"):
        buffer(size=0)


def test_a_frame_comes_first_as_it_is_and_then_from_beside_the_lane_with_steering_that_leads_back() -> None:
    preprocessing = ARCHITECTURES["conv"].preprocessing(CAMERA)
    frame = np.random.default_rng(0).integers(0, 256, (CAMERA.height, CAMERA.width, 3), dtype=np.uint8)
    views = ViewsOfFrame(CAMERA, preprocessing, np.random.default_rng(4))
    drawn = np.random.default_rng(4)
    patterns = views.patterns(frame, 0.0, speed=8.0)
    assert len(patterns) == 1 + VIEWS
    assert np.array_equal(patterns[0][0], preprocessing(frame))
    assert patterns[0][1] == 0.0
    for shown, label in patterns[1:]:
        across, turn = drawn.uniform(-1.0, 1.0), drawn.uniform(-math.radians(8.0), math.radians(8.0))
        assert shown.shape == preprocessing.shape
        goal = (8.0, -across)  # where the real car will be, from beside it
        assert math.copysign(1.0, label) == math.copysign(1.0, math.atan2(goal[1], goal[0]) - turn)
