"""The network's view above the camera's picture: retina, saliency map, output units.

Left the retina, which is the network's input; in the middle its saliency map (VisualBackProp); right the output units,
with a line at the decoded curvature.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from alvinn.driving.types import Image, Step
from alvinn.networks.encodings import Floats, Hill1989, Scalar
from alvinn.networks.inference import Network
from alvinn.visualization.overlay import CALM, INK, draw_overlay, draw_text

SaliencyOverlay = Callable[[Image], Image]
"""Overlays a camera frame with its saliency map; same shape."""

STRIP = 0.3  # height of the strip relative to the picture below it
REACH = 0.15  # 1/m at the ends of the scale for an output without a span


class NetworkView:
    """Draws ticks with the network's view.

    Args:
        title: written on every picture.
        network: whose view is drawn; None for the camera's picture alone.
        saliency_overlay: overlays the saliency map; None if there is none.
    """

    def __init__(
        self, title: str, network: Network | None = None, saliency_overlay: SaliencyOverlay | None = None
    ) -> None:
        self._title = title
        self._network = network
        self._saliency_overlay = saliency_overlay

    def __call__(self, step: Step) -> Image:
        """Draw a tick, shape (height, width, 3) RGB, height and width even."""
        picture = draw_overlay(step, self._title)
        if self._network is None:
            return picture
        frame, width = step.observation.image, picture.shape[1]
        height = round(STRIP * picture.shape[0]) // 2 * 2
        panels: list[tuple[str, Image]] = [("retina", self._show_retina(self._network, frame))]
        if self._saliency_overlay is not None:
            panels.append(("saliency", self._network.card.preprocessing.crop_and_resize(self._saliency_overlay(frame))))
        each = width // (len(panels) + 1)
        strip = [_label(_resize(image, each, height), text) for text, image in panels]
        answer = draw_output_units(
            self._network, self._network.units(step.observation), (height, width - each * len(panels))
        )
        return np.vstack([np.hstack([*strip, _label(answer, "output units")]), picture])

    @staticmethod
    def _show_retina(network: Network, frame: Image) -> Image:
        seen = network.card.preprocessing.convert_colours(network.card.preprocessing.crop_and_resize(frame))
        colours = network.card.preprocessing.colours
        if colours == "yuv":
            return np.asarray(cv2.cvtColor(seen, cv2.COLOR_YUV2RGB), dtype=np.uint8)
        return np.repeat(seen, 3, axis=2) if colours == "blue" else seen


def draw_output_units(network: Network, activations: Floats, shape: tuple[int, int]) -> Image:
    """Draw the output units as bars; a line marks the decoded curvature."""
    height, width = shape
    image: Image = np.full((height, width, 3), 24, dtype=np.uint8)
    output = network.card.output
    curvature = float(output.decode(activations[None])[0])
    reach = REACH if isinstance(output, Scalar) else output.span
    if not isinstance(output, Scalar):
        activations = activations[: output.directions] if isinstance(output, Hill1989) else activations
        step = width / len(activations)
        for unit, value in enumerate(np.clip(activations, 0.0, 1.0)):
            corner = (int(unit * step), height - 1 - round(float(value) * (height - 22)))
            cv2.rectangle(image, corner, (int((unit + 1) * step) - 2, height - 1), CALM, -1)
    column = round((curvature / reach + 1.0) / 2.0 * (width - 1))
    cv2.line(image, (column, 0), (column, height - 1), INK, 1)
    return image


def _label(image: Image, text: str) -> Image:
    draw_text(image, text, (6, 16))
    return image


def _resize(image: Image, width: int, height: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height)), dtype=np.uint8)
