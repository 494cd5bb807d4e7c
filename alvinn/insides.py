"""What is inside a trained network (Keras): its layers, and the weights of ALVINN's hidden units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from alvinn.errors import ModelError
from alvinn.hill import Floats

HIDDEN = "hidden"  # the layer's name in ALVINN's networks


def opened(folder: Path) -> Any:
    """The Keras network of a model folder.

    Raises:
        ModelError: it is missing or damaged.
    """
    path = folder / "network.keras"
    try:
        return keras.saving.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be opened: {str(error).splitlines()[0]}") from error


def layers_of(network: Any) -> list[tuple[str, str, int]]:
    """Name, shape of the answer and number of weights of each layer that has weights."""
    return [
        (layer.name, " x ".join(str(size) for size in layer.output.shape[1:]), layer.count_params())
        for layer in network.layers
        if layer.count_params()
    ]


def hidden_weights(network: Any) -> tuple[Floats, Floats] | None:
    """Weights from the inputs to the hidden units and from there to the outputs, a row a hidden unit.

    Returns:
        Shapes (hidden, inputs) and (hidden, outputs); None where the network has no layer of ALVINN's kind.
    """
    names = [layer.name for layer in network.layers]
    if HIDDEN not in names:
        return None
    first = np.asarray(network.get_layer(HIDDEN).kernel, dtype=np.float32).T
    answers = next(
        layer for layer in network.layers[names.index(HIDDEN) + 1 :] if isinstance(layer, keras.layers.Dense)
    )
    second = np.asarray(answers.kernel, dtype=np.float32)
    return first, second
