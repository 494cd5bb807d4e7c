"""Pictures of a model: weights of ALVINN's hidden units, as in the papers, and training curves."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats
from alvinn.networks.keras_file import StoredLayer

HIDDEN = "hidden"  # the layer's name in ALVINN's networks


def find_hidden_weights(layers: Sequence[StoredLayer]) -> tuple[Floats, Floats] | None:
    """Find the weights into and out of the hidden units, a row per unit.

    Returns:
        Shapes (hidden, inputs) and (hidden, outputs); None if the network has no such hidden layer.
    """
    names = [layer.name for layer in layers]
    if HIDDEN not in names:
        return None
    hidden = names.index(HIDDEN)
    outputs = next(layer for layer in layers[hidden + 1 :] if layer.kind == "Dense")
    return layers[hidden].kernel.T, outputs.kernel


PIXEL = 5  # side of a weight's square [pixels]
GAP = 12
COLUMNS = 5  # hidden units side by side
PAPER, INK = (250, 250, 250), (40, 40, 40)
LINES = {
    "loss": (31, 119, 180),
    "held_out_mae": (214, 39, 40),
    "held_out_plain_mae": (255, 127, 14),
    "held_out_steer_mae": (148, 103, 189),
    "held_out_relative_error": (44, 160, 44),
}
EXAM_LINES = {"offset_sd_m": (31, 119, 180), "jerk_rms_mps3": (214, 39, 40)}


AXIS = 48  # pixels left of a curve, for its numbers
PLOT = (220, 640)  # height and width of a curve's picture


def draw_weights(to_hidden: Floats, to_outputs: Floats, retina: tuple[int, int]) -> Image:
    """Draw each hidden unit: above, its weights to the outputs from left to right; below, those from the retina.

    White is excitatory, black inhibitory, grey zero; each unit has its own scale.

    Args:
        to_hidden: shape (hidden, inputs).
        to_outputs: shape (hidden, outputs).
        retina: (height, width) of the network's input; missing inputs are drawn grey.
    """
    units = [_unit(ins, outs, retina) for ins, outs in zip(to_hidden, to_outputs, strict=True)]
    blank = np.full_like(units[0], PAPER[0])
    units += [blank] * (-len(units) % min(COLUMNS, len(units)))
    across = min(COLUMNS, len(units))
    rows = [np.hstack(units[start : start + across]) for start in range(0, len(units), across)]
    return np.vstack(rows)


def _unit(ins: Floats, outs: Floats, retina: tuple[int, int]) -> Image:
    height, width = retina
    field = np.zeros(height * width, dtype=np.float32)
    field[: len(ins)] = ins
    side = width * PIXEL
    below = cv2.resize(_grey(field.reshape(height, width)), (side, height * PIXEL), interpolation=cv2.INTER_NEAREST)
    above = cv2.resize(_grey(outs[None]), (side, 4 * PIXEL), interpolation=cv2.INTER_NEAREST)
    paper = np.full((2 * GAP + 5 * PIXEL + len(below), side + GAP), PAPER[0], dtype=np.uint8)
    paper[GAP : GAP + 4 * PIXEL, :side] = above
    paper[GAP + 5 * PIXEL : GAP + 5 * PIXEL + len(below), :side] = below
    return np.repeat(paper[:, :, None], 3, axis=2)


def _grey(weights: Floats) -> Image:
    largest = max(float(np.abs(weights).max()), 1e-12)
    return np.asarray(127.5 + 127.5 * weights / largest, dtype=np.uint8)


def draw_curves(history: Path) -> Image | None:
    """Draw the columns of a `history.csv` over the epochs, one above the other; None if there is nothing to draw."""
    rows = _read_rows(history)
    columns = {name: [float(row[name]) for row in rows if row.get(name)] for name in LINES}
    drawn = [
        _draw_curve(name, "epoch", range(1, len(values) + 1), values, LINES[name])
        for name, values in columns.items()
        if len(values) > 1
    ]
    return np.vstack(drawn) if drawn else None


def draw_exams(history: Path) -> Image | None:
    """Draw how a refinement's exams went, from its `refinement.csv`; None if there are not two of them."""
    exams = [row for row in _read_rows(history) if row["kind"] == "exam"]
    if len(exams) < 2:
        return None
    minutes = [int(row["minute"]) for row in exams]
    drawn = [
        _draw_curve(name, "minute", minutes, [float(row[name]) for row in exams], colour)
        for name, colour in EXAM_LINES.items()
    ]
    return np.vstack(drawn)


def _read_rows(history: Path) -> list[dict[str, str]]:
    if not history.is_file():
        return []
    with history.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _draw_curve(
    name: str, axis: str, places: Sequence[int], values: Sequence[float], colour: tuple[int, int, int]
) -> Image:
    height, width = PLOT
    image: Image = np.full((height, width, 3), PAPER[0], dtype=np.uint8)
    top = max(*values, 1e-12)
    first, last = places[0], places[-1]
    x = AXIS + (width - GAP - AXIS) * (np.asarray(places) - first) / (last - first)
    y = height - GAP - (height - 4 * GAP) * np.asarray(values) / top
    for end in ((width - GAP, height - GAP), (AXIS, 3 * GAP)):
        cv2.line(image, (AXIS, height - GAP), end, INK, 1, cv2.LINE_AA)
    cv2.polylines(image, [np.stack([x, y], axis=1).round().astype(np.int32)], isClosed=False, color=colour, thickness=2)
    labels = ((f"{top:.3g}", 4, 3 * GAP + 4), ("0", AXIS - 14, height - GAP), (str(first), AXIS, height - 2))
    for label, across, down in (*labels, (axis, width // 2, height - 2), (str(last), width - 30, height - 2)):
        cv2.putText(image, label, (across, down), cv2.FONT_HERSHEY_SIMPLEX, 0.35, INK, 1, cv2.LINE_AA)
    text = f"{name}: {values[0]:.4g} to {values[-1]:.4g} by {axis} {last}, best {min(values):.4g}"
    cv2.putText(image, text, (GAP, 2 * GAP), cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return image
