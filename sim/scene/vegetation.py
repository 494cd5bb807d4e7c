"""Trees, bushes and delineator posts beside the road, placed at random; none stands on a road or overhangs one.

A plant is an image on two crossing upright planes: it looks alike from all sides and costs four triangles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh, textures
from sim.graphics.mesh import Bools, Vertices
from sim.roads.terrain import Terrain
from sim.roads.track import GRASS, Floats, Track

Ints = npt.NDArray[np.intp]

CELL = 48.0  # size of the squares whose plants are drawn together [m]
SPACING = 5.0  # metres of road per attempt to place a plant, on each side [m]
REACH = 60.0  # largest distance of a plant from the road's edge [m]
CLEARANCE = 2.0  # least distance between a road's edge and any leaf [m]
DRAW_DISTANCE, SHADOW_DRAW_DISTANCE = 220.0, 60.0  # for the focal length `canvas.LOD_FOCAL_LENGTH` [m]
ACROSS = 4.0  # largest spacing across a road of the points that plants keep clear of [m]
POST_SPACING, POST_DISTANCE, POST_DRAW_DISTANCE = 25.0, 1.0, 60.0  # along the road, from its edge, from the camera [m]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of plant: range of heights [m], width over height, probability, and the function that paints it."""

    lowest: float
    highest: float
    aspect: float
    probability: float
    paint: Callable[[np.random.Generator], textures.Image]


KINDS = (
    Kind(6.0, 11.0, 1.0, 0.36, textures.make_broadleaf),
    Kind(8.0, 15.0, 0.8, 0.20, textures.make_conifer),
    Kind(9.0, 14.0, 0.9, 0.16, textures.make_poplar),
    Kind(1.2, 2.6, 1.3, 0.28, textures.make_bush),
)


@dataclass(frozen=True, slots=True)
class Plants:
    """n plants: positions (n, 3) [m], heights (n,) and widths (n,) [m], indices of their kinds (n,) in KINDS."""

    positions: Floats
    heights: Floats
    widths: Floats
    kinds: Ints

    def take(self, chosen: Ints | Bools) -> Plants:
        """Return some of these plants, by number or by a mask."""
        return Plants(self.positions[chosen], self.heights[chosen], self.widths[chosen], self.kinds[chosen])


def make_plant_nodes(track: Track, plants: Plants, random: np.random.Generator) -> Iterator[core.PandaNode]:
    """Make the nodes of trees and bushes with their shadows, and of posts."""
    image = np.concatenate([kind.paint(random) for kind in KINDS], axis=1)
    leaves = mesh.make_upright_state(mesh.make_texture(image, clamp=True, face_on=True))
    shadows = mesh.make_flat_state(
        5,
        mesh.make_texture(textures.make_shadow(), clamp=True),
        blended=True,
        depth_tested=not track.terrain.is_level,
        depth_offset=2,
    )
    cells, numbers = np.unique(np.floor(plants.positions[:, :2] / CELL).astype(int), axis=0, return_inverse=True)
    order = np.argsort(numbers.reshape(-1), kind="stable")
    sorted_plants = plants.take(order)
    crosses, umbrae = _make_crosses(sorted_plants, random), _make_shadows(sorted_plants, track.terrain)
    ends = np.cumsum(np.bincount(numbers.reshape(-1), minlength=len(cells))).tolist()
    for here in (slice(*both) for both in pairwise([0, *ends])):
        centre = sorted_plants.positions[here].mean(axis=0)
        node = mesh.make_near_node(DRAW_DISTANCE, centre, mesh.make_quads(crosses[here]), leaves)
        mesh.add_near_geom(node, SHADOW_DRAW_DISTANCE, mesh.make_quads(umbrae[here]), shadows)
        yield node
    yield from _make_posts(track)


def place_plants(track: Track, random: np.random.Generator) -> Plants:
    """Try random positions along the roads and keep plants whose leaves stay clear of all roads."""
    samples = [(g.centre, g.right, g.offsets[:, 0], g.offsets[:, -1]) for g in track.stretches]
    centre, right, left, far = (np.concatenate(part) for part in zip(*samples, strict=True))
    count = max(1, round(2 * len(centre) / SPACING * track.appearance.plants))
    at = random.integers(len(centre), size=count)
    away = CLEARANCE + REACH * random.beta(1.1, 2.2, count)
    offsets = np.where(random.random(count) < 0.5, left[at] - away, far[at] + away)
    positions = centre[at] + offsets[:, None] * right[at]
    kinds = random.choice(len(KINDS), count, p=[kind.probability for kind in KINDS])
    low, high = np.array([kind.lowest for kind in KINDS]), np.array([kind.highest for kind in KINDS])
    heights = random.uniform(low[kinds], high[kinds])
    widths = heights * np.array([kind.aspect for kind in KINDS])[kinds]
    shares = np.linspace(0, 1, 2 + int((far - left).max() / ACROSS))
    lines = [centre + (left + share * (far - left))[:, None] * right for share in shares]
    road = np.concatenate(lines)  # at most 1 m apart along the road, a little more on the outside of tight bends
    free = _distance_to_nearest(positions, road) > widths / 2 + CLEARANCE
    positions[:, 2] = track.terrain.heights_at(positions[:, 0], positions[:, 1])
    return Plants(positions, heights, widths, kinds).take(free)


