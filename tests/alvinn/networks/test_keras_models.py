from __future__ import annotations

from typing import get_args

import pytest

from alvinn.driving.types import Camera
from alvinn.networks.architectures import ARCHITECTURES, NetworkName, OutputName


@pytest.mark.parametrize("name", get_args(NetworkName))
@pytest.mark.parametrize("coded", get_args(OutputName))
def test_every_network_takes_its_pictures_and_answers_in_either_code(name: NetworkName, coded: OutputName) -> None:
    from alvinn.networks import keras_models

    architecture = ARCHITECTURES[name]
    shape, output = architecture.preprocessing(Camera()).shape, architecture.output(coded)
    built = keras_models.NETWORKS[name](shape, output)
    assert built.input_shape == (None, *shape)
    assert built.output_shape == (None, output.units)
    assert not [layer for layer in built.layers if "dropout" in layer.name], "the same picture, the same answer"


def test_the_default_network_is_small() -> None:
    from alvinn.networks import keras_models

    architecture = ARCHITECTURES["conv"]
    built = keras_models.conv(architecture.preprocessing(Camera()).shape, architecture.output("hill"))
    assert built.count_params() < 500_000, "it must drive in real time without a graphics card"


def test_pilotnet_has_the_papers_number_of_weights() -> None:
    from alvinn.networks import keras_models

    assert keras_models.pilotnet((66, 200, 3), ARCHITECTURES["pilotnet"].output("scalar")).count_params() == 252_219


def test_alvinn_of_1991_has_four_hidden_and_thirty_output_units_on_a_retina_of_30_by_32() -> None:
    from alvinn.networks import keras_models

    architecture = ARCHITECTURES["alvinn1991"]
    shape, output = architecture.preprocessing(Camera()).shape, architecture.output("hill")
    built = keras_models.alvinn1991(shape, output)
    assert shape == (30, 32, 1)
    assert built.get_layer("hidden").units == 4
    assert built.count_params() == (30 * 32 + 1) * 4 + (4 + 1) * 30


def test_alvinn_of_1989_sees_1217_inputs_and_has_29_hidden_and_46_output_units() -> None:
    import numpy as np

    from alvinn.networks import keras_models

    architecture = ARCHITECTURES["alvinn1989"]
    shape, output = architecture.preprocessing(Camera()).shape, architecture.output("hill")
    built = keras_models.alvinn1989(shape, output)
    assert shape == (30 + 8 + 1, 32, 1)
    assert built.count_params() == (1217 + 1) * 29 + (29 + 1) * 46
    pixels = np.random.default_rng(0).uniform(0, 255, (1, *shape)).astype(np.float32)
    before = np.asarray(built(pixels))
    pixels[0, -1, 1:] = 0.0
    assert np.array_equal(np.asarray(built(pixels)), before), "of the last row one pixel counts"
    pixels[0, -1, 0] = 255.0
    assert not np.array_equal(np.asarray(built(pixels)), before)
