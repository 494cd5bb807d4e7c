"""Procedural textures of asphalt, grass and plants; the same seed gives the same texels.

Arrays are (height, width, channels) in [0, 1], RGB or RGBA. The noise is periodic, so asphalt and grass tile.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float64]


def make_noise(random: np.random.Generator, height: int, width: int, rows: int, columns: int) -> Image:
    """Make smooth periodic noise (height, width), mean 0, standard deviation about 1, from rows x columns values."""
    values = random.standard_normal((rows, columns))
    return 1.3 * _stretch(_stretch(values, height).T, width).T


def make_asphalt(random: np.random.Generator, size: int = 256) -> Image:
    """Make asphalt, one lane wide (u) and four widths long (v): grain, patches, and two wheel tracks."""
    tall = 4 * size
    grain = 0.058 * random.standard_normal((tall, size))
    blotches = 0.026 * make_noise(random, tall, size, 64, 16) + 0.028 * make_noise(random, tall, size, 16, 4)
    u = (np.arange(size) + 0.5) / size
    wear = -0.045 * (np.exp(-(((u - 0.27) / 0.10) ** 2)) + np.exp(-(((u - 0.73) / 0.10) ** 2)))
    grey = 0.54 + grain + blotches + wear
    tinted: Image = np.clip(grey[..., None] * np.array([1.0, 0.99, 0.98]), 0, 1)
    return tinted


def make_grass(random: np.random.Generator, size: int = 256) -> Image:
    """Make tiling grass to be tinted by vertex colours."""
    blades = 0.10 * random.standard_normal((size, size)) + 0.07 * make_noise(random, size, size, size // 4, size // 4)
    tufts = 0.05 * make_noise(random, size, size, 24, 24) + 0.04 * make_noise(random, size, size, 6, 6)
    light = 0.78 + blades + tufts
    dry = 0.02 * make_noise(random, size, size, 12, 12)
    return np.clip(np.stack((light + dry, light, light - 0.5 * dry), axis=-1), 0, 1)


def make_shadow(size: int = 32) -> Image:
    """Make a soft round shadow, RGBA."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    dark = 0.5 * np.clip(1.3 * (1 - np.hypot(x, y)), 0, 1)
    return np.stack((0.05 * np.ones_like(dark), 0.08 * np.ones_like(dark), 0.03 * np.ones_like(dark), dark), axis=-1)


def make_broadleaf(random: np.random.Generator, size: int = 128) -> Image:
    """Make a tree with a round crown, RGBA, its foot in the middle of row 0, lit from the upper left."""
    clumps = random.uniform((0.22, 0.40, 0.10), (0.78, 0.84, 0.17), (48, 3))
    inside = np.hypot((clumps[:, 0] - 0.5) / 0.36, (clumps[:, 1] - 0.62) / 0.32) < 1
    return _paint_tree(random, size, clumps[inside], np.array([0.30, 0.43, 0.14]), trunk=0.035)


def make_conifer(random: np.random.Generator, size: int = 128) -> Image:
    """Make a slim tree with drooping branches, laid out as `make_broadleaf`."""
    up = np.sort(random.uniform(0.12, 0.95, 110))
    reach = 0.27 * (1 - up)
    aside = random.uniform(-1, 1, 110)
    clumps = np.stack((0.5 + aside * reach, up - 0.08 * np.abs(aside) * (1 - up), 0.025 + 0.045 * (1 - up)), axis=1)
    return _paint_tree(random, size, clumps, np.array([0.16, 0.30, 0.14]), trunk=0.025)


def make_poplar(random: np.random.Generator, size: int = 128) -> Image:
    """Make a tall tree in a paler green, laid out as `make_broadleaf`."""
    up = random.uniform(0.22, 0.90, 80)
    reach = 0.17 * np.sin(np.pi * (up - 0.12) / 0.86) ** 0.5
    clumps = np.stack((0.5 + random.uniform(-1, 1, 80) * reach, up, random.uniform(0.05, 0.09, 80)), axis=1)
    return _paint_tree(random, size, clumps, np.array([0.40, 0.47, 0.19]), trunk=0.022)


def make_bush(random: np.random.Generator, size: int = 128) -> Image:
    """Make a bush, laid out as `make_broadleaf`."""
    clumps = random.uniform((0.14, 0.06, 0.08), (0.86, 0.50, 0.16), (40, 3))
    inside = np.hypot((clumps[:, 0] - 0.5) / 0.38, clumps[:, 1] / 0.55) < 1
    return _paint_tree(random, size, clumps[inside], np.array([0.34, 0.44, 0.16]), trunk=0.0)


def _paint_tree(random: np.random.Generator, size: int, clumps: Image, green: Image, trunk: float) -> Image:
    """Paint clumps of leaves (x, y, radius) over a trunk of some half width, all in image widths; y points up."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    image = np.zeros((size, size, 4))
    bark = (np.abs(x - 0.5) < trunk * (1.3 - 0.6 * y)) & (y < 0.6)
    image[bark] = (0.30, 0.23, 0.17, 1.0)
    leaves = 0.10 * make_noise(random, size, size, size // 3, size // 3)
    reach = 1 - 0.9 * leaves.min()
    for cx, cy, radius in clumps[np.argsort(clumps[:, 1])[::-1]] if trunk else clumps:
        # Only the texels that the clump can reach, a few of each hundred.
        rows, columns = (
            slice(max(0, int((c - reach * radius) * size)), int((c + reach * radius) * size) + 1) for c in (cy, cx)
        )
        here = np.s_[rows, columns]
        up, aside = (y[here] - cy) / radius, (x[here] - cx) / radius
        on = np.hypot(aside, up) + 0.9 * leaves[here] < 1
        light = 0.72 + 0.45 * (cy - 0.3) + 0.30 * (up[on] - 0.6 * aside[on]) + leaves[here][on]
        image[here][on, :3] = np.clip(light, 0.3, 1.5)[:, None] * green * random.uniform(0.9, 1.1)
        image[here][on, 3] = 1.0
    clear = image[..., 3] == 0
    image[clear, :3] = 0.6 * green  # mipmaps and filters mix this in at the border
    return np.clip(image, 0, 1)


def _stretch(values: Image, size: int) -> Image:
    """Interpolate a periodic table smoothly to `size` rows."""
    at = np.arange(size) * len(values) / size
    low = at.astype(int)
    t = at - low
    t = (t * t * (3 - 2 * t))[:, None]
    between: Image = values[low] * (1 - t) + values[(low + 1) % len(values)] * t
    return between
