"""The sky: a drum with a cap around the camera, textured with one image of sky, clouds and distant hills.

A texture costs the software pipe no more than a single colour, and is repainted when the weather changes. Its rows are
closest near the horizon, where the hills are. The drum moves with the camera; it is cut into sectors, so that those out
of sight are culled. Below the drum the background colour stands for distant fields at no cost.
"""

from __future__ import annotations

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh, textures
from sim.graphics.light import Colour, Light
from sim.graphics.mesh import Floats

WIDTH, HEIGHT = 2048, 256  # of the texture [texels]
ROWS_AT_ONCE = 4  # rows of the texture that are painted together; more would not fit into a processor's cache
ELEVATIONS = np.radians([-4.0, 0.0, 4.0, 9.0, 18.0, 34.0, 56.0])  # of the drum's rings [rad]
ROWS = np.array(
    [0.0, 0.08, 0.40, 0.56, 0.74, 0.90, 1.0]
)  # positions of the rings in the texture, as fractions of its height
SECTORS, SQUARES_PER_SECTOR = 8, 3
RADIUS = 100.0  # [m]
GLOW = 80.0  # how far from a high sun its glow reaches; farther away it is below 1e-34 [deg]
FIELD = np.array([0.27, 0.40, 0.16])
HILLS = ((5.0, (0.52, 0.63, 0.66), 0.62), (3.4, (0.40, 0.52, 0.50), 0.42), (2.0, (0.29, 0.41, 0.28), 0.22))
"""Mean height [deg], colour, and fraction of it hidden by the air; the farthest first."""


class Sky:
    """The sky above a track, the same for the same random numbers.

    Attributes:
        node: to be attached to the scene.
    """

    def __init__(self, random: np.random.Generator) -> None:
        rows = (np.arange(HEIGHT) + 0.5) / HEIGHT
        self._up = np.interp(rows, ROWS, ELEVATIONS)[:, None]
        self._around = (np.arange(WIDTH) + 0.5) / WIDTH * 2 * np.pi
        self._billows = _make_billows(random)
        self._stars = random.random((HEIGHT, WIDTH)) > 0.9985
        self._ridges = [_make_ridge(random, height) for height, _, _ in HILLS]
        self._texture = mesh.make_texture(np.zeros((HEIGHT, WIDTH, 3)), face_on=True)
        self.node = core.NodePath("sky")
        for i in range(SECTORS):
            sector = core.GeomNode("sector")
            sector.add_geom(mesh.make_geom(_make_sector(i)), mesh.make_flat_state(-30, self._texture))
            self.node.attach_new_node(sector)

    def paint(self, light: Light) -> None:
        """Repaint the texture in another light."""
        image = np.empty((HEIGHT, WIDTH, 3))
        for first in range(0, HEIGHT, ROWS_AT_ONCE):
            rows = slice(first, first + ROWS_AT_ONCE)
            image[rows] = self._compute_rows(light, rows)
        image[:2] = self.compute_background(light)
        image[-1] = (
            _compute_clear_sky(light, self._up[-1:])[0] * (1 - light.cloud_cover)
            + _compute_cloud_colour(light) * light.cloud_cover
        )
        mesh.fill_texture(self._texture, image)

    def _compute_rows(self, light: Light, rows: slice) -> Floats:
        """Compute some rows of the image (k, WIDTH, 3)."""
        up, billows = self._up[rows], self._billows[rows]
        image: Floats = _compute_clear_sky(light, up) + np.zeros((1, WIDTH, 1))
        if light.night > 0:
            image = np.maximum(image, (0.75 * light.night * (1 - light.cloud_cover) * self._stars[rows])[..., None])
        if light.glare > 0:
            self._add_glow(image, light, up)
        cover = _compute_cover(light.cloud_cover, up, billows)[..., None]
        shade = 1.0 - 0.16 * np.clip(billows, -1, 1)[..., None] * (0.4 + light.cloud_cover)
        image += cover * (_compute_cloud_colour(light) * shade - image)
        for ridge, (_, colour, air) in zip(self._ridges, HILLS, strict=True):
            if up[0] > ridge.max():
                continue
            hidden = up < ridge
            share = 1 - (1 - air) * np.exp(-900 * light.extinction)
            image[hidden] = (1 - share) * light.ground * np.array(colour) + share * light.horizon
        return image

    @staticmethod
    def compute_background(light: Light) -> Colour:
        """Return the colour below the drum, which is that of distant fields."""
        left = np.exp(-900 * light.extinction)
        background: Colour = np.clip((1 - left) * light.horizon + left * light.ground * FIELD, 0, 1)
        return background

    def _add_glow(self, image: Floats, light: Light, up: Floats) -> None:
        """Add the sun's disc and the brightness around it; CARLA's azimuth 0 is the world's -y."""
        height, azimuth = light.sun
        across = np.cos(self._around - (azimuth - np.pi / 2))
        towards = np.cos(up) * np.cos(height) * across + np.sin(up) * np.sin(height)
        low = np.clip(1 - height / 0.6, 0, 1)
        lit = towards > (-2 if low > 0 else np.cos(np.radians(GLOW)))
        apart = np.degrees(np.arccos(np.clip(towards[lit], -1, 1)))[:, None]
        disc = np.clip(2.2 - apart, 0, 1) + 0.30 * np.exp(-((apart / 9) ** 2)) + 0.16 * low * np.exp(-apart / 28)
        image[lit] += light.glare * disc * np.array([1.0, 0.93 - 0.25 * low, 0.78 - 0.45 * low])


