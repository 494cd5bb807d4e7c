"""Sheets are cut along their rows into geoms that hold what is visible, and no vertex besides."""

from __future__ import annotations

import numpy as np
import pytest
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.sheets import Sheet, cut_into_geoms


def make_sheet(columns: int, visible: list[bool], x: float = 0.0) -> Sheet:
    rows = len(visible) + 1
    points = np.stack(np.broadcast_arrays(np.arange(rows)[:, None], np.arange(columns) + x, 0.0), axis=-1)
    return Sheet(points, np.ones(3), np.zeros((rows, columns, 2)), Label.ROAD, np.array(visible))


def area(part: core.Geom | None) -> float:
    table, faces = mesh.read_geom(part)
    a, b, c = (table["position"][faces[:, k], :3] for k in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_each_chunk_has_its_rows_of_every_sheet() -> None:
    sheets = [make_sheet(3, [True] * 6), make_sheet(3, [True] * 6, x=10.0)]
    parts = list(cut_into_geoms(sheets, [slice(0, 5), slice(5, 7)]))  # no square joins row 4 to row 5
    assert [area(part) for part in parts] == [2 * 4 * 2.0, 2 * 1 * 2.0]
    assert [len(mesh.read_geom(part)[0]) for part in parts] == [2 * 5 * 3, 2 * 2 * 3]


def test_what_is_not_visible_costs_neither_faces_nor_vertices() -> None:
    sheet = make_sheet(2, [True, False, False, False, True, False])
    kept, hidden = cut_into_geoms([sheet], [slice(0, 5), slice(5, 7)])
    assert hidden is None
    table, faces = mesh.read_geom(kept)
    assert (len(table), len(faces)) == (4, 2)
    assert area(kept) == 1.0


def test_a_sheet_of_one_column_is_a_line() -> None:
    (line,) = cut_into_geoms([make_sheet(1, [True, False, True])], [slice(0, 4)])
    assert mesh.is_line(line)
    table, faces = mesh.read_geom(line)
    assert table["position"][faces][:, :, 1].tolist() == [[0, 1], [2, 3]]


def test_a_later_sheet_is_drawn_over_an_earlier_one() -> None:
    sheets = [make_sheet(2, [True, True]), make_sheet(2, [True, True], x=10.0)]
    (part,) = cut_into_geoms(sheets, [slice(0, 3)])
    table, faces = mesh.read_geom(part)
    x = table["position"][faces][..., 0].min(axis=1)
    assert (x >= 10.0).tolist() == [False] * 4 + [True] * 4


@pytest.mark.parametrize("chunks", [[], [slice(0, 3)]])
def test_no_sheet_makes_no_geom(chunks: list[slice]) -> None:
    assert list(cut_into_geoms([], chunks)) == [None] * len(chunks)
