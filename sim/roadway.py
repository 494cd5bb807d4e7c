"""A road's surface: its cross-section cut into strips that never overlap, each drawn along s.

Paint and asphalt lie side by side, not on top of each other, so that neither flickers. A broken line is one strip whose
intervals of s are paint and asphalt in turn. The asphalt's texture is laid in lane coordinates: wheel tracks follow the
lanes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim import mesh
from sim.mesh import Mesh
from sim.track import Floats, Marking, Stretch

CHUNK = 40  # rows of points in one chunk
TILE = 14.0  # length of the asphalt texture along s [m]
GRASS_TILE = 6.0  # [m]
PAINT = {"Yellow": (0.88, 0.68, 0.14), "Blue": (0.2, 0.3, 0.8), "Green": (0.2, 0.6, 0.3), "Red": (0.8, 0.2, 0.2)}
WHITE = (0.93, 0.93, 0.90)
SURFACES = {"Sidewalk": (1.25, 1.23, 1.18), "Shoulder": (0.92, 0.91, 0.88), "Border": (0.8, 0.85, 0.6)}  # tints
VERGE = ((0.0, (0.62, 0.57, 0.46)), (0.45, (0.52, 0.52, 0.34)), (1.6, (0.36, 0.52, 0.20)))  # distance [m], tint
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the cross-section between two cuts, each a lane edge's number and a distance to its right [m]."""

    left: tuple[int, float]
    right: tuple[int, float]
    kind: str
    marking: Marking | None = None


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

    def cut(self, rows: slice) -> Lines:
        """Some of the rows."""
        return Lines(self.s[rows], self.centre[rows], self.right[rows], self.offsets[rows])


