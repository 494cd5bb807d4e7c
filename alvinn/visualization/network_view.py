"""What a driver saw and what the network made of it, drawn above the camera's picture: retina, eyes, hill.

Left the retina, which is all that the network gets; in the middle what of it mattered to the answer (VisualBackProp);
right the output units, with the curvature that they say as a line.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from alvinn.driving.types import Image, Step
from alvinn.networks.encodings import Floats, Hill1989, Scalar
from alvinn.networks.inference import Network
from alvinn.visualization.overlay import CALM, INK, draw_text, drawn

Look = Callable[[Image], Image]
"""A camera's frame as the network looks at it, the same shape."""

STRIP = 0.3  # height of the strip, of the picture below it
REACH = 0.15  # 1/m at the ends of the scale of an output that has none of its own


class Insight:
    """Draws ticks with what the network made of them.

    Args:
        title: written on every picture.
        network: whose view it is; None: nobody's, the camera's picture is all.
        look: draws what mattered to it; None: it cannot be known.
    """

    def __init__(self, title: str, network: Network | None = None, look: Look | None = None) -> None:
        self._title = title
        self._network = network
        self._look = look

    def __call__(self, step: Step) -> Image:
        """The picture of a tick, shape (height, width, 3) RGB, both even."""
        picture = drawn(step, self._title)
        if self._network is None:
            return picture
        frame, width = step.observation.image, picture.shape[1]
        height = round(STRIP * picture.shape[0]) // 2 * 2
        panels: list[tuple[str, Image]] = [("retina", self._retina(self._network, frame))]
        if self._look is not None:
            panels.append(("what it looks at", self._network.card.preprocessing.crop_and_resize(self._look(frame))))
        each = width // (len(panels) + 1)
        strip = [_labelled(_sized(image, each, height), text) for text, image in panels]
        answer = output_drawn(
            self._network, self._network.units(step.observation), (height, width - each * len(panels))
        )
        return np.vstack([np.hstack([*strip, _labelled(answer, "output units")]), picture])

    @staticmethod
    def _retina(network: Network, frame: Image) -> Image:
        seen = network.card.preprocessing.convert_colours(network.card.preprocessing.crop_and_resize(frame))
        colours = network.card.preprocessing.colours
        if colours == "yuv":
            return np.asarray(cv2.cvtColor(seen, cv2.COLOR_YUV2RGB), dtype=np.uint8)
        return np.repeat(seen, 3, axis=2) if colours == "blue" else seen


def output_drawn(network: Network, activations: Floats, shape: tuple[int, int]) -> Image:
    """The output units as bars, left to left, and a line where the curvature is that they say."""
    height, width = shape
    image: Image = np.full((height, width, 3), 24, dtype=np.uint8)
    output = network.card.output
    said = float(output.decode(activations[None])[0])
    reach = REACH if isinstance(output, Scalar) else output.span
    if not isinstance(output, Scalar):
        activations = activations[: output.directions] if isinstance(output, Hill1989) else activations
        step = width / len(activations)
        for unit, value in enumerate(np.clip(activations, 0.0, 1.0)):
            corner = (int(unit * step), height - 1 - round(float(value) * (height - 22)))
            cv2.rectangle(image, corner, (int((unit + 1) * step) - 2, height - 1), CALM, -1)
    column = round((said / reach + 1.0) / 2.0 * (width - 1))
    cv2.line(image, (column, 0), (column, height - 1), INK, 1)
    return image


def _labelled(image: Image, text: str) -> Image:
    draw_text(image, text, (6, 16))
    return image


def _sized(image: Image, width: int, height: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height)), dtype=np.uint8)
