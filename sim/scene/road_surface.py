"""A road's surface: its cross-section cut into strips that never overlap, each drawn along s.

Paint and asphalt lie side by side, not on top of each other, so that neither flickers. A broken line is one strip whose
intervals of s are paint and asphalt in turn. Under the paint runs a line one pixel wide, which keeps a marking from
breaking up into dots where it is thinner than a pixel; from farther away it is all that is drawn of a marking. The
asphalt's texture is laid in lane coordinates: wheel tracks follow the lanes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.mesh import Mesh
from sim.roads.terrain import Terrain
from sim.roads.track import Floats, LaneMarking, Stretch

TILE = 14.0  # length of the asphalt texture along s [m]
GRASS_TILE = 6.0  # [m]
ASPHALT = 0.42  # mean brightness of asphalt [0, 1]
PAINT = {
    "Stone": (0.74, 0.73, 0.70),
    "Yellow": (0.88, 0.68, 0.14),
    "Blue": (0.2, 0.3, 0.8),
    "Green": (0.2, 0.6, 0.3),
    "Red": (0.8, 0.2, 0.2),
}
WHITE = (0.93, 0.93, 0.90)
LANE = (0.78, 0.78, 0.78)  # tints of the asphalt's texture, which is brighter
SURFACES = {"Sidewalk": (1.0, 0.98, 0.93), "Shoulder": (0.72, 0.71, 0.69), "Border": (0.62, 0.66, 0.47)}
LABELS = {"Sidewalk": Label.SIDEWALK, "Border": Label.TERRAIN}  # of what is not road
VERGE = ((0.0, (0.62, 0.57, 0.46)), (0.45, (0.52, 0.52, 0.34)), (1.6, (0.36, 0.52, 0.20)))  # distance [m], tint
BANK, BURIED = 8.0, 0.4  # how far from the road a bank ends [m], and how deep in the land
DROP = 0.06  # how steeply a verge falls away from a road with banks, so that it hides no other road [m/m]
DOUBLE = {
    "SOLIDSOLID": ("SOLID", "SOLID"),
    "SOLIDBROKEN": ("SOLID", "BROKEN"),
    "BROKENSOLID": ("BROKEN", "SOLID"),
    "BROKENBROKEN": ("BROKEN", "BROKEN"),
}
CURB = 0.20  # width of the stones between a road and a sidewalk [m]
STONES = LaneMarking("SOLID", "Stone", CURB)
UNPAINTED = {"NONE", "CURB", "GRASS"}
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Level:
    """How a chunk is drawn from some distance on.

    Attributes:
        beyond: least distance to the chunk's nearest point [m] for a focal length of 160 pixels, which `Camera` scales.
        length: of a chunk, roughly [m]: from afar one does for several, as each costs some time however small.
        step: the rows' spacing [m].
        wide: whether markings are drawn in their true width, or as lines one pixel wide.
        shown: how much of the paint's colour such a line has [0, 1]: the share of a pixel that the paint would cover.
        dashes: whether broken lines are drawn broken.
    """

    beyond: float
    length: float
    step: float
    wide: bool
    shown: float
    dashes: bool


LEVELS = (
    Level(0, 24, 1.0, wide=True, shown=0.85, dashes=True),
    Level(24, 24, 2.0, wide=False, shown=0.70, dashes=True),
    Level(50, 48, 4.0, wide=False, shown=0.45, dashes=False),
    Level(100, 96, 8.0, wide=False, shown=0.24, dashes=False),
)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the cross-section between two cuts, each a lane edge's number and a distance to its right [m]."""

    left: tuple[int, float]
    right: tuple[int, float]
    kind: str
    line: LaneMarking | None = None


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
) -> Iterator[core.PandaNode]:
    """A stretch of road with markings and verges, in chunks along s."""
    deep = not land.is_level
    states = tuple(
        mesh.make_flat_state(10 + i, kind, depth_tested=deep, depth_offset=i)
        for i, kind in enumerate((grass, asphalt, None, None))
    )
    builder = _Builder(stretch, random, states, land)
    for start, end in pairwise(
        np.linspace(stretch.s[0], stretch.s[-1], _count(float(np.ptp(stretch.s)), LEVELS[-1].length) + 1)
    ):
        yield builder.part(len(LEVELS) - 1, float(start), float(end))


