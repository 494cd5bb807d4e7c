"""Saliency maps: VisualBackProp (M. Bojarski et al., arXiv:1611.05418), overlaid on the camera's picture.

The averaged feature maps are upsampled and multiplied layer by layer, so that what remains is what every layer responds
to. `visual.tflite`, exported beside the network (`keras_models.export_saliency_model`), computes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.errors import ModelError
from alvinn.networks.encodings import Floats
from alvinn.networks.inference import open_litert, read_card
from alvinn.networks.keras_file import StoredLayer

VISUAL = "visual.tflite"
GLOW = (255, 0, 160)  # RGB: not a colour of roads


class SaliencyModel:
    """Computes saliency maps of a model.

    Raises:
        ModelError: the folder is not a model, or its network has no convolutions.
    """

    def __init__(self, folder: Path) -> None:
        self._preprocessing = read_card(folder).preprocessing
        if not (folder / VISUAL).is_file():
            raise ModelError(
                f"{folder} has no {VISUAL}: its network has no convolutions, or an earlier version trained it"
            )
        self._interpreter = open_litert(folder / VISUAL)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def compute(self, frame: Image) -> Floats:
        """Saliency of each pixel of a frame, shape (height, width, 3) RGB: shape (height, width), 0 to 1.

        Raises:
            CameraMismatchError: the frame has another size than the model expects.
        """
        prepare = self._preprocessing
        self._interpreter.set_tensor(self._input, prepare(frame)[None].astype(np.float32))
        self._interpreter.invoke()
        found = self._interpreter.get_tensor(self._output)[0, :, :, 0]
        found = found / max(float(found.max()), 1e-12)
        whole = np.zeros(frame.shape[:2], dtype=np.float32)
        size = (prepare.frame_width, prepare.frame_height - prepare.top)
        whole[prepare.top :] = cv2.resize(found, size, interpolation=cv2.INTER_LINEAR)
        return whole


def highlight(frame: Image, saliency: Floats) -> Image:
    """Highlight salient pixels of a frame, shape (height, width, 3) RGB; `saliency` as from `SaliencyModel.compute`."""
    share = saliency[:, :, None]
    return np.asarray(frame * (1.0 - share) + np.array(GLOW, dtype=np.float32) * share, dtype=np.uint8)


def trace_saliency(
    chain: Sequence[StoredLayer], activations: Sequence[Floats], shape: tuple[int, ...]
) -> Floats | None:
    """As `SaliencyModel` computes it, but from activations that are known already.

    Args:
        chain: layers from the input on, see `alvinn.networks.forward`.
        activations: of each of them.
        shape: (height, width, ...) of the input.

    Returns:
        Shape (height, width), 0 to 1; None if there are no convolutions.
    """
    layers = [layer for layer in chain if layer.kind == "Conv2D"]
    if not layers:
        return None
    averages = [values.mean(axis=2) for values in activations[: len(layers)]]
    sizes = [shape[:2], *(average.shape for average in averages[:-1])]
    found = averages[-1]
    for layer, size, below in reversed([*zip(layers, sizes, [None, *averages[:-1]], strict=True)]):
        found = _spread(found, layer, size)
        found = found if below is None else found * below
    return np.asarray(found / max(float(found.max()), 1e-12))


def _spread(values: Floats, layer: StoredLayer, size: tuple[int, ...]) -> Floats:
    """Each unit's value on all of its receptive field, summed: shape `size`."""
    whole = np.zeros(size, dtype=np.float32)
    rows, columns = (layer.stride * (count - 1) + 1 for count in values.shape)
    for row, column in np.ndindex(*layer.kernel.shape[:2]):
        whole[row : row + rows : layer.stride, column : column + columns : layer.stride] += values
    return whole
