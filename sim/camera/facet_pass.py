"""Depth and labels of every pixel, from a second pass in which each facet of the scene has a colour of its own.

The software pipe cannot read back its depth buffer. But a pixel whose colour identifies its facet identifies a plane,
whose intersection with the pixel's ray gives the depth in closed form; it also identifies the facet's label. Facets of
one label in one plane share an id, so a level track has few; level land need not be drawn at all, since it is what the
background stands for. Plants and posts are treated as points, because their planes may be seen edge-on.

For weather effects a coarse pass suffices: roads have fewer vertices, and everything but roads has one label. Neither
fog nor the reflection on a wet road shows the difference, and there are half as many vertices.

An id is written as 7 bits in each of B, G and R, above a lowest bit that is always set, because the pipe's texture
arithmetic may lose one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from panda3d import core

from sim.camera.facets import DISTANCE_SCALE, NORMAL_SCALE, SKY_DESCRIPTION, describe_faces, describe_geoms, number_rows
from sim.episode.labels import Label
from sim.geometry.poses import Pose, matrix
from sim.geometry.rays import Rays, camera_axes
from sim.graphics import mesh
from sim.graphics.canvas import FAR, to_panda_matrix
from sim.graphics.mesh import Floats, Triangles

Integers = npt.NDArray[np.int64]
FloatImage = npt.NDArray[np.float32]
MAX_FACETS = 1 << 21
SKY = 0  # the sky's id
REFLECTIVE = (Label.ROAD, Label.ROAD_LINE)  # when wet
LOD_FACTOR = 0.5  # on the distance at which the coarse pass switches to a coarser level of detail
NEAREST, FARTHEST = 0.15, 1000.0  # range of CARLA's depth camera [m]


@dataclass(frozen=True, slots=True)
class GeometryBuffer:
    """The geometry seen in each pixel.

    Attributes:
        inverse_depth: (h, w) along the camera's forward axis [1/m]; 0 for the sky and beyond the far clipping plane.
        height: (h, w) of the camera above the plane of the road in that pixel [m]; very large if it shows no road.
    """

    inverse_depth: FloatImage
    height: FloatImage


@dataclass(frozen=True, slots=True)
class _Body:
    """An actor's node in this pass, the index of its first facet after the scene's, and its planes in its own axes."""

    node: core.NodePath
    first: int
    planes: Integers


class FacetPass:
    """The facet pass of a scene.

    Attributes:
        root: the node for cameras to draw.
        background: colour (3,) in [0, 1] to draw it on.
        labels: (n,) `Label` of each facet, by id.

    Args:
        scene: the scene that the colour pass draws.
        level_height: height of the land if it is level, else None [m].
        coarse: leave out what weather effects do not show.

    Raises:
        RuntimeError: the scene has more than MAX_FACETS facets.
    """

    def __init__(self, scene: core.NodePath, level_height: float | None = None, *, coarse: bool = False) -> None:
        self.root = core.NodePath("facets")
        copy = scene.copy_to(self.root)
        for name in ("sky", "**/actors"):  # the sky is background; actors come and go, see `place_bodies`
            copy.find_all_matches(name).detach()
        if coarse:
            _coarsen(copy)
        for node in (copy, *copy.find_all_matches("**")):
            node.clear_color_scale()  # the scene's light would change the ids
        geoms = [entry for entry in _take_geoms(copy) if not (coarse and mesh.is_line(entry[1]))]
        descriptions = np.concatenate([[SKY_DESCRIPTION], describe_geoms([geom for _, geom, _ in geoms])])
        if coarse:
            descriptions[1:, 1] = np.where(np.isin(descriptions[1:, 1], REFLECTIVE), Label.ROAD, Label.TERRAIN)
        kinds, ids = number_rows(descriptions)
        if len(kinds) > MAX_FACETS:
            raise RuntimeError(f"the scene has {len(kinds)} facets, expected at most {MAX_FACETS}")
        self.labels = kinds[:, 1].astype(np.uint8)
        self.labels[SKY] = Label.SKY
        self._scene_count = len(self.labels)
        self._body_planes: Floats = np.zeros((0, 4))
        self._bodies: dict[int, _Body] = {}
        self._reflective = np.isin(self.labels, REFLECTIVE)
        flat, thin = kinds[kinds[:, 0] == 0, 2:], kinds[kinds[:, 0] == 1, 2:]  # ids are in this order
        self._normals, self._distances = np.ascontiguousarray(flat[:, :3].T) / NORMAL_SCALE, flat[:, 3] * DISTANCE_SCALE
        self._centres: Floats = np.ascontiguousarray(thin[:, :3].T).astype(np.float64) * DISTANCE_SCALE
        land = (0, int(Label.TERRAIN), 0, 0, NORMAL_SCALE, round((level_height or 0.0) * 1e4))
        land_ids = np.flatnonzero((kinds == land).all(axis=1))
        self._background = SKY if level_height is None or not len(land_ids) else int(land_ids[0])
        self.background = tuple((code / 255).tolist() for code in _encode(np.array(self._background)))
        self._colour_by_id(geoms, ids[1:])

    def place_bodies(self, bodies: Sequence[tuple[core.NodePath, Pose]]) -> None:
        """Show these actors in place of those before; each has a node with one geom, in its own axes, and a pose.

        Their planes are recomputed for every pose; their ids follow those of the scene.
        """
        if any(body.get_key() not in self._bodies for body, _ in bodies):
            self._assign_ids([body for body, _ in bodies])
        poses = {body.get_key(): pose for body, pose in bodies}
        self._body_planes = np.zeros((len(self.labels) - self._scene_count, 4))
        for key, body in self._bodies.items():
            if key in poses:
                body.node.set_mat(to_panda_matrix(poses[key]))
                body.node.show()
                self._body_planes[body.first : body.first + len(body.planes)] = _transform_planes(
                    body.planes, poses[key]
                )
            else:
                body.node.hide()

    def _assign_ids(self, bodies: list[core.NodePath]) -> None:
        """Assign ids to the facets of these actors, in place of those before."""
        for before in self._bodies.values():
            before.node.remove_node()
        self._bodies = {}
        labels = [self.labels[: self._scene_count]]
        first = 0
        for body in bodies:
            copy = body.copy_to(self.root)
            ((node, geom, _),) = list(_take_geoms(copy))
            table, faces = mesh.read_geom(geom)
            kinds, ids = number_rows(describe_faces(table, faces))
            node.add_geom(_make_id_geom(table, faces, self._scene_count + first + ids), mesh.make_upright_state(None))
            labels.append(kinds[:, 1].astype(np.uint8))
            self._bodies[body.get_key()] = _Body(copy, first, kinds[:, 2:])
            first += len(kinds)
        self.labels = np.concatenate(labels)

    def compute_geometry(self, ids: Integers, rays: Rays, pose: Pose) -> GeometryBuffer:
        """Compute the geometry that a camera at `pose` sees from its facet ids (h, w)."""
        # An image shows a few hundred of tens of thousands of facets; only these are computed.
        seen = np.flatnonzero(np.bincount(ids.reshape(-1), minlength=len(self.labels)) > 0)
        flat, thin, moving = np.split(seen, np.searchsorted(seen, (len(self._distances), self._scene_count)))
        position, axes = np.array([pose.x, pose.y, pose.z]), camera_axes(pose).T
        table = np.empty((4, len(self.labels)), np.float32)  # one row per factor, which `take` is fast with
        table[:3, seen], table[3, seen] = 0.0, 1e6
        normals = self._normals[:, flat]
        distances = _write_factors(table, flat, normals, self._distances[flat] - _dot(position, normals), axes)
        reflective = self._reflective[flat]
        table[3, flat[reflective]] = np.abs(distances[reflective])
        planes = self._body_planes[moving - self._scene_count].T
        _write_factors(table, moving, planes[:3], planes[3] - _dot(position, planes[:3]), axes)
        ahead = _dot(axes[0], self._centres[:, thin - len(self._distances)]) - position @ axes[0]
        table[0, thin] = 1 / np.maximum(ahead, NEAREST)
        a, b, c, height = (
            np.take(row, ids, mode="clip") for row in table
        )  # ids are in range; "clip" is the fastest mode
        inverse = a + b * rays.right + c * rays.down
        inverse = cv2.threshold(inverse, 1 / FAR, 0, cv2.THRESH_TOZERO)[1]  # beyond the far clipping plane
        return GeometryBuffer(np.minimum(inverse, 1 / NEAREST), height)

    def _colour_by_id(self, geoms: list[tuple[core.GeomNode, core.Geom, core.RenderState]], ids: Integers) -> None:
        masks: dict[core.Texture, core.Texture] = {}
        first = 0
        for node, geom, state in geoms:
            table, faces = mesh.read_geom(geom)
            own = ids[first : first + len(faces)]
            first += len(faces)
            if self._background == SKY or (own != self._background).any():
                node.add_geom(_make_id_geom(table, faces, own), _remove_texture_colours(state, masks))


def _write_factors(table: FloatImage, columns: Integers, normals: Floats, distances: Floats, axes: Floats) -> Floats:
    """Write factors a, b, c such that a plane's inverse depth along a ray (1, right, down) is a + b right + c down.

    Args:
        table: (4, ...); the factors become its first three rows.
        columns: (n,) the planes' columns in the table.
        normals: (3, n) of the planes.
        distances: (n,) of the planes from the camera along their normals [m].
        axes: (3, 3) the camera's axes, one per row.

    Returns:
        The distances, none of them zero.
    """
    distances = np.where(np.abs(distances) < 1e-6, 1e-6, distances)
    for row, axis in enumerate(axes):
        table[row, columns] = _dot(axis, normals) / distances
    return distances


def _dot(vector: Floats, columns: Floats) -> Floats:
    """Inner products of a vector (3,) with columns (3, n); unlike BLAS's, each is independent of its column's index."""
    x, y, z = columns
    return np.asarray(vector[0] * x + vector[1] * y + vector[2] * z)


def decode_ids(image: npt.NDArray[np.uint8]) -> Integers:
    """Return the facet ids (h, w) in an image of the facet pass (h, w, 4), B, G, R, A."""
    codes = np.ascontiguousarray(image).view("<u4")[..., 0]
    return (((codes >> 1) & 0x7F) | ((codes >> 2) & 0x3F80) | ((codes >> 3) & 0x1FC000)).astype(np.int64)


def _take_geoms(root: core.NodePath) -> Iterator[tuple[core.GeomNode, core.Geom, core.RenderState]]:
    """Detach the geoms from their nodes and yield them, without those that are blended over others (shadows)."""
    for path in root.find_all_matches("**/+GeomNode"):
        node = path.node()
        every = [(node.get_geom(i), node.get_geom_state(i)) for i in range(node.get_num_geoms())]
        node.remove_all_geoms()
        yield from ((node, geom, state) for geom, state in every if not mesh.is_blended(state))


def _coarsen(scene: core.NodePath) -> None:
    """Halve the distances of the roads' levels of detail and drop the finest level, and with it the wide markings."""
    for path in scene.find_all_matches("**/road"):
        node, finer = path.node(), path.get_child(0)
        switch = LOD_FACTOR * node.get_out(1)
        node.clear_switches()
        if finer.find("**/road"):
            node.add_switch(switch, 0.0)
        else:
            finer.detach_node()
            switch = 0.0
        node.add_switch(math.inf, switch)


