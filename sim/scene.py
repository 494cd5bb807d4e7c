"""What the camera sees: sky, hills, ground, road, trees and posts, built once for a track and a seed.

Everything that lies on the ground is painted in a fixed order (ground, verge, road) without the depth buffer, so that
nothing flickers; only where the land rises and falls does it use the depth buffer, for crests to hide what is behind
them. A road's cross-section is cut into strips of asphalt and paint that never overlap. What stands up
(trees, posts) uses the depth buffer. The scene is cut into chunks that Panda3D drops when they are out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
from panda3d import core

from sim import mesh, textures
from sim.mesh import Mesh
from sim.plants import plants
from sim.roadway import roadway
from sim.terrain import BLOCK
from sim.track import Floats, Track

GRASS_TILE = 6.0  # [m]
SECTORS = 8
HORIZON, ZENITH = np.array([0.80, 0.87, 0.93]), np.array([0.25, 0.47, 0.78])
FIELD = np.array([0.27, 0.40, 0.16])
HILLS = ((5.0, (0.60, 0.69, 0.78)), (3.4, (0.46, 0.57, 0.60)), (2.0, (0.32, 0.43, 0.34)))  # mean height [deg], colour


def build(track: Track, seed: int) -> core.NodePath:
    """The track's scene; its child "sky" has to follow the camera."""
    above, fields, roads, beside = (np.random.default_rng([seed, part]) for part in range(4))
    root = core.NodePath("scene")
    root.set_two_sided(True)
    _sky(above).reparent_to(root)
    grass, asphalt = mesh.texture(textures.grass(fields)), mesh.texture(textures.asphalt(roads))
    lying = chain(
        _ground(track, fields, grass),
        (node for stretch in track.stretches for node in roadway(stretch, roads, asphalt, grass, track.terrain)),
    )
    for node in lying:
        laid = root.attach_new_node(node)
        if not track.terrain.is_level:
            mesh.hide_behind_crests(laid)
    for node in plants(track, beside):
        root.attach_new_node(node)
    return root


def _sky(random: np.random.Generator) -> core.NodePath:
    """A dome, clouds, and three ranges of hills, 100 m around the camera with which they move along.

    Cut into sectors, since only those in sight are drawn.
    """
    sky = core.NodePath("sky")
    clouds = [mesh.texture(textures.cloud(random), clamp=True) for _ in range(3)]
    ridges = [_ridge(random, height) for height, _ in HILLS]
    for i in range(SECTORS):
        node = core.GeomNode("sector")
        around = np.linspace(i, i + 1, 19) * 2 * np.pi / SECTORS
        node.add_geom(mesh.geom(_dome(around[::3])), mesh.lying(-30, None))
        node.add_geom(mesh.geom(_cloud(random, around[0], around[-1])), mesh.lying(-25, clouds[i % 3], blended=True))
        for order, ((_, colour), ridge) in enumerate(zip(HILLS, ridges, strict=True)):
            part = ridge[i * 18 : i * 18 + 19]
            node.add_geom(mesh.geom(_hills(around, part, np.array(colour))), mesh.lying(-20 + order, None))
        sky.attach_new_node(node)
    return sky


def _dome(around: Floats) -> Mesh:
    """The sky from below the horizon to the zenith, paler towards the horizon."""
    up = np.radians([-25.0, -0.5, 4.0, 10.0, 20.0, 35.0, 60.0, 90.0])[:, None]
    points = np.stack(
        np.broadcast_arrays(np.cos(up) * np.cos(around), np.cos(up) * np.sin(around), np.sin(up)), axis=-1
    )
    share = np.sqrt(np.clip(2 * up / np.pi, 0, 1))[..., None]
    colours = np.where(up[..., None] < -0.1, FIELD, HORIZON + (ZENITH - HORIZON) * share)
    colours = np.broadcast_to(colours, points.shape)
    return mesh.sheet(100 * points, colours, np.zeros((*points.shape[:2], 2)))


def _cloud(random: np.random.Generator, first: float, last: float) -> Mesh:
    """A cloud, as a picture to be blended with the sky, between two azimuths [rad]."""
    middle, wide = first + (last - first) * random.uniform(0.3, 0.7), random.uniform(0.18, 0.34)
    low = np.radians(random.uniform(9.0, 26.0))
    around = middle + wide * np.linspace(-1, 1, 4)
    up = low + 0.55 * wide * np.linspace(0, 1, 3)[:, None]
    points = np.stack(np.broadcast_arrays(np.cos(around), np.sin(around), np.tan(up)), axis=-1)
    uvs = np.stack(np.broadcast_arrays(np.linspace(0, 1, 4), np.linspace(0, 1, 3)[:, None]), axis=-1)
    return mesh.sheet(95 * points, np.ones(3), uvs)


def _ridge(random: np.random.Generator, height: float) -> Floats:
    """The elevation [rad] of hills all around, `height` degrees on average, 18 a sector and the first once more."""
    count = SECTORS * 18
    ridge = (
        1 + 0.45 * textures.noise(random, count, 1, 12, 1)[:, 0] + 0.15 * textures.noise(random, count, 1, 48, 1)[:, 0]
    )
    return np.radians(height * np.clip(np.append(ridge, ridge[0]), 0.15, 3))


def _hills(around: Floats, ridge: Floats, colour: Floats) -> Mesh:
    """A part of a range of hills, darker towards its foot."""
    elevation = np.stack((np.full_like(ridge, np.radians(-3.0)), ridge))
    points = np.stack(np.broadcast_arrays(np.cos(around), np.sin(around), np.tan(elevation)), axis=-1)
    colours = np.broadcast_to(np.stack((0.92 * colour, colour))[:, None, :], points.shape)
    return mesh.sheet(90 * points, colours, np.zeros((*points.shape[:2], 2)))


def _ground(track: Track, random: np.random.Generator, grass: core.Texture) -> Iterator[core.GeomNode]:
    """Fields: a grid of grass whose tint changes from place to place, below everything else."""
    points = track.terrain.points()
    counts = points.shape[:2]
    tint = np.array([0.36, 0.52, 0.20]) + 0.035 * random.standard_normal((*counts, 1)) * np.array([1.4, 1.0, 0.6])
    state = mesh.lying(0, grass)
    for i in range(0, counts[0] - 1, BLOCK):
        for j in range(0, counts[1] - 1, BLOCK):
            part = np.s_[i : i + BLOCK + 1, j : j + BLOCK + 1]
            uvs = (points[part][..., :2] - points[i, j, :2]) / GRASS_TILE
            node = core.GeomNode("ground")
            node.add_geom(mesh.geom(mesh.sheet(points[part], tint[part], uvs)), state)
            yield node
