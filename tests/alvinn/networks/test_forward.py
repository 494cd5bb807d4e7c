from __future__ import annotations

import numpy as np
import pytest

from alvinn.driving.types import Camera
from alvinn.networks.architectures import ARCHITECTURES, NetworkName, OutputName
from alvinn.networks.forward import run_layers, select_chain


@pytest.mark.parametrize("rebuilds_its_input", [False, True])
@pytest.mark.parametrize(
    ("name", "coded"), [("conv", "hill"), ("pilotnet", "scalar"), ("alvinn1991", "hill"), ("alvinn1989", "hill")]
)
def test_every_network_answers_in_numpy_what_it_answers_in_keras(
    name: NetworkName, coded: OutputName, rebuilds_its_input: bool
) -> None:
    import keras

    from alvinn.networks import keras_models

    keras.utils.set_random_seed(0)
    shape, output = ARCHITECTURES[name].preprocessing(Camera()).shape, ARCHITECTURES[name].output(coded)
    network = keras_models.NETWORKS[name](shape, output)
    whole = keras_models.add_reconstruction(network) if rebuilds_its_input else network
    chain = select_chain(keras_models.read_weights(whole), output.units)
    for seed in range(3):
        seen = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
        activations = run_layers(chain, seen)
        assert activations[-1] == pytest.approx(np.asarray(network(seen[None]))[0], abs=1e-5)


def test_feature_maps_keep_their_place_in_the_picture() -> None:
    """One bright pixel in an otherwise black picture moves the maps there and nowhere else."""
    from alvinn.networks import keras_models

    architecture = ARCHITECTURES["conv"]
    shape, output = architecture.preprocessing(Camera()).shape, architecture.output("hill")
    chain = select_chain(keras_models.read_weights(keras_models.conv(shape, output)), output.units)
    black = np.zeros(shape, dtype=np.uint8)
    lit = black.copy()
    lit[2, 65] = 255
    maps, dark = run_layers(chain, lit)[0], run_layers(chain, black)[0]
    changed = np.abs(maps - dark).max(axis=2) > 0
    rows, columns = np.nonzero(changed)
    assert set(rows) == {0}
    assert set(columns) <= {15, 16}, "with a stride of 4, units 15 and 16 see column 65"
    assert changed.any()


def test_a_chain_without_such_output_units_is_refused() -> None:
    from alvinn.networks import keras_models

    architecture = ARCHITECTURES["alvinn1991"]
    network = keras_models.alvinn1991(architecture.preprocessing(Camera()).shape, architecture.output("hill"))
    with pytest.raises(ValueError, match="no dense layer has 45 units"):
        select_chain(keras_models.read_weights(network), 45)