def _compute_cover(clouds: float, up: Floats, billows: Floats) -> Floats:
    """Fraction of the sky that clouds hide at each texel."""
    low = np.clip(up / np.radians(7.0), 0, 1)
    broken = np.clip(1.6 * (billows - 1.9 + 3.4 * clouds), 0, 1)
    cover: Floats = np.clip(broken * (0.25 + 0.75 * low) + np.clip(3 * clouds - 2, 0, 1), 0, 1) * 0.95
    return cover


def _compute_clear_sky(light: Light, up: Floats) -> Floats:
    """Colour of the clear sky (rows, 1, 3), paler towards the horizon."""
    share = np.clip(np.sin(np.clip(up, 0, None)) * 1.25, 0, 1)[..., None] ** 0.6
    sky: Floats = light.horizon + (light.zenith - light.horizon) * share
    return sky


def _compute_cloud_colour(light: Light) -> Colour:
    """White in a bright sky, grey in an overcast one."""
    bright = np.clip(1.06 * light.horizon + 0.08 * light.ground, 0, 1)
    colour: Colour = bright + (0.96 * light.horizon - bright) * light.cloud_cover
    return colour


def _make_billows(random: np.random.Generator) -> Floats:
    """Noise of several scales (rows, columns), mean 0, standard deviation about 1, flatter towards the horizon."""
    parts = ((0.75, 8, 24), (0.5, 16, 56), (0.28, 40, 140), (0.15, 90, 300))
    noise: Floats = np.zeros((HEIGHT, WIDTH))
    for share, rows, columns in parts:
        noise += share * textures.make_noise(random, HEIGHT, WIDTH, rows, columns)
    return noise


def _make_ridge(random: np.random.Generator, height: float) -> Floats:
    """Elevation [rad] of a ridge of hills all around (WIDTH,), `height` degrees on average."""
    parts = ((0.45, 12), (0.15, 48), (0.05, 160))
    ridge = 1 + sum(share * textures.make_noise(random, WIDTH, 1, count, 1)[:, 0] for share, count in parts)
    elevation: Floats = np.radians(height * np.clip(ridge, 0.15, 3))
    return elevation


def _make_sector(i: int) -> mesh.Mesh:
    """One sector of the drum, up to the zenith."""
    up = np.concatenate((ELEVATIONS, [np.pi / 2]))[:, None]
    v = np.concatenate((ROWS, [1 - 0.5 / HEIGHT]))[:, None]
    u = np.linspace(i, i + 1, SQUARES_PER_SECTOR + 1) / SECTORS
    around = u * 2 * np.pi
    points = np.stack(
        np.broadcast_arrays(np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)), axis=-1
    )
    uvs = np.stack(np.broadcast_arrays(u, np.clip(v, 0.5 / HEIGHT, 1 - 0.5 / HEIGHT)), axis=-1)
    return mesh.make_sheet(RADIUS * points, np.ones(3), uvs, Label.SKY)
