"""A network in numpy, layer by layer: to see what its units do, and to drive while its weights change.

A LiteRT file answers faster, but its weights are fixed and its hidden units are out of sight. The chains of layers that
`keras_models` builds need two kinds only: convolutions without padding, and dense layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats
from alvinn.networks.keras_file import StoredLayer

HALF_SCALE = 127.5  # pixels in [0, 255] become [-1, 1], as by the first layer of every network

ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "linear": lambda values: values,
    "relu": lambda values: np.maximum(values, np.float32(0.0)),
    "tanh": np.tanh,
    "sigmoid": lambda values: 0.5 * (1.0 + np.tanh(0.5 * values)),  # without overflow
}


def select_chain(layers: Sequence[StoredLayer], units: int) -> list[StoredLayer]:
    """The layers from the picture to the output units; what reconstructs the input or refines the answer is left out.

    Args:
        layers: of a network, from input to output.
        units: number of output units.

    Raises:
        ValueError: no layer has that many units.
    """
    for last, layer in enumerate(layers):
        if layer.kind == "Dense" and layer.kernel.shape[1] == units:
            return list(layers[: last + 1])
    raise ValueError(f"no dense layer has {units} units")


def run_layers(chain: Sequence[StoredLayer], seen: Image) -> list[Floats]:
    """Activations of each layer: shape (height, width, maps) of a convolution, (units,) of a dense layer.

    Args:
        chain: from the picture to the output units, see `select_chain`.
        seen: the network's input, shape (height, width, channels).
    """
    values: Floats = seen.astype(np.float32) / np.float32(HALF_SCALE) - np.float32(1.0)
    found = []
    for layer in chain:
        values = _convolve(layer, values) if layer.kind == "Conv2D" else _connect(layer, values)
        values = ACTIVATIONS[layer.activation](values + layer.weights[1])
        found.append(values)
    return found


def _connect(layer: StoredLayer, values: Floats) -> Floats:
    """A dense layer; ALVINN's of 1989 leaves out the inputs at the end that it has no weights for."""
    return np.asarray(values.ravel()[: len(layer.kernel)] @ layer.kernel)


def _convolve(layer: StoredLayer, values: Floats) -> Floats:
    height, width = layer.kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(values, (height, width), axis=(0, 1))  # type: ignore[call-overload] # NumPy's stubs know one axis only
    patches = windows[:: layer.stride, :: layer.stride]  # (rows, columns, channels, height, width)
    return np.asarray(np.tensordot(patches, layer.kernel, axes=([3, 4, 2], [0, 1, 2])))
