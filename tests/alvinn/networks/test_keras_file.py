from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from alvinn.driving.types import Camera
from alvinn.errors import ModelError
from alvinn.networks import keras_models
from alvinn.networks.architectures import ARCHITECTURES, NetworkName
from alvinn.networks.keras_file import read_layers


@pytest.mark.parametrize("rebuilds_its_input", [False, True])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_layers_and_weights_are_those_that_keras_saved(
    name: NetworkName, rebuilds_its_input: bool, tmp_path: Path
) -> None:
    architecture = ARCHITECTURES[name]
    network = keras_models.NETWORKS[name](architecture.preprocessing(Camera()).shape, architecture.output("hill"))
    if rebuilds_its_input:
        network = keras_models.add_reconstruction(network)
    network.save(tmp_path / "network.keras")
    layers = read_layers(tmp_path / "network.keras")
    expected = [layer for layer in network.layers if layer.count_params()]
    assert [layer.name for layer in layers] == [layer.name for layer in expected]
    assert [layer.kind for layer in layers] == [type(layer).__name__ for layer in expected]
    for layer, original in zip(layers, expected, strict=True):
        assert layer.count == original.count_params()
        for array, variable in zip(layer.weights, original.weights, strict=True):
            np.testing.assert_array_equal(array, np.asarray(variable))


def test_a_file_that_is_missing_or_damaged_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    with pytest.raises(ModelError, match=r"network\.keras cannot be opened.*or make the model again with --overwrite"):
        read_layers(path)
    path.write_bytes(b"PK, but no zip")
    with pytest.raises(ModelError, match=r"network\.keras cannot be opened"):
        read_layers(path)
    for content in ("{}", "[]", "{"):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", content)
            archive.writestr("model.weights.h5", b"no HDF5")
        with pytest.raises(ModelError, match=r"network\.keras cannot be opened"):
            read_layers(path)