def _count(length: float, each: float) -> int:
    return max(1, round(length / each))


class _Builder:
    """Makes the parts of a stretch's road, in all their levels of detail."""

    def __init__(
        self, stretch: Stretch, random: np.random.Generator, states: tuple[core.RenderState, ...], land: Terrain
    ) -> None:
        self._stretch, self._random, self._states, self._land = stretch, random, states, land
        self._strips = [strips_across(stretch, level) for level in LEVELS]

    def part(self, i: int, start: float, end: float) -> core.PandaNode:
        """The road from start to end [m]: in level i from afar, and nearby in parts of the next finer one."""
        own = self._drawn(i, start, end)
        if i == 0:
            return own
        finer = core.PandaNode("finer")
        for low, high in pairwise(np.linspace(start, end, _count(end - start, LEVELS[i - 1].length) + 1)):
            finer.add_child(self.part(i - 1, float(low), float(high)))
        node = core.LODNode("road")
        middle = resampled(self._stretch, np.array([(start + end) / 2])).centre[0]
        node.set_center(core.LPoint3(middle[1], middle[0], middle[2]))
        beyond = LEVELS[i].beyond + (end - start) / 2
        for child, nearest, farthest in ((finer, 0.0, beyond), (own, beyond, 1e6)):
            node.add_switch(farthest, nearest)
            node.add_child(child)
        return node

    def _drawn(self, i: int, start: float, end: float) -> core.GeomNode:
        """The road from start to end [m] in one level of detail."""
        stretch, level, strips = self._stretch, LEVELS[i], self._strips[i]
        lines = resampled(stretch, _rows(stretch, start, end, level))
        surface = [m for strip in strips for m in _surface(strip, lines, painted=False)]
        paint = [m for strip in strips for m in _surface(strip, lines, painted=True)]
        verges = [] if stretch.junction else list(_verges(lines, self._random, self._land))
        thin = list(_thin(stretch, lines, level))
        node = core.GeomNode("chunk")
        for meshes, state in zip((verges, surface, thin, paint), self._states, strict=True):
            if meshes:
                node.add_geom(mesh.make_geom(mesh.join(meshes)), state)
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
    painted = [_lines(stretch, edge) if level.wide else [] for edge in range(len(stretch.markings))]
    spans = [(lines[0][0], lines[-1][1]) if lines else (0.0, 0.0) for lines in painted]
    between = [
        Strip((lane, spans[lane][1]), (lane + 1, spans[lane + 1][0]), kind)
        for lane, kind in enumerate(stretch.kinds)
        if kind.upper() != "NONE"
    ]
    within = [
        Strip((edge, before[1]), (edge, after[0]), "Driving")
        for edge, lines in enumerate(painted)
        for before, after in pairwise(lines)
    ]
    paint = [
        Strip((edge, low), (edge, high), "Line", marking)
        for edge, lines in enumerate(painted)
        for low, high, marking in lines
    ]
    return between + within + paint


def resampled(stretch: Stretch, s: Floats) -> Lines:
    """The stretch at other distances s [m] along the road."""

    def at(table: Floats) -> Floats:
        return np.stack([np.interp(s, stretch.s, column) for column in table.T], axis=1)

    right = at(stretch.right)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return Lines(s, at(stretch.centre), right, at(stretch.offsets))