def _distance_to_nearest(positions: Floats, points: Floats) -> Floats:
    """Horizontal distance [m] from each position to the nearest point."""
    x, y = np.ascontiguousarray(points[:, :2].T)
    return np.sqrt([((x - position[0]) ** 2 + (y - position[1]) ** 2).min() for position in positions])


def _make_crosses(plants: Plants, random: np.random.Generator) -> Vertices:
    """The corners (n, 2, 4) of two crossing upright planes for each plant, turned and tinted at random."""
    corners = np.array([[0.02, 0.02], [0.98, 0.02], [0.02, 0.96], [0.98, 0.96]])
    chances = random.random((len(plants.kinds), 5))
    turn, bright = np.pi * chances[:, 0], 0.85 + (1.1 - 0.85) * chances[:, 1]
    low, high = np.array([0.92, 0.97, 0.9]), np.array([1.1, 1.03, 1.1])
    tint = bright[:, None] * (low + (high - low) * chances[:, 2:])
    angles = np.stack((turn, turn + np.pi / 2), axis=1)
    aside = (plants.widths / 2)[:, None, None] * np.stack((np.cos(angles), np.sin(angles), 0 * angles), axis=-1)
    foot = plants.positions[:, None, None] + np.array([-1.0, 1.0])[:, None] * aside[:, :, None]
    up = np.zeros((len(foot), 1, 1, 3))
    up[..., 2] = plants.heights[:, None, None]
    points = np.concatenate((foot, foot + up), axis=2)
    colours = (np.array([1.0, 0.97])[:, None] * tint[:, None])[:, :, None]
    slots = np.stack((plants.kinds, 0 * plants.kinds), axis=1)[:, None, None]
    return mesh.make_table(points, colours, (corners + slots) / np.array([len(KINDS), 1.0]), Label.VEGETATION)


def _make_shadows(plants: Plants, land: Terrain) -> Vertices:
    """The corners (n, 1, 4) of a soft shadow on the ground for each plant."""
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    widths = plants.widths[:, None, None]
    points = np.repeat(plants.positions[:, None], 4, axis=1)
    points[..., :2] += 0.55 * widths * corners + 0.15 * widths
    points[..., 2] = land.heights_at(points[..., 0], points[..., 1])
    return mesh.make_table(points, np.ones(3), (corners + 1) / 2, Label.TERRAIN)[:, None]


def place_posts(track: Track) -> Iterator[tuple[Floats, list[Floats]]]:
    """A place on a road's reference line and the feet of the posts there [m]: at both edges, but on no other road."""
    for stretch in track.stretches:
        if stretch.junction:
            continue
        for s in np.arange(POST_SPACING / 2, stretch.s[-1], POST_SPACING):
            if s < stretch.s[0]:
                continue
            i = int(np.searchsorted(stretch.s, s))
            edges = stretch.offsets[i, [0, -1]] + np.array([-1, 1]) * POST_DISTANCE
            feet = [stretch.centre[i] + d * stretch.right[i] for d in edges]
            free = [foot for foot in feet if track.ground(*foot.tolist()).friction == GRASS.friction]
            if free:
                yield stretch.centre[i], free


def _make_posts(track: Track) -> Iterator[core.PandaNode]:
    """White posts with a black band."""
    state, points, colours = mesh.make_upright_state(None), *_make_post()
    for centre, feet in place_posts(track):
        faces = np.stack([points + foot for foot in feet])
        table = mesh.make_table(faces, colours, np.zeros(2), Label.POLE)
        yield mesh.make_near_node(POST_DRAW_DISTANCE, centre, mesh.make_quads(table), state)


def _make_post() -> tuple[Floats, Floats]:
    """The faces of a square post, 12 cm thick and 1 m high, with a black band at 70 to 88 cm: corners and colours."""
    ring = 0.06 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    white, black = np.array([0.92, 0.92, 0.90]), np.array([0.12, 0.12, 0.12])
    shades = np.array([1.0, 0.8, 0.7, 0.9, 1.0])
    points, colours = [], []
    for low, high, colour in ((0.0, 0.7, white), (0.7, 0.88, black), (0.88, 1.0, white)):
        for i in range(4):
            points.append([[*ring[j], z] for z in (low, high) for j in (i, i + 1)])
            colours.append([shades[j] * colour for _ in range(2) for j in (i, i + 1)])
    return np.array(points), np.array(colours)