def _transform_planes(planes: Integers, pose: Pose) -> Floats:
    """Transform planes (n, 4), as in descriptions, to the world's axes: unit normals and distances [m]."""
    at = matrix(pose)
    normals = planes[:, :3] / NORMAL_SCALE @ at[:3, :3].T
    transformed: Floats = np.column_stack((normals, planes[:, 3] * DISTANCE_SCALE + normals @ at[:3, 3]))
    return transformed


def _make_id_geom(table: npt.NDArray[np.void], faces: Triangles, ids: Integers) -> core.Geom:
    """Make a geom whose faces have their ids' colours; vertices are duplicated where the ids of neighbours differ."""
    keys, indices = np.unique(faces.astype(np.int64) * MAX_FACETS + ids[:, None], return_inverse=True)
    vertices = table[keys // MAX_FACETS].copy()
    for channel, code in enumerate(_encode(keys % MAX_FACETS)):
        vertices["colour"][:, channel] = code
    vertices["colour"][:, 3] = 255
    return mesh.make_geom_from_table(vertices, indices.reshape(faces.shape).astype(np.uint32))


def _encode(ids: Integers) -> tuple[Integers, ...]:
    """The bytes of red, green and blue that encode ids; red holds the highest bits."""
    return tuple(((ids >> shift) & 0x7F) * 2 + 1 for shift in (14, 7, 0))


def _remove_texture_colours(state: core.RenderState, masks: dict[core.Texture, core.Texture]) -> core.RenderState:
    """The same state without its texture's colours; where alpha determines the shape, it is kept."""
    found = state.get_attrib(core.TextureAttrib)
    if found is None:
        return state
    if not mesh.is_masked(state):
        return state.remove_attrib(core.TextureAttrib)
    texture = found.get_on_texture(found.get_on_stage(0))
    if texture not in masks:
        masks[texture] = mesh.make_silhouette(texture)
    return state.set_attrib(core.TextureAttrib.make(masks[texture]))
