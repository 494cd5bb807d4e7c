"""The networks, one readable function each (Keras). They take pixels in [0, 255] and answer output units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from alvinn.networks import reconstruction
from alvinn.networks.architectures import NetworkName
from alvinn.networks.encodings import Code, Scalar

Shape = tuple[int, int, int]
RECONSTRUCTION = "reconstruction"  # the layer's name


def conv(shape: Shape, output: Code) -> Any:
    """A small convolutional network with ALVINN's distributed output.

    Three convolutions and one hidden layer, ours; chosen by the curvature error on random:41 to random:44 in eight
    weathers, four of them never learned in, at a given computing time. The first is as coarse as that of V. Mnih et
    al., Nature 518 (2015): a stride of 4 costs two thirds of two strides of 2, and errs no more.

    Args:
        shape: (height, width, channels) of the input.
        output: the code of its answer.
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
            answer(output),
        ],
        name="conv",
    )


def pilotnet(shape: Shape, output: Code) -> Any:
    """PilotNet: 252,219 weights with the paper's 66x200 input and scalar output (M. Bojarski et al., arXiv:1604.07316).

    Args:
        shape: (height, width, channels) of the input, YUV.
        output: the code of its answer.
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
            answer(output),
        ],
        name="pilotnet",
    )


def alvinn1991(shape: Shape, output: Code) -> Any:
    """ALVINN of 1991: a 30x32 retina, four hidden units, thirty output units (D. Pomerleau, Neural Computation 3(1)).

    Args:
        shape: (height, width, channels) of the input, one band.
        output: the code of its answer.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1.0 / 127.5, offset=-1.0),
            keras.layers.Flatten(),
            keras.layers.Dense(4, activation="tanh", name="hidden"),
            answer(output),
        ],
        name="alvinn1991",
    )


def alvinn1989(shape: Shape, output: Code) -> Any:
    """ALVINN of 1989: 30x32 video, 8x32 ranges and the road's intensity in, 29 hidden units (D. Pomerleau, NIPS 1).

    Args:
        shape: (height, width, channels) of the input: 39x32, of whose last row the first pixel counts.
        output: the code of its answer.
    """
    pixels = keras.Input(shape)
    everything = keras.layers.Flatten()(keras.layers.Rescaling(1.0 / 127.5, offset=-1.0)(pixels))
    inputs = (shape[0] - 1) * shape[1] + 1  # 1217
    hidden = keras.layers.Dense(29, activation="tanh", name="hidden")(everything[:, :inputs])
    return keras.Model(pixels, answer(output)(hidden), name="alvinn1989")


def answer(output: Code) -> Any:
    """The last layer for a code: a hill's units are activations in (0, 1), a scalar is any number."""
    return keras.layers.Dense(output.units, activation="linear" if isinstance(output, Scalar) else "sigmoid")


def loss(output: Code) -> str:
    """What training makes small for a code."""
    return "mse" if isinstance(output, Scalar) else "binary_crossentropy"


def with_reconstruction(network: Any) -> Any:
    """The same network, which also rebuilds its input after its answer; see `alvinn.networks.reconstruction`."""
    hidden = network.layers[-1].input
    rebuilt = keras.layers.Dense(reconstruction.PIXELS, activation="sigmoid", name=RECONSTRUCTION)(hidden)
    return keras.Model(network.inputs[0], keras.layers.Concatenate()([network.outputs[0], rebuilt]), name=network.name)


@keras.saving.register_keras_serializable("alvinn")
class BothLosses(keras.losses.Loss):  # type: ignore[misc] # keras ships no types
    """The loss of the answer, and the squared error of what was rebuilt after it.

    Args:
        units: of the answer.
        answer: its loss, see `loss`.
    """

    def __init__(self, units: int, answer: str, **rest: Any) -> None:
        super().__init__(**rest)
        self.units, self.answer = units, answer

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Of a batch, shape (b,)."""
        first = keras.losses.get(self.answer)(y_true[:, : self.units], y_pred[:, : self.units])
        return first + keras.losses.mean_squared_error(y_true[:, self.units :], y_pred[:, self.units :])

    def get_config(self) -> dict[str, Any]:
        """What makes another one of it."""
        return {**super().get_config(), "units": self.units, "answer": self.answer}


NETWORKS: dict[NetworkName, Callable[[Shape, Code], Any]] = {
    "conv": conv,
    "pilotnet": pilotnet,
    "alvinn1991": alvinn1991,
    "alvinn1989": alvinn1989,
}
"""By name, as `--network` says it."""


def to_litert(network: Any) -> bytes:
    """The same network as a LiteRT file with a batch of one, for the driving side."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    return bytes(converter.convert())


def looking(network: Any) -> bytes | None:
    """VisualBackProp of a network as a LiteRT file: its input in, what it looks at out, shape (1, height, width, 1).

    After every convolution the feature maps are averaged; from the last to the first, the map so far is spread to the
    size of the layer below (a transposed convolution with ones) and multiplied by the average there
    (M. Bojarski et al., arXiv:1611.05418).

    Returns:
        None where the network has no convolutions.
    """
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    if not convolutions:
        return None
    averages = [keras.ops.mean(layer.output, axis=-1, keepdims=True) for layer in convolutions]
    found = averages.pop()
    for layer in reversed(convolutions):
        found = _spread(layer)(found)
        if averages:
            found = found * averages.pop()
    return to_litert(keras.Model(network.inputs, found))


def _spread(layer: Any) -> Any:
    """What brings a map of a convolution's output back to the size of its input: every unit counts its whole field."""
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