def roadway(
    stretch: Stretch, random: np.random.Generator, asphalt: core.Texture, grass: core.Texture
) -> Iterator[core.GeomNode]:
    """A stretch of road with markings and verges, in chunks along s."""
    lines, strips = resampled(stretch), strips_across(stretch)
    age = 1 + 0.035 * np.interp(lines.s, np.arange(0, lines.s[-1] + 15, 15), _walk(random, int(lines.s[-1] // 15) + 2))
    paint, paved = mesh.lying(12, None), mesh.lying(11, asphalt)
    green = mesh.lying(10, grass)
    for first in range(0, len(lines.s) - 1, CHUNK):
        rows = slice(first, min(first + CHUNK, len(lines.s) - 1) + 1)
        part = lines.cut(rows)
        node = core.GeomNode("road")
        if not stretch.junction:
            node.add_geom(mesh.geom(mesh.joined(list(_verges(part, random)))), green)
        surface = [m for strip in strips for m in _surface(strip, part, age[rows], painted=False)]
        node.add_geom(mesh.geom(mesh.joined(surface)), paved)
        lined = [m for strip in strips for m in _surface(strip, part, age[rows], painted=True)]
        if lined:
            node.add_geom(mesh.geom(mesh.joined(lined)), paint)
        yield node


def strips_across(stretch: Stretch) -> list[Strip]:
    """The strips of a stretch's cross-section: what is between the lines, then the lines."""
    spans = [_span(stretch, edge) for edge in range(len(stretch.markings))]
    between = [
        Strip((lane, spans[lane][1]), (lane + 1, spans[lane + 1][0]), kind)
        for lane, kind in enumerate(stretch.kinds)
        if kind.upper() != "NONE"
    ]
    lines = [
        Strip((edge, low), (edge, high), "Line", stretch.markings[edge])
        for edge, (low, high) in enumerate(spans)
        if high > low
    ]
    return between + lines


def resampled(stretch: Stretch) -> Lines:
    """The stretch with rows added where dashes begin and end."""
    s = stretch.s
    found = [s]
    for marking in stretch.markings:
        if marking.style == "BROKEN":
            starts = np.arange(0.0, s[-1], marking.dash + marking.gap)
            found += [starts, starts + marking.dash]
    every = np.unique(np.concatenate(found))
    every = every[(every >= s[0]) & (every <= s[-1])]
    every = every[np.append(True, np.diff(every) > 1e-6)]

    def at(table: Floats) -> Floats:
        return np.stack([np.interp(every, s, column) for column in table.T], axis=1)

    right = at(stretch.right)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return Lines(every, at(stretch.centre), right, at(stretch.offsets))


def _span(stretch: Stretch, edge: int) -> tuple[float, float]:
    """From where to where [m] around a lane edge its line is painted: inside the driving lane at a road's border."""
    marking = stretch.markings[edge]
    if marking.style in {"NONE", "CURB", "GRASS"} or marking.width <= 0.0:
        return 0.0, 0.0
    left = stretch.kinds[edge - 1] if edge > 0 else ""
    right = stretch.kinds[edge] if edge < len(stretch.kinds) else ""
    if left == right:
        return -0.5 * marking.width, 0.5 * marking.width
    return (-marking.width, 0.0) if left == "Driving" else (0.0, marking.width)


def _surface(strip: Strip, lines: Lines, age: Floats, *, painted: bool) -> Iterator[Mesh]:
    """The painted, or the bare, part of a strip."""
    cuts = (lines.offsets[:, edge] + shift for edge, shift in (strip.left, strip.right))
    offsets = np.stack(tuple(cuts), axis=1)
    where = _is_paint(strip.marking, lines.s) == painted
    if not where.any():
        return
    tint = np.array(_tint(strip, painted)) * (age[:, None, None] * np.ones((1, 2, 1)))
    whole = mesh.sheet(lines.points(offsets), tint, _lane_uvs(strip, lines, offsets))
    yield Mesh(whole.points, whole.colours, whole.uvs, whole.triangles[np.repeat(where, 2)])


def _is_paint(marking: Marking | None, s: Floats) -> Bools:
    """For each interval of s, whether it is painted."""
    if marking is None or marking.style != "BROKEN":
        return np.full(len(s) - 1, marking is not None)
    middle = (s[1:] + s[:-1]) / 2
    dashed: Bools = middle % (marking.dash + marking.gap) < marking.dash
    return dashed


def _tint(strip: Strip, painted: bool) -> tuple[float, float, float]:
    if painted and strip.marking is not None:
        return PAINT.get(strip.marking.colour, WHITE)
    return SURFACES.get(strip.kind, (1.0, 1.0, 1.0))


def _lane_uvs(strip: Strip, lines: Lines, offsets: Floats) -> Floats:
    """Texture coordinates (n, 2, 2): u is 0 to 1 across the lane that the strip lies in, v goes with s."""
    lane = min(strip.left[0], lines.offsets.shape[1] - 2)
    low, high = lines.offsets[:, [lane]], lines.offsets[:, [lane + 1]]
    u = (offsets - low) / np.maximum(high - low, 0.1)
    v = np.broadcast_to(lines.s[:, None] / TILE, u.shape)
    return np.stack((u, v), axis=-1)


def _verges(lines: Lines, random: np.random.Generator) -> Iterator[Mesh]:
    """Gravel that turns into grass, ragged, on both sides."""
    for edge, side in ((0, -1.0), (-1, 1.0)):
        ragged = 1 + 0.25 * random.uniform(-1, 1, (len(lines.s), len(VERGE)))
        out = np.array([distance for distance, _ in VERGE]) * ragged
        points = lines.points(lines.offsets[:, [edge]] + side * out)
        tint = np.array([colour for _, colour in VERGE])
        yield mesh.sheet(points, tint, points[..., :2] / GRASS_TILE - np.floor(points[:1, :1, :2] / GRASS_TILE))


def _walk(random: np.random.Generator, count: int) -> Floats:
    """A slowly changing sequence of mean 0 and standard deviation about 1."""
    steps = random.standard_normal(count + 2)
    return (steps[:-2] + steps[1:-1] + steps[2:])[:count] / np.sqrt(3)
