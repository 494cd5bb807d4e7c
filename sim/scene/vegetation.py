"""What stands beside the road: trees, bushes and posts, placed by seed; none on a road, no branch over one.

A tree is a picture on two upright planes that cross, so it looks the same from all sides for four triangles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh, textures
from sim.graphics.mesh import Mesh
from sim.roads.terrain import Terrain
from sim.roads.track import Floats, Track

Ints = npt.NDArray[np.intp]

CELL = 48.0  # size of the squares whose plants are one chunk [m]
EVERY = 5.0  # a plant is tried for every so many metres of road, on each side
REACH = 60.0  # how far from the road's edge plants are tried [m]
CLEAR = 2.0  # least distance between a road's edge and any leaf [m]
SEEN, SHADOWS_SEEN = 220.0, 60.0  # from how far, by a camera such as `roadway.Level` means [m]
ACROSS = 4.0  # longest distance between the points across a road that plants keep away from [m]
POST_EVERY, POST_AWAY, POST_SEEN = 25.0, 1.0, 60.0  # [m]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of plant: heights from and to [m], width over height, how often it is taken, its picture."""

    low: float
    high: float
    slim: float
    share: float
    picture: Callable[[np.random.Generator], textures.Image]


KINDS = (
    Kind(6.0, 11.0, 1.0, 0.36, textures.make_broadleaf),
    Kind(8.0, 15.0, 0.8, 0.20, textures.make_conifer),
    Kind(9.0, 14.0, 0.9, 0.16, textures.make_poplar),
    Kind(1.2, 2.6, 1.3, 0.28, textures.make_bush),
)


@dataclass(frozen=True, slots=True)
class Plants:
    """n plants: places (n, 3) [m], heights (n,) and widths (n,) [m], numbers of their kinds (n,)."""

    places: Floats
    heights: Floats
    widths: Floats
    kinds: Ints


def plants(track: Track, found: Plants, random: np.random.Generator) -> Iterator[core.PandaNode]:
    """Nodes of trees and bushes, with the shadows at their feet, and of posts."""
    picture = np.concatenate([kind.picture(random) for kind in KINDS], axis=1)
    leaves = mesh.make_upright_state(mesh.make_texture(picture, clamp=True, face_on=True))
    deep = not track.terrain.is_level
    dark = mesh.make_flat_state(
        5, mesh.make_texture(textures.make_shadow(), clamp=True), blended=True, depth_tested=deep, depth_offset=2
    )
    cells = np.floor(found.places[:, :2] / CELL).astype(int)
    for cell in np.unique(cells, axis=0):
        here = np.flatnonzero((cells == cell).all(axis=1))
        centre = found.places[here].mean(axis=0)
        yield mesh.make_near_node(SEEN, centre, mesh.make_geom(_crosses(found, here, random)), leaves)
        yield mesh.make_near_node(SHADOWS_SEEN, centre, mesh.make_geom(_shadows(found, here, track.terrain)), dark)
    yield from _posts(track)


def planted(track: Track, random: np.random.Generator) -> Plants:
    """Where plants grow: tried along every road at random, kept where none of their leaves comes near a road."""
    samples = [(g.centre, g.right, g.offsets[:, 0], g.offsets[:, -1]) for g in track.stretches]
    centre, right, left, far = (np.concatenate(part) for part in zip(*samples, strict=True))
    count = max(1, round(2 * len(centre) / EVERY * track.appearance.plants))
    at = random.integers(len(centre), size=count)
    away = CLEAR + REACH * random.beta(1.1, 2.2, count)
    offsets = np.where(random.random(count) < 0.5, left[at] - away, far[at] + away)
    places = centre[at] + offsets[:, None] * right[at]
    kinds = random.choice(len(KINDS), count, p=[kind.share for kind in KINDS])
    low, high = np.array([kind.low for kind in KINDS]), np.array([kind.high for kind in KINDS])
    heights = random.uniform(low[kinds], high[kinds])
    widths = heights * np.array([kind.slim for kind in KINDS])[kinds]
    shares = np.linspace(0, 1, 2 + int((far - left).max() / ACROSS))
    lines = [centre + (left + share * (far - left))[:, None] * right for share in shares]
    road = np.concatenate(lines)  # at most 1 m apart along the road, and a few on the outside of the tightest bends
    free = _nearest(places, road) > widths / 2 + CLEAR
    places[:, 2] = [track.terrain.at(x, y)[0] for x, y, _ in places.tolist()]
    return Plants(places[free], heights[free], widths[free], kinds[free])


