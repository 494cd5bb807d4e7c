"""What every pixel shows, by number: a second drawing of the scene in which each flat facet has a colour of its own.

The software pipe gives no depth away. But a pixel that names its facet names a plane, and a plane met by the pixel's
ray gives the depth in closed form; and it names what the facet belongs to. Facets in one plane and of one label share
a number, so a level track has few, and a plain needs no drawing at all: it is what is seen where nothing was drawn. A
plant or a post counts as a point: its planes may be seen edge-on.

For weathers the drawing is rough: a bend of the road has fewer corners, and all that is no road has one label. Neither
fog nor a wet road's sheen shows the difference, and there are half as many corners.

Numbers are written as 7 bits in each of B, G and R, above a lowest bit that is always set: the pipe's texture
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

from sim.episode.labels import Label
from sim.geometry.poses import Pose, matrix
from sim.geometry.rays import Rays, camera_axes
from sim.graphics import mesh
from sim.graphics.canvas import FAR, to_panda_matrix
from sim.graphics.mesh import Floats, Triangles

Numbers = npt.NDArray[np.int64]
Map = npt.NDArray[np.float32]
MOST = 1 << 21
SKY = 0  # the sky's number
NO_PLANE = (0, 0, 0, 0, 0, 10_000)  # the sky as `_described`, before all else
UP = 1_000_000  # a unit of normals as `_described`
SLIM = (Label.VEGETATION, Label.POLE)
SHINING = (Label.ROAD, Label.ROAD_LINE)  # when wet
ROUGHER = 0.5  # how far away a road is drawn in a coarser level, to how far it is otherwise
NEAREST, FARTHEST = 0.15, 1000.0  # [m]; CARLA's depth camera knows nothing beyond


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen in each pixel.

    Attributes:
        inverse: (h, w) inverse depth along the camera's forward axis [1/m], 0 for the sky and all that is farther than
            what is drawn.
        height: (h, w) how high the camera is over the plane of a road [m]; very large where there is no road.
    """

    inverse: Map
    height: Map


@dataclass(frozen=True, slots=True)
class _Body:
    """A body's second drawing, the number of its first facet after the scene's, and planes (n, 4) in its own axes."""

    drawn: core.NodePath
    first: int
    planes: Numbers


