from __future__ import annotations

import pytest

from tests.alvinn.fixtures import KERAS_COPIES


@pytest.mark.filterwarnings(KERAS_COPIES)
def test_the_network_takes_pictures_of_its_size_and_answers_as_many_units_as_asked() -> None:
    from alvinn import network

    conv = network.conv(40, 128, 21)
    assert conv.input_shape == (None, 40, 128, 3)
    assert conv.output_shape == (None, 21)
    assert conv.count_params() < 500_000, "a small network: it must drive in real time without a graphics card"
    assert not [layer for layer in conv.layers if "dropout" in layer.name], "the same picture, the same answer"
