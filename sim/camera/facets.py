"""Facets of a scene: each face described in integers, so that faces in one plane and of one label are equal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.episode.labels import Label
from sim.graphics import mesh
from sim.graphics.mesh import Floats, Triangles, Vertices

Integers = npt.NDArray[np.int64]
SKY_DESCRIPTION = (0, 0, 0, 0, 0, 10_000)  # as `describe_faces` would return it; sorts before all others
NORMAL_SCALE, DISTANCE_SCALE = 1_000_000, 1e-4  # of the integers in descriptions: units in 1; [m] in a unit
THIN = (Label.VEGETATION, Label.POLE)  # treated as points


def describe_geoms(geoms: Sequence[core.Geom]) -> Integers:
    """Describe the faces of all geoms, one geom after the other, as `describe_faces` does."""
    read = [mesh.read_geom(geom) for geom in geoms]
    table = np.concatenate([vertices for vertices, _ in read])
    firsts = np.cumsum([0, *(len(vertices) for vertices, _ in read)]).tolist()
    corners = np.repeat([faces.shape[1] for _, faces in read], [len(faces) for _, faces in read])
    descriptions = np.empty((len(corners), len(SKY_DESCRIPTION)), np.int64)
    for count in np.unique(corners).tolist():
        chosen = [faces + first for (_, faces), first in zip(read, firsts, strict=False) if faces.shape[1] == count]
        descriptions[corners == count] = describe_faces(table, np.concatenate(chosen))
    return descriptions


def number_rows(rows: Integers) -> tuple[Integers, Integers]:
    """Return the different rows, sorted, and the number of each row among them; `np.unique` is slower."""
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    is_new = np.append(True, (ordered[1:] != ordered[:-1]).any(axis=1))
    numbers = np.empty(len(rows), np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    return ordered[is_new], numbers


def describe_faces(table: Vertices, faces: Triangles) -> Integers:
    """Describe each face in integers (m, 6): whether it is thin, label, and its plane or, if it is thin, its centre.

    Planes are unit normals times NORMAL_SCALE and distances from the origin in DISTANCE_SCALE, as are centres.
    """
    points = table["position"][:, [1, 0, 2]].astype(np.float64)
    a, b = points[faces[:, 0]], points[faces[:, 1]]
    # A line is given the plane that is level at right angles to it.
    c = points[faces[:, 2]] if faces.shape[1] == 3 else a + np.cross(b - a, (0.0, 0.0, 1.0))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    normals *= np.where(normals @ (1e-3, 2e-3, 1.0) < 0, -1.0, 1.0)[:, None]  # a plane has no sides
    distances = (normals * a).sum(axis=1)
    labels = table["label"][faces[:, 0]].astype(np.int64)
    planes = np.rint(np.column_stack((normals * NORMAL_SCALE, distances * 1e4))).astype(np.int64)
    thin = np.isin(labels, THIN)
    descriptions: Integers = np.column_stack((thin, labels, planes))
    descriptions[thin, 2:5] = np.rint(_find_centres(points, faces[thin]) * 1e4).astype(np.int64)
    descriptions[thin, 5] = 0
    return descriptions


def _find_centres(points: Floats, triangles: Triangles) -> Floats:
    """The middle of each triangle's longest side (m, 3), which for half a rectangle is the rectangle's centre."""
    corners = points[triangles]
    ends = np.roll(corners, -1, axis=1)
    longest = np.linalg.norm(ends - corners, axis=2).argmax(axis=1)
    each = np.arange(len(triangles))
    centres: Floats = (corners[each, longest] + ends[each, longest]) / 2
    return centres
