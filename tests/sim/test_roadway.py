"""Strips cover a road's cross-section once, paint where the map says, and as much of it from afar as from near."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panda3d import core

from sim import mesh, textures
from sim.roadway import LEVELS, Strip, resampled, roadway, strips_across
from sim.terrain import LEVEL_CELL, Terrain
from sim.track import Marking, Stretch

PLAIN = Terrain(0.0, 0.0, LEVEL_CELL, np.zeros((2, 2)))
STYLES = st.sampled_from(("NONE", "SOLID", "BROKEN", "SOLIDSOLID", "CURB"))
MARKS = st.builds(Marking, STYLES, st.just("White"), st.floats(0.1, 0.4), st.floats(1, 6), st.floats(1, 9))


def straight(markings: list[Marking], widths: list[float], length: float = 60.0) -> Stretch:
    s = np.linspace(0.0, length, round(length) + 1, dtype=np.float64)
    offsets = np.cumsum([0.0, *widths]) - sum(widths) / 2
    return Stretch(
        s=s,
        centre=np.column_stack((s, 0 * s, 0 * s)),
        right=np.tile([0.0, 1.0, 0.0], (len(s), 1)),
        offsets=np.tile(offsets, (len(s), 1)),
        kinds=("Driving",) * len(widths),
        markings=tuple(markings),
    )


def across(strip: Strip, stretch: Stretch) -> tuple[float, float]:
    low, high = (float(stretch.offsets[0, edge] + shift) for edge, shift in (strip.left, strip.right))
    return low, high


@given(st.lists(MARKS, min_size=4, max_size=4), st.lists(st.floats(2.5, 5.0), min_size=3, max_size=3))
def test_strips_lie_side_by_side_without_gap_or_overlap(markings: list[Marking], widths: list[float]) -> None:
    stretch = straight(markings, widths)
    for level in LEVELS:
        spans = sorted(across(strip, stretch) for strip in strips_across(stretch, level))
        assert [low for low, _ in spans[1:]] == pytest.approx([high for _, high in spans[:-1]])


@given(st.floats(0.1, 0.3), st.floats(1, 6), st.floats(1, 9))
def test_a_line_is_drawn_wider_from_afar_but_paler_by_as_much(width: float, dash: float, gap: float) -> None:
    stretch = straight([Marking(), Marking("BROKEN", "White", width, dash, gap), Marking()], [3.5, 3.5])
    for level in LEVELS:
        (line,) = (strip for strip in strips_across(stretch, level) if strip.line)
        low, high = across(line, stretch)
        assert line.line is not None
        marking, share = line.line
        filled = dash / (dash + gap) if marking.style == "BROKEN" else 1.0
        assert (high - low) * share * filled == pytest.approx(width * dash / (dash + gap))


def test_the_line_at_a_road_s_border_is_painted_inside_the_lane() -> None:
    solid = Marking("SOLID", "White", 0.15)
    stretch = straight([solid, Marking(), solid], [3.5, 3.5])
    spans = sorted(across(strip, stretch) for strip in strips_across(stretch, LEVELS[0]) if strip.line)
    assert np.allclose(spans, [(-3.5, -3.35), (3.35, 3.5)])


def test_resampling_keeps_to_the_line_and_unit_normals() -> None:
    stretch = straight([Marking(), Marking()], [3.5])
    lines = resampled(stretch, np.array([0.25, 17.75]))
    assert np.allclose(lines.centre, [[0.25, 0, 0], [17.75, 0, 0]])
    assert np.allclose(np.linalg.norm(lines.right, axis=1), 1)
    assert np.allclose(lines.points(lines.offsets)[1], [[17.75, -1.75, 0], [17.75, 1.75, 0]])


def painted_area(node: core.LODNode, level: int) -> float:
    """The area of what is drawn without texture in one level of a chunk."""
    chunk = node.get_child(level)
    total = 0.0
    for i in range(chunk.get_num_geoms()):
        if not chunk.get_geom_state(i).has_attrib(core.TextureAttrib):
            geom = chunk.get_geom(i)
            reader = core.GeomVertexReader(geom.get_vertex_data(), "vertex")
            points = np.array([tuple(reader.get_data3()) for _ in range(geom.get_vertex_data().get_num_rows())])
            view = geom.get_primitive(0)
            corners = np.array([view.get_vertex(k) for k in range(view.get_num_vertices())]).reshape(-1, 3)
            a, b, c = (points[corners[:, k]] for k in range(3))
            total += float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
    return total


def test_as_much_is_painted_as_the_marking_says() -> None:
    marking = Marking("BROKEN", "White", 0.15, 3.0, 5.0)
    stretch = straight([Marking(), marking, Marking()], [3.5, 3.5], length=64.0)
    random = np.random.default_rng(0)
    plain = mesh.texture(textures.shadow()), mesh.texture(textures.shadow())
    chunks = list(roadway(stretch, random, *plain, PLAIN))
    assert sum(painted_area(chunk, 0) for chunk in chunks) == pytest.approx(8 * 3.0 * 0.15)
    assert sum(painted_area(chunk, 2) for chunk in chunks) == pytest.approx(64.0 * LEVELS[2].width, rel=1e-4)
