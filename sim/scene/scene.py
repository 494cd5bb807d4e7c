"""What the camera sees: sky, hills, ground, road, trees, posts and houses, built once for a track and a seed.

Everything that lies on the ground is painted in a fixed order (ground, verge, road) without the depth buffer, so that
nothing flickers; only where the land rises and falls does it use the depth buffer, for crests to hide what is behind
them. A road's cross-section is cut into strips of asphalt and paint that never overlap. What stands up (trees, posts,
houses) uses the depth buffer. The scene is cut into chunks that Panda3D drops when they are out of sight, a whole
square of them with one look.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, product
from zlib import crc32

import numpy as np
from panda3d import core

from sim.episode.labels import Label
from sim.geometry.poses import Pose
from sim.graphics import mesh, textures
from sim.graphics.canvas import to_panda_matrix
from sim.graphics.light import Light
from sim.roads.terrain import BLOCK, LEVEL_CELL
from sim.roads.track import Track
from sim.scene.bodies import Colour, Thing, body
from sim.scene.buildings import houses
from sim.scene.guard_rails import rails
from sim.scene.road_surface import roadway
from sim.scene.scenery import beside
from sim.scene.sky import Sky
from sim.scene.vegetation import plants

GRASS_TILE = 6.0  # [m]
WET_DARKER = 0.42  # how much of its brightness wet asphalt loses
SQUARE = 150.0  # size of the squares whose chunks are dropped together [m]


class Scene:
    """A track's surroundings.

    Attributes:
        root: what a camera has to draw.
        sky: the node in it that has to follow the camera.
        plain: the height of the land [m], if it is level.
    """

    def __init__(self, track: Track, seed: int) -> None:
        name = crc32(track.name.encode())
        above, fields, roads, leaves = (np.random.default_rng([seed, name, part]) for part in range(4))
        scenery = beside(track, seed)
        self.root = core.NodePath("scene")
        self.root.set_two_sided(True)
        self._sky = Sky(above)
        self.sky = self._sky.node
        self.sky.reparent_to(self.root)
        self.plain = float(track.terrain.heights[0, 0]) if track.terrain.is_level else None
        self._asphalt = np.clip(textures.make_asphalt(roads) * track.appearance.asphalt, 0, 1)
        fields_picture = np.clip(textures.make_grass(fields) * np.array(track.appearance.fields), 0, 1)
        grass, self._road = mesh.make_texture(fields_picture), mesh.make_texture(self._asphalt)
        self._lit = self.root.attach_new_node("lit")
        nodes = chain(
            _ground(track, fields, grass),
            (node for stretch in track.stretches for node in roadway(stretch, roads, self._road, grass, track.terrain)),
            plants(track, scenery.plants, leaves),
            houses(scenery.houses),
            rails(scenery.rails),
        )
        self._shown = self._lit.attach_new_node("things")
        self._bodies: dict[int, tuple[core.NodePath, Thing]] = {}
        for block in _blocks(nodes):
            self._lit.attach_new_node(block)

    @property
    def figures(self) -> dict[str, int]:
        """How much there is to draw, in all levels of detail: triangles, lines, chunks, textures."""
        nodes = [path.node() for path in self.root.find_all_matches("**/+GeomNode")]
        parts = [node.get_geom(i).get_primitive(0) for node in nodes for i in range(node.get_num_geoms())]
        triangles = [part.get_num_primitives() for part in parts if part.get_num_vertices_per_primitive() == 3]
        lines = [part.get_num_primitives() for part in parts if part.get_num_vertices_per_primitive() == 2]
        textures = len(self.root.find_all_textures())
        return {"triangles": sum(triangles), "lines": sum(lines), "chunks": len(parts), "textures": textures}

    def place(self, things: Sequence[Thing]) -> list[tuple[core.NodePath, Pose]]:
        """Show these things, and none that were there before; their nodes, each in its own axes, and poses."""
        looks = {thing.id: _look(thing) for thing in things}
        for node, gone in [shown for shown in self._bodies.values() if looks.get(shown[1].id) != _look(shown[1])]:
            node.remove_node()
            del self._bodies[gone.id]
        for thing in things:
            node, before = self._bodies.get(thing.id, (None, None))
            if node is None:
                node = self._shown.attach_new_node("thing")
                node.attach_new_node(_body(*_look(thing)))
            if before is None or before.pose != thing.pose:
                node.set_mat(to_panda_matrix(thing.pose))
            self._bodies[thing.id] = node, thing
        return [(self._bodies[thing.id][0], thing.pose) for thing in things]

    def show(self, light: Light) -> None:
        """Change to another light."""
        self._sky.paint(light)
        self._lit.set_color_scale(*light.base, 1.0)
        mesh.fill_texture(self._road, self._asphalt * (1 - WET_DARKER * light.wetness))


def _look(thing: Thing) -> tuple[str, Colour]:
    return thing.kind, thing.colour


@lru_cache(maxsize=64)
def _body(kind: str, colour: Colour) -> core.GeomNode:
    """What all things of a kind and colour look like."""
    node = core.GeomNode("body")
    node.add_geom(mesh.make_geom(body(kind, colour)), mesh.make_upright_state(None))
    return node


def _blocks(nodes: Iterable[core.PandaNode]) -> Iterator[core.PandaNode]:
    """The nodes, those of a square below one node, in the order of their coming."""
    blocks: dict[tuple[int, int], core.PandaNode] = {}
    for node in nodes:
        centre = node.get_bounds().get_approx_center()
        place = math.floor(centre[0] / SQUARE), math.floor(centre[1] / SQUARE)
        blocks.setdefault(place, core.PandaNode("block")).add_child(node)
    yield from blocks.values()


def _ground(track: Track, random: np.random.Generator, grass: core.Texture) -> Iterator[core.GeomNode]:
    """Fields: a grid of grass whose tint changes from place to place, below everything else."""
    points = track.terrain.points()
    counts = points.shape[:2]
    tint = np.array([0.36, 0.52, 0.20]) + 0.035 * random.standard_normal((*counts, 1)) * np.array([1.4, 1.0, 0.6])
    state = mesh.make_flat_state(0, grass, depth_tested=not track.terrain.is_level)
    starts = [range(0, count - 1, BLOCK) for count in counts]
    batch = round(LEVEL_CELL / track.terrain.cell)  # parts as large as on a plain: another one costs more than its size
    for rows, columns in product(*(_in_batches(start, batch) for start in starts)):
        sheets = []
        for i, j in product(rows, columns):
            part = np.s_[i : i + BLOCK + 1, j : j + BLOCK + 1]
            uvs = (points[part][..., :2] - points[i, j, :2]) / GRASS_TILE
            sheets.append(mesh.make_sheet(points[part], tint[part], uvs, Label.TERRAIN))
        node = core.GeomNode("ground")
        node.add_geom(mesh.make_geom(mesh.join(sheets)), state)
        yield node


def _in_batches(starts: Sequence[int], size: int) -> list[Sequence[int]]:
    return [starts[i : i + size] for i in range(0, len(starts), size)]
