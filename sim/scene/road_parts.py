"""Roads cut into parts that Panda3D culls, each in several levels of detail: the distant ones longer and coarser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from panda3d import core

from sim.graphics import mesh
from sim.graphics.mesh import Floats
from sim.graphics.sheets import cut_into_geoms
from sim.roads.terrain import Terrain
from sim.roads.track import Stretch
from sim.scene.road_surface import (
    DETAIL_LEVELS,
    VERGE,
    DetailLevel,
    RoadSamples,
    choose_rows,
    compute_curvature,
    cut_into_strips,
    make_surface,
    make_thin_lines,
    make_verges,
    resample,
)

TOGETHER = 8  # parts of the coarsest level whose chunks are built at once; a server that loads a map pauses so long


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a road, start to end [m], in one level of detail, and the finer parts that replace it nearby."""

    level: int
    start: float
    end: float
    finer: tuple[Part, ...]

    def walk(self) -> Iterator[Part]:
        """Yield this part, then its finer ones, each before its own."""
        yield self
        for part in self.finer:
            yield from part.walk()


def make_road_nodes(
    stretch: Stretch, random: np.random.Generator, asphalt: core.Texture, grass: core.Texture, land: Terrain
) -> Iterator[core.PandaNode]:
    """Make the nodes of a stretch of road with markings and verges, one per chunk along s.

    Args:
        stretch: the stretch.
        random: makes the verges ragged.
        asphalt: the texture of lanes.
        grass: the texture of verges.
        land: the terrain that the banks descend to.
    """
    states = tuple(
        mesh.make_flat_state(10 + i, kind, depth_tested=not land.is_level, depth_offset=i)
        for i, kind in enumerate((grass, asphalt, None, None))
    )
    parts = _cut(len(DETAIL_LEVELS) - 1, float(stretch.s[0]), float(stretch.s[-1]), DETAIL_LEVELS[-1].length)
    builder = _Builder(stretch, random, states, land)
    for first in range(0, len(parts), TOGETHER):
        some = parts[first : first + TOGETHER]
        chunks = builder.build([part for root in some for part in root.walk()])
        for part in some:
            yield _make_node(stretch, part, chunks)


def _cut(level: int, start: float, end: float, each: float) -> tuple[Part, ...]:
    """Cut the road from start to end [m] into equal parts of about some length, and these into finer ones."""
    cuts = np.linspace(start, end, max(1, round((end - start) / each)) + 1).tolist()
    return tuple(
        Part(level, low, high, _cut(level - 1, low, high, DETAIL_LEVELS[level - 1].length) if level else ())
        for low, high in pairwise(cuts)
    )


def _make_node(stretch: Stretch, part: Part, chunks: Mapping[Part, core.GeomNode]) -> core.PandaNode:
    """Make the node of a part: its own chunk at a distance, its finer parts nearby."""
    if not part.finer:
        return chunks[part]
    finer = core.PandaNode("finer")
    for each in part.finer:
        finer.add_child(_make_node(stretch, each, chunks))
    node = core.LODNode("road")
    x, y, z = resample(stretch, np.array([(part.start + part.end) / 2])).centre[0].tolist()
    node.set_center(core.LPoint3(y, x, z))
    switch = DETAIL_LEVELS[part.level].min_distance + (part.end - part.start) / 2
    for child, nearest, farthest in ((finer, 0.0, switch), (chunks[part], switch, 1e6)):
        node.add_switch(farthest, nearest)
        node.add_child(child)
    return node


class _Builder:
    """Builds the chunks of one stretch, all those of one level of detail at once."""

    def __init__(
        self, stretch: Stretch, random: np.random.Generator, states: tuple[core.RenderState, ...], land: Terrain
    ) -> None:
        self._stretch, self._random, self._states, self._land = stretch, random, states, land
        self._curvature = compute_curvature(stretch)

    def build(self, parts: list[Part]) -> dict[Part, core.GeomNode]:
        """Build the chunk of each part."""
        rows = {
            part: choose_rows(self._stretch, self._curvature, part.start, part.end, DETAIL_LEVELS[part.level])
            for part in parts
        }
        # Drawn part by part, so that what a road looks like does not depend on what is built together.
        ragged = {part: [self._roughen(len(rows[part])) for _ in range(2)] for part in parts}
        nodes: dict[Part, core.GeomNode] = {}
        for i, level in enumerate(DETAIL_LEVELS):
            chosen = [part for part in parts if part.level == i]
            ends = np.cumsum([0, *(len(rows[part]) for part in chosen)]).tolist()
            chunks = [slice(*ends_of_one) for ends_of_one in pairwise(ends)]
            samples = resample(self._stretch, np.concatenate([rows[part] for part in chosen]))
            sides = [np.concatenate([ragged[part][side] for part in chosen]) for side in range(2)]
            nodes |= zip(chosen, self._build_level(level, samples, chunks, sides), strict=True)
        return nodes

    def _roughen(self, count: int) -> Floats:
        """Random factors (count, k) on the distances in VERGE."""
        if self._stretch.junction:
            return np.ones((count, len(VERGE)))
        factors: Floats = 1 + 0.25 * self._random.uniform(-1, 1, (count, len(VERGE)))
        return factors

    def _build_level(
        self, level: DetailLevel, samples: RoadSamples, chunks: list[slice], ragged: list[Floats]
    ) -> Iterator[core.GeomNode]:
        """Build the chunks of one level from their samples, which come one after the other."""
        stretch, strips = self._stretch, cut_into_strips(self._stretch, level)
        verges = [] if stretch.junction else list(make_verges(samples, level, chunks, ragged, self._land))
        surface = [sheet for strip in strips for sheet in make_surface(strip, samples, painted=False)]
        thin = list(make_thin_lines(stretch, samples, level))
        paint = [sheet for strip in strips for sheet in make_surface(strip, samples, painted=True)]
        for geoms in zip(*(cut_into_geoms(kind, chunks) for kind in (verges, surface, thin, paint)), strict=True):
            node = core.GeomNode("chunk")
            for geom, state in zip(geoms, self._states, strict=True):
                if geom is not None:
                    node.add_geom(geom, state)
            yield node
