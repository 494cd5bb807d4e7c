"""Textures out of random numbers: asphalt, grass, sky, leaves. The same seed gives the same texels.

Arrays are (height, width, channels) in [0, 1], RGB or RGBA. All tile, since noise is laid out on a ring.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float64]


def noise(random: np.random.Generator, height: int, width: int, rows: int, columns: int) -> Image:
    """Smooth tiling noise (height, width) of mean 0 and standard deviation about 1, from rows x columns values."""
    values = random.standard_normal((rows, columns))
    return _stretched(_stretched(values, height).T, width).T * 1.3


def asphalt(random: np.random.Generator, size: int = 256) -> Image:
    """One lane's width across (u), four widths along (v): grain, patches, and a wheel track on each side."""
    tall = 4 * size
    grain = 0.045 * random.standard_normal((tall, size))
    blotches = 0.020 * noise(random, tall, size, 64, 16) + 0.022 * noise(random, tall, size, 16, 4)
    u = (np.arange(size) + 0.5) / size
    wear = -0.035 * (np.exp(-(((u - 0.27) / 0.10) ** 2)) + np.exp(-(((u - 0.73) / 0.10) ** 2)))
    grey = 0.42 + grain + blotches + wear
    return np.clip(grey[..., None] * np.array([1.0, 0.99, 0.98]), 0, 1)


def grass(random: np.random.Generator, size: int = 256) -> Image:
    """Tiling grass, about 0.5 bright, to be tinted by vertex colours."""
    blades = 0.10 * random.standard_normal((size, size)) + 0.07 * noise(random, size, size, size // 4, size // 4)
    tufts = 0.05 * noise(random, size, size, 24, 24) + 0.04 * noise(random, size, size, 6, 6)
    light = 0.78 + blades + tufts
    dry = 0.05 * noise(random, size, size, 12, 12)
    return np.clip(np.stack((light + dry, light, light - 0.5 * dry), axis=-1), 0, 1)


def sky(random: np.random.Generator, height: int = 128, width: int = 512) -> Image:
    """The sky from the horizon (v = 0) to the zenith (v = 1), all around in u: a gradient and a few clouds."""
    v = ((np.arange(height) + 0.5) / height)[:, None]
    low, high = np.array([0.80, 0.87, 0.93]), np.array([0.25, 0.47, 0.78])
    blue = low + (high - low) * np.sqrt(v)[..., None]
    billow = noise(random, height, width, 8, 16) + 0.5 * noise(random, height, width, 20, 40)
    billow += 0.25 * noise(random, height, width, 40, 96)
    cover = np.clip((billow - 0.7) * 0.8, 0, 0.9) * np.clip(v * 6 - 0.3, 0, 1) * np.clip(1.6 - 1.6 * v, 0, 1)
    white = np.clip(0.99 - 0.05 * billow, 0.8, 1.0)[..., None] * np.ones(3)
    return np.clip(blue + (white - blue) * cover[..., None], 0, 1)


def _stretched(values: Image, size: int) -> Image:
    """Rows of a tiling table blended smoothly to `size` rows."""
    at = np.arange(size) * len(values) / size
    low = at.astype(int)
    t = at - low
    t = (t * t * (3 - 2 * t))[:, None]
    return values[low] * (1 - t) + values[(low + 1) % len(values)] * t
