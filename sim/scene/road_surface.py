"""The surface of a road: its cross-section is cut into strips that never overlap, each drawn along s.

Paint and asphalt are adjacent, never on top of each other, so that neither flickers. A broken line is one strip that
alternates between paint and asphalt along s. A line one pixel wide under the paint keeps a marking from breaking up
into dots where it is thinner than a pixel; at a distance only that line is drawn. The asphalt's texture is laid out in
lane coordinates, so that wheel tracks follow the lanes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sim.episode.labels import Label
from sim.graphics.mesh import Bools
from sim.graphics.sheets import Sheet
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
LANE = (0.78, 0.78, 0.78)  # factor on the asphalt's texture, which is brighter
SURFACES = {"Sidewalk": (1.0, 0.98, 0.93), "Shoulder": (0.72, 0.71, 0.69), "Border": (0.62, 0.66, 0.47)}
LABELS = {"Sidewalk": Label.SIDEWALK, "Border": Label.TERRAIN}  # of lane types that are not road
VERGE = ((0.0, (0.62, 0.57, 0.46)), (0.45, (0.52, 0.52, 0.34)), (1.6, (0.36, 0.52, 0.20)))  # distance [m], tint
BANK, BURIAL = 8.0, 0.4  # distance of a bank's foot from the road, and its depth below the land [m]
VERGE_SLOPE = 0.06  # descent of a verge beside a road with banks, so that it hides no other road [m/m]
DOUBLE_LINES = {
    "SOLIDSOLID": ("SOLID", "SOLID"),
    "SOLIDBROKEN": ("SOLID", "BROKEN"),
    "BROKENSOLID": ("BROKEN", "SOLID"),
    "BROKENBROKEN": ("BROKEN", "BROKEN"),
}
CURB = 0.20  # width of the kerb between a road and a sidewalk [m]
CURB_STONES = LaneMarking("SOLID", "Stone", CURB)
UNPAINTED = {"NONE", "CURB", "GRASS"}


@dataclass(frozen=True, slots=True)
class DetailLevel:
    """A level of detail.

    Attributes:
        min_distance: from the chunk's nearest point [m], for the focal length `canvas.LOD_FOCAL_LENGTH`.
        length: approximate length of a chunk [m]; distant chunks are longer, since each has a fixed cost.
        tolerance: how far the surface between two rows of points may be from the road's [m]: half a pixel.
        step: largest spacing of the rows [m].
        true_width: whether markings have their true width; otherwise they are lines one pixel wide.
        coverage: opacity of such a line [0, 1]: the fraction of a pixel that the paint would cover.
        dashes: whether broken lines are drawn broken.
    """

    min_distance: float
    length: float
    tolerance: float
    step: float
    true_width: bool
    coverage: float
    dashes: bool


DETAIL_LEVELS = (
    DetailLevel(0, 24, 0.012, 2.0, true_width=True, coverage=0.85, dashes=True),
    DetailLevel(24, 24, 0.05, 8.0, true_width=False, coverage=0.70, dashes=True),
    DetailLevel(50, 48, 0.13, 16.0, true_width=False, coverage=0.45, dashes=False),
    DetailLevel(100, 96, 0.40, 32.0, true_width=False, coverage=0.24, dashes=False),
)


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the cross-section; either border is a lane edge's index and a distance to the right of it [m]."""

    left: tuple[int, float]
    right: tuple[int, float]
    kind: str
    marking: LaneMarking | None = None


@dataclass(frozen=True, slots=True)
class RoadSamples:
    """A stretch resampled for rendering, its attributes as `Stretch` has them: n samples of k lanes."""

    s: Floats
    centre: Floats
    right: Floats
    offsets: Floats

    def points(self, offsets: Floats) -> Floats:
        """Return the points (n, c, 3) at offsets (n, c) [m] from the reference line."""
        return self.centre[:, None, :] + offsets[..., None] * self.right[:, None, :]