def _lines(stretch: Stretch, edge: int) -> list[tuple[float, float, LaneMarking]]:
    """From where to where [m] around a lane edge lines are painted, and which: inside the lane at a road's border."""
    marking = stretch.markings[edge]
    width = marking.width
    beside = [kind for kind in stretch.kinds[max(edge - 1, 0) : edge + 1] if kind != "Sidewalk"]
    if len(beside) == 1 and 0 < edge < len(stretch.kinds):
        return [(*((0.0, CURB) if stretch.kinds[edge] == "Sidewalk" else (-CURB, 0.0)), STONES)]
    if marking.style in UNPAINTED or width <= 0.0:
        return []
    styles = DOUBLE.get(marking.style, (marking.style,))
    left = stretch.kinds[edge - 1] if edge > 0 else ""
    right = stretch.kinds[edge] if edge < len(stretch.kinds) else ""
    half = (len(styles) - 0.5) * width  # two lines lie as far apart as they are wide
    first = -half if left == right else -2 * half if left == "Driving" else 0.0
    starts = [first + 2 * i * width for i in range(len(styles))]
    return [(low, low + width, replace(marking, style=style)) for low, style in zip(starts, styles, strict=True)]


def _thin(stretch: Stretch, lines: Lines, level: Level) -> Iterator[Mesh]:
    """The markings of a chunk as lines one pixel wide."""
    every = [(edge, *line) for edge in range(len(stretch.markings)) for line in _lines(stretch, edge)]
    for edge, low, high, marking in every:
        broken = marking.style == "BROKEN"
        drawn = _is_paint(marking, lines.s) if level.dashes else np.ones(len(lines.s) - 1, dtype=bool)
        share = level.shown * (marking.dash / (marking.dash + marking.gap) if broken and not level.dashes else 1.0)
        colour = share * _paint(marking) + (1 - share) * ASPHALT
        middle = lines.points(lines.offsets[:, [edge]] + (low + high) / 2)[:, 0]
        yield mesh.make_line(middle, colour, drawn, Label.ROAD_LINE)


def _surface(strip: Strip, lines: Lines, *, painted: bool) -> Iterator[Mesh]:
    """The painted, or the bare, part of a strip."""
    on = np.zeros(len(lines.s) - 1, dtype=bool) if strip.line is None else _is_paint(strip.line, lines.s)
    where = on == painted
    if not where.any():
        return
    cuts = (lines.offsets[:, edge] + shift for edge, shift in (strip.left, strip.right))
    offsets = np.stack(tuple(cuts), axis=1)
    tint = _paint(strip.line) if painted and strip.line else np.array(SURFACES.get(strip.kind, LANE))
    label = Label.ROAD_LINE if painted else LABELS.get(strip.kind, Label.ROAD)
    if strip.line is STONES:
        label = Label.SIDEWALK
    whole = mesh.make_sheet(lines.points(offsets), tint, _lane_uvs(strip, lines, offsets), label)
    yield replace(whole, triangles=whole.triangles[np.repeat(where, 2)])


def _is_paint(marking: LaneMarking, s: Floats) -> Bools:
    """For each interval of s, whether a marking is painted there."""
    if marking.style != "BROKEN":
        return np.ones(len(s) - 1, dtype=bool)
    middle = (s[1:] + s[:-1]) / 2
    dashed: Bools = middle % (marking.dash + marking.gap) < marking.dash
    return dashed


def _paint(marking: LaneMarking) -> Floats:
    colour: Floats = np.array(PAINT.get(marking.colour, WHITE))
    return (1 - marking.wear) * colour + marking.wear * ASPHALT


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
        uvs = points[..., :2] / GRASS_TILE - np.floor(points[:1, :1, :2] / GRASS_TILE)
        yield mesh.make_sheet(points, tint, uvs, Label.TERRAIN)


def _bank(lines: Lines, edge: int, side: float, land: Terrain) -> Floats:
    """Where the bank beside an edge goes into the land: points (n, 1, 3)."""
    feet = lines.points(lines.offsets[:, [edge]] + side * BANK)
    feet[:, 0, 2] = [land.at(x, y)[0] - BURIED for x, y, _ in feet[:, 0].tolist()]
    return feet
