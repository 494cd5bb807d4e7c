"""What the camera sees: sky, hills, ground, road, trees and posts, built once for a track and a seed.

Everything that lies on the ground is painted in a fixed order (ground, verge, road) without the depth buffer, so that
nothing flickers; a road's cross-section is cut into strips of asphalt and paint that never overlap. What stands up
(trees, posts) uses the depth buffer. The scene is cut into chunks that Panda3D drops when they are out of sight.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from panda3d import core

from sim import mesh, textures
from sim.mesh import Mesh
from sim.plants import plants
from sim.roadway import roadway
from sim.track import Floats, Track

GROUND_CELL = 40.0  # [m]
GROUND_MARGIN = 400.0  # how far the ground goes on beyond the roads [m]
GRASS_TILE = 6.0  # [m]


def build(track: Track, seed: int) -> core.NodePath:
    """The track's scene; its child "sky" has to follow the camera."""
    random = np.random.default_rng([seed, 1989])
    root = core.NodePath("scene")
    root.set_two_sided(True)
    _sky(random).reparent_to(root)
    grass, asphalt = mesh.texture(textures.grass(random)), mesh.texture(textures.asphalt(random))
    for node in _ground(track, random, grass):
        root.attach_new_node(node)
    for stretch in track.stretches:
        for node in roadway(stretch, random, asphalt, grass):
            root.attach_new_node(node)
    for node in plants(track, random):
        root.attach_new_node(node)
    return root


def _sky(random: np.random.Generator) -> core.NodePath:
    """A dome 100 m wide with three ranges of hills before it: far enough, since it moves along with the camera."""
    around = np.linspace(0, 2 * np.pi, 49)
    up = np.radians([-25.0, -1.0, 4.0, 10.0, 20.0, 40.0, 65.0, 90.0])
    ring = np.stack((np.cos(around), np.sin(around)), axis=-1)
    points = np.concatenate((np.cos(up)[:, None, None] * ring, np.broadcast_to(np.sin(up)[:, None, None], (8, 49, 1))), 2)
    u, v = np.broadcast_to(around / (2 * np.pi) * 2, (8, 49)), np.broadcast_to(up[:, None] * 2 / np.pi, (8, 49))
    uvs = np.stack((u, np.clip(v, 0.004, 0.996)), axis=-1)
    node = core.GeomNode("sky")
    node.add_geom(mesh.geom(mesh.sheet(100.0 * points, np.ones(3), uvs)), mesh.lying(-30, mesh.texture(textures.sky(random), True)))
    for i, (height, colour) in enumerate(((5.0, (0.60, 0.69, 0.78)), (3.4, (0.46, 0.57, 0.60)), (2.0, (0.32, 0.43, 0.34)))):
        node.add_geom(mesh.geom(_hills(random, height, np.array(colour))), mesh.lying(-20 + i, None))
    made = core.NodePath(node)
    node.set_bounds(core.OmniBoundingVolume())
    node.set_final(True)
    return made


def _hills(random: np.random.Generator, height: float, colour: Floats) -> Mesh:
    """A range of hills all around, `height` degrees high on average."""
    count = 144
    around = np.linspace(0, 2 * np.pi, count + 1)
    ridge = 1 + 0.45 * textures.noise(random, count, 1, 12, 1)[:, 0] + 0.15 * textures.noise(random, count, 1, 48, 1)[:, 0]
    high = np.radians(height * np.clip(np.append(ridge, ridge[0]), 0.15, 3))
    low = np.full(count + 1, np.radians(-3.0))
    points = np.stack([90 * np.stack((np.cos(around), np.sin(around), np.tan(e)), axis=-1) for e in (low, high)])
    colours = np.stack((np.broadcast_to(colour * 0.92, (count + 1, 3)), np.broadcast_to(colour, (count + 1, 3))))
    return mesh.sheet(points, colours, np.zeros((2, count + 1, 2)))


def _ground(track: Track, random: np.random.Generator, grass: core.Texture) -> Iterator[core.GeomNode]:
    """Fields: a grid of grass whose tint changes from place to place, below everything else."""
    every = np.concatenate([g.centre for g in track.stretches])
    low, high = every[:, :2].min(0) - GROUND_MARGIN, every[:, :2].max(0) + GROUND_MARGIN
    counts = np.ceil((high - low) / (4 * GROUND_CELL)).astype(int) * 4 + 1
    x, y = np.meshgrid(low[0] + GROUND_CELL * np.arange(counts[0]), low[1] + GROUND_CELL * np.arange(counts[1]), indexing="ij")
    points = np.stack((x, y, np.full_like(x, float(np.median(every[:, 2])))), axis=-1)
    tint = np.array([0.36, 0.52, 0.20]) + 0.035 * random.standard_normal((*x.shape, 1)) * np.array([1.4, 1.0, 0.6])
    state = mesh.lying(0, grass)
    for i in range(0, counts[0] - 1, 4):
        for j in range(0, counts[1] - 1, 4):
            part = np.s_[i : i + 5, j : j + 5]
            uvs = (points[part][..., :2] - points[i, j, :2]) / GRASS_TILE
            node = core.GeomNode("ground")
            node.add_geom(mesh.geom(mesh.sheet(points[part], tint[part], uvs)), state)
            yield node
