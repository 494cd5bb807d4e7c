"""Input reconstruction reliability estimation (IRRE): D. Pomerleau, NIPS 5, 1993.

A network that also reconstructs its downsampled input from its last hidden layer succeeds only on inputs like those
that it was trained on; the correlation of input and reconstruction measures its reliability.
"""

from __future__ import annotations

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats

ROWS, COLUMNS = 8, 16  # of the reconstruction
PIXELS = ROWS * COLUMNS


def downsample(seen: Image) -> Floats:
    """Reconstruction target of an input, shape (height, width, channels): grey, 0 to 1, shape (PIXELS,)."""
    small = cv2.resize(seen, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).reshape(ROWS, COLUMNS, -1)
    return np.asarray(small.mean(axis=2).ravel() / 255.0, dtype=np.float32)


def measure_reliability(seen: Image, reconstructed: Floats) -> float:
    """Correlation of an input and its reconstruction, shape (PIXELS,); 0 if either is uniform."""
    here, there = (values - values.mean() for values in (downsample(seen), reconstructed))
    size = float(np.linalg.norm(here) * np.linalg.norm(there))
    return float(here @ there) / size if size > 1e-9 else 0.0