def _nearest(places: Floats, points: Floats) -> Floats:
    """The distance [m] from each place to the nearest point, seen from above."""
    x, y = np.ascontiguousarray(points[:, :2].T)
    return np.sqrt([((x - place[0]) ** 2 + (y - place[1]) ** 2).min() for place in places])


def _crosses(found: Plants, chosen: Ints, random: np.random.Generator) -> Mesh:
    """Two crossing upright planes for each of the chosen plants, a little different in size, turn and tint."""
    made = []
    uvs = np.array([[[0.02, 0.02], [0.98, 0.02]], [[0.02, 0.96], [0.98, 0.96]]])
    for i in chosen:
        place, height, half = found.places[i], found.heights[i], found.widths[i] / 2
        turn, tint = (
            random.uniform(0, np.pi),
            random.uniform(0.85, 1.1) * random.uniform((0.92, 0.97, 0.9), (1.1, 1.03, 1.1)),
        )
        for angle, light in ((turn, 1.0), (turn + np.pi / 2, 0.97)):
            aside = half * np.array([np.cos(angle), np.sin(angle), 0.0])
            foot = np.stack((place - aside, place + aside))
            points = np.stack((foot, foot + np.array([0.0, 0.0, height])))
            slot = np.array([found.kinds[i], 0.0])
            made.append(
                mesh.make_sheet(points, light * tint, (uvs + slot) / np.array([len(KINDS), 1.0]), Label.VEGETATION)
            )
    return mesh.join(made)


def _shadows(found: Plants, here: Ints, land: Terrain) -> Mesh:
    """A soft shadow on the ground for each plant, away from the sun."""
    corners = np.array([[[-1.0, -1.0], [-1.0, 1.0]], [[1.0, -1.0], [1.0, 1.0]]])
    made = []
    for place, width in zip(found.places[here], found.widths[here], strict=True):
        points = place + np.concatenate((0.55 * width * corners + 0.15 * width, np.zeros((2, 2, 1))), axis=-1)
        points[..., 2] = [[land.at(x, y)[0] for x, y, _ in row] for row in points.tolist()]
        made.append(mesh.make_sheet(points, np.ones(3), (corners + 1) / 2, Label.TERRAIN))
    return mesh.join(made)


def _posts(track: Track) -> Iterator[core.PandaNode]:
    """White posts with a black band along both edges of every road, in pairs."""
    for stretch in track.stretches:
        if stretch.junction:
            continue
        for s in np.arange(POST_EVERY / 2, stretch.s[-1], POST_EVERY):
            if s < stretch.s[0]:
                continue
            i = int(np.searchsorted(stretch.s, s))
            feet = [
                stretch.centre[i] + d * stretch.right[i]
                for d in stretch.offsets[i, [0, -1]] + np.array([-1, 1]) * POST_AWAY
            ]
            pair = mesh.make_geom(mesh.join([_post(foot) for foot in feet]))
            yield mesh.make_near_node(POST_SEEN, stretch.centre[i], pair, mesh.make_upright_state(None))


def _post(foot: Floats) -> Mesh:
    """A square post of 12 cm and 1 m height, its band at 70 to 88 cm."""
    ring = 0.06 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    white, black = np.array([0.92, 0.92, 0.90]), np.array([0.12, 0.12, 0.12])
    made = []
    for low, high, colour in ((0.0, 0.7, white), (0.7, 0.88, black), (0.88, 1.0, white)):
        points = np.stack([np.column_stack((ring, np.full(5, z))) for z in (low, high)]) + foot
        shade = np.array([1.0, 0.8, 0.7, 0.9, 1.0])[None, :, None] * colour
        made.append(mesh.make_sheet(points, shade, np.zeros((2, 5, 2)), Label.POLE))
    return mesh.join(made)
