from __future__ import annotations

import numpy as np

from alvinn.networks.keras_file import StoredLayer
from alvinn.visualization.features import WIDTH, draw_feature_maps, draw_filters


def convolution(name: str, side: int, inputs: int, units: int) -> StoredLayer:
    kernel = np.random.default_rng(0).normal(size=(side, side, inputs, units)).astype(np.float32)
    return StoredLayer(name, "Conv2D", (kernel, np.zeros(units, dtype=np.float32)), "relu", 2)


def test_the_filters_of_the_first_layer_are_drawn_around_mid_grey() -> None:
    first = convolution("a", 4, 3, 5)
    first.kernel[..., 1] = 0.0
    drawn = draw_filters([first, convolution("b", 3, 5, 2)])
    assert drawn is not None
    assert drawn.shape[1] == WIDTH
    assert (drawn == 127).all(axis=2).sum() >= 48 * 48, "the filter without weights is grey"


def test_feature_maps_are_drawn_layer_by_layer_below_the_frame() -> None:
    seen = np.zeros((20, 40, 3), dtype=np.uint8)
    seen[:, 20:] = 255
    one, two = (draw_feature_maps([convolution("a", 4, 3, 8), *more], seen, "left") for more in ([], [LATER]))
    assert one is not None
    assert two is not None
    assert one.shape[1] == two.shape[1] == WIDTH
    assert two.shape[0] > one.shape[0]


LATER = convolution("b", 3, 8, 4)


def test_a_network_without_convolutions_has_neither() -> None:
    dense = StoredLayer("hidden", "Dense", (np.zeros((4, 2), dtype=np.float32), np.zeros(2, dtype=np.float32)))
    assert draw_filters([dense]) is None
    assert draw_feature_maps([dense], np.zeros((2, 2, 1), dtype=np.uint8), "left") is None
