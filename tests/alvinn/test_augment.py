from __future__ import annotations

import numpy as np


def test_light_changes_a_picture_in_range_and_by_its_seed_alone() -> None:
    from alvinn.augment import light

    images = np.full((4, 8, 8, 3), 128, dtype=np.uint8)
    first, again, other = (np.asarray(light(images, seed)) for seed in ((1, 2), (1, 2), (3, 4)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == images.shape
    assert 0.0 <= first.min() < first.max() <= 255.0
    means = first.mean(axis=(1, 2, 3))
    assert np.abs(means - 128.0).max() < 50.0
    assert means.std() > 1.0, "every picture is under a light of its own"
