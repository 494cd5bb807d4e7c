"""The ALVINN panel: a network at work, as one picture for the cockpit, for replay and for films.

From the top: the model's name and its doubt; the retina, and what the network looks at (VisualBackProp); the hidden
units, with the weights that each has from the retina, or the feature maps; the output units with the fitted hill, a
white mark at the network's answer and a blue one at the driver's; the lane on the map, and the car.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, get_args

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats, Hill, Hill1989, Scalar
from alvinn.networks.keras_file import StoredLayer
from alvinn.visualization.insight import Insight
from alvinn.visualization.saliency import GLOW
from alvinn.visualization.track_map import DIM, NIGHT, ORANGE, TrackMap

Part = Literal["retina", "saliency", "hidden", "output", "map"]
PARTS: tuple[Part, ...] = get_args(Part)

SIZE = (486, 540)  # width, height
HEAD, TITLE, GAP = 40, 20, 6  # pixels
SLATE, PALE, INK = (40, 48, 58), (196, 206, 216), (240, 244, 248)
BLUE, RED = (86, 180, 233), (235, 70, 60)
ROWS: tuple[tuple[tuple[Part, ...], float], ...] = (
    (("retina", "saliency"), 1.0),
    (("hidden",), 1.35),
    (("output",), 1.0),
    (("map",), 1.0),
)
"""Parts side by side, and the share of the height that they have."""
REACH = 0.15  # 1/m at the ends of the scale for an output without a span
BEST_TILES = 12  # feature maps of a layer that are shown: those that are most active


class AlvinnPanel:
    """Draws insights.

    Args:
        track: the map; None: there is none.
    """

    def __init__(self, track: TrackMap | None) -> None:
        self._track = track
        self._blank: Image = np.full((SIZE[1], SIZE[0], 3), NIGHT, dtype=np.uint8)
        self._fields: tuple[Sequence[StoredLayer], list[Image]] | None = None  # drawn once for some weights

    def draw(
        self,
        insight: Insight,
        driver: float | None = None,
        place: tuple[float, float] | None = None,
        parts: Collection[Part] = PARTS,
    ) -> Image:
        """The panel, shape (540, 486, 3) RGB.

        Args:
            insight: into the network.
            driver: curvature [1/m] that the person or the expert steers.
            place: x, y [m] of the car.
            parts: to be shown.
        """
        picture = self._blank.copy()
        _draw_head(picture[:HEAD], insight)
        there = self._choose(insight, place, parts)
        rows = [(names, share) for all_names, share in ROWS if (names := [one for one in all_names if one in there])]
        unit = (SIZE[1] - HEAD) / max(2.0, sum(share for _, share in rows))
        top = float(HEAD)
        for names, share in rows:
            for column, name in enumerate(names):
                width = SIZE[0] // len(names)
                area = picture[round(top) : round(top + share * unit), column * width : (column + 1) * width]
                self._draw_part(area, name, insight, driver, place)
            top += share * unit
        return picture

    def _choose(self, insight: Insight, place: tuple[float, float] | None, parts: Collection[Part]) -> set[Part]:
        """The parts that are asked for and that this network and this drive have."""
        without: set[Part] = set()
        if not any(layer.kind == "Conv2D" for layer in insight.chain):
            without.add("saliency")
        if not insight.chain:
            without.add("hidden")
        if place is None or not self._track:
            without.add("map")
        return set(parts) - without

    def _draw_part(
        self, area: Image, name: Part, insight: Insight, driver: float | None, place: tuple[float, float] | None
    ) -> None:
        inner = area[TITLE : -GAP or None, GAP:-GAP]
        if name == "retina":
            _title(area, "retina")
            _fit(inner, show_input(insight))
        elif name == "saliency" and (saliency := insight.saliency) is not None:
            _title(area, "looks at")
            _fit(inner, _glow(show_input(insight), saliency))
        elif name == "hidden":
            self._draw_hidden(area, inner, insight)
        elif name == "output":
            _title(area, "output units; blue: what person or expert steers")
            _draw_outputs(inner, insight, driver)
        elif name == "map" and place is not None and self._track is not None:
            _title(area, "map")
            self._track.draw(inner, place)

    def _draw_hidden(self, area: Image, inner: Image, insight: Insight) -> None:
        maps = [values for values in insight.activations[:-1] if values.ndim == 3]
        if maps:
            _title(area, "feature maps, first and last convolution")
            half = inner.shape[0] // 2
            _draw_maps(inner[: half - 2], maps[0])
            _draw_maps(inner[half + 2 :], maps[-1])
            return
        _title(area, "hidden units: weights and activations")
        if self._fields is None or self._fields[0] is not insight.chain:
            self._fields = (insight.chain, draw_fields(insight.chain[0], *insight.seen.shape[:2]))
        _draw_units(inner, self._fields[1], insight.activations[0])


def show_input(insight: Insight) -> Image:
    """The network's input in colours for the eye, shape (height, width, 3) RGB."""
    if insight.colours == "yuv":
        return np.asarray(cv2.cvtColor(insight.seen, cv2.COLOR_YUV2RGB), dtype=np.uint8)
    return np.repeat(insight.seen, 3, axis=2) if insight.colours == "blue" else insight.seen


