"""The sky: a drum and a cap around the camera that wear one picture of sky, clouds and far hills.

A picture costs the software pipe no more than one colour does, and changes with the weather as a whole. Its rows are
spaced closely near the horizon, where the hills are. The drum moves along with the camera and is cut into sectors,
since only those in sight are drawn. Below it there is no more to see than the colour of far fields, which costs nothing
as what a picture is cleared to.
"""

from __future__ import annotations

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh, textures
from sim.graphics.light import Colour, Light
from sim.graphics.mesh import Floats

WIDTH, HEIGHT = 2048, 256  # of the picture [texels]
KNOTS = np.radians([-4.0, 0.0, 4.0, 9.0, 18.0, 34.0, 56.0])  # elevations of the drum's rings
LEVELS = np.array([0.0, 0.08, 0.40, 0.56, 0.74, 0.90, 1.0])  # where in the picture they are
SECTORS, ACROSS = 8, 6
RADIUS = 100.0  # [m]
FIELD = np.array([0.27, 0.40, 0.16])
HILLS = ((5.0, (0.52, 0.63, 0.66), 0.62), (3.4, (0.40, 0.52, 0.50), 0.42), (2.0, (0.29, 0.41, 0.28), 0.22))
"""Mean height [deg], colour, and how much of it the air hides; the farthest first."""


class Sky:
    """The sky above a track, the same for the same random numbers; hang `node` into the scene and `paint` it."""

    def __init__(self, random: np.random.Generator) -> None:
        rows = (np.arange(HEIGHT) + 0.5) / HEIGHT
        self._up = np.interp(rows, LEVELS, KNOTS)[:, None]
        self._around = (np.arange(WIDTH) + 0.5) / WIDTH * 2 * np.pi
        self._billows = _billows(random)
        self._stars = random.random((HEIGHT, WIDTH)) > 0.9985
        self._ridges = [_ridge(random, height) for height, _, _ in HILLS]
        self._picture = mesh.make_texture(np.zeros((HEIGHT, WIDTH, 3)), face_on=True)
        self.node = core.NodePath("sky")
        for i in range(SECTORS):
            sector = core.GeomNode("sector")
            sector.add_geom(mesh.make_geom(_sector(i)), mesh.make_flat_state(-30, self._picture))
            self.node.attach_new_node(sector)

    def paint(self, light: Light) -> None:
        """Change to another light."""
        image = _air(light, self._up) + np.zeros((1, WIDTH, 1))
        if light.night > 0:
            image = np.maximum(image, (0.75 * light.night * (1 - light.cloud_cover) * self._stars)[..., None])
        if light.glare > 0:
            image += self._glow(light)
        cover = self._cover(light.cloud_cover)[..., None]
        shade = 1.0 - 0.16 * np.clip(self._billows, -1, 1)[..., None] * (0.4 + light.cloud_cover)
        image += cover * (_cloud_colour(light) * shade - image)
        for ridge, (_, colour, air) in zip(self._ridges, HILLS, strict=True):
            hidden = self._up < ridge
            share = 1 - (1 - air) * np.exp(-900 * light.extinction)
            image[hidden] = (1 - share) * light.ground * np.array(colour) + share * light.horizon
        image[:2] = self.below(light)
        image[-1] = _air(light, self._up)[-1] * (1 - light.cloud_cover) + _cloud_colour(light) * light.cloud_cover
        mesh.fill_texture(self._picture, image)

    @staticmethod
    def below(light: Light) -> Colour:
        """The colour of what lies below the drum: fields, far away."""
        left = np.exp(-900 * light.extinction)
        below: Colour = np.clip((1 - left) * light.horizon + left * light.ground * FIELD, 0, 1)
        return below

    def _glow(self, light: Light) -> Floats:
        """The sun's disc and the brightness around it; CARLA's azimuth 0 is the world's -y."""
        height, azimuth = light.sun
        across = np.cos(self._around - (azimuth - np.pi / 2))
        towards = np.cos(self._up) * np.cos(height) * across + np.sin(self._up) * np.sin(height)
        apart = np.degrees(np.arccos(np.clip(towards, -1, 1)))[..., None]
        low = np.clip(1 - height / 0.6, 0, 1)
        disc = np.clip(2.2 - apart, 0, 1) + 0.30 * np.exp(-((apart / 9) ** 2)) + 0.16 * low * np.exp(-apart / 28)
        glow: Floats = light.glare * disc * np.array([1.0, 0.93 - 0.25 * low, 0.78 - 0.45 * low])
        return glow

    def _cover(self, clouds: float) -> Floats:
        """How much of the sky behind each texel the clouds hide."""
        low = np.clip(self._up / np.radians(7.0), 0, 1)
        broken = np.clip(1.6 * (self._billows - 1.9 + 3.4 * clouds), 0, 1)
        cover: Floats = np.clip(broken * (0.25 + 0.75 * low) + np.clip(3 * clouds - 2, 0, 1), 0, 1) * 0.95
        return cover


def _air(light: Light, up: Floats) -> Floats:
    """The clear sky (rows, 1, 3): paler towards the horizon."""
    share = np.clip(np.sin(np.clip(up, 0, None)) * 1.25, 0, 1)[..., None] ** 0.6
    sky: Floats = light.horizon + (light.zenith - light.horizon) * share
    return sky


def _cloud_colour(light: Light) -> Colour:
    """White where the sky is bright, grey when it is closed."""
    bright = np.clip(1.06 * light.horizon + 0.08 * light.ground, 0, 1)
    colour: Colour = bright + (0.96 * light.horizon - bright) * light.cloud_cover
    return colour


def _billows(random: np.random.Generator) -> Floats:
    """Heaped noise (rows, columns) of mean 0 and standard deviation about 1, flatter towards the horizon."""
    parts = ((0.75, 8, 24), (0.5, 16, 56), (0.28, 40, 140), (0.15, 90, 300))
    noise: Floats = np.zeros((HEIGHT, WIDTH))
    for share, rows, columns in parts:
        noise += share * textures.make_noise(random, HEIGHT, WIDTH, rows, columns)
    return noise


def _ridge(random: np.random.Generator, height: float) -> Floats:
    """The elevation [rad] of hills all around (WIDTH,), `height` degrees on average."""
    parts = ((0.45, 12), (0.15, 48), (0.05, 160))
    ridge = 1 + sum(share * textures.make_noise(random, WIDTH, 1, count, 1)[:, 0] for share, count in parts)
    elevation: Floats = np.radians(height * np.clip(ridge, 0.15, 3))
    return elevation


def _sector(i: int) -> mesh.Mesh:
    """One part of the drum, up to straight above."""
    up = np.concatenate((KNOTS, [np.pi / 2]))[:, None]
    v = np.concatenate((LEVELS, [1 - 0.5 / HEIGHT]))[:, None]
    u = np.linspace(i, i + 1, ACROSS + 1) / SECTORS
    around = u * 2 * np.pi
    points = np.stack(
        np.broadcast_arrays(np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)), axis=-1
    )
    uvs = np.stack(np.broadcast_arrays(u, np.clip(v, 0.5 / HEIGHT, 1 - 0.5 / HEIGHT)), axis=-1)
    return mesh.make_sheet(RADIUS * points, np.ones(3), uvs, Label.SKY)
