"""Textures are images in range, made of nothing but their seed, and tile where they have to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.graphics import textures
from sim.graphics.textures import Image

MADE: list[Callable[[np.random.Generator], Image]] = [
    textures.make_asphalt,
    textures.make_grass,
    textures.make_broadleaf,
    textures.make_conifer,
    textures.make_poplar,
    textures.make_bush,
]
TREES = MADE[2:]


@pytest.mark.parametrize("make", MADE)
def test_a_texture_is_in_range_and_only_its_seed_matters(make: Callable[[np.random.Generator], Image]) -> None:
    one, same, other = (make(np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert one.min() >= 0.0
    assert one.max() <= 1.0
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert all(size & (size - 1) == 0 for size in one.shape[:2])  # mipmaps halve it down to one texel


@pytest.mark.parametrize("make", [textures.make_asphalt, textures.make_grass])
def test_what_repeats_has_no_seam(make: Callable[[np.random.Generator], Image]) -> None:
    image = make(np.random.default_rng(1)).mean(axis=-1)
    across = np.abs(np.diff(image, axis=0)).mean()
    assert np.abs(image[0] - image[-1]).mean() < 1.2 * across


def test_noise_has_mean_zero_and_about_unit_spread() -> None:
    made = textures.make_noise(np.random.default_rng(2), 256, 256, 32, 32)
    assert abs(made.mean()) < 0.15
    assert 0.7 < made.std() < 1.3


@pytest.mark.parametrize("make", TREES)
def test_a_plant_stands_on_its_foot_and_leaves_the_picture_s_border_clear(
    make: Callable[[np.random.Generator], Image],
) -> None:
    cover = make(np.random.default_rng(3))[..., 3]
    assert cover[0, 54:74].max() == 1.0
    assert cover[-3:].max() == 0.0
    assert cover[:, :2].max() == cover[:, -2:].max() == 0.0
    assert 0.05 < cover.mean() < 0.8


def test_a_shadow_is_darkest_in_its_middle_and_gone_at_its_border() -> None:
    dark = textures.make_shadow()[..., 3]
    assert dark[16, 16] == dark.max() > 0.3
    assert max(dark[0].max(), dark[:, 0].max()) < 0.03
