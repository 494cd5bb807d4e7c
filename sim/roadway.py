"""A road's surface: its cross-section cut into strips that never overlap, each drawn along s.

Paint and asphalt lie side by side, not on top of each other, so that neither flickers. A broken line is one strip whose
intervals of s are paint and asphalt in turn. The asphalt's texture is laid in lane coordinates: wheel tracks follow the
lanes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim import mesh
from sim.mesh import Mesh
from sim.terrain import Terrain
from sim.track import Floats, Marking, Stretch

CHUNK = 24.0  # length of road in one chunk [m]
TILE = 14.0  # length of the asphalt texture along s [m]
GRASS_TILE = 6.0  # [m]
ASPHALT = 0.42  # mean brightness of asphalt [0, 1]
PAINT = {"Yellow": (0.88, 0.68, 0.14), "Blue": (0.2, 0.3, 0.8), "Green": (0.2, 0.6, 0.3), "Red": (0.8, 0.2, 0.2)}
WHITE = (0.93, 0.93, 0.90)
LANE = (0.78, 0.78, 0.78)  # tints of the asphalt's texture, which is brighter
SURFACES = {"Sidewalk": (1.0, 0.98, 0.93), "Shoulder": (0.72, 0.71, 0.69), "Border": (0.62, 0.66, 0.47)}
VERGE = ((0.0, (0.62, 0.57, 0.46)), (0.45, (0.52, 0.52, 0.34)), (1.6, (0.36, 0.52, 0.20)))  # distance [m], tint
BANK, BURIED = 8.0, 0.4  # how far from the road a bank ends [m], and how deep in the land
DROP = 0.06  # how steeply a verge falls away from a road with banks, so that it hides no other road [m/m]
UNPAINTED = {"NONE", "CURB", "GRASS"}
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Level:
    """How a chunk is drawn from some distance on: the rows' spacing, the least width of lines, whether dashes show.

    A line thinner than a pixel would break up into dots. From afar it is drawn wider, and paler by as much. `beyond`
    [m] is measured to a chunk's middle, for a focal length of 160 pixels; `Camera` scales it for others.
    """

    beyond: float
    step: float
    width: float
    dashes: bool


LEVELS = (
    Level(0, 1.0, 0.0, dashes=True),
    Level(26, 2.0, 0.24, dashes=True),
    Level(50, 4.0, 0.45, dashes=False),
    Level(110, 6.0, 0.90, dashes=False),
)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the cross-section between two cuts, each a lane edge's number and a distance to its right [m]."""

    left: tuple[int, float]
    right: tuple[int, float]
    kind: str
    line: tuple[Marking, float] | None = None  # what is painted, and how much of its colour shows


@dataclass(frozen=True, slots=True)
class Lines:
    """A stretch resampled for drawing: s (n,), centre (n, 3), right (n, 3), offsets of the lane edges (n, k + 1)."""

    s: Floats
    centre: Floats
    right: Floats
    offsets: Floats

    def points(self, offsets: Floats) -> Floats:
        """The points (n, c, 3) at offsets (n, c) [m] across the road."""
        return self.centre[:, None, :] + offsets[..., None] * self.right[:, None, :]


def roadway(
    stretch: Stretch, random: np.random.Generator, asphalt: core.Texture, grass: core.Texture, land: Terrain
) -> Iterator[core.LODNode]:
    """A stretch of road with markings and verges, in chunks along s."""
    strips = [strips_across(stretch, level) for level in LEVELS]
    states = mesh.lying(10, grass), mesh.lying(11, asphalt), mesh.lying(12, None)
    ends = np.linspace(stretch.s[0], stretch.s[-1], max(1, round(float(np.ptp(stretch.s)) / CHUNK)) + 1)
    for start, end in pairwise(ends):
        node = core.LODNode("road")
        middle = resampled(stretch, np.array([(start + end) / 2])).centre[0]
        node.set_center(core.LPoint3(middle[1], middle[0], middle[2]))
        for i, level in enumerate(LEVELS):
            lines = resampled(stretch, _rows(stretch, start, end, level))
            further = LEVELS[i + 1].beyond if i + 1 < len(LEVELS) else 1e6
            node.add_switch(further, level.beyond)
            node.add_child(_drawn(stretch, strips[i], lines, random, states, land), i)
        yield node


def _drawn(
    stretch: Stretch,
    strips: list[Strip],
    lines: Lines,
    random: np.random.Generator,
    states: tuple[core.RenderState, ...],
    land: Terrain,
) -> core.GeomNode:
    """One chunk in one level of detail."""
    surface = [m for strip in strips for m in _surface(strip, lines, painted=False)]
    paint = [m for strip in strips for m in _surface(strip, lines, painted=True)]
    verges = [] if stretch.junction else list(_verges(lines, random, land))
    node = core.GeomNode("chunk")
    for meshes, state in zip((verges, surface, paint), states, strict=True):
        if meshes:
            node.add_geom(mesh.geom(mesh.joined(meshes)), state)
    return node


def _rows(stretch: Stretch, start: float, end: float, level: Level) -> Floats:
    """Where along s [m] a chunk has rows of points: evenly, and where dashes begin and end."""
    rows = [np.linspace(start, end, max(1, math.ceil((end - start) / level.step)) + 1)]
    for marking in stretch.markings:
        if marking.style == "BROKEN" and level.dashes:
            starts = np.arange(0.0, end, marking.dash + marking.gap)
            rows += [starts, starts + marking.dash]
    every = np.unique(np.concatenate(rows))
    every = every[(every >= start) & (every <= end)]
    apart: Floats = every[np.append(True, np.diff(every) > 1e-6)]
    return apart


