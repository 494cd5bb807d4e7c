from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from alvinn.driving.types import Image
from alvinn.training.examples.photometric import LightAugmentation, LightRange

SHAPE = (40, 128, 3)
STILL = LightRange(
    contrast=(1.0, 1.0),
    brightness=0.0,
    gamma=(1.0, 1.0),
    tint=0.0,
    saturation=(1.0, 1.0),
    shadow=0.0,
    haze=0.0,
    blur=0.0,
    noise=0.0,
)


def road(seed: int = 0) -> Image:
    return np.random.default_rng(seed).integers(60, 200, SHAPE, dtype=np.uint8)


def lit(light: LightAugmentation, image: Image, rng: np.random.Generator) -> Image:
    """A picture in a batch of one."""
    (found,) = light(image[None], rng)
    return np.asarray(found)


def test_the_same_draw_gives_the_same_light_and_another_another() -> None:
    light = LightAugmentation(SHAPE, np.random.default_rng(0))
    first, again, other = (lit(light, road(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == SHAPE
    assert first.dtype == np.uint8


def test_no_light_at_all_leaves_the_picture_as_it_is() -> None:
    light = LightAugmentation(SHAPE, np.random.default_rng(0), STILL)
    assert np.abs(lit(light, road(), np.random.default_rng(1)).astype(int) - road()).max() <= 1


def test_the_picture_given_is_not_changed() -> None:
    given = road()
    light = LightAugmentation(SHAPE, np.random.default_rng(0), LightRange(shadow=1.0, blur=1.0))
    for seed in range(8):
        lit(light, given, np.random.default_rng(seed))
    assert np.array_equal(given, road())


def test_every_picture_is_under_a_light_of_its_own_in_both_directions() -> None:
    light, rng = LightAugmentation(SHAPE, np.random.default_rng(0)), np.random.default_rng(1)
    means = np.array([lit(light, road(), rng).mean() for _ in range(200)])
    assert means.min() < road().mean() - 20.0
    assert means.max() > road().mean() + 20.0


@pytest.mark.parametrize("seed", range(5))
def test_a_shadow_darkens_a_part_and_brightens_nothing(seed: int) -> None:
    light = LightAugmentation(SHAPE, np.random.default_rng(0), replace(STILL, shadow=1.0))
    change = lit(light, road(), np.random.default_rng(seed)).astype(int) - road()
    assert change.max() <= 1


@pytest.mark.parametrize("seed", range(5))
def test_haze_takes_contrast_and_most_of_it_where_the_road_is_far_away(seed: int) -> None:
    light = LightAugmentation(SHAPE, np.random.default_rng(0), replace(STILL, haze=1.0))
    given, hazy = (picture.astype(float) for picture in (road(), lit(light, road(), np.random.default_rng(seed))))
    left = hazy.std(axis=(1, 2)) / given.std(axis=(1, 2))
    assert left[:8].mean() < left[-8:].mean() < 1.0


def test_light_moves_no_edge() -> None:
    """A post stays where it is: whatever the light, the brightest column is the post's."""
    given = np.full(SHAPE, 60, dtype=np.uint8)
    given[:, 70:74] = 220
    light, rng = LightAugmentation(SHAPE, np.random.default_rng(0), LightRange(shadow=0.0)), np.random.default_rng(3)
    for _ in range(50):
        assert 69 <= lit(light, given, rng).mean(axis=(0, 2)).argmax() <= 74


def test_without_saturation_yellow_paint_is_as_grey_as_white() -> None:
    light = LightAugmentation(SHAPE, np.random.default_rng(0), replace(STILL, saturation=(0.0, 0.0)))
    yellow = np.full(SHAPE, (230, 190, 40), dtype=np.uint8)
    grey = lit(light, yellow, np.random.default_rng(1))
    assert np.ptp(grey, axis=2).max() <= 1
    assert abs(float(grey.mean()) - (0.299 * 230 + 0.587 * 190 + 0.114 * 40)) < 1.0