class Facets:
    """The second drawing of a scene.

    Attributes:
        root: what a camera has to draw.
        void: the colour (3,) in [0, 1] to draw it on.
        labels: (n,) `Label` of each facet.

    Args:
        scene: what the first drawing is made of.
        plain: the height [m] of the land, if it is level.
        rough: leave out what a weather does not show.
    """

    def __init__(self, scene: core.NodePath, plain: float | None = None, *, rough: bool = False) -> None:
        self.root = core.NodePath("facets")
        copy = scene.copy_to(self.root)
        for name in ("sky", "**/things"):  # nothing is drawn where the sky is; bodies come and go, see `place`
            copy.find_all_matches(name).detach()
        if rough:
            _coarsen(copy)
        for node in (copy, *copy.find_all_matches("**")):
            node.clear_color_scale()  # the light of the day would change the numbers
        geoms = [found for found in _geoms(copy) if not (rough and mesh.is_line(found[1]))]
        described = np.concatenate([[NO_PLANE], *(_described(*mesh.read_geom(geom)) for _, geom, _ in geoms)])
        if rough:
            described[1:, 1] = np.where(np.isin(described[1:, 1], SHINING), Label.ROAD, Label.TERRAIN)
        kinds, numbers = np.unique(described, axis=0, return_inverse=True)
        if len(kinds) > MOST:
            raise RuntimeError(f"the scene has {len(kinds)} facets, more than {MOST} cannot be told apart")
        self.labels = kinds[:, 1].astype(np.uint8)
        self.labels[SKY] = Label.SKY
        self._scenery = len(self.labels)
        self._moving: Floats = np.zeros((0, 4))
        self._known: dict[int, _Body] = {}
        self._shining = np.isin(self.labels, SHINING)
        flat, slim = kinds[kinds[:, 0] == 0, 2:], kinds[kinds[:, 0] == 1, 2:]  # in this order
        self._normals, self._distances = np.ascontiguousarray(flat[:, :3].T) / UP, flat[:, 3] * 1e-4
        self._middles = np.ascontiguousarray(slim[:, :3].T) * 1e-4
        land = (0, int(Label.TERRAIN), 0, 0, UP, round((plain or 0.0) * 1e4))
        found = np.flatnonzero((kinds == land).all(axis=1))
        self._void = SKY if plain is None or not len(found) else int(found[0])
        self.void = tuple((code / 255).tolist() for code in _code(np.array(self._void)))
        self._repaint(geoms, numbers.reshape(-1)[1:])

    def place(self, bodies: Sequence[tuple[core.NodePath, Pose]]) -> None:
        """Put bodies, nodes above one geom in their own axes, beside the scene in place of those before.

        Bodies move: their planes are reckoned anew for every pose. Their numbers follow those of the scene.
        """
        if any(body.get_key() not in self._known for body, _ in bodies):
            self._learn([body for body, _ in bodies])
        poses = {body.get_key(): pose for body, pose in bodies}
        self._moving = np.zeros((len(self.labels) - self._scenery, 4))
        for key, known in self._known.items():
            if key in poses:
                known.drawn.set_mat(to_panda_matrix(poses[key]))
                known.drawn.show()
                self._moving[known.first : known.first + len(known.planes)] = _moved(known.planes, poses[key])
            else:
                known.drawn.hide()

    def _learn(self, bodies: list[core.NodePath]) -> None:
        """Number the facets of these bodies, and of no others."""
        for known in self._known.values():
            known.drawn.remove_node()
        self._known = {}
        labels = [self.labels[: self._scenery]]
        first = 0
        for body in bodies:
            copy = body.copy_to(self.root)
            ((node, geom, _),) = list(_geoms(copy))
            table, faces = mesh.read_geom(geom)
            kinds, numbers = np.unique(_described(table, faces), axis=0, return_inverse=True)
            node.add_geom(
                _numbered(table, faces, self._scenery + first + numbers.reshape(-1)), mesh.make_upright_state(None)
            )
            labels.append(kinds[:, 1].astype(np.uint8))
            self._known[body.get_key()] = _Body(copy, first, kinds[:, 2:])
            first += len(kinds)
        self.labels = np.concatenate(labels)

    def sight(self, numbers: Numbers, rays: Rays, pose: Pose) -> Sight:
        """What a camera at a pose sees by the facets' numbers (h, w)."""
        # Of tens of thousands of facets a picture shows some hundreds: only these are reckoned.
        seen = np.flatnonzero(np.bincount(numbers.reshape(-1), minlength=len(self.labels)) > 0)
        flat, slim, moving = np.split(seen, np.searchsorted(seen, (len(self._distances), self._scenery)))
        eye, turned = np.array([pose.x, pose.y, pose.z]), camera_axes(pose).T
        table = np.empty((4, len(self.labels)), np.float32)  # a row for each factor: that is what `take` is fast with
        table[:3, seen], table[3, seen] = 0.0, 1e6
        normals = self._normals[:, flat]
        over = _meet(table, flat, normals, self._distances[flat] - _along(eye, normals), turned)
        shining = self._shining[flat]
        table[3, flat[shining]] = np.abs(over[shining])
        planes = self._moving[moving - self._scenery].T
        _meet(table, moving, planes[:3], planes[3] - _along(eye, planes[:3]), turned)
        ahead = _along(turned[0], self._middles[:, slim - len(self._distances)]) - eye @ turned[0]
        table[0, slim] = 1 / np.maximum(ahead, NEAREST)
        a, b, c, height = (np.take(row, numbers, mode="clip") for row in table)  # in range by construction
        inverse = a + b * rays.right + c * rays.down
        inverse = cv2.threshold(inverse, 1 / FAR, 0, cv2.THRESH_TOZERO)[1]  # what is farther is not drawn
        return Sight(np.minimum(inverse, 1 / NEAREST), height)

    def _repaint(self, geoms: list[tuple[core.GeomNode, core.Geom, core.RenderState]], numbers: Numbers) -> None:
        masks: dict[core.Texture, core.Texture] = {}
        first = 0
        for node, geom, state in geoms:
            table, faces = mesh.read_geom(geom)
            own = numbers[first : first + len(faces)]
            first += len(faces)
            if self._void == SKY or (own != self._void).any():
                node.add_geom(_numbered(table, faces, own), _flat(state, masks))


def _meet(table: Map, where: Numbers, normals: Floats, over: Floats, turned: Floats) -> Floats:
    """Write the inverse depths of planes at their places (n,) in a table (4, ...), as factors of a pixel's ray.

    Args:
        table: its first three rows are for these factors.
        where: the planes' places.
        normals: of the planes (3, n).
        over: how far each lies along its normal from the camera (n,) [m].
        turned: the camera's axes (3, 3), one in a row.

    Returns:
        The distances, none of them zero.
    """
    over = np.where(np.abs(over) < 1e-6, 1e-6, over)
    for row, axis in enumerate(turned):
        table[row, where] = _along(axis, normals) / over
    return over


def _along(vector: Floats, columns: Floats) -> Floats:
    """Inner products of a vector (3,) with columns (3, n): each the same wherever it stands, as BLAS's are not."""
    x, y, z = columns
    return np.asarray(vector[0] * x + vector[1] * y + vector[2] * z)


