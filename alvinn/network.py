"""The networks, one readable function each (Keras). They take pixels in [0, 255] and answer output units."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


def conv(shape: tuple[int, int, int], units: int) -> Any:
    """A small convolutional network with ALVINN's distributed output.

    Three strided convolutions and one hidden layer, after the shape of PilotNet (M. Bojarski et al., arXiv:1604.07316)
    at a tenth of its cost; the units answer a hill of curvature (D. Pomerleau, Neural Computation 3(1), 1991).

    Args:
        shape: (height, width, channels) of the input.
        units: of the output.
    """
    return keras.Sequential(
        [
            keras.Input(shape),
            keras.layers.Rescaling(1.0 / 127.5, offset=-1.0),
            keras.layers.Conv2D(16, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(24, 5, strides=2, activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(units, activation="sigmoid"),
        ],
        name="conv",
    )


def to_litert(network: Any) -> bytes:
    """The same network as a LiteRT file with a batch of one, for the driving side."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    return bytes(converter.convert())
