"""Long sheets and lines, such as roads, cut into geoms along their rows.

All rows of a sheet are computed at once and then shared out, as a numpy call costs more than a chunk's few dozen rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.mesh import Bools, Floats, Triangles, Vertices

Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of n rows and c columns of points, or, with one column, a line one pixel wide.

    Attributes:
        points: (n, c, 3) [m], CARLA's axes.
        colours: of the points, in [0, 1], of a shape that numpy broadcasts to (n, c, 3).
        uvs: (n, c, 2) texture coordinates.
        label: of the whole sheet.
        visible: (n - 1,) whether the sheet is drawn between a row and the next.
    """

    points: Floats
    colours: Floats
    uvs: Floats
    label: Label
    visible: Bools


def cut_into_geoms(sheets: Sequence[Sheet], chunks: Sequence[slice]) -> Iterator[core.Geom | None]:
    """Make one geom for each chunk of rows, with its part of every sheet, one sheet after the other.

    Args:
        sheets: of equal shapes.
        chunks: the first row and the row after the last one of each.

    Yields:
        None for a chunk in which nothing is visible.
    """
    if not sheets:
        yield from [None] * len(chunks)
        return
    table = np.stack([mesh.make_table(s.points, s.colours, s.uvs, s.label) for s in sheets], axis=1)
    row = table[0].size
    faces, visible = _number_faces(*table.shape), np.stack([sheet.visible for sheet in sheets])
    for chunk in chunks:
        within = np.s_[:, chunk.start : chunk.stop - 1]
        chosen = faces[within][visible[within]].reshape(-1, faces.shape[-1]) - chunk.start * row
        vertices = table[chunk].reshape(-1)
        yield mesh.make_geom_from_table(*_drop_unused(vertices, chosen)) if len(chosen) else None


def _number_faces(rows: int, sheets: int, columns: int) -> Numbers:
    """The vertices' numbers of all faces (sheets, rows - 1, faces, 2 or 3): two triangles per square, or a line."""
    number = np.arange(rows * sheets * columns).reshape(rows, sheets, columns).swapaxes(0, 1)
    before, after = number[:, :-1], number[:, 1:]
    if columns == 1:
        return np.stack((before, after), axis=-1)
    a, b, c, d = before[..., :-1], before[..., 1:], after[..., :-1], after[..., 1:]
    squares = np.stack((np.stack((a, c, b), -1), np.stack((b, c, d), -1)), -2)
    return squares.reshape(sheets, rows - 1, 2 * (columns - 1), 3)


def _drop_unused(vertices: Vertices, faces: Numbers) -> tuple[Vertices, Triangles]:
    """Drop vertices that no face has: the pipe would transform them all the same."""
    used = np.zeros(len(vertices), bool)
    used[faces] = True
    if used.all():
        return vertices, faces.astype(np.uint32)
    return vertices[used], (np.cumsum(used) - 1)[faces].astype(np.uint32)
