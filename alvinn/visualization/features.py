"""Pictures of what a convolutional network learned: its first filters, and its feature maps on a few frames."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats
from alvinn.networks.forward import run_layers
from alvinn.networks.keras_file import StoredLayer

WIDTH = 960  # pixels of the picture
GAP, HEADING = 6, 30
FILTER = 48  # side of a drawn filter
MAPS = 6  # feature maps shown of a layer: those that vary most over the picture
PAPER, INK = 250, (40, 40, 40)


def draw_filters(layers: Sequence[StoredLayer]) -> Image | None:
    """Draw the filters of the first convolution in colour, each with its own scale; None if there is no convolution."""
    first = next((layer for layer in layers if layer.kind == "Conv2D"), None)
    if first is None:
        return None
    tiles = [_frame(_enlarge(_scale(kernel), FILTER)) for kernel in np.moveaxis(first.kernel, -1, 0)]
    height, width = first.kernel.shape[:2]
    text = f"{len(tiles)} filters of {height} x {width}, first layer: mid-grey is no weight, brighter is positive"
    return np.vstack([_write(text), *_wrap(tiles)])


def draw_feature_maps(chain: Sequence[StoredLayer], seen: Image, title: str) -> Image | None:
    """Draw what each convolution makes of a frame: the maps that vary most, bright where they respond.

    Args:
        chain: from the picture to the output units, see `alvinn.networks.forward`.
        seen: the network's input, shape (height, width, channels).
        title: what the frame is.
    """
    layers = [layer for layer in chain if layer.kind == "Conv2D"]
    if not layers:
        return None
    found = run_layers(layers, seen)
    side = (WIDTH - GAP) // MAPS - GAP
    rows = [_write(f"{title}: what the network sees"), *_wrap([_frame(_enlarge(_to_rgb(seen), 2 * side))])]
    for number, maps in enumerate(found, start=1):
        best = np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:MAPS]
        tiles = [_frame(_enlarge(_to_rgb(_stretch(maps[:, :, one])), side)) for one in best]
        size = f"{maps.shape[1]} x {maps.shape[0]}"
        rows += [_write(f"layer {number}: {len(best)} of {maps.shape[2]} feature maps of {size}"), *_wrap(tiles)]
    return np.vstack(rows)


def _scale(kernel: Floats) -> Image:
    """Weights around mid-grey; of more or fewer than three channels the mean."""
    shown = kernel if kernel.shape[2] == 3 else np.repeat(kernel.mean(axis=2, keepdims=True), 3, axis=2)
    return np.asarray(127.5 + 127.5 * shown / max(float(np.abs(shown).max()), 1e-12), dtype=np.uint8)


def _stretch(values: Floats) -> Floats:
    """Values from 0 to 255."""
    low, high = float(values.min()), float(values.max())
    return (values - low) * (255.0 / max(high - low, 1e-12))


def _to_rgb(image: Image | Floats) -> Image:
    flat = image if image.ndim == 3 else image[:, :, None]
    return np.asarray(flat if flat.shape[2] == 3 else np.repeat(flat[:, :, :1], 3, axis=2), dtype=np.uint8)


def _enlarge(image: Image, width: int) -> Image:
    height = max(1, round(width * image.shape[0] / image.shape[1]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_NEAREST))


def _frame(image: Image) -> Image:
    return np.asarray(cv2.copyMakeBorder(image, 0, GAP, GAP, 0, cv2.BORDER_CONSTANT, value=(PAPER,) * 3))


def _wrap(tiles: Sequence[Image]) -> list[Image]:
    """Tiles of one size in rows as wide as the picture."""
    across = max(1, WIDTH // tiles[0].shape[1])
    rows = [np.hstack(tiles[start : start + across]) for start in range(0, len(tiles), across)]
    missing = [WIDTH - row.shape[1] for row in rows]
    paper = [np.full((row.shape[0], width, 3), PAPER, dtype=np.uint8) for row, width in zip(rows, missing, strict=True)]
    return [np.hstack(pair) for pair in zip(rows, paper, strict=True)]


def _write(text: str) -> Image:
    image: Image = np.full((HEADING, WIDTH, 3), PAPER, dtype=np.uint8)
    cv2.putText(image, text, (GAP, HEADING - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return image