def numbers_of(drawing: npt.NDArray[np.uint8]) -> Numbers:
    """The facets' numbers (h, w) in a drawing (h, w, 4) of B, G, R, A."""
    picture = np.ascontiguousarray(drawing).view("<u4")[..., 0]
    return (((picture >> 1) & 0x7F) | ((picture >> 2) & 0x3F80) | ((picture >> 3) & 0x1FC000)).astype(np.int64)


def _geoms(root: core.NodePath) -> Iterator[tuple[core.GeomNode, core.Geom, core.RenderState]]:
    """The geoms to draw; what is only blended over others (shadows, puddles) is left out, empty nodes remain."""
    for path in root.find_all_matches("**/+GeomNode"):
        node = path.node()
        every = [(node.get_geom(i), node.get_geom_state(i)) for i in range(node.get_num_geoms())]
        node.remove_all_geoms()
        yield from ((node, geom, state) for geom, state in every if not mesh.is_blended(state))


def _coarsen(scene: core.NodePath) -> None:
    """Draw roads as they are drawn from farther away: from nearby in the second finest level, its markings left out."""
    for path in scene.find_all_matches("**/road"):
        node, finer = path.node(), path.get_child(0)
        beyond = ROUGHER * node.get_out(1)
        node.clear_switches()
        if finer.find("**/road"):
            node.add_switch(beyond, 0.0)
        else:
            finer.detach_node()
            beyond = 0.0
        node.add_switch(math.inf, beyond)


def _described(table: npt.NDArray[np.void], faces: Triangles) -> Numbers:
    """Whether it is slim, label, and plane of each face, or middle of a slim one, as whole numbers (m, 6)."""
    points = table["position"][:, [1, 0, 2]].astype(np.float64)
    a, b = points[faces[:, 0]], points[faces[:, 1]]
    # A line lies in the plane that is level across it.
    c = points[faces[:, 2]] if faces.shape[1] == 3 else a + np.cross(b - a, (0.0, 0.0, 1.0))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    normals *= np.where(normals @ (1e-3, 2e-3, 1.0) < 0, -1.0, 1.0)[:, None]  # either side of it is the same plane
    distances = (normals * a).sum(axis=1)
    labels = table["label"][faces[:, 0]].astype(np.int64)
    planes = np.rint(np.column_stack((normals * UP, distances * 1e4))).astype(np.int64)
    slim = np.isin(labels, SLIM)
    described: Numbers = np.column_stack((slim, labels, planes))
    described[slim, 2:5] = np.rint(_middles(points, faces[slim]) * 1e4).astype(np.int64)
    described[slim, 5] = 0
    return described


def _moved(planes: Numbers, pose: Pose) -> Floats:
    """Planes (n, 4) in a body's axes, as `_described`, in the world's: unit normals and distances [m]."""
    at = matrix(pose)
    normals = planes[:, :3] / UP @ at[:3, :3].T
    moved: Floats = np.column_stack((normals, planes[:, 3] * 1e-4 + normals @ at[:3, 3]))
    return moved


def _middles(points: Floats, triangles: Triangles) -> Floats:
    """The middle of each triangle's longest side (m, 3): of a rectangle's halves, the middle of the rectangle."""
    corners = points[triangles]
    ends = np.roll(corners, -1, axis=1)
    longest = np.linalg.norm(ends - corners, axis=2).argmax(axis=1)
    each = np.arange(len(triangles))
    middles: Floats = (corners[each, longest] + ends[each, longest]) / 2
    return middles


def _numbered(table: npt.NDArray[np.void], faces: Triangles, numbers: Numbers) -> core.Geom:
    """A geom whose faces have their numbers' colours; corners are doubled where neighbours differ."""
    corners, again = np.unique(faces.astype(np.int64) * MOST + numbers[:, None], return_inverse=True)
    doubled = table[corners // MOST].copy()
    for channel, code in enumerate(_code(corners % MOST)):
        doubled["colour"][:, channel] = code
    doubled["colour"][:, 3] = 255
    return mesh.make_geom_from_table(doubled, again.reshape(faces.shape).astype(np.uint32))


def _code(numbers: Numbers) -> tuple[Numbers, ...]:
    """The bytes of red, green and blue that stand for numbers; red holds the highest bits."""
    return tuple(((numbers >> shift) & 0x7F) * 2 + 1 for shift in (14, 7, 0))


def _flat(state: core.RenderState, masks: dict[core.Texture, core.Texture]) -> core.RenderState:
    """The same state without its texture's colours; what the texture cuts out stays cut out."""
    found = state.get_attrib(core.TextureAttrib)
    if found is None:
        return state
    if not mesh.is_masked(state):
        return state.remove_attrib(core.TextureAttrib)
    texture = found.get_on_texture(found.get_on_stage(0))
    if texture not in masks:
        masks[texture] = mesh.make_silhouette(texture)
    return state.set_attrib(core.TextureAttrib.make(masks[texture]))