def draw_fields(hidden: StoredLayer, height: int, width: int) -> list[Image]:
    """Weights of each hidden unit from the retina, grey being zero: shape (height, width), each on its own scale."""
    fields = []
    for weights in hidden.kernel.T:
        field = np.zeros(height * width, dtype=np.float32)
        field[: len(weights)] = weights
        largest = max(float(np.abs(weights).max()), 1e-12)
        fields.append(np.asarray(127.5 + 127.5 * field.reshape(height, width) / largest, dtype=np.uint8))
    return fields


def _draw_head(area: Image, insight: Insight) -> None:
    _write(area, insight.name, (GAP, 27), 0.75, INK)
    if insight.doubt is None:
        return
    width = area.shape[1]
    left, right = width - 170, width - GAP
    _write(area, f"doubt {insight.doubt:.0%}", (left - 130, 27), 0.6, DIM)
    cv2.rectangle(area, (left, 12), (right, 30), SLATE, -1)
    end = left + round(min(1.0, insight.doubt) * (right - left))
    cv2.rectangle(area, (left, 12), (end, 30), RED if insight.doubt > 0.5 else BLUE, -1)


def _draw_units(area: Image, fields: Sequence[Image], activations: Floats) -> None:
    """Tiles of weights; the bar below each is its activation, from -1 at the left to 1 at the right."""
    height, width = area.shape[:2]
    rows = max(1, round((len(fields) * height / width) ** 0.5))
    columns = -(-len(fields) // rows)
    high, wide = height // rows, width // columns
    bar = max(6, high // 10)
    for number, (field, value) in enumerate(zip(fields, activations.tolist(), strict=True)):
        tile = area[(number // columns) * high :, (number % columns) * wide :][: high - 2, : wide - 4]
        _fit(tile[: -bar - 2], np.repeat(field[:, :, None], 3, axis=2))
        middle = tile.shape[1] // 2
        end = middle + round(max(-1.0, min(1.0, value)) * (middle - 1))
        tile[-bar:] = SLATE
        tile[-bar:, min(middle, end) : max(middle, end) + 1] = ORANGE if value > 0 else BLUE


def _draw_maps(area: Image, maps: Floats) -> None:
    """The most active feature maps of a convolution, in their order."""
    best = np.sort(np.argsort(maps.mean(axis=(0, 1)))[-BEST_TILES:])
    rows = 2
    columns = -(-len(best) // rows)
    high, wide = area.shape[0] // rows, area.shape[1] // columns
    top = max(float(maps.max()), 1e-12)
    for number, index in enumerate(best.tolist()):
        tile = area[(number // columns) * high :, (number % columns) * wide :][: high - 2, : wide - 4]
        grey = np.asarray(255.0 * maps[:, :, index] / top, dtype=np.uint8)
        _fit(tile, np.repeat(grey[:, :, None], 3, axis=2), stretch=True)


def _draw_outputs(area: Image, insight: Insight, driver: float | None) -> None:
    """Output units as bars, the fitted hill as a line; a mark at the answer, and one at the driver's curvature."""
    height, width = area.shape[:2]
    output, values = insight.output, insight.activations[-1]
    span = REACH if isinstance(output, Scalar) else output.span
    if not isinstance(output, Scalar):
        values = values[: output.directions] if isinstance(output, Hill1989) else values
        step = width / len(values)
        for unit, value in enumerate(np.clip(values, 0.0, 1.0).tolist()):
            corner = (int(unit * step), height - 1 - round(value * (height - 12)))
            cv2.rectangle(area, corner, (int((unit + 1) * step) - 2, height - 1), DIM, -1)
        _draw_hill(area, values, Hill(len(values), span))
    for curvature, colour, thick in ((driver, BLUE, 9), (insight.curvature, INK, 3)):  # both are seen where they agree
        if curvature is not None:
            column = round((max(-1.0, min(1.0, curvature / span)) + 1.0) / 2.0 * (width - 1))
            cv2.line(area, (column, 0), (column, height - 1), colour, thick)


def _draw_hill(area: Image, values: Floats, hill: Hill) -> None:
    """The hill that fits best, at its height."""
    curvature = float(hill.decode(values[None])[0])
    template = hill.encode(curvature)
    height = float(values @ template / (template @ template))
    rows, columns = area.shape[:2]
    x = (np.arange(len(values)) + 0.5) * columns / len(values)
    y = rows - 1 - np.clip(height * template, 0.0, 1.0) * (rows - 12)
    line = np.round(np.stack([x, y], axis=1)).astype(np.int32)
    cv2.polylines(area, [line], isClosed=False, color=ORANGE, thickness=2, lineType=cv2.LINE_AA)


def _glow(picture: Image, saliency: Floats) -> Image:
    share = saliency[:, :, None]
    return np.asarray(picture * (1.0 - share) + np.array(GLOW, dtype=np.float32) * share, dtype=np.uint8)


def _fit(area: Image, picture: Image, *, stretch: bool = False) -> None:
    """Put a picture into an area, as large as it fits."""
    height, width = area.shape[:2]
    if min(height, width) < 2:
        return
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = (width, height) if stretch else (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    area[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)


def _title(area: Image, words: str) -> None:
    _write(area, words, (GAP, 16), 0.55, PALE)


def _write(area: Image, words: str, place: tuple[int, int], size: float, colour: tuple[int, int, int]) -> None:
    cv2.putText(area, words, place, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
