"""How well a network's picture of its own input fits that input: reliability, and so doubt.

A network that also rebuilds what it sees, small, from its last hidden layer can only do so for what its hidden units
learned to tell apart. Input reconstruction reliability estimation: D. Pomerleau, NIPS 5, 1993.
"""

from __future__ import annotations

import cv2
import numpy as np

from alvinn.driving.types import Image
from alvinn.networks.encodings import Floats

ROWS, COLUMNS = 8, 16  # of the rebuilt picture
PIXELS = ROWS * COLUMNS


def coarse(seen: Image) -> Floats:
    """A network's input, shape (height, width, channels), as it is to be rebuilt: grey, 0 to 1, shape (PIXELS,)."""
    small = cv2.resize(seen, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).reshape(ROWS, COLUMNS, -1)
    return np.asarray(small.mean(axis=2).ravel() / 255.0, dtype=np.float32)


def reliability(seen: Image, rebuilt: Floats) -> float:
    """The correlation between an input and what was rebuilt of it, shape (PIXELS,); 0 where either is all one grey."""
    here, there = (values - values.mean() for values in (coarse(seen), rebuilt))
    size = float(np.linalg.norm(here) * np.linalg.norm(there))
    return float(here @ there) / size if size > 1e-9 else 0.0