def compute_curvature(stretch: Stretch) -> Floats:
    """The curvature (n,) at each sample of a stretch, to the side or upwards [1/m]."""
    heading = np.unwrap(np.arctan2(stretch.right[:, 0], stretch.right[:, 1]))
    curvature: Floats = np.hypot(np.gradient(heading, stretch.s), np.gradient(stretch.grade, stretch.s))
    return curvature


def choose_rows(stretch: Stretch, curvature: Floats, start: float, end: float, level: DetailLevel) -> Floats:
    """The s [m] of a chunk's rows of points: the closer, the sharper it bends, and where dashes begin and end."""
    first, last = np.searchsorted(stretch.s, (start, end)).tolist()
    s = np.concatenate(([start], stretch.s[first:last], [end]))
    here = np.interp((s[1:] + s[:-1]) / 2, stretch.s, curvature)
    # How many rows there are up to each s, if a chord of length c is c^2 / 8 times the curvature away from its arc.
    count = np.append(0.0, np.cumsum(np.diff(s) * np.maximum(1 / level.step, np.sqrt(here / (8 * level.tolerance)))))
    rows = [np.interp(np.linspace(0, count[-1], max(1, math.ceil(count[-1])) + 1), count, s)]
    for marking in stretch.markings:
        if marking.style == "BROKEN" and level.dashes:
            period = marking.dash + marking.gap
            starts = period * np.arange(math.floor(start / period), math.ceil(end / period))
            rows += [starts, starts + marking.dash]
    every = np.unique(np.concatenate(rows))
    every = every[(every >= start) & (every <= end)]
    apart: Floats = every[np.append(True, np.diff(every) > 1e-6)]
    return apart


def cut_into_strips(stretch: Stretch, level: DetailLevel) -> list[Strip]:
    """Return the strips of a stretch's cross-section: the surfaces between the lines, then the lines."""
    painted = [_find_lines(stretch, edge) if level.true_width else [] for edge in range(len(stretch.markings))]
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


def resample(stretch: Stretch, s: Floats) -> RoadSamples:
    """Interpolate a stretch at distances s [m] along the road."""

    def at(table: Floats) -> Floats:
        return np.stack([np.interp(s, stretch.s, column) for column in table.T], axis=1)

    right = at(stretch.right)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return RoadSamples(s, at(stretch.centre), right, at(stretch.offsets))


def _find_lines(stretch: Stretch, edge: int) -> list[tuple[float, float, LaneMarking]]:
    """Borders [m], relative to a lane edge, and marking of its lines; at a road's border lines are inside the lane."""
    marking = stretch.markings[edge]
    width = marking.width
    beside = [kind for kind in stretch.kinds[max(edge - 1, 0) : edge + 1] if kind != "Sidewalk"]
    if len(beside) == 1 and 0 < edge < len(stretch.kinds):
        return [(*((0.0, CURB) if stretch.kinds[edge] == "Sidewalk" else (-CURB, 0.0)), CURB_STONES)]
    if marking.style in UNPAINTED or width <= 0.0:
        return []
    styles = DOUBLE_LINES.get(marking.style, (marking.style,))
    left = stretch.kinds[edge - 1] if edge > 0 else ""
    right = stretch.kinds[edge] if edge < len(stretch.kinds) else ""
    half = (len(styles) - 0.5) * width  # the gap between double lines is as wide as a line
    first = -half if left == right else -2 * half if left == "Driving" else 0.0
    starts = [first + 2 * i * width for i in range(len(styles))]
    return [(low, low + width, replace(marking, style=style)) for low, style in zip(starts, styles, strict=True)]


def make_thin_lines(stretch: Stretch, samples: RoadSamples, level: DetailLevel) -> Iterator[Sheet]:
    """The markings of a road as lines one pixel wide."""
    every = [(edge, *line) for edge in range(len(stretch.markings)) for line in _find_lines(stretch, edge)]
    for edge, low, high, marking in every:
        broken = marking.style == "BROKEN"
        visible = _is_painted(marking, samples.s) if level.dashes else np.ones(len(samples.s) - 1, dtype=bool)
        share = level.coverage * (marking.dash / (marking.dash + marking.gap) if broken and not level.dashes else 1.0)
        colour = share * _compute_paint_colour(marking) + (1 - share) * ASPHALT
        middle = samples.points(samples.offsets[:, [edge]] + (low + high) / 2)
        yield Sheet(middle, colour, np.zeros((len(middle), 1, 2)), Label.ROAD_LINE, visible)


