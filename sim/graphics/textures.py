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
    return 1.3 * _stretched(_stretched(values, height).T, width).T


def asphalt(random: np.random.Generator, size: int = 256) -> Image:
    """One lane's width across (u), four widths along (v): grain, patches, and a wheel track on each side."""
    tall = 4 * size
    grain = 0.058 * random.standard_normal((tall, size))
    blotches = 0.026 * noise(random, tall, size, 64, 16) + 0.028 * noise(random, tall, size, 16, 4)
    u = (np.arange(size) + 0.5) / size
    wear = -0.045 * (np.exp(-(((u - 0.27) / 0.10) ** 2)) + np.exp(-(((u - 0.73) / 0.10) ** 2)))
    grey = 0.54 + grain + blotches + wear
    tinted: Image = np.clip(grey[..., None] * np.array([1.0, 0.99, 0.98]), 0, 1)
    return tinted


def grass(random: np.random.Generator, size: int = 256) -> Image:
    """Tiling grass, about 0.5 bright, to be tinted by vertex colours."""
    blades = 0.10 * random.standard_normal((size, size)) + 0.07 * noise(random, size, size, size // 4, size // 4)
    tufts = 0.05 * noise(random, size, size, 24, 24) + 0.04 * noise(random, size, size, 6, 6)
    light = 0.78 + blades + tufts
    dry = 0.02 * noise(random, size, size, 12, 12)
    return np.clip(np.stack((light + dry, light, light - 0.5 * dry), axis=-1), 0, 1)


def cloud(random: np.random.Generator, height: int = 64, width: int = 128) -> Image:
    """One cloud, RGBA: billows, flat and greyish below, that fade out before the picture's border."""
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width])[:, None, None]
    billow = sum(a * noise(random, height, width, 3 * n, 5 * n) for n, a in ((1, 0.5), (2, 0.3), (4, 0.2), (8, 0.1)))
    body = 1 - ((x - 0.5) / 0.46) ** 2 - ((y - 0.30) / np.where(y < 0.30, 0.22, 0.62)) ** 2
    cover = np.clip(1.6 * body + 0.55 * billow - 0.35, 0, 1) * np.clip(4 * body, 0, 1)
    light = np.clip(0.86 + 0.22 * y + 0.03 * billow, 0, 1)
    return np.stack((light, light, np.clip(light + 0.02, 0, 1), 0.95 * cover), axis=-1)


def shadow(size: int = 32) -> Image:
    """A soft round shadow, RGBA."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * 2 - 1
    dark = 0.5 * np.clip(1.3 * (1 - np.hypot(x, y)), 0, 1)
    return np.stack((0.05 * np.ones_like(dark), 0.08 * np.ones_like(dark), 0.03 * np.ones_like(dark), dark), axis=-1)


def broadleaf(random: np.random.Generator, size: int = 128) -> Image:
    """A tree with a round crown, RGBA, its foot in the middle of row 0: leaves in clumps, lit from above left."""
    clumps = random.uniform((0.22, 0.40, 0.10), (0.78, 0.84, 0.17), (48, 3))
    inside = np.hypot((clumps[:, 0] - 0.5) / 0.36, (clumps[:, 1] - 0.62) / 0.32) < 1
    return _tree(random, size, clumps[inside], np.array([0.30, 0.43, 0.14]), trunk=0.035)


def conifer(random: np.random.Generator, size: int = 128) -> Image:
    """A slim tree with hanging branches, RGBA, as `broadleaf`."""
    up = np.sort(random.uniform(0.12, 0.95, 110))
    reach = 0.27 * (1 - up)
    aside = random.uniform(-1, 1, 110)
    clumps = np.stack((0.5 + aside * reach, up - 0.08 * np.abs(aside) * (1 - up), 0.025 + 0.045 * (1 - up)), axis=1)
    return _tree(random, size, clumps, np.array([0.16, 0.30, 0.14]), trunk=0.025)


def poplar(random: np.random.Generator, size: int = 128) -> Image:
    """A tall tree in a paler green, RGBA, as `broadleaf`."""
    up = random.uniform(0.22, 0.90, 80)
    reach = 0.17 * np.sin(np.pi * (up - 0.12) / 0.86) ** 0.5
    clumps = np.stack((0.5 + random.uniform(-1, 1, 80) * reach, up, random.uniform(0.05, 0.09, 80)), axis=1)
    return _tree(random, size, clumps, np.array([0.40, 0.47, 0.19]), trunk=0.022)


def bush(random: np.random.Generator, size: int = 128) -> Image:
    """A bush, RGBA, as `broadleaf`."""
    clumps = random.uniform((0.14, 0.06, 0.08), (0.86, 0.50, 0.16), (40, 3))
    inside = np.hypot((clumps[:, 0] - 0.5) / 0.38, clumps[:, 1] / 0.55) < 1
    return _tree(random, size, clumps[inside], np.array([0.34, 0.44, 0.16]), trunk=0.0)


def _tree(random: np.random.Generator, size: int, clumps: Image, green: Image, trunk: float) -> Image:
    """Clumps of leaves (x, y, radius in the picture's widths) over a trunk of some half width; y goes up."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    picture = np.zeros((size, size, 4))
    bark = (np.abs(x - 0.5) < trunk * (1.3 - 0.6 * y)) & (y < 0.6)
    picture[bark] = (0.30, 0.23, 0.17, 1.0)
    leaves = 0.10 * noise(random, size, size, size // 3, size // 3)
    for cx, cy, radius in clumps[np.argsort(clumps[:, 1])[::-1]] if trunk else clumps:
        up, aside = (y - cy) / radius, (x - cx) / radius
        on = np.hypot(aside, up) + 0.9 * leaves < 1
        light = 0.72 + 0.45 * (cy - 0.3) + 0.30 * (up[on] - 0.6 * aside[on]) + leaves[on]
        picture[on, :3] = np.clip(light, 0.3, 1.5)[:, None] * green * random.uniform(0.9, 1.1)
        picture[on, 3] = 1.0
    clear = picture[..., 3] == 0
    picture[clear, :3] = 0.6 * green  # what mipmaps and filters mix in at the border
    return np.clip(picture, 0, 1)


def _stretched(values: Image, size: int) -> Image:
    """Rows of a tiling table blended smoothly to `size` rows."""
    at = np.arange(size) * len(values) / size
    low = at.astype(int)
    t = at - low
    t = (t * t * (3 - 2 * t))[:, None]
    between: Image = values[low] * (1 - t) + values[(low + 1) % len(values)] * t
    return between
