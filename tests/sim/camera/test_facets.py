"""Faces in one plane and of one label are one facet, whichever geom they are in."""

from __future__ import annotations

from itertools import chain

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.camera.facets import describe_faces, describe_geoms, number_rows
from sim.episode.labels import Label
from sim.graphics import mesh

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.integers(-(1 << 40), 1 << 40), st.integers(0, 1)), min_size=1)


@given(ROWS)
def test_rows_are_numbered_as_numpy_does(rows: list[tuple[int, int, int]]) -> None:
    table = np.array(rows, np.int64)
    kinds, numbers = number_rows(table)
    expected, inverse = np.unique(table, axis=0, return_inverse=True)
    assert kinds.tolist() == expected.tolist()
    assert numbers.tolist() == inverse.reshape(-1).tolist()


def test_faces_are_described_in_the_order_of_their_geoms_lines_among_triangles() -> None:
    points = np.array([[[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]], [[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]])
    sheets = [mesh.make_sheet(points + up, np.ones(3), np.zeros((2, 2, 2)), Label.ROAD) for up in (0.0, 2.0)]
    line = mesh.make_line(points[0], np.ones(3), np.array([True]), Label.ROAD_LINE)
    geoms = [mesh.make_geom(part) for part in (sheets[0], line, sheets[1])]
    each = [describe_faces(*mesh.read_geom(geom)).tolist() for geom in geoms]
    assert describe_geoms(geoms).tolist() == list(chain(*each))
    assert each[0][0] == each[0][1] != each[2][0]
