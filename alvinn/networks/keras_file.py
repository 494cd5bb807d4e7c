"""Read a `.keras` file without Keras: a zip with the layers in `config.json` and their weights in `model.weights.h5`.

Keras brings TensorFlow, which takes seconds to import and is not needed to look at weights. The layout is that of
Keras 3 (keras.io/guides/serialization_and_saving): in the HDF5 file each layer has a group whose `vars` hold its
arrays, numbered, and whose attribute `name` is the layer's name in the configuration.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from alvinn.errors import MAKE_AGAIN, ModelError
from alvinn.networks.encodings import Floats


@dataclass(frozen=True)
class StoredLayer:
    """A stored layer with weights."""

    name: str
    kind: str
    """Keras's class, such as Dense"""
    weights: tuple[Floats, ...]
    """the kernel first, shape (..., inputs, units), then the biases, shape (units,)"""
    activation: str = "linear"
    """Keras's name of it"""
    stride: int = 1
    """of a convolution, the same down and across"""

    @property
    def kernel(self) -> Floats:
        """Weights from each input to each unit, shape (..., inputs, units)."""
        return self.weights[0]

    @property
    def count(self) -> int:
        """Number of parameters."""
        return sum(array.size for array in self.weights)


def read_layers(path: Path) -> list[StoredLayer]:
    """Read the layers of a `.keras` file that have weights, from input to output.

    Raises:
        ModelError: the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
            stored = _arrays(archive.read("model.weights.h5"))
        layers = [(layer["config"], layer["class_name"]) for layer in config["config"]["layers"]]
        return [from_config(one, kind, stored[one["name"]]) for one, kind in layers if one["name"] in stored]
    except (OSError, ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path} cannot be opened: {error}; {MAKE_AGAIN}") from error


def from_config(config: Mapping[str, Any], kind: str, weights: tuple[Floats, ...]) -> StoredLayer:
    """A layer from Keras's configuration of it.

    Args:
        config: of the layer.
        kind: Keras's class.
        weights: its arrays.
    """
    activation, strides = config.get("activation"), config.get("strides", (1,))
    return StoredLayer(
        config["name"], kind, weights, activation if isinstance(activation, str) else "linear", int(strides[0])
    )


def _arrays(content: bytes) -> dict[str, tuple[Floats, ...]]:
    """Arrays of each layer with weights, by layer name."""
    found: dict[str, tuple[Floats, ...]] = {}

    def visit(path: str, item: Any) -> None:
        if path.startswith("layers/") and path.endswith("/vars") and len(item):
            arrays = (np.asarray(item[str(number)], dtype=np.float32) for number in range(len(item)))
            found[str(item.attrs["name"])] = tuple(arrays)

    with h5py.File(io.BytesIO(content)) as file:
        file.visititems(visit)
    return found