def strips_across(stretch: Stretch, level: Level) -> list[Strip]:
    """The strips of a stretch's cross-section: what is between the lines, then the lines."""
    spans = [_span(stretch, edge, level) for edge in range(len(stretch.markings))]
    between = [
        Strip((lane, spans[lane][1]), (lane + 1, spans[lane + 1][0]), kind)
        for lane, kind in enumerate(stretch.kinds)
        if kind.upper() != "NONE"
    ]
    lines = [
        Strip((edge, low), (edge, high), "Line", _seen(stretch.markings[edge], level))
        for edge, (low, high) in enumerate(spans)
        if high > low
    ]
    return between + lines


def resampled(stretch: Stretch, s: Floats) -> Lines:
    """The stretch at other distances s [m] along the road."""

    def at(table: Floats) -> Floats:
        return np.stack([np.interp(s, stretch.s, column) for column in table.T], axis=1)

    right = at(stretch.right)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return Lines(s, at(stretch.centre), right, at(stretch.offsets))


def _span(stretch: Stretch, edge: int, level: Level) -> tuple[float, float]:
    """From where to where [m] around a lane edge its line is painted: inside the driving lane at a road's border."""
    marking = stretch.markings[edge]
    if marking.style in UNPAINTED or marking.width <= 0.0:
        return 0.0, 0.0
    left = stretch.kinds[edge - 1] if edge > 0 else ""
    right = stretch.kinds[edge] if edge < len(stretch.kinds) else ""
    middle = 0.0 if left == right else 0.5 * marking.width * (-1.0 if left == "Driving" else 1.0)
    half = 0.5 * max(marking.width, level.width)
    return middle - half, middle + half


def _seen(marking: Marking, level: Level) -> tuple[Marking, float]:
    """The marking as it looks in a level of detail, and how much of its colour is left [0, 1]."""
    share = min(1.0, marking.width / max(marking.width, level.width))
    if marking.style != "BROKEN" or level.dashes:
        return marking, share
    return replace(marking, style="SOLID"), share * marking.dash / (marking.dash + marking.gap)


def _surface(strip: Strip, lines: Lines, *, painted: bool) -> Iterator[Mesh]:
    """The painted, or the bare, part of a strip."""
    where = _is_paint(strip, lines.s) == painted
    if not where.any():
        return
    cuts = (lines.offsets[:, edge] + shift for edge, shift in (strip.left, strip.right))
    offsets = np.stack(tuple(cuts), axis=1)
    whole = mesh.sheet(lines.points(offsets), _tint(strip, painted), _lane_uvs(strip, lines, offsets))
    yield Mesh(whole.points, whole.colours, whole.uvs, whole.triangles[np.repeat(where, 2)])


def _is_paint(strip: Strip, s: Floats) -> Bools:
    """For each interval of s, whether it is painted."""
    if strip.line is None:
        return np.zeros(len(s) - 1, dtype=bool)
    marking, _ = strip.line
    if marking.style != "BROKEN":
        return np.ones(len(s) - 1, dtype=bool)
    middle = (s[1:] + s[:-1]) / 2
    dashed: Bools = middle % (marking.dash + marking.gap) < marking.dash
    return dashed


def _tint(strip: Strip, painted: bool) -> Floats:
    if not painted or strip.line is None:
        return np.array(SURFACES.get(strip.kind, LANE))
    marking, share = strip.line
    return share * np.array(PAINT.get(marking.colour, WHITE)) + (1 - share) * ASPHALT


def _lane_uvs(strip: Strip, lines: Lines, offsets: Floats) -> Floats:
    """Texture coordinates (n, 2, 2): u is 0 to 1 across the lane that the strip lies in, v goes with s."""
    lane = min(strip.left[0], lines.offsets.shape[1] - 2)
    low, high = lines.offsets[:, [lane]], lines.offsets[:, [lane + 1]]
    u = (offsets - low) / np.maximum(high - low, 3.0)
    v = np.broadcast_to(lines.s[:, None] / TILE, u.shape)
    return np.stack((u, v), axis=-1)


def _verges(lines: Lines, random: np.random.Generator, land: Terrain) -> Iterator[Mesh]:
    """Gravel that turns into grass, ragged, on both sides; and where the land is not level, a bank down or up to it."""
    for edge, side in ((0, -1.0), (-1, 1.0)):
        ragged = 1 + 0.25 * random.uniform(-1, 1, (len(lines.s), len(VERGE)))
        out = np.array([distance for distance, _ in VERGE]) * ragged
        points = lines.points(lines.offsets[:, [edge]] + side * out)
        tint = np.array([colour for _, colour in VERGE])
        if not land.is_level:
            points[..., 2] -= DROP * out
            points = np.concatenate((points, _bank(lines, edge, side, land)), axis=1)
            tint = np.concatenate((tint, tint[-1:]))
        yield mesh.sheet(points, tint, points[..., :2] / GRASS_TILE - np.floor(points[:1, :1, :2] / GRASS_TILE))


def _bank(lines: Lines, edge: int, side: float, land: Terrain) -> Floats:
    """Where the bank beside an edge goes into the land: points (n, 1, 3)."""
    feet = lines.points(lines.offsets[:, [edge]] + side * BANK)
    feet[:, 0, 2] = [land.at(x, y)[0] - BURIED for x, y, _ in feet[:, 0].tolist()]
    return feet
