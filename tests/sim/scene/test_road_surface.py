"""Strips cover a road's cross-section once, with paint where the map says; from afar paint is a line that pales."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panda3d import core

from sim.graphics import mesh, textures
from sim.roads.terrain import LEVEL_CELL, Terrain
from sim.roads.track import Floats, LaneMarking, Stretch
from sim.scene import road_surface
from sim.scene.road_surface import DETAIL_LEVELS, Strip, cut_into_strips, make_road_nodes, resample

PLAIN = Terrain(0.0, 0.0, LEVEL_CELL, np.zeros((2, 2)))
STYLES = st.sampled_from(("NONE", "SOLID", "BROKEN", "SOLIDSOLID", "CURB"))
MARKS = st.builds(LaneMarking, STYLES, st.just("White"), st.floats(0.1, 0.4), st.floats(1, 6), st.floats(1, 9))


def straight(markings: list[LaneMarking], widths: list[float], length: float = 60.0) -> Stretch:
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
def test_strips_lie_side_by_side_without_gap_or_overlap(markings: list[LaneMarking], widths: list[float]) -> None:
    stretch = straight(markings, widths)
    for level in DETAIL_LEVELS:
        spans = sorted(across(strip, stretch) for strip in cut_into_strips(stretch, level))
        assert [low for low, _ in spans[1:]] == pytest.approx([high for _, high in spans[:-1]])


def test_only_the_nearest_level_draws_paint_in_its_width() -> None:
    stretch = straight([LaneMarking(), LaneMarking("SOLID", "White", 0.2), LaneMarking()], [3.5, 3.5])
    widths = [
        [across(strip, stretch) for strip in cut_into_strips(stretch, level) if strip.marking]
        for level in DETAIL_LEVELS
    ]
    assert np.allclose(widths[0], [(-0.1, 0.1)])
    assert widths[1:] == [[]] * (len(DETAIL_LEVELS) - 1)


def test_the_line_at_a_road_s_border_is_painted_inside_the_lane() -> None:
    solid = LaneMarking("SOLID", "White", 0.15)
    stretch = straight([solid, LaneMarking(), solid], [3.5, 3.5])
    spans = sorted(across(strip, stretch) for strip in cut_into_strips(stretch, DETAIL_LEVELS[0]) if strip.marking)
    assert np.allclose(spans, [(-3.5, -3.35), (3.35, 3.5)])


def test_resampling_keeps_to_the_line_and_unit_normals() -> None:
    stretch = straight([LaneMarking(), LaneMarking()], [3.5])
    lines = resample(stretch, np.array([0.25, 17.75]))
    assert np.allclose(lines.centre, [[0.25, 0, 0], [17.75, 0, 0]])
    assert np.allclose(np.linalg.norm(lines.right, axis=1), 1)
    assert np.allclose(lines.points(lines.offsets)[1], [[17.75, -1.75, 0], [17.75, 1.75, 0]])


def chunks(node: core.PandaNode, level: int, at: int = len(DETAIL_LEVELS) - 1) -> Iterator[core.GeomNode]:
    """The chunks of one level in a part of road that has levels up to `at`."""
    if at == 0:
        yield node
    elif at == level:
        yield node.get_child(1)
    else:
        for child in node.get_child(0).get_children():
            yield from chunks(child, level, at - 1)


def unpictured(node: core.PandaNode, level: int) -> Iterator[tuple[Floats, mesh.Triangles, Floats]]:
    """Points, corners' numbers and colours of what is drawn without texture in one level of a part of road."""
    for chunk in chunks(node, level):
        for i in range(chunk.get_num_geoms()):
            if not chunk.get_geom_state(i).has_attrib(core.TextureAttrib):
                table, numbers = mesh.read_geom(chunk.get_geom(i))
                yield table["position"].astype(float), numbers, table["colour"].astype(float)


def drawn(stretch: Stretch, level: int) -> tuple[float, float, float]:
    """The area of paint, the length of lines, and the lines' mean brightness, in one level of a whole road."""
    plain = mesh.make_texture(textures.make_shadow()), mesh.make_texture(textures.make_shadow())
    area, length, light = 0.0, 0.0, []
    for chunk in make_road_nodes(stretch, np.random.default_rng(0), *plain, PLAIN):
        for points, numbers, colours in unpictured(chunk, level):
            corners = [points[numbers[:, k]] for k in range(numbers.shape[1])]
            if len(corners) == 3:
                a, b, c = corners
                area += float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)
            else:
                length += float(np.linalg.norm(corners[1] - corners[0], axis=1).sum())
                light.append(colours[numbers[:, 0], :3].mean())
    return area, length, float(np.mean(light))


def test_as_much_is_painted_as_the_marking_says() -> None:
    marking = LaneMarking("BROKEN", "White", 0.15, 3.0, 5.0)
    stretch = straight([LaneMarking(), marking, LaneMarking()], [3.5, 3.5], length=64.0)
    area, length, _ = drawn(stretch, 0)
    assert area == pytest.approx(8 * 3.0 * 0.15)
    assert length == pytest.approx(8 * 3.0)
    area, length, _ = drawn(stretch, len(DETAIL_LEVELS) - 1)
    assert area == 0.0
    assert length == pytest.approx(64.0, rel=1e-4)


def test_a_line_pales_towards_the_asphalt_the_farther_away_it_is() -> None:
    solid = straight([LaneMarking(), LaneMarking("SOLID", "White", 0.15), LaneMarking()], [3.5, 3.5])
    lights = [drawn(solid, level)[2] for level in range(1, len(DETAIL_LEVELS))]
    assert lights == sorted(lights, reverse=True)
    assert lights[-1] > 255 * 0.42 + 10


def test_a_chunk_s_dashes_cost_the_same_wherever_along_the_road_it_is() -> None:
    dense = LaneMarking("BROKEN", "White", 0.15, 0.1, 0.1)
    stretch = straight([LaneMarking(), dense, LaneMarking()], [3.5, 3.5], length=20_000.0)
    rows, peaks = [], []
    for start in (40.0, 19_960.0):
        tracemalloc.start()
        rows.append(road_surface._choose_rows(stretch, start, start + 24.0, DETAIL_LEVELS[0]))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert rows[1] - 19_960.0 == pytest.approx(rows[0] - 40.0)
    assert len(rows[0]) > 240
    assert peaks[1] < 2 * peaks[0]
