"""The networks, one readable function each (Keras). Their input is pixels in [0, 255], their output the units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from alvinn.networks import reconstruction
from alvinn.networks.architectures import NetworkName
from alvinn.networks.encodings import Encoding, Scalar
from alvinn.networks.keras_file import StoredLayer, from_config

Shape = tuple[int, int, int]
RECONSTRUCTION = "reconstruction"  # the layer's name


def conv(shape: Shape, output: Encoding) -> Any:
    """A small convolutional network with ALVINN's distributed output.

    Three convolutions and one hidden layer, our own; chosen by the curvature error on random:41 to random:44 in eight
    weathers, four of them not in the training data, at a given computing time. The first is as coarse as that of
    V. Mnih et al., Nature 518 (2015): a stride of 4 costs two thirds of two strides of 2, with the same error.

    Args:
        shape: (height, width, channels) of the input.
        output: the output encoding.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1.0 / 127.5, offset=-1.0),
            keras.layers.Conv2D(24, 8, strides=4, activation="relu"),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            output_layer(output),
        ],
        name="conv",
    )


def pilotnet(shape: Shape, output: Encoding) -> Any:
    """PilotNet: 252,219 weights with the paper's 66x200 input and scalar output (M. Bojarski et al., arXiv:1604.07316).

    Args:
        shape: (height, width, channels) of the input, YUV.
        output: the output encoding.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1.0 / 127.5, offset=-1.0),
            keras.layers.Conv2D(24, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(36, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(48, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(100, activation="relu"),
            keras.layers.Dense(50, activation="relu"),
            keras.layers.Dense(10, activation="relu"),
            output_layer(output),
        ],
        name="pilotnet",
    )


def alvinn1991(shape: Shape, output: Encoding) -> Any:
    """ALVINN of 1991: a 30x32 retina, four hidden units, thirty output units (D. Pomerleau, Neural Computation 3(1)).

    Args:
        shape: (height, width, channels) of the input, one band.
        output: the output encoding.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1.0 / 127.5, offset=-1.0),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh", name="hidden"),
            output_layer(output),
        ],
        name="alvinn1991",
    )


def alvinn1989(shape: Shape, output: Encoding) -> Any:
    """ALVINN of 1989: 30x32 video, 8x32 ranges and the road's intensity in, 29 hidden units (D. Pomerleau, NIPS 1).

    Args:
        shape: (height, width, channels) of the input: 39x32, of whose last row the first pixel counts.
        output: the output encoding.
    """
    pixels = keras.Input(shape)
    everything = keras.layers.Flatten()(keras.layers.Rescaling(1.0 / 127.5, offset=-1.0)(pixels))
    inputs = (shape[0] - 1) * shape[1] + 1  # 1217
    hidden = keras.layers.Dense(29, activation="tanh", name="hidden")(everything[:, :inputs])
    return keras.Model(pixels, output_layer(output)(hidden), name="alvinn1989")


def output_layer(output: Encoding) -> Any:
    """The output layer of an encoding: units of a hill are in (0, 1), a scalar is unbounded."""
    return keras.layers.Dense(output.units, activation="linear" if isinstance(output, Scalar) else "sigmoid")


def choose_loss(output: Encoding) -> str:
    """Keras loss name for an output encoding."""
    return "mse" if isinstance(output, Scalar) else "binary_crossentropy"


def add_reconstruction(network: Any) -> Any:
    """Add an output that reconstructs the input; see `alvinn.networks.reconstruction`."""
    hidden = network.layers[-1].input
    reconstructed = keras.layers.Dense(reconstruction.PIXELS, activation="sigmoid", name=RECONSTRUCTION)(hidden)
    return keras.Model(
        network.inputs[0], keras.layers.Concatenate()([network.outputs[0], reconstructed]), name=network.name
    )


@keras.saving.register_keras_serializable("alvinn")
class BothLosses(keras.losses.Loss):  # type: ignore[misc] # keras ships no types
    """Loss of the answer plus the squared error of the reconstruction.

    Args:
        units: of the answer.
        answer: Keras loss name, see `choose_loss`.
    """

    def __init__(self, units: int, answer: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.units, self.answer = units, answer

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Loss of a batch, shape (b,)."""
        first = keras.losses.get(self.answer)(y_true[:, : self.units], y_pred[:, : self.units])
        return first + keras.losses.mean_squared_error(y_true[:, self.units :], y_pred[:, self.units :])

    def get_config(self) -> dict[str, Any]:
        """Arguments that recreate the loss."""
        return {**super().get_config(), "units": self.units, "answer": self.answer}


NETWORKS: dict[NetworkName, Callable[[Shape, Encoding], Any]] = {
    "conv": conv,
    "pilotnet": pilotnet,
    "alvinn1991": alvinn1991,
    "alvinn1989": alvinn1989,
}
"""By name, as in `--network`."""


def read_weights(network: Any) -> list[StoredLayer]:
    """The layers of a network that have weights, as they are now, from input to output."""
    return [
        from_config(
            layer.get_config(), type(layer).__name__, tuple(np.array(one, dtype=np.float32) for one in layer.weights)
        )
        for layer in network.layers
        if layer.weights
    ]


def to_litert(network: Any) -> bytes:
    """Convert a network to a LiteRT file with a batch of one, for driving."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    return bytes(converter.convert())


def export_saliency_model(network: Any) -> bytes | None:
    """VisualBackProp of a network as a LiteRT file: from its input to a saliency map, shape (1, height, width, 1).

    The feature maps of each convolution are averaged; from the last to the first, the map so far is upsampled to the
    size of the layer below (a transposed convolution with ones) and multiplied by the average there
    (M. Bojarski et al., arXiv:1611.05418).

    Returns:
        None if the network has no convolutions.
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    if not convolutions:
        return None
    averages = [keras.ops.mean(layer.output, axis=-1, keepdims=True) for layer in convolutions]
    found = averages.pop()
    for layer in reversed(convolutions):
        found = _upsample(layer)(found)
        if averages:
            found = found * averages.pop()
    return to_litert(keras.Model(network.inputs, found))


def _upsample(layer: Any) -> Any:
    """Upsampling from a convolution's output to its input size: each unit spreads over its receptive field."""
    rest = [
        (size - kernel) % stride
        for size, kernel, stride in zip(layer.input.shape[1:3], layer.kernel_size, layer.strides, strict=True)
    ]
    return keras.layers.Conv2DTranspose(
        1,
        layer.kernel_size,
        strides=layer.strides,
        output_padding=None if layer.strides == (1, 1) else tuple(rest),
        use_bias=False,
        kernel_initializer="ones",
    )