def make_surface(strip: Strip, samples: RoadSamples, *, painted: bool) -> Iterator[Sheet]:
    """The painted or the unpainted part of a strip."""
    on = np.zeros(len(samples.s) - 1, dtype=bool) if strip.marking is None else _is_painted(strip.marking, samples.s)
    visible = on == painted
    if not visible.any():
        return
    borders = (samples.offsets[:, edge] + shift for edge, shift in (strip.left, strip.right))
    offsets = np.stack(tuple(borders), axis=1)
    bare = np.array(SURFACES.get(strip.kind, LANE))
    tint = _compute_paint_colour(strip.marking) if painted and strip.marking else bare
    label = Label.ROAD_LINE if painted else LABELS.get(strip.kind, Label.ROAD)
    if strip.marking is CURB_STONES:
        label = Label.SIDEWALK
    yield Sheet(samples.points(offsets), tint, _compute_lane_uvs(strip, samples, offsets), label, visible)


def _is_painted(marking: LaneMarking, s: Floats) -> Bools:
    """Whether a marking is painted in each interval of s (n - 1,)."""
    if marking.style != "BROKEN":
        return np.ones(len(s) - 1, dtype=bool)
    middle = (s[1:] + s[:-1]) / 2
    dashed: Bools = middle % (marking.dash + marking.gap) < marking.dash
    return dashed


def _compute_paint_colour(marking: LaneMarking) -> Floats:
    colour: Floats = np.array(PAINT.get(marking.colour, WHITE))
    return (1 - marking.wear) * colour + marking.wear * ASPHALT


def _compute_lane_uvs(strip: Strip, samples: RoadSamples, offsets: Floats) -> Floats:
    """Texture coordinates (n, 2, 2): u is 0 to 1 across the strip's lane, v follows s."""
    lane = min(strip.left[0], samples.offsets.shape[1] - 2)
    low, high = samples.offsets[:, [lane]], samples.offsets[:, [lane + 1]]
    u = (offsets - low) / np.maximum(high - low, 3.0)
    v = np.broadcast_to(samples.s[:, None] / TILE, u.shape)
    return np.stack((u, v), axis=-1)


def make_verges(
    samples: RoadSamples, level: DetailLevel, chunks: list[slice], ragged: list[Floats], land: Terrain
) -> Iterator[Sheet]:
    """Ragged verges of gravel turning into grass on both sides; on hilly land, also banks down or up to it."""
    every = np.ones(len(samples.s) - 1, dtype=bool)
    columns = [0, 1, 2] if level.dashes else [0, 2]  # from afar only the edges are seen
    for edge, side, factors in ((0, -1.0, ragged[0]), (-1, 1.0, ragged[1])):
        out = (np.array([distance for distance, _ in VERGE]) * factors)[:, columns]
        points = samples.points(samples.offsets[:, [edge]] + side * out)
        tint = np.array([colour for _, colour in VERGE])[columns]
        if not land.is_level:
            points[..., 2] -= VERGE_SLOPE * out
            points = np.concatenate((points, _make_bank(samples, edge, side, land)), axis=1)
            tint = np.concatenate((tint, tint[-1:]))
        tiles = points[..., :2] / GRASS_TILE
        firsts = np.floor(tiles[[chunk.start for chunk in chunks], :1])  # texture coordinates must not grow large
        uvs = tiles - np.repeat(firsts, [chunk.stop - chunk.start for chunk in chunks], axis=0)
        yield Sheet(points, tint, uvs, Label.TERRAIN, every)


def _make_bank(samples: RoadSamples, edge: int, side: float, land: Terrain) -> Floats:
    """The foot of the bank beside an edge: points (n, 1, 3) below the land."""
    feet = samples.points(samples.offsets[:, [edge]] + side * BANK)
    feet[..., 2] = land.heights_at(feet[..., 0], feet[..., 1]) - BURIAL
    return feet
